/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the table of commands. */
#include <string.h>
#include "base/attr.h"
#include "base/text.h"
#include "commands/command.h"

extern const struct command command_adapter;
extern const struct command command_check, command_client, command_explain,
    command_feedback, command_grant, command_help, command_init;
extern const struct command command_docs, command_doctor;
extern const struct command command_customer;
extern const struct command command_journal;
extern const struct command command_key;
extern const struct command command_conformance, command_migrate;
extern const struct command command_preview;
extern const struct command command_selftest;
extern const struct command command_serve;
extern const struct command command_staff;
extern const struct command command_status;
extern const struct command command_subscription;
extern const struct command command_synth, command_try;

/* One line each, in the order `guichet --help` shows. */
const struct command *const command_table[] = {
	&command_adapter,
	&command_check,
	&command_client,
	&command_conformance,
	&command_customer,
	&command_docs,
	&command_doctor,
	&command_explain,
	&command_feedback,
	&command_grant,
	&command_help,
	&command_init,
	&command_journal,
	&command_key,
	&command_migrate,
	&command_preview,
	&command_selftest,
	&command_serve,
	&command_staff,
	&command_status,
	&command_subscription,
	&command_synth,
	&command_try,
	NULL
};

static int
unknown(const char *name)
{
	const char *names[64] = { NULL }, *near;
	size_t n = 0;

	while (command_table[n] != NULL && n < countof(names)) {
		names[n] = command_table[n]->name;
		n++;
	}
	near = nearest(name, names, n);
	fprintf(stderr, "guichet: unknown command '%s'", name);
	if (near != NULL)
		fprintf(stderr, "; perhaps you meant '%s'", near);
	fputs("; `guichet --help` lists them\n", stderr);
	return EX_USAGE;
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		command_list(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		command_list(stdout);
		return EX_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("guichet " GUICHET_VERSION);
		return EX_OK;
	}
	for (size_t i = 0; command_table[i] != NULL; i++)
		if (strcmp(argv[1], command_table[i]->name) == 0)
			return command_table[i]->run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
