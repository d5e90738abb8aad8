/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c - registrations of PIMS, and this worker's memory of them.
 *
 * An entry is counted: a call that holds one keeps it after it was dropped. An
 * answer that was on its way when something was dropped is used once and not
 * remembered, as it may be what was dropped.
 */
#include "consent/client.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"

enum { SLOTS = 256, PROBES = 8, ID_MAX = 200, CERTIFICATE_MAX = 8192 };

struct entry {
	struct client client;	/* first */
	struct arena *arena;
	int holders;
};

struct client_cache {
	struct entry *slots[SLOTS];
	bool trusted;		/* do notifications flow? */
	unsigned long drops;
};

/* ---- entries ---- */

static void
entry_leave(void *arg)
{
	struct entry *e = arg;

	if (e == NULL || --e->holders > 0)
		return;
	for (size_t i = 0; i < e->client.key_count; i++)
		jwk_clear(&e->client.keys[i]);
	arena_free(e->arena);
}

static const struct client *
hold(struct call *c, struct entry *e)
{
	e->holders++;
	arena_defer(c->arena, entry_leave, e);
	return &e->client;
}

/* The thumbprint of a registered certificate (RFC 8705 2.2.2). */
static bool
read_certificate(char out[44], const json_t *jwk)
{
	const json_t *chain = json_object_get(jwk, "x5c");
	const char *text = json_string_value(json_array_get(chain, 0));
	uint8_t der[CERTIFICATE_MAX], digest[SHA256_SIZE];
	int n;

	if (text == NULL)
		return false;
	n = b64_decode(der, sizeof(der), text, strlen(text));
	if (n <= 0)
		return false;
	sha256(digest, der, (size_t)n);
	b64url_encode(out, digest, sizeof(digest));
	return true;
}

static void
read_keys(struct client *m, const json_t *jwks)
{
	const json_t *keys = json_object_get(jwks, "keys");
	const json_t *jwk;
	const char *why;
	size_t i;

	json_array_foreach(keys, i, jwk) {
		if (i == CLIENT_KEYS_MAX)
			break;
		if (read_certificate(m->certificates[m->certificate_count], jwk))
			m->certificate_count++;
		if (jwk_read(&m->keys[m->key_count], jwk, &why) == 0)
			m->key_count++;
	}
}

static void
read_lists(struct client *m, struct arena *a, const struct rows *r)
{
	const char *jwks = row_text(r, 0, "jwks");
	json_t *doc = jwks == NULL ? NULL :
	    json_loads(jwks, JSON_REJECT_DUPLICATES, NULL);
	size_t n;

	m->redirect_uris = row_texts(r, 0, "redirect_uris", a, &n);
	m->datasets = row_texts(r, 0, "datasets", a, &n);
	read_keys(m, doc);
	json_decref(doc);
}

static struct entry *
entry_new(const struct rows *r)
{
	struct arena *a = arena_new();
	struct entry *e = arena_alloc(a, sizeof(*e));
	struct client *m = &e->client;

	e->arena = a;
	e->holders = 1;
	m->id = arena_strdup(a, row_text(r, 0, "id"));
	m->kind = arena_strdup(a, row_text(r, 0, "kind"));
	m->name = arena_strdup(a, row_text(r, 0, "name"));
	m->uri = arena_strdup(a, row_text(r, 0, "uri"));
	m->contact = arena_strdup(a, row_text(r, 0, "contact"));
	m->purpose.in[LANG_EN] = arena_strdup(a, row_text(r, 0, "purpose_en"));
	m->purpose.in[LANG_FR] = arena_strdup(a, row_text(r, 0, "purpose_fr"));
	m->auth = strcmp(row_text(r, 0, "auth_method"), "private_key_jwt") == 0 ?
	    CLIENT_KEY : CLIENT_CERTIFICATE;
	m->binding = strcmp(row_text(r, 0, "binding"), "dpop") == 0 ?
	    BIND_DPOP : BIND_MTLS;
	m->state = arena_strdup(a, row_text(r, 0, "state"));
	m->suspended = strcmp(row_text(r, 0, "state"), "admitted") != 0;
	m->jwks_uri = arena_strdup(a, row_text(r, 0, "jwks_uri"));
	m->keys_tried_us = row_time(r, 0, "jwks_tried");
	read_lists(m, a, r);
	return e;
}

/* ---- the memory ---- */

static size_t
place(const char *id)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *id != '\0'; id++)
		h = (h ^ (uint8_t)*id) * 16777619u;
	return h % SLOTS;
}

static struct entry **
slot_of(struct client_cache *cache, const char *id)
{
	size_t first = place(id);

	for (size_t i = 0; i < PROBES; i++) {
		struct entry **slot = &cache->slots[(first + i) % SLOTS];

		if (*slot != NULL && strcmp((*slot)->client.id, id) == 0)
			return slot;
	}
	return NULL;
}

/* A free place, or the first one: whoever was there is asked for again. */
static void
remember(struct client_cache *cache, struct entry *e)
{
	size_t first = place(e->client.id);
	struct entry **slot = slot_of(cache, e->client.id);

	for (size_t i = 0; slot == NULL && i < PROBES; i++)
		if (cache->slots[(first + i) % SLOTS] == NULL)
			slot = &cache->slots[(first + i) % SLOTS];
	if (slot == NULL)
		slot = &cache->slots[first];
	entry_leave(*slot);
	*slot = e;
	e->holders++;
}

struct client_cache *
client_cache_new(void)
{
	return xcalloc(1, sizeof(struct client_cache));
}

void
client_cache_drop(struct client_cache *cache, const char *id)
{
	struct entry **slot = id == NULL ? NULL : slot_of(cache, id);

	cache->drops++;
	if (slot != NULL) {
		entry_leave(*slot);
		*slot = NULL;
	}
	for (size_t i = 0; id == NULL && i < SLOTS; i++) {
		entry_leave(cache->slots[i]);
		cache->slots[i] = NULL;
	}
}

void
client_cache_trust(struct client_cache *cache, bool trusted)
{
	client_cache_drop(cache, NULL);
	cache->trusted = trusted;
}

void
client_cache_free(struct client_cache *cache)
{
	if (cache == NULL)
		return;
	client_cache_drop(cache, NULL);
	free(cache);
}

/* ---- searching ---- */

enum next
client_find(struct call *c, struct client_search *s, const char *id)
{
	struct client_cache *cache = c->house->clients;
	struct entry **slot = cache->trusted ? slot_of(cache, id) : NULL;

	if (slot == NULL || strlen(id) > ID_MAX)
		return client_find_anew(c, s, id);
	*s = (struct client_search){ .found = hold(c, *slot) };
	return NEXT;
}

enum next
client_find_anew(struct call *c, struct client_search *s, const char *id)
{
	struct params p;

	*s = (struct client_search){ .drops = c->house->clients->drops };
	if (strlen(id) > ID_MAX)
		return NEXT;
	s->asked = true;
	params_init(&p);
	params_text(&p, id);
	return call_ask(c, c->house->db, SQL_CLIENT_FIND, &p);
}

const struct client *
client_found(struct call *c, struct client_search *s)
{
	struct client_cache *cache = c->house->clients;
	struct entry *e;

	if (!s->asked)
		return s->found;
	s->asked = false;
	if (rows_count(c->rows) == 0)
		return NULL;
	e = entry_new(c->rows);
	if (cache->trusted && cache->drops == s->drops)
		remember(cache, e);
	s->found = hold(c, e);
	entry_leave(e);
	return s->found;
}

/* ---- looking ---- */

static bool
listed(const char *const *list, const char *what)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, what) == 0)
			return true;
	return false;
}

bool
client_redirects_to(const struct client *m, const char *uri)
{
	return listed(m->redirect_uris, uri);
}

bool
client_may_ask(const struct client *m, const char *dataset)
{
	return listed(m->datasets, dataset);
}

static bool
is_private(const json_t *jwk)
{
	static const char *const members[] = { "d", "p", "q", "k" };
	bool found = false;

	for (size_t i = 0; i < countof(members); i++)
		found = found || json_object_get(jwk, members[i]) != NULL;
	return found;
}

int
client_keys_check(const json_t *jwks, const char **why)
{
	const json_t *keys = json_object_get(jwks, "keys");
	const json_t *jwk;
	struct jwk key;
	char thumbprint[44];
	size_t i;

	*why = "a JWKS is an object whose keys is a list of 1 to 16 public keys";
	if (!json_is_array(keys) || json_array_size(keys) == 0 ||
	    json_array_size(keys) > CLIENT_KEYS_MAX)
		return E_BAD_INPUT;
	json_array_foreach(keys, i, jwk) {
		*why = "a JWKS shown to others must not hold private members";
		if (is_private(jwk))
			return E_BAD_INPUT;
		if (read_certificate(thumbprint, jwk))
			continue;	/* any kind of key will do for TLS */
		if (jwk_read(&key, jwk, why) < 0)
			return E_BAD_INPUT;
		jwk_clear(&key);
	}
	return 0;
}
