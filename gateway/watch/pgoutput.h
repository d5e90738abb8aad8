/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgoutput.h - reads what PostgreSQL's own output plugin writes, version 1.
 *
 * Bytes from a network: every length is held against what is there, and a
 * message that ends too early or too late is refused whole. Values are not
 * copied: they are the message's own bytes.
 *
 * Source: PostgreSQL 15 documentation, chapter 55.9 (logical replication message
 * formats).
 */
#ifndef PGOUTPUT_H
#define PGOUTPUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

enum { PGOUTPUT_COLUMNS = 1600, PGOUTPUT_RELATIONS = 2000 };

struct pgoutput_column { char *name; bool key; };
struct pgoutput_relation {
	uint32_t id;
	char *schema, *name;		/* "" = pg_catalog */
	char identity;			/* d i f n */
	int n;
	struct pgoutput_column *columns;
};

/* kind: n NULL, u unchanged and not sent, t text, b binary. */
struct pgoutput_value { char kind; const char *data; size_t n; };
struct pgoutput_row {
	char kind;			/* N new, K its identity, O whole; 0: none */
	int n;
	const struct pgoutput_value *values;
};

struct pgoutput_message {
	/* B begin, C commit, I U D, T emptied, R a table is told; 0: nothing
	 * that matters to us */
	char type;
	int64_t lsn;			/* C: its end */
	int64_t at_us;			/* B, C: when it commits */
	uint32_t xid;			/* B */
	const struct pgoutput_relation *relation;	/* I U D R */
	struct pgoutput_row old, new;
	int emptied_n;			/* T */
	const struct pgoutput_relation *const *emptied;
};

struct pgoutput;

struct pgoutput *pgoutput_new(void);	/* for one stream: it knows its tables */
void pgoutput_free(struct pgoutput *);	/* NULL is welcome */
/* What it points to lives until the next one. 0, or E_BAD_INPUT. */
MUST_CHECK int pgoutput_read(struct pgoutput *, const char *data, size_t n,
    struct pgoutput_message *out);

#endif
