/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.h - one binary value of PostgreSQL, as JSON or as plain text.
 *
 * Decimals go digit by digit from PostgreSQL's base 10,000 to the wire: never
 * through a double. Instants are written in the source's local time with its
 * offset. Formats: PostgreSQL 15, the ...send functions of src/backend/utils/adt.
 */
#ifndef CELL_H
#define CELL_H
#include "base/attr.h"
#include "base/buf.h"
#include "db/db.h"

struct zone;

/* Appends JSON. false, and nothing: the bytes are not what the type says, or
 * have no JSON (NaN, infinity). The zone keeps what it found last. */
MUST_CHECK bool cell_to_json(struct buf *, const struct cell *, struct zone *);
/* Appends the text PostgreSQL would read back as the same value (UTC). */
MUST_CHECK bool cell_to_text(struct buf *, const struct cell *);

/* Writes us since 1970 as 2026-03-04T19:00:21.87+01:00, `offset` seconds east of
 * UTC; returns its end (40 bytes are enough), or NULL: no four-digit year. */
MUST_CHECK char *cell_instant(char *p, int64_t us, int offset);

/* buf_reserve, when there is room already without a call. */
static inline char *
cell_room(struct buf *b, size_t n)
{
	return n < b->size - b->len ? b->data + b->len : buf_reserve(b, n);
}

/* Walks a one-dimensional array. */
struct walk { const char *at, *end; int left; uint32_t type; };
MUST_CHECK bool walk_begin(struct walk *, const struct cell *);	/* NULL: empty */
MUST_CHECK bool walk_next(struct walk *, struct cell *);

#endif
