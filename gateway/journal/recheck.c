/* SPDX-License-Identifier: Apache-2.0 */
/* recheck.c - the journal reads itself again, a piece at a time. */
#include "journal/recheck.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "db/db.h"
#include "journal/evidence.h"
#include "journal/line.h"
#include "journal/sequencer_own.h"
#include "journal/spine.h"

enum { PIECE_MS = 200, LOOK_MS = 1000 };

struct recheck {
	struct sequencer *s;
	int64_t id;			/* 0: nothing is under way */
	struct ordered *log;
	struct evidence *evidence;
	struct spine tree;
	struct checkpoint now, kept;	/* kept.size is met on the way */
	bool keeps, altered;
	uint64_t bad;			/* the first altered entry */
	int64_t looked_us;
	char why[WHY_MAX];
};

struct recheck *
recheck_new(struct sequencer *s)
{
	struct recheck *r = xcalloc(1, sizeof(*r));

	r->s = s;
	return r;
}

static void
let_go(struct recheck *r)
{
	evidence_close(r->evidence);
	r->evidence = NULL;
	r->id = 0;
}

void
recheck_free(struct recheck *r)
{
	if (r == NULL)
		return;
	let_go(r);
	free(r);
}

/* ---- the end ---- */

static void
end(struct recheck *r, const char *why)
{
	const struct line line = { .event = "integrity.verified",
	    .outcome = why == NULL ? "good" : "bad", .reason = why,
	    .records = (int64_t)r->tree.size, .bytes = -1, .actor = "system" };
	struct arena *a = arena_new();
	struct line_row row;
	struct params p;
	char root[64];

	b64_encode(root, &r->now.root, sizeof(r->now.root));
	line_make(&row, a, &line);
	params_init(&p);
	params_int(&p, r->id);
	params_int(&p, (int64_t)r->tree.size);
	params_text(&p, root);
	params_bool(&p, why == NULL);
	params_text(&p, why);
	params_bool(&p, r->keeps);
	line_params(&p, &row);
	rows_free(sequencer_ask(r->s, SQL_CHECK_END, &p));
	if (why != NULL)
		log_error("journal is not what was signed log=%s why=%s",
		    journal_log_name(r->log->log), log_quote(a, why));
	else
		log_info("journal verified log=%s lines=%" PRIu64,
		    journal_log_name(r->log->log), r->tree.size);
	arena_free(a);
	let_go(r);
}

static void
judge(struct recheck *r)
{
	struct hash root;

	spine_root(&r->tree, &root);
	if (r->altered)
		snprintf(r->why, sizeof(r->why), "entry %" PRIu64
		    " was altered", r->bad);
	else if (r->tree.size < r->now.size)
		snprintf(r->why, sizeof(r->why), "entry %" PRIu64 " is missing",
		    r->tree.size);
	else if (memcmp(&root, &r->now.root, sizeof(root)) != 0)
		snprintf(r->why, sizeof(r->why),
		    "the entries are not those that were signed");
	end(r, r->why[0] == '\0' ? NULL : r->why);
}

/* ---- a piece ---- */

static void
look_back(struct recheck *r)
{
	struct hash root;

	if (!r->keeps || r->tree.size != r->kept.size || r->why[0] != '\0')
		return;
	spine_root(&r->tree, &root);
	if (memcmp(&root, &r->kept.root, sizeof(root)) != 0)
		snprintf(r->why, sizeof(r->why), "its first %" PRIu64 " entries"
		    " are not those of the note this host keeps", r->kept.size);
}

/* False when this piece is over: at the end, or cut short. */
static bool
read_one(struct recheck *r)
{
	struct entry entry;
	char why[WHY_MAX];
	int rc = 0;

	look_back(r);
	if (r->tree.size == r->now.size ||
	    (rc = evidence_next(r->evidence, &entry, why)) == 0 ||
	    (rc == 1 && entry.seq != r->tree.size)) {
		judge(r);
		return false;
	}
	if (rc < 0) {			/* the database is away: later */
		let_go(r);
		return false;
	}
	if (entry.altered && !r->altered) {
		r->altered = true;
		r->bad = entry.seq;
	}
	spine_append(&r->tree, &entry.hash);
	return true;
}

static void
tell_progress(struct recheck *r)
{
	struct params p;

	params_init(&p);
	params_int(&p, r->id);
	params_int(&p, (int64_t)r->tree.size);
	rows_free(sequencer_ask(r->s, SQL_CHECK_STEP, &p));
}

static void
read_piece(struct recheck *r)
{
	int64_t until = clock_mono_us() + PIECE_MS * INT64_C(1000);

	while (clock_mono_us() < until)
		for (int i = 0; i < 1000; i++)
			if (!read_one(r))
				return;
	tell_progress(r);
}

/* ---- the beginning ---- */

static bool
know_note(struct recheck *r, const char *text)
{
	struct arena *a = arena_new();
	struct note note;
	bool good = note_parse(&note, a, text, strlen(text)) == 0 &&
	    note_verify(&note, &r->log->verifier) == 0 &&
	    checkpoint_parse(&r->now, &note) == 0;

	r->kept = r->log->kept;
	r->keeps = r->log->keeps && good && r->kept.size <= r->now.size;
	arena_free(a);
	return good;
}

static void
take(struct recheck *r)
{
	struct rows *rows = sequencer_ask(r->s, SQL_CHECK_TAKE, PARAMS_NONE);
	char why[WHY_MAX];

	r->looked_us = clock_mono_us();
	if (rows != NULL && rows_count(rows) == 1) {
		r->id = row_int(rows, 0, "id");
		r->log = &r->s->logs[row_int(rows, 0, "log")];
		r->altered = false;
		r->why[0] = '\0';
		spine_init(&r->tree);
		if (!know_note(r, row_text(rows, 0, "note")))
			end(r, "the last note is not signed by this journal's key");
		else if (evidence_open_db(&r->evidence, r->s->db, r->log->log,
		    why) < 0)
			let_go(r);
	}
	rows_free(rows);
}

void
recheck_turn(struct recheck *r)
{
	if (!r->s->leads || r->s->db == NULL) {
		let_go(r);
		return;
	}
	if (r->id == 0 && clock_mono_us() - r->looked_us > LOOK_MS * 1000)
		take(r);
	if (r->id != 0)
		read_piece(r);
}
