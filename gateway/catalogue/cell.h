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

/* Appends JSON. false: the bytes are not what the type says. */
MUST_CHECK bool cell_to_json(struct buf *, const struct cell *, const struct zone *);
/* Appends the text PostgreSQL would read back as the same value (UTC). */
MUST_CHECK bool cell_to_text(struct buf *, const struct cell *);
void json_string_to(struct buf *, const char *, size_t n);	/* quoted, escaped */

/* Walks a one-dimensional array. */
struct walk { const char *at, *end; int left; uint32_t type; };
MUST_CHECK bool walk_begin(struct walk *, const struct cell *);	/* NULL: empty */
MUST_CHECK bool walk_next(struct walk *, struct cell *);

#endif
