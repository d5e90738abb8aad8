/* SPDX-License-Identifier: Apache-2.0 */
/* proof.c - tiles as journal_proof.sql gives them, see proof.h. */
#include "journal/proof.h"
#include <string.h>
#include "base/error.h"

static int
read_tile(const struct hash **out, int level, uint64_t n, int width, void *arg)
{
	struct row_tiles *t = arg;
	const uint8_t *hashes;
	size_t size;

	for (int i = 0; i < rows_count(t->rows); i++) {
		if (row_int(t->rows, i, "level") != level ||
		    row_int(t->rows, i, "n") != (int64_t)n)
			continue;
		hashes = row_bytes(t->rows, i, "hashes", &size);
		if (size < (size_t)width * sizeof(struct hash))
			return E_NOT_FOUND;
		memcpy(t->tile, hashes, (size_t)width * sizeof(struct hash));
		*out = t->tile;
		return 0;
	}
	return E_NOT_FOUND;
}

bool
row_tiles_init(struct row_tiles *t, const struct rows *rows)
{
	if (rows_count(rows) == 0)
		return false;
	t->rows = rows;
	t->tiles = (struct tiles){ read_tile, t,
	    (uint64_t)row_int(rows, 0, "size") };
	return true;
}

const char *
row_tiles_note(const struct row_tiles *t)
{
	return row_text(t->rows, 0, "note");
}
