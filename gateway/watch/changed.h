/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changed.h - changed rows of a stream, as `changes` shows them: relation,
 * operation, key, time; the same that triggers leave in a change table.
 *
 * A row that goes is D with its old key; one whose primary key moves is D and U;
 * one of which other columns of the key move is told twice, old and new.
 */
#ifndef CHANGED_H
#define CHANGED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "watch/pgoutput.h"

struct arena;
struct params;
struct rows;

enum { CHANGED_MAX = 1000 };

struct changed_rows {
	struct arena *arena;		/* of the batch */
	const char *relation[CHANGED_MAX + 2], *operation[CHANGED_MAX + 2],
	    *key[CHANGED_MAX + 2];
	int64_t at_us[CHANGED_MAX + 2], xid[CHANGED_MAX + 2];
	size_t n;
	bool gone;			/* a D or a T is among them */
	/* what is published: tables_published */
	struct arena *kept;
	struct published *tables;
	size_t tables_n;
};

void changed_init(struct changed_rows *);
void changed_clear(struct changed_rows *);
/* Which tables, and their keys; those before are forgotten. */
void changed_tables(struct changed_rows *, const struct rows *);
/* An I, U, D or T, committed then by that transaction. false: of a table that is
 * not known yet. At most two rows more than before; each T one. */
bool changed_add(struct changed_rows *, const struct pgoutput_message *,
    int64_t at_us, uint32_t xid);
/* As dataset->changed wants it. */
void changed_params(const struct changed_rows *, struct params *,
    struct arena *);
void changed_forget(struct changed_rows *);	/* the batch */

#endif
