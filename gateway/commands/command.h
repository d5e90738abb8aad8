/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - one command of the program; main.c lists them all.
 *
 * A command is a file of this room exporting `const struct command
 * command_NAME`. Its run reads its own arguments with command_args, which
 * also knows --config, --json and --help, and returns an exit code of
 * sysexits(3).
 */
#ifndef COMMAND_H
#define COMMAND_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sysexits.h>
#include "base/version.h"

struct command {
	const char *name, *summary;	/* summary: one sentence */
	/* argv[0] is the command's name */
	int (*run)(int argc, char **argv);
	const char *usage;		/* "new | list [--json]": after the name */
};

struct common {
	const char *config;		/* /etc/guichet/guichet.conf */
	bool json;
};

enum flag_type {
	FLAG_SET,	/* bool * becomes true */
	FLAG_TEXT,	/* const char ** */
	FLAG_NUMBER,	/* int64_t *, not negative */
	FLAG_LIST	/* struct flag_list *: may be repeated */
};
enum { FLAG_LIST_MAX = 32 };
struct flag_list { const char *items[FLAG_LIST_MAX]; size_t n; };

struct flag {
	const char *name;		/* "--to" */
	enum flag_type type;
	void *out;
	const char *help;		/* "DIR  where to write" */
};

/*
 * Reads the flags (own may be NULL, ends with a NULL name) and leaves the
 * other arguments in argv[0..n-1]; returns n. `--help` prints and exits 0; a
 * wrong flag prints and exits 64 (EX_USAGE).
 */
int command_args(const struct command *, struct common *, const struct flag *own,
    int argc, char **argv);

/* The settings, or the fault on stderr and exit 78 (EX_CONFIG). */
struct settings *command_settings(const struct common *);

/* "guichet key: ...", then how it is used; returns EX_USAGE. */
int command_misused(const struct command *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --help prints one JSON object (set by help.c alone). */
extern bool command_tells_json;

/* Every command, in the order of `guichet --help`; ends with NULL. */
extern const struct command *const command_table[];
void command_list(FILE *out);		/* ...one line each */

#endif
