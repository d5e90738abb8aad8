/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness_ask.c - the journal asks its witnesses to cosign.
 *
 * A process of its own, so that a slow witness delays no checkpoint. It begins
 * by asking from nothing; a witness says what size it remembers, and is given
 * the proof from there. A witness that remembers more than there is, or another
 * history, is an alarm: this database is not the one that was shown to it.
 */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "db/db.h"
#include "http/client.h"
#include "journal/advance.h"
#include "journal/line.h"
#include "journal/stamp.h"
#include "journal/store.h"
#include "journal/witness.h"

enum { ASKED_MAX = 16, TIMEOUT_S = 10, AGAIN_MS = 30000, ANSWER_MAX = 16384,
    LINE_MAX_BYTES = 2048 };

struct asked {
	char url[512];
	struct note_key key;
	uint64_t size[JOURNAL_LOGS];	/* what it remembers, as far as we know */
	bool alarmed[JOURNAL_LOGS];
	int64_t not_before_ms;
};

struct asking {
	const struct settings *settings;
	struct db_now *db;
	struct stamps *stamps;		/* NULL: none are asked for */
	struct arena *arena;		/* of one round */
	CURL *easy;
	size_t n;
	struct asked all[ASKED_MAX];
};

/* ---- who ---- */

static int
bad_line(struct fault *f, const char *file, int line, const char *why)
{
	fault_set(f, "E125", file, line, 0, "%s", why);
	return fault_cure(f, "a line is `https://witness.example NAME+hex+base64`: "
	    "its address, and the key that `guichet journal witness` printed");
}

static int
read_line(struct asked *w, char *text, const char *file, int line,
    struct fault *f)
{
	char *key = text + strcspn(text, " \t");
	const char *why;

	if (*key == '\0')
		return bad_line(f, file, line, "the verifier key is missing");
	*key++ = '\0';
	key += strspn(key, " \t");
	memset(w, 0, sizeof(*w));
	if (http_url_check(text, &why) < 0)
		return bad_line(f, file, line, why);
	if (strlen(text) >= sizeof(w->url) - 32 ||
	    note_cosigner_parse(&w->key, key) < 0)
		return bad_line(f, file, line, "that is no witness's verifier key");
	snprintf(w->url, sizeof(w->url), "%.480s%sadd-checkpoint", text,
	    text[strlen(text) - 1] == '/' ? "" : "/");
	return 0;
}

static int
read_file(struct asked *all, size_t *n, const char *path, struct fault *f)
{
	char text[LINE_MAX_BYTES];
	FILE *in = fopen(path, "re");
	int rc = 0;

	*n = 0;
	if (in == NULL) {
		fault_set(f, "E125", path, 0, 0, "cannot be read: %s",
		    strerror(errno));
		return fault_cure(f, "[journal] witnesses names it");
	}
	for (int line = 1; rc == 0 && fgets(text, sizeof(text), in) != NULL;
	    line++) {
		text[strcspn(text, "\r\n")] = '\0';
		if (text[0] == '\0' || text[0] == '#')
			continue;
		rc = *n == ASKED_MAX ? bad_line(f, path, line, "that is one"
		    " witness too many") : read_line(&all[(*n)++], text, path,
		    line, f);
	}
	fclose(in);
	return rc;
}

int
witness_check(const struct settings *s, struct fault *f)
{
	struct asked *all = xcalloc(ASKED_MAX, sizeof(*all));
	size_t n;
	int rc = s->journal_witnesses[0] == '\0' ? 0 :
	    read_file(all, &n, s->journal_witnesses, f);

	free(all);
	return rc;
}

/* ---- one exchange ---- */

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct buf *body = arg;

	if (body->len + one * n > ANSWER_MAX)
		return 0;
	buf_add(body, data, one * n);
	return one * n;
}

/* The status, or 0: nobody answered. */
static long
post(struct asking *k, const struct asked *w, const struct buf *request,
    struct buf *body)
{
	struct curl_slist *fields = curl_slist_append(NULL,
	    "Content-Type: text/plain; charset=utf-8");
	long status = 0;
	CURLcode rc;

	curl_easy_setopt(k->easy, CURLOPT_URL, w->url);
	curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(k->easy, CURLOPT_POSTFIELDS, request->data);
	curl_easy_setopt(k->easy, CURLOPT_POSTFIELDSIZE, (long)request->len);
	curl_easy_setopt(k->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(k->easy, CURLOPT_WRITEDATA, body);
	rc = curl_easy_perform(k->easy);
	curl_slist_free_all(fields);
	if (rc == CURLE_OK)
		curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &status);
	else
		log_warning("witness cannot be asked name=%s why=%s",
		    w->key.name, log_quote(k->arena, curl_easy_strerror(rc)));
	return status;
}

/* ---- what it says ---- */

static void
alarm_once(struct asking *k, struct asked *w, enum journal_log log,
    const char *why)
{
	const struct line line = { .event = "integrity.fork_refused",
	    .outcome = journal_log_name(log), .reason = arena_printf(k->arena,
	    "witness %s: %s", w->key.name, why), .records =
	    (int64_t)w->size[log], .bytes = -1, .actor = "system" };
	struct line_row row;
	struct params p;
	int rc;

	log_error("witness refuses the journal code=E312 log=%s name=%s why=%s",
	    journal_log_name(log), w->key.name, log_quote(k->arena, why));
	w->not_before_ms = clock_mono_us() / 1000 + AGAIN_MS;
	if (w->alarmed[log])
		return;
	w->alarmed[log] = true;
	line_make(&row, k->arena, &line);
	params_init(&p);
	line_params(&p, &row);
	rows_free(db_ask_now(k->db, SQL_JOURNAL_APPEND, &p, &rc));
}

/* Only what its key signed, and only under this very text. */
static bool
keep_cosignature(struct asking *k, struct asked *w, enum journal_log log,
    const struct checkpoint *c, const char *note, const struct buf *body)
{
	struct note with;
	struct params p;
	struct rows *rows;
	const char *line = body->data == NULL ? "" : body->data;
	int rc = E_BAD_INPUT;

	for (; *line != '\0'; line = strchr(line, '\n') + 1) {
		char *one;

		if (strchr(line, '\n') == NULL)
			break;
		one = arena_strndup(k->arena, line,
		    (size_t)(strchr(line, '\n') + 1 - line));
		if (note_parse(&with, k->arena, arena_printf(k->arena, "%s%s",
		    note, one), strlen(note) + strlen(one)) < 0 ||
		    note_verify(&with, &w->key) < 0)
			continue;
		params_init(&p);
		params_int(&p, log);
		params_int(&p, (int64_t)c->size);
		params_text(&p, one);
		rows = db_ask_now(k->db, SQL_JOURNAL_COSIGN, &p, &rc);
		rows_free(rows);
		rc = rows == NULL ? rc : 0;
		break;
	}
	return rc == 0;
}

/* 409: it remembers another size; from there, then. True: ask again. */
static bool
learn_size(struct asking *k, struct asked *w, enum journal_log log,
    const struct checkpoint *c, const struct buf *body)
{
	uint64_t size;

	if (body->len < 2 || body->data[body->len - 1] != '\n' ||
	    checkpoint_size(&size, body->data, body->len - 1) < 0) {
		log_warning("witness says what nobody knows name=%s", w->key.name);
		return false;
	}
	if (size > c->size) {
		w->size[log] = size;
		alarm_once(k, w, log, arena_printf(k->arena, "it remembers %"
		    PRIu64 " lines, there are %" PRIu64, size, c->size));
		return false;
	}
	if (size == w->size[log]) {
		alarm_once(k, w, log, "it remembers other lines");
		return false;
	}
	w->size[log] = size;
	return true;
}

static bool
prove(struct asking *k, enum journal_log log, uint64_t old,
    const struct checkpoint *c, struct proof *out)
{
	struct store store;
	struct tiles tiles;

	store_init(&store, k->db, log);
	tiles = store_tiles(&store, c->size);
	return tree_prove_consistency(out, &tiles, old, c->size) == 0;
}

/* True: ask once more, from the size it told. */
static bool
ask_one(struct asking *k, struct asked *w, enum journal_log log,
    const struct checkpoint *c, const char *note)
{
	struct buf request, body;
	struct proof proof;
	long status;

	if (!prove(k, log, w->size[log], c, &proof))
		return false;		/* the database is away, or altered */
	buf_init_in(&request, k->arena);
	buf_init_in(&body, k->arena);
	advance_write(&request, w->size[log], &proof);
	buf_str(&request, note);
	status = post(k, w, &request, &body);
	if (status == 409)
		return learn_size(k, w, log, c, &body);
	if (status == 200 && keep_cosignature(k, w, log, c, note, &body)) {
		w->size[log] = c->size;
		w->alarmed[log] = false;
		return false;
	}
	if (status == 422)
		alarm_once(k, w, log, "it does not continue what it cosigned");
	else if (status != 0)
		log_warning("witness does not cosign name=%s log=%s status=%ld",
		    w->key.name, journal_log_name(log), status);
	w->not_before_ms = clock_mono_us() / 1000 + AGAIN_MS;
	return false;
}

/* ---- rounds ---- */

static void
ask_about(struct asking *k, enum journal_log log)
{
	struct checkpoint c;
	struct note note;
	struct params p;
	struct rows *rows;
	const char *text;
	int rc;

	params_init(&p);
	params_int(&p, log);
	rows = db_ask_now(k->db, SQL_JOURNAL_NOTE_LAST, &p, &rc);
	if (rows == NULL || rows_count(rows) == 0) {
		rows_free(rows);
		return;
	}
	text = arena_strdup(k->arena, row_text(rows, 0, "note"));
	rows_free(rows);
	if (note_parse(&note, k->arena, text, strlen(text)) < 0 ||
	    checkpoint_parse(&c, &note) < 0)
		return;
	for (size_t i = 0; i < k->n; i++) {
		struct asked *w = &k->all[i];

		if (note_verify(&note, &w->key) == 0)
			w->size[log] = c.size;		/* it did already */
		else if (clock_mono_us() / 1000 >= w->not_before_ms &&
		    ask_one(k, w, log, &c, text))
			(void)ask_one(k, w, log, &c, text);
	}
}

static void
ask_round(struct asking *k, const volatile sig_atomic_t *stop)
{
	for (int i = 0; k->n > 0 && i < JOURNAL_LOGS && !*stop; i++)
		ask_about(k, (enum journal_log)i);
	if (k->stamps != NULL && !*stop)
		stamps_round(k->stamps, k->db, k->arena);
}

static bool
ready(struct asking *k)
{
	struct rows *rows;
	char why[256];
	bool got;
	int rc;

	if (k->db == NULL && db_now_open(&k->db, k->settings->database_direct_url,
	    "guichet witness", why) < 0) {
		k->db = NULL;
		return false;
	}
	rows = db_ask_now(k->db, SQL_WITNESS_LOCK, PARAMS_NONE, &rc);
	got = rows != NULL && row_bool(rows, 0, "got");
	rows_free(rows);
	if (rows == NULL) {
		db_now_close(k->db);
		k->db = NULL;
	}
	return got;
}

static CURL *
open_curl(const struct settings *s)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		fatal("libcurl cannot begin");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	if (s->journal_witness_ca[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, s->journal_witness_ca);
	return easy;
}

int
witness_ask_all(const struct settings *s, const volatile sig_atomic_t *stop)
{
	struct asking *k = xcalloc(1, sizeof(*k));
	pid_t parent = getppid();
	struct fault f;

	k->settings = s;
	k->stamps = stamps_new(s);
	if (s->journal_witnesses[0] != '\0' && read_file(k->all, &k->n, s->journal_witnesses, &f) < 0) {
		fault_print(stderr, &f);
		stamps_free(k->stamps);
		free(k);
		return EX_CONFIG;
	}
	k->easy = open_curl(s);
	while (!*stop && getppid() == parent) {
		k->arena = arena_new();
		if (ready(k))
			ask_round(k, stop);
		arena_free(k->arena);
		for (int64_t ms = s->journal_interval_ms; ms > 0 && !*stop &&
		    getppid() == parent; ms -= 100)
			usleep((useconds_t)(ms < 100 ? ms : 100) * 1000);
	}
	curl_easy_cleanup(k->easy);
	stamps_free(k->stamps);
	if (k->db != NULL)
		db_now_close(k->db);
	free(k);
	return EX_OK;
}
