/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /journal/{log}/tile/{path}: hashes of the tree, or the entries.
 * c2sp.org/tlog-tiles: what is signed never changes, so that any cache may
 * keep it for ever; what is not signed yet is not shown.
 */
#include <string.h>
#include "base/buf.h"
#include "http/call.h"
#include "journal/line.h"
#include "journal/tile.h"
#include "routes/routes.h"

static enum next
absent(struct call *c)
{
	return call_refuse(c, 404, "no_such_tile",
	    "the last checkpoint of this log has no such tile");
}

static int
find_log(struct call *c)
{
	const char *name = call_path_arg(c, "log");

	for (int i = 0; i < JOURNAL_LOGS; i++)
		if (strcmp(name, journal_log_name((enum journal_log)i)) == 0)
			return i;
	return -1;
}

static enum next
find_tile(struct call *c)
{
	struct tile_name *t = c->own;
	int log = find_log(c);
	struct params p;

	if (log < 0 || tile_parse(t, call_path_arg(c, "path")) < 0 ||
	    t->n > INT64_MAX / 1024)
		return absent(c);
	params_init(&p);
	params_int(&p, log);
	if (t->level != TILE_ENTRIES)
		params_int(&p, t->level);
	params_int(&p, (int64_t)t->n);
	params_int(&p, t->width);
	return call_ask(c, c->house->db, t->level == TILE_ENTRIES ?
	    SQL_JOURNAL_BUNDLE : SQL_JOURNAL_SERVED, &p);
}

/* Each entry: its length in two bytes, then itself. */
static bool
write_bundle(struct buf *out, const struct rows *rows, int width)
{
	if (rows_count(rows) != width)
		return false;
	for (int i = 0; i < width; i++) {
		size_t n;
		const uint8_t *leaf = row_bytes(rows, i, "leaf", &n);

		if (leaf == NULL)	/* purged by retention */
			return false;
		buf_char(out, (char)(n >> 8));
		buf_char(out, (char)n);
		buf_add(out, leaf, n);
	}
	return true;
}

static bool
write_hashes(struct buf *out, const struct rows *rows, int width)
{
	size_t n = 0;
	const uint8_t *hashes = rows_count(rows) == 0 ? NULL
	    : row_bytes(rows, 0, "hashes", &n);

	if (hashes == NULL || n != (size_t)width * 32)
		return false;
	buf_add(out, hashes, n);
	return true;
}

static enum next
send_tile(struct call *c)
{
	const struct tile_name *t = c->own;
	struct buf out;
	bool there;

	buf_init_in(&out, c->arena);
	there = t->level == TILE_ENTRIES ? write_bundle(&out, c->rows, t->width)
	    : write_hashes(&out, c->rows, t->width);
	if (!there)
		return absent(c);
	call_reply_field(c, "Cache-Control",
	    "public, max-age=31536000, immutable");
	return call_answer_buf(c, 200, "application/octet-stream", &out);
}

static const struct step steps[] = {
	{ "find the tile",	find_tile },
	{ "send it",		send_tile },
	{ NULL,			NULL }
};

const struct route route_journal_tile = {
	"GET", "/journal/{log}/tile/{path*}", steps,
	.own_size = sizeof(struct tile_name), .kind = ROUTE_API
};
