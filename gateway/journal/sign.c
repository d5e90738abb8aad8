/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.c - the sequencer asks for a signature, and knows what was signed.
 *
 * It holds no key. The signer of this host (signer.h) keeps the last note and
 * signs what provably continues it. Here the same is looked at before lines are
 * ordered, so that a history that was not signed is not made longer; and a host
 * that does not lead hands each published note to its signer, so that whoever
 * takes over is not blind.
 */
#include "journal/sequencer_own.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "http/counters.h"
#include "journal/keep.h"
#include "journal/signer.h"
#include "journal/store.h"

/* ---- alarms ---- */

/* Told each time it is looked at; one line of the journal, when it begins. */
int
sign_stand_still(struct sequencer *s, struct ordered *o, struct arena *a,
    const char *code, const char *why)
{
	const struct line line = { .event = "integrity.fork_refused",
	    .outcome = journal_log_name(o->log), .reason = why,
	    .records = o->keeps ? (int64_t)o->kept.size : -1, .bytes = -1,
	    .actor = "system" };
	struct line_row row;
	struct params p;

	log_error("journal stands still, nothing is signed code=%s log=%s why=%s",
	    code, journal_log_name(o->log), log_quote(a, why));
	counter_set(COUNTER_STILL, 1);
	if (!o->stands_still) {
		line_make(&row, a, &line);
		params_init(&p);
		line_params(&p, &row);
		rows_free(sequencer_ask(s, SQL_JOURNAL_APPEND, &p));
	}
	o->stands_still = true;
	return E_DENIED;
}

static void
goes_on(struct sequencer *s, struct ordered *o)
{
	o->stands_still = false;
	for (int i = 0; i < JOURNAL_LOGS; i++)
		if (s->logs[i].stands_still)
			return;
	counter_set(COUNTER_STILL, 0);
}

/* What the signer's failure means here. */
static int
signer_failed(struct sequencer *s, struct ordered *o, struct arena *a, int rc)
{
	const char *why = signer_why(s->signer);

	o->keeps = o->asked = false;
	if (rc == E_DENIED)
		return sign_stand_still(s, o, a, "E309", why);
	if (rc == E_SYSTEM)
		return sign_stand_still(s, o, a, "E308", why);
	log_warning("journal waits for its signer log=%s why=%s",
	    journal_log_name(o->log), log_quote(a, why));
	return E_UNAVAILABLE;
}

/* ---- what was signed ---- */

/* The last note the database knows. */
static int
published_note(struct sequencer *s, struct ordered *o, struct arena *a,
    struct checkpoint *out, char **text)
{
	struct params p;
	struct rows *rows;
	int rc = E_NOT_FOUND;

	params_init(&p);
	params_int(&p, o->log);
	if ((rows = sequencer_ask(s, SQL_JOURNAL_NOTE_LAST, &p)) == NULL)
		return E_UNAVAILABLE;
	if (rows_count(rows) > 0) {
		*text = arena_strdup(a, row_text(rows, 0, "note"));
		rc = keep_parse(out, a, *text, strlen(*text), o->key);
	}
	rows_free(rows);
	return rc;
}

/* Sets o->kept: the note this host's signer keeps. */
static int
ask_last(struct sequencer *s, struct ordered *o, struct arena *a)
{
	char *text;
	int rc;

	if (o->asked)
		return 0;
	rc = signer_last(s->signer, a, o->log, &text);
	if (rc == 0 && keep_parse(&o->kept, a, text, strlen(text), o->key) < 0)
		return sign_stand_still(s, o, a, "E309", "the signer has another key"
		    " than this installation knows");
	if (rc < 0 && rc != E_NOT_FOUND)
		return signer_failed(s, o, a, rc);
	/* another origin's: the signer knows whether it may begin anew */
	o->keeps = rc == 0 && strcmp(o->kept.origin, o->origin) == 0;
	o->asked = true;
	return 0;
}

/* The proof that leads from what is kept to a tree of that size. */
static int
prove(struct sequencer *s, struct ordered *o, uint64_t size, struct proof *out)
{
	struct store store;
	struct tiles tiles;

	store_init(&store, s->db, o->log);
	tiles = store_tiles(&store, size);
	return tree_prove_consistency(out, &tiles, o->keeps ? o->kept.size : 0,
	    size);
}

/* Hands a published note over to the signer, to be kept. */
static int
keep_published(struct sequencer *s, struct ordered *o, struct arena *a,
    const struct checkpoint *c, const char *text)
{
	struct proof proof;
	int rc = prove(s, o, c->size, &proof);

	if (rc == E_UNAVAILABLE)
		return rc;
	if (rc < 0)
		proof.n = 0;		/* hashes are missing: let it judge */
	rc = signer_keep(s->signer, a, o->log, o->keeps ? o->kept.size : 0,
	    &proof, text);
	if (rc == E_CONFLICT) {		/* its own leader was faster */
		o->asked = false;
		return 0;
	}
	if (rc < 0)
		return signer_failed(s, o, a, rc);
	o->kept = *c;
	return o->keeps = o->asked = true, 0;
}

/* ---- the guard, before lines are ordered ---- */

static void
now_checkpoint(const struct ordered *o, struct checkpoint *c)
{
	memset(c, 0, sizeof(*c));
	memcpy(c->origin, o->origin, sizeof(c->origin));
	c->size = o->tree.size;
	tree_root(&o->tree, &c->root);
}

int
sign_begin(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct checkpoint last, now;
	char *text, why[WHY_MAX];
	struct store store;
	struct tiles tiles;
	int published, rc;

	published = published_note(s, o, a, &last, &text);
	if (published == E_UNAVAILABLE)
		return published;
	o->published = published == 0 ? (int64_t)last.size : -1;
	o->asked = false;
	if ((rc = ask_last(s, o, a)) < 0)
		return rc;
	if (published == E_BAD_INPUT)
		return sign_stand_still(s, o, a, "E309", "the published note is not"
		    " signed by this journal's key");
	if (!o->keeps && published == 0 &&
	    strcmp(last.origin, o->origin) == 0 &&
	    (rc = keep_published(s, o, a, &last, text)) < 0)
		return rc;
	if (!o->keeps)
		return 0;		/* nothing was ever signed */
	store_init(&store, s->db, o->log);
	tiles = store_tiles(&store, o->tree.size);
	now_checkpoint(o, &now);
	rc = keep_continues(&o->kept, &tiles, &now, why);
	return rc == 0 || rc == E_UNAVAILABLE ? rc :
	    sign_stand_still(s, o, a, "E309", why);
}

/* ---- signing ---- */

/* 0; E_CONFLICT: another one leads since. */
static int
publish(struct sequencer *s, struct ordered *o, const char *note)
{
	struct params p;
	struct rows *rows;
	bool ours;

	params_init(&p);
	params_int(&p, o->log);
	params_int(&p, (int64_t)o->tree.size);
	params_text(&p, note);
	params_int(&p, o->epoch);
	if ((rows = sequencer_ask(s, SQL_JOURNAL_NOTE_PUT, &p)) == NULL)
		return E_UNAVAILABLE;
	ours = row_bool(rows, 0, "ours");
	rows_free(rows);
	return ours ? 0 : E_CONFLICT;
}

/* We led at held_ms: from then on, for SIGNER_LEASE_MS, the signer believes it. */
static int
ask_note(struct sequencer *s, struct ordered *o, struct arena *a,
    const struct checkpoint *now, char **note)
{
	int64_t held_ms = clock_boot_ms();
	struct proof proof;
	int rc;

	if ((rc = ask_last(s, o, a)) < 0 || (rc = sequencer_fence(s)) < 0)
		return rc;
	if ((rc = prove(s, o, now->size, &proof)) == E_UNAVAILABLE)
		return rc;
	if (rc < 0)			/* a shorter tree: let it judge */
		proof.n = 0;
	return signer_sign(s->signer, a, o->log, held_ms,
	    o->keeps ? o->kept.size : 0, &proof, now, note);
}

int
sign_checkpoint(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct checkpoint now;
	char *note;
	int rc;

	if (o->published == (int64_t)o->tree.size)
		return 0;
	now_checkpoint(o, &now);
	if ((rc = ask_note(s, o, a, &now, &note)) == E_CONFLICT) {
		o->asked = false;	/* it knows more than we thought */
		rc = ask_note(s, o, a, &now, &note);
	}
	if (rc == E_CONFLICT || rc == E_EXPIRED || rc == E_UNAVAILABLE)
		return rc == E_EXPIRED ? E_CONFLICT : rc;
	if (rc < 0)
		return o->stands_still ? rc : signer_failed(s, o, a, rc);
	o->kept = now;
	o->keeps = true;
	if ((rc = publish(s, o, note)) < 0)
		return rc;
	o->published = (int64_t)now.size;
	goes_on(s, o);
	return 0;
}

/* ---- following, on a host that does not lead ---- */

/* Fewer lines than were signed: their end is gone. */
static int
look_for_end(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct rows *rows = sequencer_ask(s, SQL_JOURNAL_HEADS, PARAMS_NONE);
	bool gone = false;

	if (rows == NULL)
		return E_UNAVAILABLE;
	for (int i = 0; i < rows_count(rows); i++)
		if (row_int(rows, i, "log") == (int64_t)o->log)
			gone = row_int(rows, i, "size") < (int64_t)o->kept.size;
	rows_free(rows);
	return gone ? sign_stand_still(s, o, a, "E309", "the database holds fewer"
	    " lines than were signed: its end is lost (a restored backup?)") : 0;
}

static int
follow(struct sequencer *s, struct ordered *o, struct arena *a)
{
	struct checkpoint c;
	char *text;
	int rc = published_note(s, o, a, &c, &text);

	if (rc == E_NOT_FOUND)
		return 0;
	if (rc == E_BAD_INPUT)
		return sign_stand_still(s, o, a, "E309", "the published note is not"
		    " signed by this journal's key");
	if (rc < 0 || (rc = ask_last(s, o, a)) < 0)
		return rc;
	if (strcmp(c.origin, o->origin) != 0)
		return 0;		/* of before it began anew */
	if (o->keeps && c.size < o->kept.size)
		return look_for_end(s, o, a);
	if (!o->keeps || c.size > o->kept.size ||
	    memcmp(&c.root, &o->kept.root, sizeof(c.root)) != 0)
		rc = keep_published(s, o, a, &c, text);
	if (rc == 0)
		goes_on(s, o);
	return rc;
}

void
sign_follow(struct sequencer *s)
{
	struct arena *a = arena_new();

	for (int i = 0; i < JOURNAL_LOGS && s->db != NULL; i++)
		if (follow(s, &s->logs[i], a) == E_UNAVAILABLE)
			break;
	arena_free(a);
}
