/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - reading an ordered log from guichet's database, waiting. */
#include "journal/store.h"
#include <string.h>
#include "base/error.h"
#include "db/db.h"

void
store_init(struct store *s, struct db_now *db, enum journal_log log)
{
	s->db = db;
	s->log = log;
}

static int
read_stored(const struct hash **out, int level, uint64_t n, int width, void *arg)
{
	struct store *s = arg;
	const uint8_t *hashes;
	struct rows *rows;
	struct params p;
	int failure = 0;
	size_t size = 0;

	params_init(&p);
	params_int(&p, s->log);
	params_int(&p, level);
	params_int(&p, (int64_t)n);
	params_int(&p, width);
	rows = db_ask_now(s->db, SQL_JOURNAL_TILE_READ, &p, &failure);
	if (rows == NULL)
		return failure;
	hashes = row_bytes(rows, 0, "hashes", &size);
	if (hashes == NULL || size != (size_t)width * sizeof(**out))
		failure = E_NOT_FOUND;
	else
		memcpy(s->tile, hashes, size);
	rows_free(rows);
	*out = s->tile;
	return failure;
}

struct tiles
store_tiles(struct store *s, uint64_t size)
{
	return (struct tiles){ read_stored, s, size };
}
