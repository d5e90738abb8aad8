/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - where a recipient hears of us, remembered; signed messages. */
#include "push/endpoint.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "http/house.h"

enum { REMEMBERED = 64, FRESH_US = 1000000 };

/* ---- reading ---- */

static const char *
context(struct arena *a, const char *client_id)
{
	return arena_printf(a, "endpoint %s", client_id);
}

const char *
endpoint_seal(const struct keys *k, struct arena *a, const char *client_id,
    const struct webhook_keys *keys)
{
	json_t *list = webhook_keys_json(keys);
	char *text = json_dumps(list, JSON_COMPACT);
	const char *sealed = seal(k, a, context(a, client_id), text,
	    strlen(text));

	explicit_bzero(text, strlen(text));
	free(text);
	json_decref(list);
	return sealed;
}

static int
read_keys(struct endpoint *e, const struct keys *k, struct arena *a,
    const char *client_id, const char *sealed)
{
	size_t n;
	char *plain = unseal(k, a, context(a, client_id), sealed, &n);
	json_t *list;
	int rc;

	if (plain == NULL)
		return E_DENIED;
	list = json_loadb(plain, n, JSON_REJECT_DUPLICATES, NULL);
	explicit_bzero(plain, n);
	rc = webhook_keys_read(&e->keys, list);
	json_decref(list);
	return rc;
}

int
endpoint_read(struct endpoint *e, const struct keys *k,
    const struct rows *rows, int row, const char *client_id, struct arena *a)
{
	e->url = arena_strdup(a, row_text(rows, row, "url"));
	e->host = arena_strdup(a, row_text(rows, row, "host"));
	e->link = arena_strdup(a, row_text(rows, row, "link"));
	e->state = arena_strdup(a, row_text(rows, row, "state"));
	e->notice = strcmp(row_text(rows, row, "payload"), "notice") == 0;
	return read_keys(e, k, a, client_id, row_text(rows, row, "sealed"));
}

/* ---- remembering: a few, each for a second ---- */

struct known {
	TAILQ_ENTRY(known) among;
	struct arena *arena;
	const char *client_id;
	struct endpoint endpoint;
	int64_t until_us;
};
static TAILQ_HEAD(known_list, known) all = TAILQ_HEAD_INITIALIZER(all);
static int count;

static void
drop(struct known *k)
{
	TAILQ_REMOVE(&all, k, among);
	count--;
	explicit_bzero(&k->endpoint.keys, sizeof(k->endpoint.keys));
	arena_free(k->arena);
}

static const struct endpoint *
recall(const char *client_id)
{
	struct known *k;

	TAILQ_FOREACH(k, &all, among)
		if (strcmp(k->client_id, client_id) == 0) {
			if (k->until_us > clock_mono_us())
				return &k->endpoint;
			drop(k);
			return NULL;
		}
	return NULL;
}

static const struct endpoint *
remember(struct house *h, const struct rows *rows, const char *client_id)
{
	struct arena *a = arena_new();
	struct known *k = arena_alloc(a, sizeof(*k));

	k->arena = a;
	k->client_id = arena_strdup(a, client_id);
	k->until_us = clock_mono_us() + FRESH_US;
	if (endpoint_read(&k->endpoint, h->keys, rows, 0, client_id, a) < 0) {
		arena_free(a);
		return NULL;
	}
	if (count == REMEMBERED)
		drop(TAILQ_LAST(&all, known_list));
	TAILQ_INSERT_HEAD(&all, k, among);
	count++;
	return &k->endpoint;
}

struct endpoint_wait {
	struct house *house;
	struct question *question;
	endpoint_known *on_known;
	void *arg;
	char client_id[];
};

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct endpoint_wait *w = arg;
	const struct endpoint *e = NULL;

	if (failure == 0 && rows_count(rows) == 1) {
		e = recall(w->client_id);	/* asked twice at once */
		if (e == NULL)
			e = remember(w->house, rows, w->client_id);
	}
	w->on_known(e, failure, w->arg);
	free(w);
}

struct endpoint_wait *
endpoint_ask(struct house *h, const char *client_id, endpoint_known *on_known,
    void *arg)
{
	const struct endpoint *e = recall(client_id);
	struct endpoint_wait *w;
	struct params p;

	if (e != NULL) {
		on_known(e, 0, arg);
		return NULL;
	}
	w = xcalloc(1, sizeof(*w) + strlen(client_id) + 1);
	w->house = h;
	w->on_known = on_known;
	w->arg = arg;
	strcpy(w->client_id, client_id);
	params_init(&p);
	params_text(&p, client_id);
	w->question = db_ask(h->db, SQL_ENDPOINT_FIND, &p, on_rows, w);
	if (w->question != NULL)
		return w;
	free(w);
	on_known(NULL, E_FULL, arg);
	return NULL;
}

void
endpoint_forget(struct endpoint_wait *w)
{
	db_forget(w->question);
	free(w);
}

/* ---- messages ---- */

void
message_begin(struct message *m, struct arena *a)
{
	char now[TIME_TEXT_MAX];

	time_text_ms(now, clock_us());
	buf_init_in(&m->body, a);
	jw_init(&m->w, &m->body);
	jw_object(&m->w);
	jw_str_member(&m->w, "specversion", "1.0");
	jw_str_member(&m->w, "id", m->id);
	jw_str_member(&m->w, "source", m->source);
	jw_str_member(&m->w, "type", m->type);
	if (m->subject != NULL)
		jw_str_member(&m->w, "subject", m->subject);
	jw_str_member(&m->w, "time", now);
	jw_str_member(&m->w, "datacontenttype", "application/json");
	jw_key(&m->w, "data");
	jw_object(&m->w);
}

void
message_end(struct message *m, struct http_request *r,
    const struct endpoint *e, struct arena *a)
{
	int64_t now = clock_s();
	const char **fields = arena_alloc(a, 6 * sizeof(*fields));

	jw_end_object(&m->w);
	jw_end_object(&m->w);
	fields[0] = "Content-Type: application/cloudevents+json; charset=utf-8";
	fields[1] = "Accept: application/json";
	fields[2] = arena_printf(a, "Webhook-Id: %s", m->id);
	fields[3] = arena_printf(a, "Webhook-Timestamp: %lld", (long long)now);
	fields[4] = arena_printf(a, "Webhook-Signature: %s", webhook_sign(
	    &e->keys, a, m->id, now, m->body.data, m->body.len));
	*r = (struct http_request){ .method = "POST", .url = e->url,
	    .fields = fields, .body = m->body.data, .body_n = m->body.len };
}
