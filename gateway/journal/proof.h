/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.h - that a line is in its log, from the rows of journal_proof.sql
 * (c2sp.org/tlog-proof).
 */
#ifndef PROOF_H
#define PROOF_H
#include "db/db.h"
#include "journal/tree.h"

struct row_tiles {
	const struct rows *rows;
	struct tiles tiles;
	struct hash tile[TILE_WIDTH];
};
/* False: nothing is signed yet, or not so far. */
bool row_tiles_init(struct row_tiles *, const struct rows *);
const char *row_tiles_note(const struct row_tiles *);

#endif
