/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - one line of the journal, written by hand into the arena.
 *
 * This is on the way of every pull, so nothing here builds a tree: the leaf
 * and its side record are two short JSON texts with a fixed member order. The
 * order is part of the format: a leaf is hashed as its exact bytes.
 */
#include "journal/line.h"
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "journal/events.h"

#define LEAF_MAX 65535		/* an entry bundle counts 16 bits of length */

const char *
journal_log_name(enum journal_log log)
{
	static const char *const names[JOURNAL_LOGS] = {
		[LOG_RESTITUTION] = "restitution",
		[LOG_CONSENT_ADMIN] = "consent-admin",
	};

	assert(log < JOURNAL_LOGS);
	return names[log];
}

static void
optional(struct jw *w, const char *key, const char *value)
{
	if (value != NULL)
		jw_str_member(w, key, value);
}

static void
optional_count(struct jw *w, const char *key, int64_t value)
{
	if (value >= 0)
		jw_int_member(w, key, value);
}

static void
optional_uuid(struct jw *w, const char *key, const struct uuid *id)
{
	char text[UUID_TEXT];

	if (id == NULL)
		return;
	uuid_text(text, id);
	jw_str_member(w, key, text);
}

/* All that could lead back to a person, in one place that can be erased. */
static void
write_side(struct line_row *row, struct arena *a, const struct line *l)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, a);
	jw_init(&w, &out);
	jw_object(&w);
	optional_uuid(&w, "subject", l->subject ? &l->subject->id : NULL);
	optional_uuid(&w, "grant", l->grant);
	optional(&w, "digest", l->digest);
	optional(&w, "covers", l->covers);
	optional(&w, "reason", l->reason);
	optional(&w, "by", l->by);
	optional(&w, "call", l->call);
	optional(&w, "of", l->of);
	jw_end_object(&w);
	if (out.len == 2)		/* {}: nothing to commit to */
		return;
	row->side = out.data;
	row->side_n = out.len;
	random_bytes(row->salt, sizeof(row->salt));
}

static void
write_commitment(struct jw *w, const struct line_row *row)
{
	static const char prefix[] = "guichet/side/v1\n";
	const struct piece pieces[] = {
		{ prefix, sizeof(prefix) - 1 },
		{ row->salt, sizeof(row->salt) },
		{ row->side, row->side_n },
	};
	uint8_t digest[SHA256_SIZE];
	char text[SHA256_SIZE * 4 / 3 + 3];

	if (row->side == NULL)
		return;
	sha256_pieces(digest, pieces, countof(pieces));
	b64url_encode(text, digest, sizeof(digest));
	jw_str_member(w, "cm", text);
}

static void
write_tag(struct jw *w, const struct subject_ref *subject, const char *id)
{
	uint8_t mac[SHA256_SIZE];
	char text[16 * 4 / 3 + 3];

	if (subject == NULL)
		return;
	hmac_sha256(mac, subject->key, sizeof(subject->key), id, strlen(id));
	b64url_encode(text, mac, 16);
	jw_str_member(w, "tag", text);
}

static void
write_leaf(struct line_row *row, struct arena *a, const struct line *l)
{
	char id[UUID_TEXT], now[TIME_TEXT_MAX];
	struct buf out;
	struct jw w;

	uuid_text(id, &row->id);
	time_text_ms(now, clock_us());
	buf_init_in(&out, a);
	buf_reserve(&out, 400);
	jw_init(&w, &out);
	jw_object(&w);
	jw_int_member(&w, "v", 1);
	jw_str_member(&w, "id", id);
	jw_str_member(&w, "t", now);
	jw_str_member(&w, "ev", l->event);
	optional(&w, "ds", l->dataset);
	optional(&w, "to", l->to);
	optional(&w, "oc", l->outcome);
	optional_count(&w, "n", l->records);
	optional_count(&w, "b", l->bytes);
	optional_count(&w, "att", l->attempt > 0 ? l->attempt : -1);
	optional_count(&w, "lag", l->lag_ms > 0 ? l->lag_ms : -1);
	optional(&w, "act", l->actor);
	optional(&w, "q", l->quote);
	write_tag(&w, l->subject, id);
	write_commitment(&w, row);
	jw_end_object(&w);
	assert(out.len <= LEAF_MAX);
	row->leaf = out.data;
	row->leaf_n = out.len;
}

void
line_make(struct line_row *row, struct arena *a, const struct line *l)
{
	const struct event_kind *kind = event_find(l->event);

	assert(kind != NULL);
	*row = (struct line_row){ .log = kind->log };
	uuid_make(&row->id);
	if (l->subject != NULL)
		row->subject = arena_memdup(a, &l->subject->id,
		    sizeof(l->subject->id));
	if (l->grant != NULL)
		row->grant = arena_memdup(a, l->grant, sizeof(*l->grant));
	row->to = arena_strdup(a, l->to);
	write_side(row, a, l);
	write_leaf(row, a, l);
}

void
line_params(struct params *p, const struct line_row *row)
{
	bool side = row->side != NULL;

	params_uuid(p, &row->id);
	params_int(p, row->log);
	params_bytes(p, row->leaf, row->leaf_n);
	params_bytes(p, side ? row->salt : NULL, side ? sizeof(row->salt) : 0);
	params_bytes(p, row->side, row->side_n);
	params_uuid(p, row->subject);
	params_uuid(p, row->grant);
	params_text(p, row->to);
}
