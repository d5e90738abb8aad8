/* SPDX-License-Identifier: Apache-2.0 */
/* journal_forget.h - what purging, holding and confirming share. */
#ifndef COMMANDS_JOURNAL_FORGET_H
#define COMMANDS_JOURNAL_FORGET_H
#include "commands/journal.h"

struct arena;
struct line;
struct params;
struct statement;

/* Asks a statement that ends with a line: rows that came, or a failure. */
int forget_with_line(struct journal_ask *, const struct statement *,
    struct params *, const struct line *);
/* An exit code of that; none: what no row means. */
int forget_told(struct journal_ask *, int rows, const char *none);
/* Bodies before that id go; prints and gives how many. */
int forget_purge(struct journal_ask *, const struct uuid *past, int64_t *n);

/* ---- journal_confirm.c ---- */
/* Must it be asked for first? */
bool forget_waits(const struct settings *);
const char *forget_who(struct arena *);
struct wish {
	const char *what;		/* purge | release */
	const struct uuid *past, *hold;	/* one of them */
};
int forget_ask(struct journal_ask *, const struct wish *);

#endif
