/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stamp_ask.c - checkpoints are taken to a time-stamping authority, now and then.
 *
 * By the process that asks witnesses, by the same rules: https, no proxy, no
 * redirect, little time, a bounded answer. An authority sees a digest and nothing
 * else. One that is away, or answers badly, delays nothing: it is asked again.
 */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "db/db.h"
#include "http/client.h"
#include "journal/line.h"
#include "journal/stamp.h"

enum { TIMEOUT_S = 10, AGAIN_MS = 30000 };

struct stamps {
	const struct settings *settings;
	CURL *easy;
	int64_t not_before_ms;
};

/* ---- settings ---- */

static int
bad_setting(struct fault *f, const struct settings *s, const char *name,
    const char *why)
{
	fault_set(f, "E126", s->file, 0, 0, "[journal] %s: %s", name, why);
	return fault_cure(f, "timestamp_url is where the authority is asked, over"
	    " https; timestamp_ca_file the PEM file of certificates that its"
	    " stamps lead to");
}

static bool
has_certificates(const char *path)
{
	X509_STORE *store = X509_STORE_new();
	bool good = store != NULL && path[0] != '\0' &&
	    X509_STORE_load_file(store, path) == 1;

	X509_STORE_free(store);
	return good;
}

int
stamp_settings_check(const struct settings *s, struct fault *f)
{
	const char *why;

	if (s->journal_stamp_url[0] == '\0')
		return 0;
	if (http_url_check(s->journal_stamp_url, &why) < 0)
		return bad_setting(f, s, "timestamp_url", why);
	if (!has_certificates(s->journal_stamp_ca))
		return bad_setting(f, s, "timestamp_ca_file",
		    "it holds no certificate");
	return 0;
}

/* ---- one exchange ---- */

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct buf *body = arg;

	if (body->len + one * n > STAMP_MAX)
		return 0;
	buf_add(body, data, one * n);
	return one * n;
}

static bool
post(struct stamps *s, struct arena *a, const struct buf *request,
    struct buf *body)
{
	struct curl_slist *fields = curl_slist_append(NULL,
	    "Content-Type: application/timestamp-query");
	long status = 0;
	CURLcode rc;

	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, request->data);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, (long)request->len);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, body);
	rc = curl_easy_perform(s->easy);
	curl_slist_free_all(fields);
	if (rc == CURLE_OK)
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		log_warning("time-stamps cannot be asked for status=%ld why=%s",
		    status, log_quote(a, curl_easy_strerror(rc)));
	return status == 200;
}

static bool
keep(struct db_now *db, enum journal_log log, int64_t size, const char *note,
    const struct buf *reply, int64_t at_us)
{
	struct params p;
	struct rows *rows;
	int rc;

	params_init(&p);
	params_int(&p, log);
	params_int(&p, size);
	params_text(&p, note);
	params_bytes(&p, reply->data, reply->len);
	params_time(&p, at_us);
	rows = db_ask_now(db, SQL_JOURNAL_STAMP_PUT, &p, &rc);
	rows_free(rows);
	return rows != NULL;
}

/* False: not before a while. */
static bool
stamp_note(struct stamps *s, struct db_now *db, struct arena *a,
    enum journal_log log, int64_t size, const char *note)
{
	struct buf request, reply;
	struct stamp *asked;
	char why[200];
	int64_t at_us;
	int rc = E_UNAVAILABLE;

	buf_init_in(&request, a);
	buf_init_in(&reply, a);
	asked = stamp_ask(&request, note, strlen(note));
	if (post(s, a, &request, &reply) && (rc = stamp_check(asked, reply.data,
	    reply.len, s->settings->journal_stamp_ca, &at_us, why)) < 0)
		log_warning("time-stamp refused code=E313 log=%s why=%s",
		    journal_log_name(log), log_quote(a, why));
	stamp_free(asked);
	if (rc < 0 || !keep(db, log, size, note, &reply, at_us))
		return false;
	log_info("checkpoint time-stamped log=%s size=%" PRId64,
	    journal_log_name(log), size);
	return true;
}

/* ---- rounds ---- */

struct stamps *
stamps_new(const struct settings *settings)
{
	struct stamps *s;

	if (settings->journal_stamp_url[0] == '\0')
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->settings = settings;
	if ((s->easy = curl_easy_init()) == NULL)
		fatal("libcurl cannot begin");
	curl_easy_setopt(s->easy, CURLOPT_URL, settings->journal_stamp_url);
	curl_easy_setopt(s->easy, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(s->easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
	if (settings->journal_stamp_tls_ca[0] != '\0')
		curl_easy_setopt(s->easy, CURLOPT_CAINFO,
		    settings->journal_stamp_tls_ca);
	return s;
}

void
stamps_free(struct stamps *s)
{
	if (s == NULL)
		return;
	curl_easy_cleanup(s->easy);
	free(s);
}

void
stamps_round(struct stamps *s, struct db_now *db, struct arena *a)
{
	int64_t now_ms = clock_mono_us() / 1000;
	struct params p;
	struct rows *rows;
	int rc;

	if (now_ms < s->not_before_ms)
		return;
	params_init(&p);
	params_int(&p, s->settings->journal_stamp_every_s);
	if ((rows = db_ask_now(db, SQL_JOURNAL_STAMP_DUE, &p, &rc)) == NULL)
		return;
	for (int i = 0; i < rows_count(rows); i++)
		if (!stamp_note(s, db, a, (enum journal_log)row_int(rows, i,
		    "log"), row_int(rows, i, "size"), row_text(rows, i, "note")))
			s->not_before_ms = now_ms + AGAIN_MS;
	rows_free(rows);
}
