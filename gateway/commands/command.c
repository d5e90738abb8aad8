/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - what commands share: flags, settings, how they are misused. */
#include "commands/command.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"

enum { FLAGS_MAX = 32 };

int
command_misused(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "guichet %s: ", cmd->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: guichet %s %s\n", cmd->name, cmd->usage);
	return EX_USAGE;
}

bool command_tells_json;

/* For `guichet help --json`: the flags are known only here. */
static void
help_json(const struct command *cmd, const struct flag *flags)
{
	static const char *const types[] = { "set", "text", "number", "list" };
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "name", cmd->name);
	jw_str_member(&w, "summary", cmd->summary);
	jw_str_member(&w, "usage", cmd->usage);
	jw_key(&w, "flags");
	jw_array(&w);
	for (; flags->name != NULL; flags++) {
		jw_object(&w);
		jw_str_member(&w, "name", flags->name);
		jw_str_member(&w, "type", types[flags->type]);
		jw_str_member(&w, "help", flags->help);
		jw_end_object(&w);
	}
	jw_end_array(&w);
	jw_end_object(&w);
	fwrite(out.data, 1, out.len, stdout);
	exit(EX_OK);
}

static void
help(const struct command *cmd, const struct flag *flags)
{
	if (command_tells_json)
		help_json(cmd, flags);
	printf("guichet %s: %s\n\nusage: guichet %s %s\n\n", cmd->name,
	    cmd->summary, cmd->name, cmd->usage);
	for (; flags->name != NULL; flags++)
		printf("  %-14s %s\n", flags->name, flags->help);
	printf("  %-14s %s\n", "--help", "print this");
	if (strcmp(cmd->name, "serve") == 0 || strcmp(cmd->name, "check") == 0) {
		puts("\nSettings (guichet.conf):");
		settings_help(stdout);
	}
	exit(EX_OK);
}

static const struct flag *
flag_find(const struct command *cmd, const struct flag *flags, const char *arg)
{
	const char *names[FLAGS_MAX], *near;
	size_t n = 0, len = strcspn(arg, "=");

	for (; flags->name != NULL; flags++) {
		if (strlen(flags->name) == len &&
		    strncmp(flags->name, arg, len) == 0)
			return flags;
		names[n++] = flags->name;
	}
	if ((near = nearest(arg, names, n)) != NULL)
		command_misused(cmd, "unknown option '%s'; perhaps you meant '%s'",
		    arg, near);
	else
		command_misused(cmd, "unknown option '%s'", arg);
	exit(EX_USAGE);
}

static void
flag_put(const struct command *cmd, const struct flag *flag, const char *value)
{
	struct flag_list *list = flag->out;

	if (value == NULL)
		exit(command_misused(cmd, "%s needs a value", flag->name));
	if (flag->type == FLAG_TEXT)
		*(const char **)flag->out = value;
	else if (flag->type == FLAG_LIST && list->n < FLAG_LIST_MAX)
		list->items[list->n++] = value;
	else if (flag->type == FLAG_LIST)
		exit(command_misused(cmd, "%s at most %d times", flag->name,
		    FLAG_LIST_MAX));
	else if (parse_int(flag->out, value, 0, INT64_MAX) < 0)
		exit(command_misused(cmd, "%s takes a number, not '%s'",
		    flag->name, value));
}

/* One flag at argv[i]; returns the index of the last word it took. */
static int
flag_read(const struct command *cmd, const struct flag *flags, int argc,
    char **argv, int i)
{
	const struct flag *flag = flag_find(cmd, flags, argv[i]);
	char *equals = strchr(argv[i], '=');

	if (flag->type == FLAG_SET) {
		if (equals != NULL)
			exit(command_misused(cmd, "%s takes no value", flag->name));
		*(bool *)flag->out = true;
		return i;
	}
	if (equals != NULL) {
		flag_put(cmd, flag, equals + 1);
		return i;
	}
	flag_put(cmd, flag, i + 1 < argc ? argv[i + 1] : NULL);
	return i + 1;
}

int
command_args(const struct command *cmd, struct common *common,
    const struct flag *own, int argc, char **argv)
{
	struct flag flags[FLAGS_MAX] = { { NULL } };
	int n = 0;

	common->config = "/etc/guichet/guichet.conf";
	common->json = false;
	while (own != NULL && own->name != NULL && n < FLAGS_MAX - 3)
		flags[n++] = *own++;
	flags[n++] = (struct flag){ "--config", FLAG_TEXT, &common->config,
	    "FILE  the settings (/etc/guichet/guichet.conf)" };
	flags[n++] = (struct flag){ "--json", FLAG_SET, &common->json,
	    "print data as JSON" };
	n = 0;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			help(cmd, flags);
		else if (strcmp(argv[i], "--") == 0)
			while (++i < argc)
				argv[n++] = argv[i];
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			i = flag_read(cmd, flags, argc, argv, i);
		else
			argv[n++] = argv[i];
	}
	return n;
}

struct settings *
command_settings(const struct common *common)
{
	struct settings *s;
	struct fault f;

	if (settings_load(&s, common->config, &f) < 0) {
		fault_print(stderr, &f);
		exit(EX_CONFIG);
	}
	return s;
}
