/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequencer.c - leads: turn by turn, lines get their places and a signature.
 *
 * Why nothing is lost, doubled or forked: see sequencer.h.
 *
 * It waits for its database (a process of its own), but never for long:
 * statements have a time-out, and SIGTERM is looked at between two of them.
 */
#include "journal/sequencer.h"
#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "journal/recheck.h"
#include "journal/sequencer_own.h"
#include "journal/signer.h"
#include "journal/store.h"

/* ---- beginning ---- */

struct sequencer *
sequencer_new(const struct settings *settings, const struct keys *keys)
{
	struct sequencer *s = xcalloc(1, sizeof(*s));

	s->settings = settings;
	for (int i = 0; i < JOURNAL_LOGS; i++) {
		struct ordered *o = &s->logs[i];
		const char *name = journal_log_name((enum journal_log)i);

		o->log = (enum journal_log)i;
		snprintf(o->origin, sizeof(o->origin), "%s/%s",
		    settings->journal_origin, name);
		if ((o->key = keys_journal(keys, name)) == NULL) {
			log_error("journal has no public key, `guichet key new`"
			    " brings it log=%s", name);
			free(s);
			return NULL;
		}
		note_key_of(&o->verifier, o->origin, o->key);
	}
	s->signer = signer_ask_at(settings->journal_signer);
	return s;
}

static void
step_down(struct sequencer *s)
{
	db_now_close(s->db);		/* releases the advisory lock */
	s->db = NULL;
	s->leads = false;
}

void
sequencer_free(struct sequencer *s)
{
	if (s == NULL)
		return;
	if (s->db != NULL)
		step_down(s);
	signer_hang_up(s->signer);
	free(s);
}

static int
connect_db(struct sequencer *s)
{
	char why[WHY_MAX];

	if (s->db != NULL)
		return 0;
	if (db_now_open(&s->db, s->settings->database_direct_url,
	    "guichet journal", why) < 0) {
		log_warning("journal waits for its database");
		s->db = NULL;
		return E_UNAVAILABLE;
	}
	/* what committed since the last turn is few lines of many: by index,
	 * and nothing to compile a plan for */
	if (db_now_run(s->db, "SET statement_timeout = '20s';"
	    "SET lock_timeout = '5s'; SET synchronous_commit = on;"
	    "SET enable_seqscan = off; SET jit = off") < 0) {
		step_down(s);
		return E_UNAVAILABLE;
	}
	return 0;
}

struct rows *
sequencer_ask(struct sequencer *s, const struct statement *q, const struct params *p)
{
	int failure = 0;
	struct rows *rows = db_ask_now(s->db, q, p, &failure);

	if (rows == NULL)
		log_warning("journal statement failed name=%s failure=%s",
		    q->name, error_name(failure));
	return rows;
}

/* ---- leading ---- */

static int
raise_fence(struct sequencer *s, struct ordered *o, struct arena *a,
    const uint8_t **frontier, size_t *frontier_n)
{
	struct params p;
	struct rows *rows;
	int rc = 0;

	params_init(&p);
	params_int(&p, o->log);
	params_text(&p, o->origin);
	if ((rows = sequencer_ask(s, SQL_JOURNAL_LEAD, &p)) == NULL)
		return E_UNAVAILABLE;
	o->epoch = row_int(rows, 0, "epoch");
	o->stored = (uint64_t)row_int(rows, 0, "size");
	*frontier = row_bytes(rows, 0, "frontier", frontier_n);
	*frontier = arena_memdup(a, *frontier, *frontier_n);
	if (strcmp(row_text(rows, 0, "origin"), o->origin) != 0) {
		log_error("journal has another origin in the database; set"
		    " [journal] origin back, or see `guichet journal new-epoch"
		    " --help` log=%s origin=%s",
		    journal_log_name(o->log), row_text(rows, 0, "origin"));
		rc = E_DENIED;
	}
	rows_free(rows);
	return rc;
}

int
sequencer_load(struct sequencer *s, struct ordered *o, const void *frontier,
    size_t n)
{
	struct hash ranges[PROOF_MAX];
	struct store store;
	struct tiles tiles;
	int rc;

	store_init(&store, s->db, o->log);
	tiles = store_tiles(&store, o->stored);
	if ((rc = tree_load(&o->tree, &tiles)) == E_UNAVAILABLE)
		return rc;
	if (rc < 0 || n != tree_frontier(&o->tree, ranges) * sizeof(ranges[0])
	    || memcmp(frontier, ranges, n) != 0)
		return E_CONFLICT;
	return 0;
}

static int
take_over(struct sequencer *s, struct ordered *o, struct arena *a)
{
	const uint8_t *frontier;
	size_t n;
	int rc = raise_fence(s, o, a, &frontier, &n);

	if (rc == 0 && (rc = sequencer_load(s, o, frontier, n)) == E_CONFLICT)
		return sign_stand_still(s, o, a, "E309",
		    "its tiles contradict its head");
	return rc < 0 ? rc : sign_begin(s, o, a);
}

/* Tables that came by pg_restore count their transactions anew. */
static int
know_cluster(struct sequencer *s)
{
	struct rows *rows;
	bool moved;

	/* ten million lines take minutes, once */
	if (db_now_run(s->db, "BEGIN; SET LOCAL statement_timeout = 0;"
	    " SET LOCAL enable_seqscan = on") < 0 ||
	    (rows = sequencer_ask(s, SQL_JOURNAL_TURN_MOVED, PARAMS_NONE)) == NULL)
		return E_UNAVAILABLE;
	moved = rows_count(rows) > 0;
	rows_free(rows);
	if (moved) {
		log_warning("journal came from another database cluster,"
		    " its lines are looked through once");
		rows = sequencer_ask(s, SQL_JOURNAL_TURN_RENEW, PARAMS_NONE);
		rows_free(rows);
		if (rows == NULL)
			return E_UNAVAILABLE;
	}
	return db_now_run(s->db, "COMMIT") < 0 ? E_UNAVAILABLE : 0;
}

/* The lock, and tables that are of this cluster: 0, E_CONFLICT, E_UNAVAILABLE. */
int
sequencer_begin(struct sequencer *s)
{
	struct rows *rows;
	bool got;

	if (connect_db(s) < 0)
		return E_UNAVAILABLE;
	if ((rows = sequencer_ask(s, SQL_JOURNAL_LOCK, PARAMS_NONE)) == NULL)
		return E_UNAVAILABLE;
	got = row_bool(rows, 0, "got");
	rows_free(rows);
	return got ? know_cluster(s) : E_CONFLICT;
}

static int
lead(struct sequencer *s)
{
	struct arena *a;
	int rc;

	if (s->leads)
		return 0;
	if ((rc = sequencer_begin(s)) < 0)
		return rc;
	a = arena_new();
	for (int i = 0; i < JOURNAL_LOGS && rc == 0; i++)
		rc = take_over(s, &s->logs[i], a);
	arena_free(a);
	if (rc < 0)
		return rc;
	s->leads = true;
	for (int i = 0; i < JOURNAL_LOGS; i++)
		log_info("journal leads log=%s size=%" PRIu64 " epoch=%" PRId64,
		    journal_log_name(s->logs[i].log), s->logs[i].stored,
		    s->logs[i].epoch);
	return 0;
}

/* ---- turns ---- */

static int
sign_all(struct sequencer *s)
{
	struct arena *a = arena_new();
	int rc = 0;

	for (int i = 0; i < JOURNAL_LOGS && rc == 0; i++)
		rc = sign_checkpoint(s, &s->logs[i], a);
	arena_free(a);
	return rc;
}

int
sequencer_fence(struct sequencer *s)
{
	struct rows *rows = sequencer_ask(s, SQL_JOURNAL_HEADS, PARAMS_NONE);
	bool same = rows != NULL && rows_count(rows) == JOURNAL_LOGS;

	for (int i = 0; same && i < JOURNAL_LOGS; i++)
		same = row_int(rows, i, "epoch") == s->logs[i].epoch &&
		    row_int(rows, i, "size") == (int64_t)s->logs[i].stored;
	rows_free(rows);
	if (rows != NULL && !same)
		log_warning("journal is led by another");
	return same ? 0 : rows == NULL ? E_UNAVAILABLE : E_CONFLICT;
}

int
sequencer_turn(struct sequencer *s, int64_t *lines)
{
	int64_t n = 0;
	int rc;

	if ((rc = connect_db(s)) == 0 && (rc = lead(s)) == 0 &&
	    (rc = sequencer_fence(s)) == 0) {
		n = order_lines(s);
		rc = n < 0 ? (int)n : sign_all(s);
	} else if (rc == E_CONFLICT && !s->leads && s->db != NULL)
		sign_follow(s);
	if (rc < 0 && s->db != NULL && (s->leads || rc != E_CONFLICT))
		step_down(s);	/* who only waits to lead stays connected */
	if (lines != NULL)
		*lines = n < 0 ? 0 : n;
	return rc;
}

static void
rest(int64_t ms, const volatile sig_atomic_t *stop, pid_t parent)
{
	int64_t end = clock_mono_us() + ms * 1000;

	while (!*stop && getppid() == parent && clock_mono_us() < end) {
		int64_t left = (end - clock_mono_us()) / 1000 + 1;

		poll(NULL, 0, (int)(left < REST_MS ? left : REST_MS));
	}
}

int
sequencer_run(const struct settings *settings, const struct keys *keys,
    const volatile sig_atomic_t *stop)
{
	struct sequencer *s = sequencer_new(settings, keys);
	struct recheck *recheck;
	pid_t parent = getppid();

	if (s == NULL)
		return EX_CONFIG;
	recheck = recheck_new(s);
	while (!*stop && getppid() == parent) {
		int rc = sequencer_turn(s, NULL);

		recheck_turn(recheck);
		rest(rc == E_DENIED || rc == E_SYSTEM ? HALT_MS
		    : settings->journal_interval_ms, stop, parent);
	}
	recheck_free(recheck);
	sequencer_free(s);
	return EX_OK;
}
