/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tile.h - names of tiles (c2sp.org/tlog-tiles).
 *
 *     0/x001/x234/067		hashes, level 0, tile 1234067, full
 *     1/000.p/17		hashes, level 1, tile 0, the first 17
 *     entries/002.p/5		an entry bundle: the leaves themselves
 */
#ifndef TILE_H
#define TILE_H
#include <stdint.h>
#include "base/attr.h"

#define TILE_PATH_MAX 64
#define TILE_ENTRIES (-1)		/* the level of entry bundles */

struct tile_name { int level; uint64_t n; int width; };

/* The part after the level: "x001/x234/067", "000.p/17" when width < 256. */
void tile_path(char out[TILE_PATH_MAX], uint64_t n, int width);
/* Reads the whole name as it stands after "tile/". 0, or E_BAD_INPUT: anything
 * but the one spelling of a tile. */
MUST_CHECK int tile_parse(struct tile_name *, const char *text);

#endif
