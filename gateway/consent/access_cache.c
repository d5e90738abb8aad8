/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_cache.c - verified tokens, kept until a notification drops them.
 *
 * A fixed table: eight places are tried from the hash on, and where all are
 * taken the token that ends first gives way. The worker hears of every change
 * of a grant, client or token over a connection of its own (never through a
 * pooler); when it may have missed one, all is forgotten, and nothing is kept
 * until notifications flow again.
 */
#include "consent/access_cache.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/details.h"
#include "consent/once.h"
#include "consent/renewal.h"
#include "crypto/hash.h"
#include "db/db.h"

enum { SLOTS = 4096, PROBES = 8 };

struct access_cache {
	struct access_entry *slots[SLOTS];
	struct listener *listener;
	struct client_cache *clients;
	bool trusted;		/* do notifications flow? */
	unsigned long drops;
};

/* ---- entries ---- */

/* What an entry is made of, before it is one piece. */
struct parts {
	const char *client_id, *customer, *details;
	const char **datasets;
	size_t n;
	struct details granted;
};

/* A data set the details say nothing about is not allowed. */
static void
keep_covered(struct parts *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (details_find(&p->granted, p->datasets[i]) != NULL)
			p->datasets[n++] = p->datasets[i];
	p->n = n;
}

static void
read_parts(struct parts *p, const struct rows *r, struct arena *a)
{
	const char *why;

	p->client_id = row_text(r, 0, "client");
	p->customer = row_text(r, 0, "customer");
	p->details = row_text(r, 0, "details");
	p->datasets = row_texts(r, 0, "datasets", a, &p->n);
	if (details_read(&p->granted, a, NULL, p->details, &why) < 0) {
		log_error("a stored grant cannot be read why=\"%s\"", why);
		p->granted.n = 0;
	}
	keep_covered(p);
}

static size_t
room(const char *text)
{
	return text == NULL ? 0 : strlen(text) + 1;
}

/* Of a list of texts: its pointers and its texts. */
static size_t
list_size(const char *const *list)
{
	size_t size = sizeof(char *);

	if (list == NULL)
		return 0;
	for (; *list != NULL; list++)
		size += sizeof(char *) + room(*list);
	return size;
}

static size_t
size_of(const struct parts *p)
{
	size_t size = sizeof(struct access_entry) + room(p->client_id) +
	    room(p->customer) + room(p->details) + (p->n + 1) * sizeof(char *) +
	    p->n * sizeof(struct detail);

	for (size_t i = 0; i < p->n; i++) {
		const struct detail *d = details_find(&p->granted, p->datasets[i]);

		size += room(p->datasets[i]) + list_size(d->accounts) +
		    room(d->from) + room(d->to) + room(d->granularity);
	}
	return size;
}

static const char *
put(char **at, const char *text)
{
	char *here = *at;

	if (text == NULL)
		return NULL;
	memcpy(here, text, room(text));
	*at += room(text);
	return here;
}

/* The pointers of a list; its texts are put by put_detail. */
static const char **
place_list(const char ***at, const char *const *list)
{
	const char **here = *at;

	if (list == NULL)
		return NULL;
	while (*list++ != NULL)
		(*at)++;
	(*at)++;			/* its end */
	return here;
}

static void
put_detail(struct detail *to, char **at, const struct detail *d)
{
	to->from = put(at, d->from);
	to->to = put(at, d->to);
	to->granularity = put(at, d->granularity);
	for (size_t i = 0; d->accounts != NULL && d->accounts[i] != NULL; i++)
		to->accounts[i] = put(at, d->accounts[i]);
}

/* Structures first, then pointers, then texts: each at its alignment. */
static void
fill(struct access_entry *e, const struct parts *p)
{
	struct detail *details = (struct detail *)(e + 1);
	const char **ids = (const char **)(details + p->n);
	const char **lists = ids + p->n + 1;
	char *at;

	for (size_t i = 0; i < p->n; i++)
		details[i].accounts = place_list(&lists,
		    details_find(&p->granted, p->datasets[i])->accounts);
	at = (char *)lists;
	for (size_t i = 0; i < p->n; i++) {
		ids[i] = put(&at, p->datasets[i]);
		details[i].dataset = ids[i];
		put_detail(&details[i], &at,
		    details_find(&p->granted, p->datasets[i]));
	}
	ids[p->n] = NULL;
	e->details = details;
	e->access.datasets = ids;
	e->access.client_id = put(&at, p->client_id);
	e->access.customer = put(&at, p->customer);
	e->access.details = put(&at, p->details);
}

static void
fill_subject(struct subject_ref *s, const struct rows *r)
{
	size_t n;
	const uint8_t *key = row_bytes(r, 0, "key", &n);

	assert(n == sizeof(s->key));
	memcpy(s->key, key, n);
	row_uuid(r, 0, "subject", &s->id);
}

struct access_entry *
access_entry_new(const uint8_t hash[32], const struct rows *r)
{
	struct arena *a = arena_new();
	struct access_entry *e;
	struct parts parts;

	read_parts(&parts, r, a);
	e = xcalloc(1, size_of(&parts));
	fill(e, &parts);
	fill_subject(&e->access.subject, r);
	e->holders = 1;
	memcpy(e->hash, hash, sizeof(e->hash));
	e->binding = strcmp(row_text(r, 0, "binding"), "dpop") == 0 ?
	    BIND_DPOP : BIND_MTLS;
	snprintf(e->thumbprint, sizeof(e->thumbprint), "%s",
	    row_text(r, 0, "thumbprint"));
	row_uuid(r, 0, "grant", &e->access.grant);
	uuid_text(e->access.grant_text, &e->access.grant);
	e->access.paused = strcmp(row_text(r, 0, "state"), "active") != 0;
	e->access.awaiting = strcmp(row_text(r, 0, "state"), "pending") == 0;
	e->access.token_expires_us = row_time(r, 0, "expires");
	e->access.grant_expires_us = row_time(r, 0, "grant_expires");
	arena_free(a);
	return e;
}

void
access_entry_leave(void *entry)
{
	struct access_entry *e = entry;

	if (e != NULL && --e->holders == 0)
		free(e);
}

/* ---- the table ---- */

static size_t
place(const uint8_t hash[32], size_t i)
{
	return (((size_t)hash[0] << 8 | hash[1]) + i) % SLOTS;
}

struct access_entry *
access_cache_find(struct access_cache *cache, const uint8_t hash[32])
{
	for (size_t i = 0; i < PROBES; i++) {
		struct access_entry *e = cache->slots[place(hash, i)];

		if (e != NULL && memcmp(e->hash, hash, SHA256_SIZE) == 0)
			return e;
	}
	return NULL;
}

unsigned long
access_cache_drops(const struct access_cache *cache)
{
	return cache->drops;
}

void
access_cache_keep(struct access_cache *cache, struct access_entry *e)
{
	struct access_entry **best = NULL;

	if (!cache->trusted)
		return;
	for (size_t i = 0; i < PROBES; i++) {
		struct access_entry **slot = &cache->slots[place(e->hash, i)];

		if (*slot == NULL ||
		    memcmp((*slot)->hash, e->hash, SHA256_SIZE) == 0) {
			best = slot;
			break;
		}
		if (best == NULL || (*slot)->access.token_expires_us <
		    (*best)->access.token_expires_us)
			best = slot;
	}
	access_entry_leave(*best);
	*best = e;
	e->holders++;
}

/* ---- dropping ---- */

typedef bool drop_fn(const struct access_entry *, const void *what);

static void
drop_if(struct access_cache *cache, drop_fn *is, const void *what)
{
	cache->drops++;
	for (size_t i = 0; i < SLOTS; i++) {
		struct access_entry *e = cache->slots[i];

		if (e == NULL || !is(e, what))
			continue;
		access_entry_leave(e);
		cache->slots[i] = NULL;
	}
}

static bool
is_any(const struct access_entry *e, const void *what)
{
	(void)e;
	(void)what;
	return true;
}

static bool
is_of_grant(const struct access_entry *e, const void *grant)
{
	return memcmp(&e->access.grant, grant, sizeof(struct uuid)) == 0;
}

static bool
is_of_client(const struct access_entry *e, const void *id)
{
	return strcmp(e->access.client_id, id) == 0;
}

static bool
is_token(const struct access_entry *e, const void *hash)
{
	return memcmp(e->hash, hash, SHA256_SIZE) == 0;
}

/* A payload we cannot read may have meant anything. */
static void
on_notify(const char *channel, const char *payload, void *arg)
{
	struct access_cache *cache = arg;
	uint8_t hash[SHA256_SIZE];
	struct uuid grant;

	if (strcmp(channel, "guichet_client") == 0) {
		client_cache_drop(cache->clients, payload);
		drop_if(cache, is_of_client, payload);
	} else if (strcmp(channel, "guichet_grant") == 0 &&
	    uuid_parse(&grant, payload) == 0)
		drop_if(cache, is_of_grant, &grant);
	else if (strcmp(channel, "guichet_token") == 0 &&
	    hex_decode(hash, sizeof(hash), payload) == 0)
		drop_if(cache, is_token, hash);
	else
		drop_if(cache, is_any, NULL);
}

static void
on_listening(bool up, void *arg)
{
	struct access_cache *cache = arg;

	cache->trusted = up;
	drop_if(cache, is_any, NULL);
	client_cache_trust(cache->clients, up);
	log_info("verified tokens are %s", up ? "remembered" : "forgotten: "
	    "notifications do not come through");
}

/* ---- a worker's beginning and end ---- */

void
access_open(struct house *h)
{
	static const char *const channels[] = { "guichet_client",
	    "guichet_grant", "guichet_token", NULL };
	const struct settings *s = h->settings;
	struct access_cache *cache = xcalloc(1, sizeof(*cache));

	cache->clients = client_cache_new();
	h->access = cache;
	h->clients = cache->clients;
	h->once = once_new(h->base, h->db);
	h->renewals = renewals_new(h->base, h->db);
	cache->listener = db_listen(h->base, s->database_direct_url[0] != '\0' ?
	    s->database_direct_url : s->database_url, channels, on_notify,
	    on_listening, cache);
}

void
access_close(struct house *h)
{
	struct access_cache *cache = h->access;

	if (cache == NULL)
		return;
	db_unlisten(cache->listener);
	drop_if(cache, is_any, NULL);
	client_cache_free(cache->clients);
	once_free(h->once);
	renewals_free(h->renewals);
	free(cache);
	h->access = NULL;
	h->clients = NULL;
	h->once = NULL;
	h->renewals = NULL;
}
