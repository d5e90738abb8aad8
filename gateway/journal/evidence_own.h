/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_own.h - shared by the files that read evidence. */
#ifndef EVIDENCE_OWN_H
#define EVIDENCE_OWN_H
#include <stdio.h>
#include "base/buf.h"
#include "journal/evidence.h"
#include "journal/store.h"

enum {
	WHY = 256,
	LEAF_MAX = 65535,
	LINE_MAX_BYTES = LEAF_MAX * 4 / 3 + 200
};

/* A log as a gateway serves it. */
struct web {
	struct fetch *fetch;		/* NULL: it lies elsewhere */
	const char *base;		/* https://host/journal/restitution */
	uint64_t size;			/* of the checkpoint, believed later */
	struct buf bundle, body;
	uint64_t first;			/* the bundle's first entry */
	int width;			/* its entries; 0: none is held */
	bool bodies;			/* else hashes alone (tile) */
	size_t at;			/* where the next entry begins */
};

struct evidence {
	struct arena *arena;
	const char *note, *vkey;
	uint64_t next;			/* the entry to come */
	/* a directory */
	const char *dir;
	FILE *entries;
	char *line;
	size_t line_size;
	uint8_t leaf[LEAF_MAX + 1];
	struct hash tile[TILE_WIDTH];
	struct hash before[PROOF_MAX * 2];
	uint8_t side[LEAF_MAX + 1], salt[64];
	/* a database */
	struct store store;
	struct rows *rows;
	uint64_t rows_first;
	/* a gateway */
	struct web web;
};

struct evidence *evidence_new(void);

/* evidence_web.c */
int web_next(struct evidence *, struct entry *out, char why[WHY]);
tile_read web_read_tile;
void web_clear(struct web *);

#endif
