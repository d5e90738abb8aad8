/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.c - `guichet help`: what there is, for people and for programs.
 *
 * With --json it tells everything that the tables of the program know: the
 * manual pages, the reference and the shell completion are made from that
 * (deploy/reference), so that they cannot say anything else.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "commands/command.h"
#include "http/counters.h"
#include "journal/events.h"
#include "routes/routes.h"

static int run(int argc, char **argv);

const struct command command_help = {
	"help", "Tell what the commands are, or more about one.", run,
	"[COMMAND] [--json]"
};

void
command_list(FILE *out)
{
	fputs("guichet hands an organisation's customers their own data back."
	    "\n\nusage: guichet COMMAND [OPTION...] [--config FILE]\n\n", out);
	for (size_t i = 0; command_table[i] != NULL; i++)
		fprintf(out, "  %-14s %s\n", command_table[i]->name,
		    command_table[i]->summary);
	fputs("\n`guichet COMMAND --help` tells more about one.\n", out);
}

/* A command's flags are known to its own run, which ends the process. */
static void
tell_command(const struct command *cmd)
{
	char name[32], flag[] = "--help", *argv[] = { name, flag, NULL };
	pid_t pid;
	int status;

	snprintf(name, sizeof(name), "%s", cmd->name);
	fflush(stdout);
	if ((pid = fork()) < 0)
		fatal("cannot fork");
	if (pid == 0) {
		command_tells_json = true;
		_exit(cmd->run(2, argv));	/* not reached: --help exits */
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		fatal("%s --help failed", cmd->name);
}

static void
tell_route(struct jw *w, const struct route *r, const char *listener)
{
	static const char *const kinds[] = { "api", "oauth", "page" };

	jw_object(w);
	jw_str_member(w, "method", r->method);
	jw_str_member(w, "path", r->path);
	jw_str_member(w, "listener", listener);
	jw_str_member(w, "kind", kinds[r->kind]);
	jw_int_member(w, "body_max", (int64_t)r->body_max);
	jw_end_object(w);
}

static void
tell_routes(struct jw *w)
{
	jw_array(w);
	for (const struct route *const *r = routes; *r != NULL; r++)
		tell_route(w, *r, "public");
	for (const struct route *const *r = admin_routes; *r != NULL; r++)
		tell_route(w, *r, "admin");
	jw_end_array(w);
}

static void
tell_events(struct jw *w)
{
	jw_array(w);
	for (size_t i = 0; i < event_kind_count; i++) {
		const struct event_kind *e = &event_kinds[i];

		jw_object(w);
		jw_str_member(w, "name", e->name);
		jw_str_member(w, "log", journal_log_name(e->log));
		jw_str_member(w, "family", e->family);
		jw_str_member(w, "en", e->said.in[LANG_EN]);
		jw_str_member(w, "fr", e->said.in[LANG_FR]);
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
tell_tables(void)
{
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "version", GUICHET_VERSION);
	jw_key(&w, "settings");
	settings_json(&w);
	jw_key(&w, "routes");
	tell_routes(&w);
	jw_key(&w, "metrics");
	counters_json(&w);
	jw_key(&w, "events");
	tell_events(&w);
	jw_end_object(&w);
	/* the object goes on: its first brace was written with the commands */
	fwrite(out.data + 1, 1, out.len - 1, stdout);
	putchar('\n');
	buf_clear(&out);
}

static int
tell_all(void)
{
	fputs("{\"commands\":[", stdout);
	for (size_t i = 0; command_table[i] != NULL; i++) {
		if (i > 0)
			putchar(',');
		tell_command(command_table[i]);
	}
	fputs("],", stdout);
	tell_tables();
	return EX_OK;
}

static int
run(int argc, char **argv)
{
	struct common common;
	int n = command_args(&command_help, &common, NULL, argc, argv);
	char flag[] = "--help", *words[] = { n > 0 ? argv[0] : NULL, flag, NULL };

	if (n > 1)
		return command_misused(&command_help, "name one command");
	if (common.json)
		return tell_all();
	if (n == 0) {
		command_list(stdout);
		return EX_OK;
	}
	for (size_t i = 0; command_table[i] != NULL; i++)
		if (strcmp(words[0], command_table[i]->name) == 0)
			return command_table[i]->run(2, words);
	return command_misused(&command_help, "there is no command '%s'",
	    words[0]);
}
