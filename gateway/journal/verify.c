/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - does a log say today what it said when it was signed?
 *
 * One pass over the entries grows the tree anew. If its root is not the one
 * signed, a second pass finds where: the roots of all blocks of 256 entries
 * (tiles of level 1) are believed when they fold to the signed root, and show
 * the first block that differs; its own tile, when it folds to that block's
 * root, shows the entry.
 */
#include "journal/verify_own.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"

enum { WHY = 256, PROGRESS_EVERY = 4096 };

int
verify_bad(struct verification *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	v->good = false;
	return E_DENIED;
}

void
verify_name(struct verification *v, uint64_t first, uint64_t last)
{
	v->named = true;
	v->first_bad = first;
	v->last_bad = last;
}

static bool
same_hash(const struct hash *a, const struct hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- the notes ---- */

static int
read_notes(struct verification *v, const struct evidence *e)
{
	int rc = verify_note(v, &v->now, "checkpoint", evidence_note(e), false);

	if (rc < 0 || v->known == NULL)
		return rc;
	return verify_note(v, &v->before, "known checkpoint", v->known, true);
}

/* ---- the first pass ---- */

struct pass {
	struct verification *v;
	struct evidence *e;
	struct tree *tree;
	struct marks marks;
	bool tile_bad;		/* the first stored tile that is another one */
	int level;
	uint64_t n;
};

static void
check_tile(struct pass *p, int level, uint64_t n, const struct hash *h, int width)
{
	struct tiles tiles = evidence_tiles(p->e, p->v->now.size);
	const struct hash *stored;

	if (p->tile_bad || (tiles.read(&stored, level, n, width, tiles.arg) == 0
	    && memcmp(stored, h, (size_t)width * sizeof(*h)) == 0))
		return;
	p->tile_bad = true;
	p->level = level;
	p->n = n;
}

static void
on_tile(int level, uint64_t n, const struct hash *h, int width, void *arg)
{
	if (width == TILE_WIDTH)
		check_tile(arg, level, n, h, width);
}

/* Those that are not full, at the end. */
static void
check_edge(struct pass *p)
{
	for (int level = 0; level < TILE_LEVELS; level++) {
		const struct edge *edge = &p->tree->edge[level];

		if (edge->n > 0)
			check_tile(p, level, (p->tree->size >> (8 * level)) /
			    TILE_WIDTH, edge->hashes, edge->n);
	}
}

static void
look_back(struct pass *p)
{
	struct hash root;

	if (!marks_wait(&p->marks, p->tree->size))
		return;
	tree_root(p->tree, &root);
	marks_hold(&p->marks, p->tree->size, &root);
}

static int
check_entry(struct verification *v, const struct tree *t,
    const struct entry *entry)
{
	if (entry->seq != t->size) {
		verify_name(v, t->size, t->size);
		return verify_bad(v, "entry %" PRIu64 " is missing: entry %" PRIu64
		    " stands in its place", t->size, entry->seq);
	}
	if (t->size == v->now.size) {
		v->extra = true;	/* one too many: of which kind, later */
		return E_DENIED;
	}
	if (entry->altered && !v->named) {
		verify_name(v, entry->seq, entry->seq);
		verify_bad(v, "entry %" PRIu64 " was altered: it is not what its"
		    " hash was made of", entry->seq);
	}
	return 0;
}

/* In the database the log has grown since its last checkpoint. */
static bool
finished(const struct verification *v, const struct tree *t,
    const struct evidence *e)
{
	return evidence_grows(e) && t->size == v->now.size;
}

static int
grow(struct pass *p)
{
	struct verification *v = p->v;
	struct tree *t = p->tree;
	struct entry entry;
	char why[WHY];
	int rc = 0;

	look_back(p);
	while (!finished(v, t, p->e) &&
	    (rc = evidence_next(p->e, &entry, why)) == 1) {
		if ((rc = check_entry(v, t, &entry)) < 0)
			return rc;
		tree_append(t, &entry.hash, on_tile, p);
		v->purged += entry.leaf == NULL;
		v->entries = t->size;
		if ((rc = verify_side(v, &entry)) < 0)
			return rc;
		if (v->progress != NULL && t->size % PROGRESS_EVERY == 0)
			v->progress(t->size, v->now.size, v->arg);
		look_back(p);
	}
	if (rc == E_BAD_INPUT) {
		verify_name(v, t->size, t->size);
		return verify_bad(v, "%s", why);
	}
	if (rc == E_UNAVAILABLE || rc == E_SYSTEM)
		verify_bad(v, "%s", why);
	return rc < 0 ? rc : 0;
}

/* ---- the second pass: where? ---- */

struct blocks {			/* roots of 256 entries each, believed */
	struct hash *roots, *rest;
	size_t n, rest_n;	/* rest: leaves after the last block */
};

static int
read_hashes(struct hash *out, const struct tiles *tiles, int level, uint64_t n)
{
	const struct hash *h;
	int rc = 0;

	for (uint64_t i = 0; i < n && rc == 0; i += TILE_WIDTH) {
		int width = n - i < TILE_WIDTH ? (int)(n - i) : TILE_WIDTH;

		rc = tiles->read(&h, level, i / TILE_WIDTH, width, tiles->arg);
		if (rc == 0)
			memcpy(out + i, h, (size_t)width * sizeof(*h));
	}
	return rc;
}

/* Do they fold to the root that was signed? */
static bool
vouched(const struct blocks *b, const struct hash *root)
{
	struct tree *t = xmalloc(sizeof(*t));
	struct hash folded;

	tree_init(t);
	for (size_t i = 0; i < b->n; i++)
		tree_append_block(t, &b->roots[i]);
	for (size_t i = 0; i < b->rest_n; i++)
		tree_append(t, &b->rest[i], NULL, NULL);
	tree_root(t, &folded);
	free(t);
	return same_hash(&folded, root);
}

static bool
load_blocks(struct blocks *b, const struct tiles *tiles, const struct hash *root)
{
	const struct hash *rest;

	b->n = tiles->size / TILE_WIDTH;
	b->rest_n = tiles->size % TILE_WIDTH;
	b->roots = xcalloc(b->n + 1, sizeof(*b->roots));
	b->rest = xcalloc(TILE_WIDTH, sizeof(*b->rest));
	if (read_hashes(b->roots, tiles, 1, b->n) < 0)
		return false;
	if (b->rest_n > 0) {
		if (tiles->read(&rest, 0, b->n, (int)b->rest_n, tiles->arg) < 0)
			return false;
		memcpy(b->rest, rest, b->rest_n * sizeof(*rest));
	}
	return vouched(b, root);
}

/* The block differs: which entry? `found` are the hashes of its entries. */
static void
name_in_block(struct verification *v, const struct tiles *tiles,
    const struct hash *found, uint64_t block, const struct hash *root)
{
	uint64_t first = block * TILE_WIDTH;
	const struct hash *tile;
	struct hash folded;

	verify_name(v, first, first + TILE_WIDTH - 1);
	if (tiles->read(&tile, 0, block, TILE_WIDTH, tiles->arg) < 0)
		return;
	tree_fold(&folded, tile, TILE_WIDTH);
	if (!same_hash(&folded, root))
		return;			/* the tile was altered too */
	for (int i = 0; i < TILE_WIDTH; i++)
		if (!same_hash(&found[i], &tile[i])) {
			verify_name(v, first + (uint64_t)i, first + (uint64_t)i);
			return;
		}
}

static void
compare(struct verification *v, struct evidence *e, const struct tiles *tiles,
    const struct blocks *b)
{
	struct hash found[TILE_WIDTH], folded;
	struct entry entry;
	char why[WHY];
	uint64_t i;

	evidence_rewind(e);
	for (i = 0; i < tiles->size && evidence_next(e, &entry, why) == 1; i++) {
		uint64_t block = i / TILE_WIDTH;

		found[i % TILE_WIDTH] = entry.hash;
		if (block == b->n && !same_hash(&entry.hash,
		    &b->rest[i % TILE_WIDTH])) {
			verify_name(v, i, i);
			return;
		}
		if (block == b->n || i % TILE_WIDTH != TILE_WIDTH - 1)
			continue;
		tree_fold(&folded, found, TILE_WIDTH);
		if (!same_hash(&folded, &b->roots[block])) {
			name_in_block(v, tiles, found, block, &b->roots[block]);
			return;
		}
	}
}

static void
locate(struct verification *v, struct evidence *e)
{
	struct tiles tiles = evidence_tiles(e, v->now.size);
	struct blocks b = { 0 };

	if (load_blocks(&b, &tiles, &v->now.root))
		compare(v, e, &tiles, &b);
	free(b.roots);
	free(b.rest);
}

static int
mismatch(struct verification *v, struct evidence *e)
{
	bool told = v->named;		/* by the hash beside it */

	v->named = false;
	locate(v, e);
	if (v->named && v->first_bad == v->last_bad)
		return verify_bad(v, "entry %" PRIu64 " was altered: it is not the"
		    " one that was signed", v->first_bad);
	if (v->named)
		return verify_bad(v, "one of the entries %" PRIu64 " to %" PRIu64
		    " was altered, and the hashes that could tell which too",
		    v->first_bad, v->last_bad);
	v->named = told;
	return verify_bad(v, "the entries are not those that were signed%s%" PRIu64,
	    told ? "; the first altered one is " : "; the hash tiles were"
	    " altered too, so that the first bad one cannot be named among ",
	    told ? v->first_bad : v->now.size);
}

/* Too few or too many: the first place where they differ says more than the
 * end, when it can be told. */
static int
miscounted(struct verification *v, struct evidence *e, uint64_t found)
{
	v->named = false;
	locate(v, e);
	if (v->named && v->first_bad < found)
		return verify_bad(v, "entry %" PRIu64 " is not the one that was"
		    " signed: some were taken out or put in (%" PRIu64
		    " were signed)", v->first_bad, v->now.size);
	verify_name(v, found, found);
	if (v->extra)
		return verify_bad(v, "entry %" PRIu64 " stands after the end that"
		    " was signed", found);
	return verify_bad(v, "entry %" PRIu64 " is missing: %" PRIu64
	    " were signed, %" PRIu64 " are there", found, v->now.size, found);
}

/* ---- the whole ---- */

/* The entries are good; tiles that are not would mislead their readers. */
static int
check_tiles(struct pass *p)
{
	check_edge(p);
	if (!p->tile_bad)
		return 0;
	return verify_bad(p->v, "every entry is as it was signed, but the hash tile %d"
	    "/%" PRIu64 " beside them was altered or is missing", p->level, p->n);
}

static int
judge_whole(struct pass *p)
{
	struct verification *v = p->v;
	struct hash root;
	int rc = grow(p);

	if (v->extra || (rc == 0 && p->tree->size < v->now.size))
		return miscounted(v, p->e, p->tree->size);
	if (rc < 0)
		return rc;
	tree_root(p->tree, &root);
	if (!same_hash(&root, &v->now.root))
		return mismatch(v, p->e);
	if ((rc = marks_end(&p->marks, v)) < 0)
		return rc;
	if (v->named)		/* an altered hash beside a good entry */
		return E_DENIED;
	return check_tiles(p);
}

static int
judge(struct pass *p, struct arena *a)
{
	struct part part;
	int rc;

	if ((rc = read_notes(p->v, p->e)) < 0 ||
	    (rc = marks_read(&p->marks, p->v, p->e, a)) < 0)
		return rc;
	if ((rc = evidence_part(p->e, &part)) < 0)
		return verify_bad(p->v, "range.json does not tell a part of a log");
	p->v->part = rc == 1;
	rc = rc == 1 ? verify_part(p->v, p->e, &part, &p->marks) : judge_whole(p);
	return rc < 0 ? rc : verify_files(p->v, p->e);
}

int
verify_log(struct verification *v, struct evidence *e)
{
	struct pass p = { .v = v, .e = e, .tree = xmalloc(sizeof(*p.tree)) };
	struct arena *a = arena_new();
	int rc;

	tree_init(p.tree);
	v->good = true;
	v->named = v->extra = false;
	v->entries = v->purged = 0;
	rc = judge(&p, a);
	arena_free(a);
	free(p.tree);
	return rc == E_DENIED ? 0 : rc;
}
