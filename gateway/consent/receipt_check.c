/* SPDX-License-Identifier: Apache-2.0 */
/* receipt_check.c - what a receipt that came back proves. */
#include "consent/receipt_check.h"
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "crypto/jws.h"
#include "crypto/keys.h"
#include "journal/keep.h"
#include "journal/line.h"
#include "journal/tree.h"

static const char *
text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? "" : s;
}

static int64_t
time_of(const json_t *o, const char *name)
{
	int64_t us;

	return time_parse(&us, text_of(o, name)) < 0 ? 0 : us;
}

/* ---- the signature ---- */

static bool
signed_by_us(const struct jws *j, const struct keys *keys)
{
	json_t *set = json_loads(keys_jwks(keys), 0, NULL), *key;
	const char *why;
	bool good = false;
	struct jwk k;
	size_t i;

	json_array_foreach(json_object_get(set, "keys"), i, key) {
		if (jwk_read(&k, key, &why) < 0)
			continue;
		good = good || jws_verify(j, &k) == 0;
		jwk_clear(&k);
	}
	json_decref(set);
	return good;
}

/* ---- the journal ---- */

static bool
hash_read(struct hash *h, const char *text)
{
	return b64_decode(h->bytes, sizeof(h->bytes), text, strlen(text)) ==
	    (int)sizeof(h->bytes);
}

static bool
proof_read(struct proof *p, const json_t *list)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PROOF_MAX)
		return false;
	p->n = 0;
	json_array_foreach(list, i, one)
		if (!json_is_string(one) ||
		    !hash_read(&p->hashes[p->n++], json_string_value(one)))
			return false;
	return true;
}

/* Does the line say what the receipt says of it? */
static bool
says_so(const json_t *event, const char *leaf)
{
	json_t *line = json_loads(leaf, JSON_REJECT_DUPLICATES, NULL);
	const char *ev = text_of(line, "ev");
	bool same = strncmp(ev, "consent.", 8) == 0 &&
	    strcmp(ev + 8, text_of(event, "type")) == 0 &&
	    strcmp(text_of(line, "id"), text_of(event, "line")) == 0 &&
	    time_of(line, "t") == time_of(event, "time");

	json_decref(line);
	return same;
}

static bool
stands(const json_t *event, const struct checkpoint *at)
{
	const char *leaf = text_of(event, "leaf");
	const json_t *place = json_object_get(event, "place");
	struct hash hash;
	struct proof proof;

	tree_leaf(&hash, leaf, strlen(leaf));
	return json_is_integer(place) && json_integer_value(place) >= 0 &&
	    says_so(event, leaf) &&
	    proof_read(&proof, json_object_get(event, "proof")) &&
	    tree_check_inclusion(&proof, (uint64_t)json_integer_value(place),
	    &hash, at->size, &at->root) == 0;
}

static void
check_events(struct receipt_check *r, struct arena *a, const json_t *claims,
    const struct keys *keys)
{
	const char *note = text_of(json_object_get(claims, "integrity"), "note");
	EVP_PKEY *key = keys_journal(keys, journal_log_name(LOG_CONSENT_ADMIN));
	json_t *list = json_object_get(claims, "events"), *event;
	struct checkpoint at;
	size_t i;

	r->events = json_array_size(list);
	if (key == NULL || keep_parse(&at, a, note, strlen(note), key) < 0)
		return;
	r->size = at.size;
	json_array_foreach(list, i, event) {
		if (!stands(event, &at))
			continue;
		if (r->proven++ == 0)
			r->place = json_integer_value(json_object_get(event,
			    "place"));
	}
}

/* ---- what it tells ---- */

static void
take_labels(struct receipt_check *r, struct arena *a, const json_t *list)
{
	size_t n = json_array_size(list), i;
	const json_t *one;

	r->labels = arena_alloc(a, (n + 1) * sizeof(*r->labels));
	json_array_foreach(list, i, one) {
		const char *label = text_of(one, "label");

		r->labels[i] = arena_strdup(a, label[0] != '\0' ? label :
		    text_of(one, "pii_type"));
	}
	r->labels[n] = NULL;
}

static void
take(struct receipt_check *r, struct arena *a, const json_t *c)
{
	json_t *parties = json_object_get(c, "parties"), *p;
	size_t i;

	r->recipient = "";
	json_array_foreach(parties, i, p)
		if (strcmp(text_of(p, "role"), "recipient") == 0)
			r->recipient = arena_strdup(a, text_of(p, "name"));
	r->purpose = arena_strdup(a, text_of(json_object_get(c, "processing"),
	    "purpose"));
	r->issued_us = json_integer_value(json_object_get(c, "iat")) * 1000000;
	r->given_us = time_of(json_array_get(json_object_get(c, "events"), 0),
	    "time");
	r->expires_us = time_of(json_object_get(c, "authorization"),
	    "expires_at");
	take_labels(r, a, json_object_get(c, "pii"));
}

/* Line ends and blanks come with whatever carried it. */
static char *
bare(struct arena *a, const char *text, size_t n, size_t *m)
{
	char *out = arena_alloc(a, n + 1);

	*m = 0;
	for (size_t i = 0; i < n; i++)
		if (strchr(" \t\r\n", text[i]) == NULL)
			out[(*m)++] = text[i];
	out[*m] = '\0';
	return out;
}

void
receipt_check(struct receipt_check *r, struct arena *a, const struct settings *s,
    const struct keys *keys, const char *text, size_t n)
{
	static const char *const typs[] = { "JWT", NULL };
	const char *why, *token;
	struct jws j;
	size_t m;

	*r = (struct receipt_check){ .place = -1 };
	token = bare(a, text, n, &m);
	if (token[0] == '{') {
		r->verdict = RECEIPT_UNSIGNED;
		return;
	}
	if (jws_parse_own(&j, token, m, typs, &why) < 0)
		return;
	r->verdict = RECEIPT_NOT_OURS;
	if (signed_by_us(&j, keys) &&
	    strcmp(text_of(j.claims, "iss"), s->public_url) == 0 &&
	    uuid_parse(&r->grant, text_of(j.claims, "record_id")) == 0) {
		r->verdict = RECEIPT_OURS;
		take(r, a, j.claims);
		check_events(r, a, j.claims, keys);
	}
	jws_clear(&j);
}
