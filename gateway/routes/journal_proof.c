/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /journal/{log}/proof/{place}: that one line is in the log, to be kept and
 * checked without us (c2sp.org/tlog-proof). Public, like the tiles it is made of.
 */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "http/call.h"
#include "journal/line.h"
#include "journal/proof.h"
#include "routes/routes.h"

struct own { int log; int64_t place; struct row_tiles tiles; };

static enum next
find_tiles(struct call *c)
{
	struct own *own = c->own;
	const char *name = call_path_arg(c, "log");
	struct params p;

	for (own->log = 0; own->log < JOURNAL_LOGS; own->log++)
		if (strcmp(name, journal_log_name((enum journal_log)own->log)) == 0)
			break;
	if (own->log == JOURNAL_LOGS)
		return call_refuse(c, 404, "no_such_log", "there is no such log");
	if (parse_int(&own->place, call_path_arg(c, "place"), 0, INT64_MAX) < 0)
		return call_refuse(c, 404, "no_such_line",
		    "a place is a number from 0");
	params_init(&p);
	params_int(&p, own->log);
	params_ints(&p, c->arena, &own->place, 1);
	return call_ask(c, c->house->db, SQL_JOURNAL_PROOF, &p);
}

static enum next
send_proof(struct call *c)
{
	struct own *own = c->own;
	struct proof proof;
	struct buf out;
	char text[48];

	if (!row_tiles_init(&own->tiles, c->rows))
		return call_refuse(c, 404, "not_yet",
		    "no checkpoint holds this line yet");
	if (tree_prove_inclusion(&proof, &own->tiles.tiles,
	    (uint64_t)own->place, own->tiles.tiles.size) < 0)
		return call_refuse(c, 503, "try_later",
		    "the tree is growing, please ask again");
	buf_init_in(&out, c->arena);
	buf_printf(&out, "c2sp.org/tlog-proof@v1\nindex %" PRId64 "\n",
	    own->place);
	for (size_t i = 0; i < proof.n; i++) {
		b64_encode(text, &proof.hashes[i], sizeof(proof.hashes[i]));
		buf_printf(&out, "%s\n", text);
	}
	buf_printf(&out, "\n%s", row_tiles_note(&own->tiles));
	call_reply_field(c, "Content-Disposition",
	    "attachment; filename=\"%s-%" PRId64 ".tlog-proof\"",
	    journal_log_name((enum journal_log)own->log), own->place);
	return call_answer_buf(c, 200, "text/plain; charset=utf-8", &out);
}

static const struct step steps[] = {
	{ "find the tiles",	find_tiles },
	{ "send the proof",	send_proof },
	{ NULL,			NULL }
};

const struct route route_journal_proof = {
	.method = "GET", .path = "/journal/{log}/proof/{place}", .steps = steps,
	.own_size = sizeof(struct own), .kind = ROUTE_API
};
