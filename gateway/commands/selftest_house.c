/* SPDX-License-Identifier: Apache-2.0 */
/* selftest_house.c - the steps of the self-test that the house takes itself. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "commands/selftest.h"
#include "consent/grant.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "journal/proof.h"

enum { SESSION_S = 300, POLL_MS = 200 };

static struct rows *
ask(struct selftest *s, const struct statement *sql, const struct params *p)
{
	int failure;
	struct rows *r = db_ask_now(s->house.db, sql, p, &failure);

	if (r == NULL) {
		fault_set(&s->fault, "E502", s->house.settings->file, 0, 0,
		    "our own database said: %s", db_now_error(s->house.db));
		fault_cure(&s->fault, "`guichet doctor` looks at it");
	}
	return r;
}

/* ---- the recipient ---- */

/* A key of this run alone, which never leaves the process. */
int
selftest_recipient(struct selftest *s)
{
	struct line line = { .event = "client.changed", .to = SELFTEST_CLIENT,
	    .records = -1, .bytes = -1, .actor = "operator" };
	struct line_row row;
	struct params p;
	struct rows *r;
	json_t *key = try_key_public(s->attempt.key);
	char *text = json_dumps(key, JSON_COMPACT);

	line_make(&row, s->a, &line);
	params_init(&p);
	params_text(&p, SELFTEST_CLIENT);
	params_text(&p, arena_strdup(s->a, text));
	params_text(&p, s->attempt.redirect_uri);
	params_texts(&p, s->a, s->datasets, s->datasets_n);
	line_params(&p, &row);
	r = ask(s, SQL_SELFTEST_CLIENT, &p);
	free(text);
	json_decref(key);
	if (r == NULL)
		return E_UNAVAILABLE;
	rows_free(r);
	snprintf(s->found, sizeof(s->found), "%s, %zu data sets",
	    SELFTEST_CLIENT, s->datasets_n);
	return 0;
}

/* ---- the customer ---- */

static int
find_subject(struct selftest *s)
{
	struct params p;
	struct rows *r;
	const uint8_t *key;
	size_t n;

	params_init(&p);
	params_text(&p, s->house.settings->selftest_customer);
	if ((r = ask(s, SQL_SUBJECT_FIND, &p)) == NULL)
		return E_UNAVAILABLE;
	if (rows_count(r) == 1 && (key = row_bytes(r, 0, "key", &n)) != NULL &&
	    n == sizeof(s->subject.key)) {
		row_uuid(r, 0, "id", &s->subject.id);
		memcpy(s->subject.key, key, n);
	} else {
		uuid_make(&s->subject.id);
		random_bytes(s->subject.key, sizeof(s->subject.key));
	}
	rows_free(r);
	return 0;
}

/* As strong a sign-in as a schema asks for: whoever may run this may do it. */
static const char *
strength(const struct selftest *s)
{
	for (size_t i = 0; i < catalogue_count(s->catalogue); i++)
		if (catalogue_at(s->catalogue, i)->schema->sign_in_acr != NULL)
			return catalogue_at(s->catalogue, i)->schema->sign_in_acr;
	return NULL;
}

static void
enter_params(struct selftest *s, struct params *p, const char *cookie)
{
	struct line line = { .event = "customer.login", .to = SELFTEST_CLIENT,
	    .records = -1, .bytes = -1, .actor = "operator",
	    .subject = &s->subject };
	struct line_row row;
	uint8_t hash[SHA256_SIZE];

	line_make(&row, s->a, &line);
	sha256(hash, cookie, strlen(cookie));
	params_init(p);
	params_bytes(p, arena_memdup(s->a, hash, sizeof(hash)), sizeof(hash));
	params_bytes(p, NULL, 0);
	params_time(p, clock_us() + (int64_t)SESSION_S * 1000000);
	params_uuid(p, &s->subject.id);
	params_text(p, s->house.settings->selftest_customer);
	params_bytes(p, s->subject.key, sizeof(s->subject.key));
	params_text(p, "en");
	params_text(p, "Self-test");
	params_text(p, strength(s));
	params_time(p, clock_us());
	line_params(p, &row);
}

/* A session for five minutes, without asking the organisation's sign-in. */
int
selftest_enter(struct selftest *s)
{
	char cookie[44];
	struct params p;
	struct rows *r;
	int made;

	if (find_subject(s) < 0)
		return E_UNAVAILABLE;
	random_token(cookie, 32);
	enter_params(s, &p, cookie);
	if ((r = ask(s, SQL_CUSTOMER_ENTER, &p)) == NULL)
		return E_UNAVAILABLE;
	made = rows_count(r);
	rows_free(r);
	if (made != 1)		/* for the first time, twice at once */
		return fault_set(&s->fault, "E502", s->house.settings->file, 0, 0,
		    "another self-test has just begun: try again");
	try_http_cookie(s->flow.http, arena_printf(s->a, SESSION_COOKIE "=%s",
	    cookie));
	snprintf(s->found, sizeof(s->found), "a session of our own");
	return 0;
}

/* ---- the end of the grant ---- */

int
selftest_withdraw(struct selftest *s)
{
	struct grant g = { .id = s->grant, .subject = s->subject,
	    .client_id = SELFTEST_CLIENT };
	struct params p;
	struct rows *r;

	params_init(&p);
	grant_end_params(&p, s->a, &g, "operator", "self-test", NULL);
	if ((r = ask(s, SQL_GRANT_END, &p)) == NULL)
		return E_UNAVAILABLE;
	rows_free(r);
	s->given = false;
	snprintf(s->found, sizeof(s->found), "ended");
	return 0;
}

/* ---- the journal ---- */

static int
ill(struct selftest *s, const char *cause, const char *cure)
{
	fault_set(&s->fault, "E506", s->house.settings->file, 0, 0, "%s", cause);
	fault_cure(&s->fault, "%s", cure);
	return E_DENIED;
}

/* Lines of one log, whose tiles are those of rows. */
static int
prove(struct selftest *s, const struct row_tiles *tiles, const struct rows *lines)
{
	const char *text = row_tiles_note(tiles);
	struct note_key key;
	struct checkpoint now;
	struct proof proof;
	struct note note;
	struct hash leaf;
	size_t n;

	if (journal_key(&s->house, &key) != EX_OK ||
	    note_parse(&note, s->a, text, strlen(text)) < 0 ||
	    note_verify(&note, &key) < 0 || checkpoint_parse(&now, &note) < 0)
		return ill(s, "the last checkpoint is not signed by the key of "
		    "this installation", "`guichet journal verify` says more");
	for (int i = 0; i < rows_count(lines); i++) {
		int64_t place = row_int(lines, i, "place");
		const uint8_t *bytes = row_bytes(lines, i, "leaf", &n);

		if (row_int(lines, i, "log") != (int64_t)s->house.log)
			continue;
		tree_leaf(&leaf, bytes, n);
		if (tree_prove_inclusion(&proof, &tiles->tiles, (uint64_t)place,
		    now.size) < 0 || tree_check_inclusion(&proof,
		    (uint64_t)place, &leaf, now.size, &now.root) < 0)
			return ill(s, "a line of this self-test is not proven by "
			    "the last checkpoint", "`guichet journal verify` "
			    "names the first bad entry");
	}
	return 0;
}

/* 1: not signed so far yet. */
static int
prove_log(struct selftest *s, enum journal_log log, const struct rows *lines)
{
	int64_t places[512], last = -1;
	struct row_tiles tiles;
	struct params p;
	struct rows *r;
	size_t n = 0;
	int rc = 1;

	for (int i = 0; i < rows_count(lines) && n < countof(places); i++)
		if (row_int(lines, i, "log") == (int64_t)log) {
			places[n] = row_int(lines, i, "place");
			if (places[n] > last)
				last = places[n];
			n++;
		}
	params_init(&p);
	params_int(&p, log);
	params_ints(&p, s->a, places, n);
	if ((r = ask(s, SQL_JOURNAL_PROOF, &p)) == NULL)
		return E_UNAVAILABLE;
	s->house.log = log;
	if (row_tiles_init(&tiles, r) && last < (int64_t)tiles.tiles.size)
		rc = prove(s, &tiles, lines);
	rows_free(r);
	return rc;
}

static size_t
count(const struct rows *lines, const char *event)
{
	size_t n = 0;

	for (int i = 0; i < rows_count(lines); i++)
		n += strcmp(row_text(lines, i, "event"), event) == 0;
	return n;
}

/* 0, 1: not yet, or E_... */
static int
look(struct selftest *s, const struct rows *lines)
{
	int rc = 0;

	if (count(lines, "consent.given") != 1 ||
	    count(lines, "consent.withdrawn") != 1 ||
	    count(lines, "pull.begun") < s->datasets_n)
		return ill(s, "a line of what was just done is missing: the "
		    "consent, its end, or what left",
		    "stop this gateway, keep its database as it is, and tell us");
	for (int i = 0; i < rows_count(lines); i++)
		if (row_null(lines, i, "place"))
			return 1;
	for (int log = 0; log < JOURNAL_LOGS && rc == 0; log++)
		rc = prove_log(s, (enum journal_log)log, lines);
	snprintf(s->found, sizeof(s->found), "%d lines placed, signed, proven",
	    rows_count(lines));
	return rc;
}

int
selftest_journal(struct selftest *s)
{
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	int64_t until = clock_us() + s->wait_s * 1000000;
	struct params p;
	struct rows *r;
	int rc;

	params_init(&p);
	params_uuid(&p, &s->grant);
	params_uuid(&p, &s->subject.id);
	for (;;) {
		if ((r = ask(s, SQL_SELFTEST_LINES, &p)) == NULL)
			return E_UNAVAILABLE;
		rc = look(s, r);
		rows_free(r);
		if (rc != 1 || clock_us() >= until)
			break;
		nanosleep(&pause, NULL);
	}
	return rc != 1 ? rc : ill(s, "lines wait for a place or a signature: "
	    "nobody orders the journal, or nobody signs",
	    "look at the journal role's and the signer's last words");
}
