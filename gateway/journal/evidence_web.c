/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_web.c - a log as a gateway serves it (c2sp.org/tlog-tiles).
 *
 * The entries of its checkpoint, bundle by bundle; where a bundle is not given
 * (a body in it was purged) the hashes of its entries stand for them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "http/fetch.h"
#include "journal/evidence_own.h"
#include "journal/note.h"
#include "journal/tile.h"

enum { BUNDLE_MAX = TILE_WIDTH * (LEAF_MAX + 2) };

void
web_clear(struct web *w)
{
	fetch_free(w->fetch);
	buf_clear(&w->bundle);
	buf_clear(&w->body);
}

static int
get_note(struct evidence *e, char why[WHY])
{
	struct checkpoint c;
	struct note note;
	int rc = fetch_get(e->web.fetch, &e->web.body, arena_printf(e->arena,
	    "%s/checkpoint", e->web.base), NOTE_MAX, why);

	if (rc < 0)
		return rc;
	if (rc != 200 || e->web.body.len == 0 ||
	    strlen(e->web.body.data) != e->web.body.len) {
		snprintf(why, WHY, "%.150s/checkpoint gives no checkpoint"
		    " (status %d)", e->web.base, rc);
		return E_NOT_FOUND;
	}
	e->note = arena_strdup(e->arena, e->web.body.data);
	if (note_parse(&note, e->arena, e->note, strlen(e->note)) == 0 &&
	    checkpoint_parse(&c, &note) == 0)
		e->web.size = c.size;	/* else it is no checkpoint: told later */
	return 0;
}

int
evidence_open_web(struct evidence **out, const char *url, enum journal_log log,
    char why[WHY])
{
	struct evidence *e = evidence_new();
	size_t n = strlen(url);
	int rc;

	while (n > 0 && url[n - 1] == '/')
		n--;
	e->web.base = arena_strndup(e->arena, url, n);
	if (strstr(e->web.base, "/journal/") == NULL)
		e->web.base = arena_printf(e->arena, "%s/journal/%s",
		    e->web.base, journal_log_name(log));
	e->web.fetch = fetch_new();
	buf_init(&e->web.bundle);
	buf_init(&e->web.body);
	if ((rc = get_note(e, why)) < 0) {
		evidence_close(e);
		return rc;
	}
	*out = e;
	return 0;
}

/* ---- tiles ---- */

static int
get_tile(struct evidence *e, struct buf *out, const char *level, uint64_t n,
    int width, size_t max, char why[WHY])
{
	char path[TILE_PATH_MAX], url[2200];

	tile_path(path, n, width);
	snprintf(url, sizeof(url), "%.2000s/tile/%s/%s", e->web.base, level, path);
	return fetch_get(e->web.fetch, out, url, max, why);
}

int
web_read_tile(const struct hash **out, int level, uint64_t n, int width,
    void *arg)
{
	struct evidence *e = arg;
	size_t size = (size_t)width * sizeof(struct hash);
	char name[8], why[WHY];

	snprintf(name, sizeof(name), "%d", level);
	if (get_tile(e, &e->web.body, name, n, width, size, why) != 200 ||
	    e->web.body.len != size)
		return E_NOT_FOUND;
	memcpy(e->tile, e->web.body.data, size);
	*out = e->tile;
	return 0;
}

/* ---- entries ---- */

static int
hashes_instead(struct evidence *e, char why[WHY])
{
	const struct hash *tile;

	e->web.bodies = false;
	if (web_read_tile(&tile, 0, e->next / TILE_WIDTH, e->web.width, e) == 0)
		return 0;
	snprintf(why, WHY, "neither the entries from %" PRIu64 " on nor their"
	    " hashes are given", e->next);
	return E_BAD_INPUT;
}

static int
get_bundle(struct evidence *e, char why[WHY])
{
	struct web *w = &e->web;
	uint64_t n = e->next / TILE_WIDTH, left = w->size - n * TILE_WIDTH;
	int rc;

	w->width = left < TILE_WIDTH ? (int)left : TILE_WIDTH;
	w->first = n * TILE_WIDTH;
	w->bodies = true;
	w->at = 0;
	rc = get_tile(e, &w->bundle, "entries", n, w->width, BUNDLE_MAX, why);
	if (rc == 404 || rc == 410)
		return hashes_instead(e, why);
	if (rc == 200)
		return 0;
	w->width = 0;
	if (rc > 0)
		snprintf(why, WHY, "the bundle of entry %" PRIu64 " is answered"
		    " with %d", e->next, rc);
	return rc > 0 ? E_UNAVAILABLE : rc == E_FULL ? E_BAD_INPUT : rc;
}

/* Two bytes of length, then itself; after the last one nothing. */
static int
take_body(struct evidence *e, struct entry *out, char why[WHY])
{
	struct web *w = &e->web;
	const uint8_t *p = (const uint8_t *)w->bundle.data + w->at;
	size_t left = w->bundle.len - w->at;
	bool last = e->next + 1 == w->first + (uint64_t)w->width;

	out->n = left < 2 ? 0 : (size_t)p[0] << 8 | p[1];
	if (left < 2 || left - 2 < out->n || (last && left - 2 != out->n)) {
		snprintf(why, WHY, "entry %" PRIu64 " is cut off in its bundle",
		    e->next);
		return E_BAD_INPUT;
	}
	out->leaf = p + 2;
	w->at += 2 + out->n;
	tree_leaf(&out->hash, out->leaf, out->n);
	return 1;
}

int
web_next(struct evidence *e, struct entry *out, char why[WHY])
{
	struct web *w = &e->web;
	int rc;

	if (e->next == 0)
		w->width = 0;		/* from the first again */
	if (e->next >= w->size)
		return 0;
	if ((w->width == 0 || e->next >= w->first + (uint64_t)w->width) &&
	    (rc = get_bundle(e, why)) < 0)
		return rc;
	*out = (struct entry){ .seq = e->next };
	if (w->bodies && (rc = take_body(e, out, why)) < 0)
		return rc;
	if (!w->bodies)
		out->hash = e->tile[e->next - w->first];
	e->next++;
	return 1;
}
