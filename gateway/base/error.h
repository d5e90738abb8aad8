/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - the names of failures, and how a fault is told to a person.
 *
 * Three kinds (a bug, a start that cannot succeed, a failure of real life):
 * a bug is assert(); a failed start is a fault, printed, then exit 78; a
 * failure of real life is a negative E_... that a caller can act upon.
 */
#ifndef ERROR_H
#define ERROR_H
#include <stdbool.h>
#include <stdio.h>
#include "base/attr.h"

enum {
	E_NOT_FOUND	= -1,
	E_BAD_INPUT	= -2,	/* malformed: the sender must change it */
	E_TOO_LARGE	= -3,	/* over a limit of ours */
	E_UNAVAILABLE	= -4,	/* a database or a PIMS is away: try later */
	E_FULL		= -5,	/* a waiting queue of ours is full: try later */
	E_DENIED	= -6,	/* no live grant, bad signature, no right */
	E_CONFLICT	= -7,	/* somebody else was first, or it exists */
	E_EXPIRED	= -8,
	E_TIMEOUT	= -9,
	E_STATEMENT	= -10,	/* the database refused the statement itself */
	E_SYSTEM	= -11,	/* errno tells */
	E_GONE		= -12	/* the peer left */
};

const char *error_name(int e);		/* "E_NOT_FOUND" */

/*
 * A fault in something a person wrote (settings, schema, adapter, argument):
 * what, where, why, and what to do. Line and column start at 1; 0 = unknown.
 */
struct fault {
	char code[8];		/* "E204": `guichet explain E204` says more */
	char file[256];
	int line, column;
	char cause[400];
	char cure[400];
	bool warning;		/* it works, but... */
};

/* Fills *f; returns E_BAD_INPUT, so that `return fault_set(...)` reads well. */
int fault_set(struct fault *f, const char *code, const char *file, int line,
    int column, const char *cause, ...) PRINTF_LIKE(6, 7);
int fault_cure(struct fault *f, const char *cure, ...) PRINTF_LIKE(2, 3);

/* "adapters/x/contract.sql:3:8: error E204: cause" + "  cure: ...". If the
 * file can be read, the line itself and a caret stand between the two. */
void fault_print(FILE *out, const struct fault *f);

/* Prints one sentence on stderr and exits 78 (EX_CONFIG). */
void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

#endif
