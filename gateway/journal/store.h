/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - reading an ordered log from guichet's database, waiting. */
#ifndef STORE_H
#define STORE_H
#include "base/attr.h"
#include "journal/line.h"
#include "journal/tree.h"

struct db_now;

struct store {
	struct db_now *db;
	enum journal_log log;
	struct hash tile[TILE_WIDTH];	/* the last one read */
};
void store_init(struct store *, struct db_now *, enum journal_log);
/* The tiles of the tree of that size. E_NOT_FOUND when hashes are missing. */
struct tiles store_tiles(struct store *, uint64_t size);

#endif
