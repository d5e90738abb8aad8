/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance_cases.c - one case after the other, as a counter would meet them:
 * what must be taken, what must be refused, and what must do no harm.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "commands/conformance.h"
#include "crypto/hash.h"
#include "push/endpoint.h"

enum { DEADLINE_S = 20, ANSWER_MAX = 64 * 1024, OFF_S = 600,
    RECORDS_MAX = 100, RECORD_BYTES = 9000 };

static const char grant[] = "00000000-0000-4000-8000-0000000000c0";

/* ---- sending ---- */

struct sending {
	const char *id;
	int64_t at_s;			/* 0: now */
	const struct webhook_keys *keys;	/* NULL: the trial's */
	const char *signature;		/* instead of one that is made; "" = none */
	const char *body;
};

struct taking { struct trial *trial; struct buf body; };

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct taking *t = arg;

	if (t->body.len + one * n > ANSWER_MAX)
		return 0;
	buf_add(&t->body, data, one * n);
	return one * n;
}

static void
perform(struct trial *t, CURL *easy, const char *body)
{
	struct taking into = { .trial = t };
	double took = 0;
	CURLcode rc;

	buf_init_in(&into.body, t->arena);
	curl_easy_setopt(easy, CURLOPT_URL, t->url);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)DEADLINE_S);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &into);
	if (t->ca != NULL || getenv("SSL_CERT_FILE") != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, t->ca != NULL ? t->ca :
		    getenv("SSL_CERT_FILE"));
	rc = curl_easy_perform(easy);
	t->status = 0;
	if (rc == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &t->status);
	else if (rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST ||
	    rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CACERT_BADFILE)
		t->unreached = arena_strdup(t->arena, curl_easy_strerror(rc));
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &took);
	t->ms = (int64_t)(took * 1000);
	t->body = into.body.data == NULL ? "" : into.body.data;
}

static bool
say(struct trial *t, const struct sending *s)
{
	int64_t at = s->at_s == 0 ? clock_s() : s->at_s;
	const char *signature = s->signature != NULL ? s->signature :
	    webhook_sign(s->keys == NULL ? &t->keys : s->keys, t->arena, s->id,
	    at, s->body, strlen(s->body));
	struct curl_slist *list = NULL;
	CURL *easy = curl_easy_init();

	list = curl_slist_append(list,
	    "Content-Type: application/cloudevents+json; charset=utf-8");
	list = curl_slist_append(list, arena_printf(t->arena, "Webhook-Id: %s",
	    s->id));
	list = curl_slist_append(list, arena_printf(t->arena,
	    "Webhook-Timestamp: %lld", (long long)at));
	if (*signature != '\0')
		list = curl_slist_append(list, arena_printf(t->arena,
		    "Webhook-Signature: %s", signature));
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
	perform(t, easy, s->body);
	curl_slist_free_all(list);
	curl_easy_cleanup(easy);
	return t->status >= 200 && t->status < 300;
}

/* ---- what is sent ---- */

static const char *
new_id(struct trial *t)
{
	char random[48];

	random_token(random, 18);
	return arena_printf(t->arena, "msg_%s", random);
}

/* m stays where it is: its writer points into it. */
static void
event(struct message *m, struct trial *t, const char *type, const char *id)
{
	*m = (struct message){ .id = id, .type = arena_printf(t->arena,
	    "guichet.%s", type), .source = "https://counter.example",
	    .subject = "conformance-subject" };
	message_begin(m, t->arena);
}

static const char *
end(struct message *m)
{
	jw_end_object(&m->w);
	jw_end_object(&m->w);
	return m->body.data;
}

static void
add_record(struct jw *w, const char *id, int64_t sequence, const char *filling,
    bool removed)
{
	jw_object(w);
	jw_str_member(w, "id", id);
	jw_int_member(w, "sequence", sequence);
	if (removed)
		jw_bool_member(w, "removed", true);
	jw_key(w, "record");
	jw_object(w);
	jw_str_member(w, "usage_point", "SYN-0000000042");
	jw_str_member(w, "day", "2026-03-04");
	if (!removed)
		jw_str_member(w, "note", filling);
	jw_end_object(w);
	jw_end_object(w);
}

/* Records first..first + n - 1. */
static const char *
records(struct trial *t, const char *id, int64_t first, int n,
    const char *filling, bool removed)
{
	struct message m;

	event(&m, t, "records", id);
	jw_str_member(&m.w, "grant", grant);
	jw_str_member(&m.w, "dataset", "energy.load-curve");
	jw_int_member(&m.w, "version", 1);
	jw_str_member(&m.w, "subscription",
	    "00000000-0000-4000-8000-0000000000c1");
	jw_key(&m.w, "records");
	jw_array(&m.w);
	for (int i = 0; i < n; i++)
		add_record(&m.w, arena_printf(t->arena, "record-%lld",
		    (long long)first + i), first + i, filling, removed);
	jw_end_array(&m.w);
	jw_bool_member(&m.w, "more", false);
	return end(&m);
}

static const char *
about_grant(struct trial *t, const char *type, const char *id, bool dataset)
{
	struct message m;

	event(&m, t, type, id);
	jw_str_member(&m.w, "grant", grant);
	if (dataset)
		jw_str_member(&m.w, "dataset", "energy.load-curve");
	return end(&m);
}

/* ---- verdicts ---- */

static const char *
answered(struct trial *t, const char *mend)
{
	if (t->status == 0)
		return arena_printf(t->arena, "no answer within %d s: store the "
		    "message, answer, and work afterwards", DEADLINE_S);
	if (t->status == 410)
		return "it answered 410, which ends everything for everybody: keep "
		    "that for an address that is no more";
	if (t->status >= 300 && t->status < 400)
		return arena_printf(t->arena, "it answered %ld: a redirect is "
		    "never followed", t->status);
	return arena_printf(t->arena, "it answered %ld: %s", t->status, mend);
}

static const char *
must_take(struct trial *t, const struct sending *s, const char *mend)
{
	return say(t, s) ? NULL : answered(t, mend);
}

static const char *
must_refuse(struct trial *t, const struct sending *s, const char *mend)
{
	if (say(t, s) || t->status == 0 || t->status == 410 ||
	    (t->status >= 300 && t->status < 400))
		return answered(t, mend);
	return NULL;
}

/* ---- the cases ---- */

static const char *
challenge(struct trial *t)
{
	const char *id = new_id(t), *said;
	struct message m;
	struct sending s = { .id = id };
	json_t *json;
	bool same;

	event(&m, t, "challenge", id);
	jw_str_member(&m.w, "challenge", id);
	s.body = end(&m);
	if (!say(t, &s))
		return answered(t, "answer 200 with {\"challenge\": \"...\"}");
	json = json_loads(t->body, JSON_REJECT_DUPLICATES, NULL);
	said = json_string_value(json_object_get(json, "challenge"));
	same = said != NULL && strcmp(said, id) == 0;
	json_decref(json);
	return same ? NULL : "its answer does not repeat the challenge: "
	    "{\"challenge\": \"...\"} as it was sent";
}

static const char *
signed_well(struct trial *t)
{
	const char *id = new_id(t);

	return must_take(t, &(struct sending){ .id = id,
	    .body = records(t, id, 1, 2, "first", false) },
	    "take what is signed with your keys");
}

/* A newer key's come first while keys are replaced. */
static const char *
several_signatures(struct trial *t)
{
	const char *id = new_id(t), *body = records(t, id, 3, 1, "one", false);
	int64_t now = clock_s();
	size_t n = strlen(body);

	return must_take(t, &(struct sending){ .id = id, .at_s = now,
	    .body = body, .signature = arena_printf(t->arena, "%s v9,AAAA %s",
	    webhook_sign(&t->strange, t->arena, id, now, body, n),
	    webhook_sign(&t->keys, t->arena, id, now, body, n)) },
	    "look at each signature of the field, and skip those of schemes "
	    "you do not know");
}

static const char *
unsigned_one(struct trial *t)
{
	const char *id = new_id(t);

	return must_refuse(t, &(struct sending){ .id = id, .signature = "",
	    .body = records(t, id, 90, 1, "forged", false) },
	    "refuse what has no signature");
}

static const char *
foreign(struct trial *t)
{
	const char *id = new_id(t);

	return must_refuse(t, &(struct sending){ .id = id, .keys = &t->strange,
	    .body = records(t, id, 91, 1, "forged", false) },
	    "refuse what another key signed");
}

static const char *
altered(struct trial *t)
{
	const char *id = new_id(t), *body = records(t, id, 92, 1, "true", false);
	int64_t now = clock_s();

	return must_refuse(t, &(struct sending){ .id = id, .at_s = now,
	    .body = records(t, id, 92, 1, "fals", false), .signature =
	    webhook_sign(&t->keys, t->arena, id, now, body, strlen(body)) },
	    "check the bytes as they came, before parsing");
}

static const char *
other_id(struct trial *t)
{
	const char *id = new_id(t), *body = records(t, id, 93, 1, "true", false);
	int64_t now = clock_s();

	return must_refuse(t, &(struct sending){ .id = new_id(t), .at_s = now,
	    .body = body, .signature = webhook_sign(&t->keys, t->arena, id, now,
	    body, strlen(body)) }, "the signature is of id.timestamp.body");
}

static const char *
off_time(struct trial *t, int64_t by)
{
	const char *id = new_id(t);

	return must_refuse(t, &(struct sending){ .id = id,
	    .at_s = clock_s() + by, .body = records(t, id, 94, 1, "late", false) },
	    "refuse a timestamp more than five minutes off: it is a replay");
}

static const char *too_old(struct trial *t) { return off_time(t, -OFF_S); }
static const char *too_early(struct trial *t) { return off_time(t, OFF_S); }

static const char *
twice(struct trial *t)
{
	const char *id = new_id(t);
	const struct sending s = { .id = id, .at_s = clock_s(),
	    .body = records(t, id, 4, 1, "twice", false) };
	const char *why = must_take(t, &s, "take it");

	return why != NULL ? why : must_take(t, &s, "a message may come twice: "
	    "answer 2xx again, and store nothing again");
}

static const char *
retried(struct trial *t)
{
	const char *id = new_id(t), *body = records(t, id, 5, 1, "again", false);
	const char *why = must_take(t, &(struct sending){ .id = id,
	    .at_s = clock_s() - 60, .body = body }, "take it");

	return why != NULL ? why : must_take(t, &(struct sending){ .id = id,
	    .body = body }, "an attempt has the same Webhook-Id and a new "
	    "timestamp");
}

static const char *
corrected(struct trial *t)
{
	const char *id = new_id(t);

	return must_take(t, &(struct sending){ .id = id,
	    .body = records(t, id, 5, 1, "corrected", false) },
	    "the same record id replaces what was there");
}

static const char *
removed(struct trial *t)
{
	const char *id = new_id(t);

	return must_take(t, &(struct sending){ .id = id,
	    .body = records(t, id, 5, 1, "", true) },
	    "\"removed\": true takes the record away");
}

/* Taken, or asked to go back: 409 {"expected": N}. */
static const char *
gap(struct trial *t)
{
	const char *id = new_id(t);
	json_t *json;

	if (say(t, &(struct sending){ .id = id,
	    .body = records(t, id, 20, 1, "later", false) }))
		return NULL;
	json = t->status != 409 ? NULL :
	    json_loads(t->body, JSON_REJECT_DUPLICATES, NULL);
	t->next = json_integer_value(json_object_get(json, "expected"));
	json_decref(json);
	return t->next > 0 && t->next < 20 ? NULL : answered(t, "a gap in the "
	    "sequence is yours to notice: take it, or answer 409 with "
	    "{\"expected\": the number you wait for}");
}

static const char *
large(struct trial *t)
{
	char *filling = arena_alloc(t->arena, RECORD_BYTES + 1);
	const char *id = new_id(t);

	memset(filling, 'x', RECORD_BYTES);
	return must_take(t, &(struct sending){ .id = id,
	    .body = records(t, id, t->next > 0 ? t->next : 30, RECORDS_MAX,
	    filling, false) }, "a message has up to 100 records, or 1 MB");
}

static const char *
notice(struct trial *t)
{
	const char *id = new_id(t);

	return must_take(t, &(struct sending){ .id = id,
	    .body = about_grant(t, "notice", id, true) },
	    "a notice holds no record: pull with the grant's token");
}

static const char *
unknown(struct trial *t)
{
	const char *id = new_id(t);

	return must_take(t, &(struct sending){ .id = id,
	    .body = about_grant(t, "something.new", id, false) },
	    "a type that you do not know will come one day: answer 2xx");
}

static const char *
ended(struct trial *t)
{
	const char *id = new_id(t);
	struct sending s = { .id = id,
	    .body = about_grant(t, "connection.ended", id, false) };
	const char *why = must_take(t, &s, "take the end of a consent");

	s.id = new_id(t);
	s.body = about_grant(t, "connection.ended", s.id, false);
	return why != NULL ? why : must_take(t, &s,
	    "an end that you know already is no error");
}

const struct conformance_case conformance_cases[] = {
	{ "challenge", "the challenge is repeated", challenge },
	{ "signed", "what is signed well is taken", signed_well },
	{ "several-signatures", "one good signature among others is enough",
	    several_signatures },
	{ "unsigned", "what is not signed is refused", unsigned_one },
	{ "foreign-key", "what another key signed is refused", foreign },
	{ "altered", "what was altered on its way is refused", altered },
	{ "other-id", "the id is part of what is signed", other_id },
	{ "replay-old", "ten minutes old is refused", too_old },
	{ "replay-early", "ten minutes early is refused", too_early },
	{ "duplicate", "the same message twice does no harm", twice },
	{ "retry", "another attempt at the same message is taken", retried },
	{ "correction", "a record that comes again replaces itself", corrected },
	{ "removal", "a record that is gone is taken away", removed },
	{ "gap", "a gap in the sequence is taken, or told", gap },
	{ "large", "a hundred records, nearly a megabyte", large },
	{ "notice", "a notice without records is taken", notice },
	{ "unknown-type", "a type of tomorrow is no error", unknown },
	{ "ended", "the end of a consent, and once more", ended },
	{ NULL, NULL, NULL }
};
