/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the table of commands. */
#include <string.h>
#include "base/attr.h"
#include "base/text.h"
#include "commands/command.h"

extern const struct command command_adapter;
extern const struct command command_check, command_client, command_explain,
    command_grant, command_init;
extern const struct command command_journal;
extern const struct command command_key;
extern const struct command command_migrate;
extern const struct command command_preview;
extern const struct command command_serve;
extern const struct command command_staff;
extern const struct command command_subscription;
extern const struct command command_synth;

/* One line each, in the order `guichet --help` shows. */
const struct command *const command_table[] = {
	&command_adapter,
	&command_check,
	&command_client,
	&command_explain,
	&command_grant,
	&command_init,
	&command_journal,
	&command_key,
	&command_migrate,
	&command_preview,
	&command_serve,
	&command_staff,
	&command_subscription,
	&command_synth,
	NULL
};

static int
help(FILE *out)
{
	fputs("guichet hands an organisation's customers their own data back."
	    "\n\nusage: guichet COMMAND [OPTION...] [--config FILE]\n\n", out);
	for (size_t i = 0; command_table[i] != NULL; i++)
		fprintf(out, "  %-14s %s\n", command_table[i]->name,
		    command_table[i]->summary);
	fputs("\n`guichet COMMAND --help` tells more about one.\n", out);
	return out == stdout ? EX_OK : EX_USAGE;
}

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
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		puts("guichet " GUICHET_VERSION);
		return EX_OK;
	}
	for (size_t i = 0; command_table[i] != NULL; i++)
		if (strcmp(argv[1], command_table[i]->name) == 0)
			return command_table[i]->run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
