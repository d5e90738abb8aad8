/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - lines get their places: one turn is one transaction.
 *
 * A line is written once, by whatever changed something, and never moves. What
 * a turn adds is small: the ids of the lines in their order (bundles), the
 * hashes that follow from them (tiles), the new size, and what was seen.
 */
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "db/db.h"
#include "journal/sequencer_own.h"

/* ---- what grew, to be stored ---- */

static void
touch(int level, uint64_t n, const struct hash *hashes, int width, void *arg)
{
	struct touched *t = arg;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->log[i] == (int64_t)t->current && t->level[i] == level &&
		    t->n[i] == (int64_t)n)
			break;
	assert(i < TILES_MAX);
	t->log[i] = t->current;
	t->level[i] = level;
	t->n[i] = (int64_t)n;
	t->width[i] = width;
	memcpy(t->hashes[i], hashes, (size_t)width * sizeof(*hashes));
	if (i == t->count)
		t->count++;
}

static int
store_touched(struct sequencer *s, struct arena *a)
{
	struct touched *t = &s->touched;
	struct piece hashes[TILES_MAX];
	struct params p;
	struct rows *rows;

	if (t->count == 0)
		return 0;
	for (size_t i = 0; i < t->count; i++)
		hashes[i] = (struct piece){ t->hashes[i],
		    (size_t)t->width[i] * sizeof(struct hash) };
	params_init(&p);
	params_ints(&p, a, t->log, t->count);
	params_ints(&p, a, t->level, t->count);
	params_ints(&p, a, t->n, t->count);
	params_byteses(&p, a, hashes, t->count);
	rows = sequencer_ask(s, SQL_JOURNAL_TILE_PUT, &p);
	rows_free(rows);
	return rows == NULL ? E_UNAVAILABLE : 0;
}

static int
grow_head(struct sequencer *s, struct ordered *o)
{
	struct hash ranges[PROOF_MAX];
	struct params p;
	struct rows *rows;
	int rc;

	if (o->tree.size == o->stored)
		return 0;
	params_init(&p);
	params_int(&p, o->log);
	params_int(&p, o->epoch);
	params_int(&p, (int64_t)o->stored);
	params_int(&p, (int64_t)o->tree.size);
	params_bytes(&p, ranges, tree_frontier(&o->tree, ranges) *
	    sizeof(ranges[0]));
	if ((rows = sequencer_ask(s, SQL_JOURNAL_HEAD_GROW, &p)) == NULL)
		return E_UNAVAILABLE;
	rc = rows_affected(rows) == 1 ? 0 : E_CONFLICT;
	rows_free(rows);
	if (rc < 0)
		log_warning("journal is led by another log=%s",
		    journal_log_name(o->log));
	return rc;
}

/* ---- the lines of a turn ---- */

static void
place(struct sequencer *s, const struct rows *rows, int i)
{
	struct ordered *o = &s->logs[row_int(rows, i, "log")];
	struct placed *p = &s->placed;
	const uint8_t *bytes;
	struct hash leaf;
	size_t n;

	bytes = row_bytes(rows, i, "leaf", &n);
	tree_leaf(&leaf, bytes, n);
	p->log[i] = o->log;
	p->seq[i] = (int64_t)o->tree.size;
	p->n[i] = row_int(rows, i, "n");
	row_uuid(rows, i, "id", &p->id[i]);
	s->touched.current = o->log;
	tree_append(&o->tree, &leaf, touch, &s->touched);
}

/* The last, unfinished tile of level 0, as it will be served. */
static void
touch_last(struct sequencer *s, const struct ordered *o)
{
	const struct edge *last = &o->tree.edge[0];

	s->touched.current = o->log;
	if (o->tree.size > o->stored && last->n > 0)
		touch(0, o->tree.size / TILE_WIDTH, last->hashes, last->n,
		    &s->touched);
}

/* Is every bundle as long as the tree says? */
static int
check_bundles(const struct sequencer *s, const struct rows *rows)
{
	for (int i = 0; i < rows_count(rows); i++) {
		const struct ordered *o = &s->logs[row_int(rows, i, "log")];
		int64_t left = (int64_t)o->tree.size -
		    row_int(rows, i, "n") * TILE_WIDTH;

		if (row_int(rows, i, "width") !=
		    (left < TILE_WIDTH ? left : TILE_WIDTH)) {
			log_warning("journal is led by another log=%s",
			    journal_log_name(o->log));
			return E_CONFLICT;
		}
	}
	return 0;
}

static int
store_placed(struct sequencer *s, struct arena *a, size_t n)
{
	const struct placed *l = &s->placed;
	struct params p;
	struct rows *rows;
	int rc;

	params_init(&p);
	params_ints(&p, a, l->log, n);
	params_ints(&p, a, l->seq, n);
	params_uuids(&p, a, l->id, n);
	params_ints(&p, a, l->n, n);
	if ((rows = sequencer_ask(s, SQL_JOURNAL_BUNDLE_PUT, &p)) == NULL)
		return E_UNAVAILABLE;
	rc = check_bundles(s, rows);
	rows_free(rows);
	return rc;
}

/* The trees grow by these lines; places and tiles are stored. */
static int
grow(struct sequencer *s, const struct rows *rows, struct arena *a)
{
	int n = rows_count(rows), rc;

	s->touched.count = 0;
	for (int i = 0; i < n; i++)
		place(s, rows, i);
	for (int i = 0; i < JOURNAL_LOGS; i++)
		touch_last(s, &s->logs[i]);
	if ((rc = store_placed(s, a, (size_t)n)) < 0)
		return rc;
	return store_touched(s, a);
}

int
order_rows(struct sequencer *s, struct ordered *o, const struct rows *rows,
    struct arena *a)
{
	int rc = grow(s, rows, a);

	return rc < 0 ? rc : grow_head(s, o);
}

static int
remember_seen(struct sequencer *s, const char *seen)
{
	struct params p;
	struct rows *rows;

	params_init(&p);
	params_text(&p, seen);
	rows = sequencer_ask(s, SQL_JOURNAL_TURN_END, &p);
	rows_free(rows);
	return rows == NULL ? E_UNAVAILABLE : 0;
}

/* The next lines of the turn: how many, or E_...; *seen is the turn's. */
static int
take(struct sequencer *s, struct arena *a, const char **seen)
{
	struct rows *rows = sequencer_ask(s, SQL_JOURNAL_TURN_NEXT, PARAMS_NONE);
	int n, rc = 0;

	if (rows == NULL)
		return E_UNAVAILABLE;
	n = rows_count(rows);
	if (n > 0) {
		*seen = arena_strdup(a, row_text(rows, 0, "seen"));
		rc = grow(s, rows, a);
	}
	rows_free(rows);
	return rc < 0 ? rc : n;
}

static int64_t
order_inside(struct sequencer *s, struct arena *a)
{
	const char *seen = NULL;
	struct rows *rows;
	int64_t all = 0;
	int n, rc = 0;

	rows = sequencer_ask(s, SQL_JOURNAL_TURN_OPEN, PARAMS_NONE);
	rows_free(rows);
	if (rows == NULL)
		return E_UNAVAILABLE;
	do {
		if ((n = take(s, a, &seen)) < 0)
			return n;
		all += n;
	} while (n == ORDER_MAX);
	for (int i = 0; i < JOURNAL_LOGS && rc == 0; i++)
		rc = grow_head(s, &s->logs[i]);
	if (rc == 0 && all > 0)
		rc = remember_seen(s, seen);
	return rc < 0 ? rc : all;
}

int64_t
order_lines(struct sequencer *s)
{
	struct arena *a;
	int64_t n;

	if (db_now_run(s->db, "BEGIN") < 0)
		return E_UNAVAILABLE;
	a = arena_new();
	n = order_inside(s, a);
	arena_free(a);
	if (n < 0)
		return n;	/* stepping down rolls back */
	if (db_now_run(s->db, "COMMIT") < 0)
		return E_UNAVAILABLE;
	for (int i = 0; i < JOURNAL_LOGS; i++)
		s->logs[i].stored = s->logs[i].tree.size;
	return n;
}
