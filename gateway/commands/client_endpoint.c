/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_endpoint.c - `guichet client endpoint|prove|rotate|signals`: where a
 * recipient hears of us, that it answers there, and the keys that sign what it
 * hears; where it is told what became of consents.
 *
 * Nothing is sent to an address before it has answered a challenge: so nobody
 * can point us at somebody else.
 */
#include <event2/event.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/client.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "http/client.h"
#include "journal/line.h"
#include "push/endpoint.h"
#include "push/set.h"

enum { HOURS_DEFAULT = 24, HOURS_MAX = 24 * 90 };

struct desk {
	const struct settings *settings;
	const char *id;
	struct arena *arena;
	struct keys *keys;
	struct db_now *db;
	struct endpoint endpoint;
	const char *sealed;		/* its keys, as they are stored */
};

static int wrong(const char *fmt, ...) PRINTF_LIKE(1, 2);

static int
wrong(const char *fmt, ...)
{
	va_list ap;

	fputs("guichet client: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EX_DATAERR;
}

static int
desk_open(struct desk *d, const struct settings *s, const char *id)
{
	struct fault f;

	*d = (struct desk){ .settings = s, .id = id };
	if (keys_load(&d->keys, s->keys_dir, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	d->arena = arena_new();
	d->db = client_database(s);
	return EX_OK;
}

static void
desk_close(struct desk *d)
{
	if (d->db != NULL)
		db_now_close(d->db);
	explicit_bzero(&d->endpoint.keys, sizeof(d->endpoint.keys));
	keys_free(d->keys);
	arena_free(d->arena);
}

static void
put_line(struct desk *d, struct params *p, const char *event,
    const char *actor, const char *reason)
{
	struct line_row *row = arena_alloc(d->arena, sizeof(*row));
	const struct line line = { .event = event, .to = d->id, .records = -1,
	    .bytes = -1, .actor = actor, .reason = reason };

	line_make(row, d->arena, &line);
	params_init(p);
	line_params(p, row);
	params_text(p, d->id);
}

/* 0 = one row changed. */
static int
change(struct desk *d, const struct statement *s, const struct params *p,
    const char *none)
{
	int failure, rc = EX_OK;
	struct rows *r = db_ask_now(d->db, s, p, &failure);

	if (r == NULL)
		rc = client_failed(d->db, failure);
	else if (rows_count(r) == 0)
		rc = wrong("%s", none);
	rows_free(r);
	return rc;
}

/* ---- its endpoint, as it is ---- */

static int
look_up(struct desk *d)
{
	struct params p;
	int failure, rc = EX_OK;
	struct rows *r;

	params_init(&p);
	params_text(&p, d->id);
	r = db_ask_now(d->db, SQL_ENDPOINT_FIND, &p, &failure);
	if (r == NULL)
		rc = client_failed(d->db, failure);
	else if (rows_count(r) == 0)
		rc = wrong("'%s' has no endpoint; `guichet client endpoint %s "
		    "--endpoint URL` sets one", d->id, d->id);
	else if (endpoint_read(&d->endpoint, d->keys, r, 0, d->id,
	    d->arena) < 0)
		rc = wrong("its keys cannot be unsealed: they were sealed by "
		    "another installation's keys");
	else
		d->sealed = arena_strdup(d->arena, row_text(r, 0, "sealed"));
	rows_free(r);
	return rc;
}

static void
show_keys(const struct desk *d)
{
	const struct webhook_key *k = &d->endpoint.keys.list[0];

	printf("endpoint: %s\n", d->endpoint.url);
	printf("secret (v1, HMAC; give it to them alone): %s\n",
	    webhook_secret(k, d->arena));
	printf("public key (v1a, Ed25519): %s\n", webhook_public(k, d->arena));
}

/* ---- the challenge ---- */

struct trial {
	struct event_base *base;
	const char *challenge;
	bool passed;
	char why[200];
};

static void
on_answer(const struct http_answer *a, void *arg)
{
	struct trial *t = arg;
	json_t *json = json_loadb(a->body, a->body_n, JSON_REJECT_DUPLICATES,
	    NULL);
	const char *said = json_string_value(json_object_get(json, "challenge"));

	if (a->failure != 0)
		snprintf(t->why, sizeof(t->why), "it cannot be reached: %s",
		    a->why);
	else if (a->status < 200 || a->status > 299)
		snprintf(t->why, sizeof(t->why), "it answered %d", a->status);
	else if (said == NULL || strcmp(said, t->challenge) != 0)
		snprintf(t->why, sizeof(t->why), "its answer does not hold the "
		    "challenge: {\"challenge\": \"...\"} as it was sent");
	else
		t->passed = true;
	json_decref(json);
	event_base_loopexit(t->base, NULL);
}

static void
ask_challenge(struct desk *d, struct trial *t)
{
	struct message m = { .type = "guichet.challenge",
	    .id = arena_printf(d->arena, "try_%s", t->challenge),
	    .source = d->settings->public_url };
	struct http_client *client;
	struct http_request r;

	t->base = event_base_new();
	client = http_client_new(t->base, d->settings);
	message_begin(&m, d->arena);
	jw_str_member(&m.w, "challenge", t->challenge);
	message_end(&m, &r, &d->endpoint, d->arena);
	r.to = d->id;
	http_ask(client, &r, on_answer, t);
	event_base_dispatch(t->base);
	http_client_free(client);
	event_base_free(t->base);
}

static int
challenge(struct desk *d)
{
	struct trial t = { .passed = false };
	char random[48];
	struct params p;

	random_token(random, 24);
	t.challenge = random;
	ask_challenge(d, &t);
	if (!t.passed)
		return wrong("the endpoint is not proven: %s; nothing is sent "
		    "to it before `guichet client prove %s` succeeds", t.why,
		    d->id);
	if (strcmp(d->endpoint.state, "open") != 0) {
		put_line(d, &p, "endpoint.opened", "operator", NULL);
		params_text(&p, "open");
		params_text(&p, NULL);
		params_text(&p, d->endpoint.url);
		if (change(d, SQL_ENDPOINT_STATE, &p,
		    "its endpoint was changed meanwhile") != EX_OK)
			return EX_TEMPFAIL;
	}
	printf("%s answers at its endpoint\n", d->id);
	return EX_OK;
}

int
client_prove(const char *id, const struct settings *s)
{
	struct desk d;
	int rc = desk_open(&d, s, id);

	if (rc == EX_OK && (rc = look_up(&d)) == EX_OK)
		rc = challenge(&d);
	desk_close(&d);
	return rc;
}

/* ---- setting it ---- */

int
client_endpoint_check(const struct client_wish *w)
{
	const char *why;

	if (w->endpoint == NULL)
		return wrong("--endpoint URL is needed: where it receives");
	if (http_url_check(w->endpoint, &why) < 0)
		return wrong("'%s' is no endpoint: %s", w->endpoint, why);
	if (w->link != NULL && http_url_check(w->link, &why) < 0)
		return wrong("'%s' is no page of theirs: %s", w->link, why);
	if (w->payload != NULL && strcmp(w->payload, "records") != 0 &&
	    strcmp(w->payload, "notice") != 0)
		return wrong("--payload is records or notice");
	if (w->payload != NULL && w->payload[0] == 'n' &&
	    strcmp(w->kind, "webhook") == 0)
		return wrong("--payload notice is for an OAuth client, which "
		    "pulls then: `guichet client endpoint`");
	return EX_OK;
}

static int
put(struct desk *d, const struct client_wish *w)
{
	struct webhook_keys fresh = { .n = 0 };
	struct params p;

	webhook_keys_rotate(&fresh, 0);
	put_line(d, &p, "endpoint.changed", "operator", NULL);
	params_text(&p, w->endpoint);
	params_text(&p, http_url_host(d->arena, w->endpoint));
	params_text(&p, w->link);
	params_text(&p, w->payload == NULL ? "records" : w->payload);
	params_text(&p, endpoint_seal(d->keys, d->arena, d->id, &fresh));
	explicit_bzero(&fresh, sizeof(fresh));
	return change(d, SQL_ENDPOINT_PUT, &p, "there is no such client");
}

/* Not proven yet is no failure here: they may not listen before they have the
 * keys that are printed now. */
int
client_endpoint(const char *id, const struct client_wish *w,
    const struct settings *s)
{
	struct desk d;
	int rc = client_endpoint_check(w);

	if (rc != EX_OK)
		return rc;
	rc = desk_open(&d, s, id);
	if (rc == EX_OK && (rc = put(&d, w)) == EX_OK &&
	    (rc = look_up(&d)) == EX_OK) {
		show_keys(&d);
		challenge(&d);
	}
	desk_close(&d);
	return rc;
}

/* ---- new keys ---- */

int
client_rotate(const char *id, int64_t hours, const struct settings *s)
{
	struct desk d;
	struct params p;
	int rc;

	if (hours < 0)
		hours = HOURS_DEFAULT;
	if (hours > HOURS_MAX)
		return wrong("--hours is %d at most", HOURS_MAX);
	if ((rc = desk_open(&d, s, id)) == EX_OK &&
	    (rc = look_up(&d)) == EX_OK) {
		webhook_keys_rotate(&d.endpoint.keys, clock_s() + hours * 3600);
		put_line(&d, &p, "endpoint.rotated", "operator", NULL);
		params_text(&p, endpoint_seal(d.keys, d.arena, id,
		    &d.endpoint.keys));
		params_text(&p, d.sealed);
		rc = change(&d, SQL_ENDPOINT_SEAL, &p,
		    "its keys were changed meanwhile; look again");
	}
	if (rc == EX_OK) {
		show_keys(&d);
		printf("the keys before sign too, for %lld hours\n",
		    (long long)hours);
	}
	desk_close(&d);
	return rc;
}

/* ---- signals ---- */

struct hearing {
	struct event_base *base;
	struct arena *arena;
	int rc;
	const char *why;
};

static void
on_heard(const struct http_answer *answer, void *arg)
{
	struct hearing *h = arg;

	h->rc = set_answer(answer, h->arena, &h->why);
	event_base_loopexit(h->base, NULL);
}

/* A signal that says nothing: whoever answers 202 is a receiver of them. */
static int
verify(struct desk *d, const char *url)
{
	struct hearing h = { .base = event_base_new(), .arena = d->arena };
	struct http_client *client = http_client_new(h.base, d->settings);
	struct set set = { .issuer = d->settings->public_url, .to = d->id,
	    .kind = "verification", .about = d->id, .at_us = clock_us() };
	char id[UUID_TEXT];
	struct http_request r;
	struct uuid u;

	uuid_make(&u);
	uuid_text(id, &u);
	set.id = id;
	set_request(&r, d->arena, d->keys, &set, url);
	http_ask(client, &r, on_heard, &h);
	event_base_dispatch(h.base);
	http_client_free(client);
	event_base_free(h.base);
	return h.rc == 0 ? EX_OK : wrong("nothing is changed: a signal sent "
	    "there was not taken: %s", h.why);
}

/* Is there such a recipient, and is it one of those that are told? */
static int
look_at_kind(struct desk *d)
{
	struct params p;
	int failure, rc = EX_OK;
	struct rows *r;
	const char *kind;

	params_init(&p);
	params_text(&p, d->id);
	r = db_ask_now(d->db, SQL_CLIENT_FIND, &p, &failure);
	if (r == NULL)
		return client_failed(d->db, failure);
	kind = rows_count(r) == 0 ? NULL : row_text(r, 0, "kind");
	if (kind == NULL)
		rc = wrong("there is no client '%s'", d->id);
	else if (strcmp(kind, "oauth") != 0 && strcmp(kind, "webhook") != 0)
		rc = wrong("'%s' is of kind %s: personal clouds take no "
		    "signals", d->id, kind);
	rows_free(r);
	return rc;
}

static int
put_signals(struct desk *d, const char *url)
{
	struct params p;
	int rc;

	put_line(d, &p, "signal.set", "operator", url == NULL ? "off" : url);
	params_text(&p, url);
	rc = change(d, SQL_CLIENT_SIGNALS, &p, "it is so already");
	if (rc == EX_OK && url == NULL)
		printf("%s is told of no consent any more\n", d->id);
	else if (rc == EX_OK)
		printf("%s is told at %s what becomes of its consents\n", d->id,
		    url);
	return rc;
}

int
client_signals(const char *id, const struct client_wish *w,
    const struct settings *s)
{
	struct desk d;
	const char *why;
	int rc;

	if (w->off == (w->endpoint != NULL))
		return command_misused(&command_client,
		    "say where, --endpoint URL, or --off");
	if (w->endpoint != NULL && http_url_check(w->endpoint, &why) < 0)
		return wrong("'%s' is no endpoint: %s", w->endpoint, why);
	if ((rc = desk_open(&d, s, id)) == EX_OK &&
	    (rc = look_at_kind(&d)) == EX_OK && !w->off)
		rc = verify(&d, w->endpoint);
	if (rc == EX_OK)
		rc = put_signals(&d, w->off ? NULL : w->endpoint);
	desk_close(&d);
	return rc;
}
