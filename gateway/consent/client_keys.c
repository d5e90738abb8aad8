/* SPDX-License-Identifier: Apache-2.0 */
/* client_keys.c - fetching what a client publishes, once for all who wait. */
#include "consent/client_keys.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/client.h"
#include "journal/line.h"

enum { DEADLINE_MS = 5000 };

/* One fetch; it goes on when those who waited for it have left. */
struct client_keys_fetch {
	struct arena *arena;
	const char *id, *tag;		/* the client; the call that began */
	struct db *db;
	TAILQ_HEAD(, client_keys_wait) waiters;
	TAILQ_ENTRY(client_keys_fetch) among;
};

static TAILQ_HEAD(, client_keys_fetch) fetches =
    TAILQ_HEAD_INITIALIZER(fetches);

static bool
older(const struct client *m, int64_t seconds)
{
	return clock_us() - m->keys_tried_us > seconds * 1000000;
}

bool
client_keys_old(const struct client *m)
{
	return m->jwks_uri != NULL && older(m, CLIENT_KEYS_AGE_S);
}

bool
client_keys_floor(const struct client *m)
{
	return m->jwks_uri != NULL && older(m, CLIENT_KEYS_FLOOR_S);
}

/* ---- what came ---- */

static void
finish(struct client_keys_fetch *f)
{
	struct client_keys_wait *w;

	TAILQ_REMOVE(&fetches, f, among);
	while ((w = TAILQ_FIRST(&f->waiters)) != NULL) {
		TAILQ_REMOVE(&f->waiters, w, among);
		w->fetch = NULL;
		call_wake(w->call, 0);
	}
	arena_free(f->arena);
	free(f);
}

static void
on_saved(struct rows *rows UNUSED, int failure, void *arg)
{
	struct client_keys_fetch *f = arg;

	if (failure < 0)
		log_warning("call=%s client=%s its keys could not be kept "
		    "error=%s", f->tag, f->id, error_name(failure));
	finish(f);
}

/* NULL: nothing of use. */
static const char *
keys_in(const struct client_keys_fetch *f, const struct http_answer *a)
{
	json_t *jwks = a->failure == 0 && a->status == 200 ?
	    json_loadb(a->body, a->body_n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *why = a->failure < 0 ? a->why : "it is no JWKS", *out = NULL;

	if (jwks != NULL && client_keys_check(jwks, &why) == 0)
		out = arena_strndup(f->arena, a->body, a->body_n);
	if (out == NULL)
		log_warning("call=%s client=%s a jwks_uri gave no keys "
		    "status=%d why=%s", f->tag, f->id, a->status,
		    log_quote(f->arena, why));
	json_decref(jwks);
	return out;
}

/* The time is kept whatever came. */
static void
on_keys(const struct http_answer *a, void *arg)
{
	struct client_keys_fetch *f = arg;
	struct line line = { .event = "client.changed", .to = f->id,
	    .records = -1, .bytes = -1, .actor = "recipient",
	    .reason = "keys at its jwks_uri", .call = f->tag };
	struct line_row row;
	struct params p;

	line_make(&row, f->arena, &line);
	params_init(&p);
	params_text(&p, f->id);
	params_text(&p, keys_in(f, a));
	line_params(&p, &row);
	if (db_ask(f->db, SQL_CLIENT_KEYS_SAVE, &p, on_saved, f) == NULL)
		finish(f);
}

/* ---- asking ---- */

static struct client_keys_fetch *
under_way(const char *id)
{
	struct client_keys_fetch *f;

	TAILQ_FOREACH(f, &fetches, among)
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

static struct client_keys_fetch *
begin(struct call *c, const struct client *m)
{
	static const char *const fields[] = { "Accept: application/json", NULL };
	const struct http_request q = { .method = "GET", .url = m->jwks_uri,
	    .fields = fields, .deadline_ms = DEADLINE_MS, .tag = c->id,
	    .trace = &c->trace };
	struct client_keys_fetch *f = xcalloc(1, sizeof(*f));

	f->arena = arena_new();
	f->id = arena_strdup(f->arena, m->id);
	f->tag = arena_strdup(f->arena, c->id);
	f->db = c->house->db;
	TAILQ_INIT(&f->waiters);
	if (http_ask(c->house->client, &q, on_keys, f) == NULL) {
		arena_free(f->arena);
		free(f);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&fetches, f, among);
	return f;
}

static void
forget(void *arg)
{
	struct client_keys_wait *w = arg;

	if (w->fetch != NULL)
		TAILQ_REMOVE(&w->fetch->waiters, w, among);
	w->fetch = NULL;
}

enum next
client_keys_fetch(struct call *c, struct client_keys_wait *w,
    const struct client *m)
{
	struct client_keys_fetch *f = under_way(m->id);

	if (f == NULL && (f = begin(c, m)) == NULL)
		return NEXT;
	w->call = c;
	w->fetch = f;
	TAILQ_INSERT_TAIL(&f->waiters, w, among);
	return call_wait(c, forget, w);
}
