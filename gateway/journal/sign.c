/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.c - the sequencer's signature, and the guard before it.
 *
 * Nothing is signed that does not continue the last note, as this host keeps it
 * (keep.h), or as the database has it for a host that keeps none yet. The new
 * note is kept here before it is published.
 */
#include "journal/sequencer_own.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "journal/keep.h"
#include "journal/store.h"

/* ---- the fork guard ---- */

/* The last note the database knows. */
static int
published_note(struct sequencer *s, struct ordered *o, struct arena *a,
    struct checkpoint *out)
{
	struct note note;
	struct params p;
	struct rows *rows;
	const char *text;
	int rc = E_NOT_FOUND;

	params_init(&p);
	params_int(&p, o->log);
	if ((rows = sequencer_ask(s, SQL_JOURNAL_NOTE_LAST, &p)) == NULL)
		return E_UNAVAILABLE;
	if (rows_count(rows) > 0) {
		text = row_text(rows, 0, "note");
		rc = note_parse(&note, a, text, strlen(text)) < 0 ||
		    note_verify(&note, &o->verifier) < 0 ||
		    checkpoint_parse(out, &note) < 0 ? E_BAD_INPUT : 0;
	}
	rows_free(rows);
	return rc;
}

static int
last_note(struct sequencer *s, struct ordered *o, struct arena *a,
    struct checkpoint *out, char why[WHY_MAX])
{
	int rc = keep_read(out, a, s->settings->journal_notes_dir,
	    journal_log_name(o->log), &o->verifier, why);

	if (rc != E_NOT_FOUND)
		return rc;
	rc = published_note(s, o, a, out);
	if (rc == E_BAD_INPUT)
		snprintf(why, WHY_MAX, "the published note is not signed by"
		    " this journal's key");
	return rc;
}

static void
now_checkpoint(const struct ordered *o, struct checkpoint *c)
{
	memset(c, 0, sizeof(*c));
	memcpy(c->origin, o->origin, sizeof(c->origin));
	c->size = o->tree.size;
	tree_root(&o->tree, &c->root);
}

/* Is what we hold the continuation of what was signed? */
int
sign_guard(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct checkpoint kept, now;
	char why[WHY_MAX] = "";
	struct store store;
	struct tiles tiles;
	int rc = last_note(s, o, a, &kept, why);

	if (rc == E_NOT_FOUND)
		return 0;		/* nothing was ever signed */
	if (rc == 0) {
		store_init(&store, s->db, o->log);
		tiles = store_tiles(&store, o->tree.size);
		now_checkpoint(o, &now);
		rc = keep_continues(&kept, &tiles, &now, why);
	}
	if (rc == 0 || rc == E_UNAVAILABLE)
		return rc;
	log_error("journal stands still, nothing is signed code=%s log=%s why=%s",
	    rc == E_SYSTEM ? "E308" : "E309", journal_log_name(o->log),
	    log_quote(a, why));
	return E_DENIED;
}

int
sign_begin(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct checkpoint last;
	int rc = published_note(s, o, a, &last);

	if (rc == E_UNAVAILABLE)
		return rc;
	o->published = rc == 0 ? (int64_t)last.size : -1;
	return 0;
}

/* ---- signing ---- */

static int
publish(struct sequencer *s, struct ordered *o, const char *note)
{
	struct params p;
	struct rows *rows;

	params_init(&p);
	params_int(&p, o->log);
	params_int(&p, (int64_t)o->tree.size);
	params_text(&p, note);
	rows = sequencer_ask(s, SQL_JOURNAL_NOTE_PUT, &p);
	rows_free(rows);
	return rows == NULL ? E_UNAVAILABLE : 0;
}

int
sign_checkpoint(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct checkpoint now;
	char why[WHY_MAX];
	const char *note;
	int rc;

	if (o->published == (int64_t)o->tree.size)
		return 0;
	if ((rc = sign_guard(s, o, a)) < 0)
		return rc;
	now_checkpoint(o, &now);
	note = note_sign(a, checkpoint_text(a, &now), o->origin, o->key);
	if (keep_write(s->settings->journal_notes_dir,
	    journal_log_name(o->log), note, why) < 0) {
		log_error("journal cannot keep its note, nothing is signed"
		    " code=E308 why=%s", log_quote(a, why));
		return E_SYSTEM;
	}
	if ((rc = publish(s, o, note)) == 0)
		o->published = (int64_t)now.size;
	return rc;
}
