/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/feed: which of a PIMS' consents have something new, all in one call.
 *
 * Any live token of the PIMS opens it: it tells of the PIMS' own consents, by
 * their grant_id, and shows no record. Each consent and data set comes once, at
 * the place of its last change, so that the answer is bounded by their number;
 * a consent that paused, ended or changed is news too. `next` is worth keeping.
 * The line in the journal says how much was told, before it is.
 */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "consent/access.h"
#include "consent/refusal.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "http/condition.h"
#include "routes/limits.h"
#include "routes/pull_trace.h"
#include "routes/routes.h"
#include "routes/sandbox.h"

enum { FEED_DEFAULT = 100, FEED_MAX = 1000 };

struct feed {
	int64_t limit;
	int64_t place;			/* of the last one told */
	char grant[UUID_TEXT];
	const char *dataset;
	int n;
	bool more;
	struct buf body;
};

/* ---- where it goes on ---- */

static const char *
context(struct call *c)
{
	return arena_printf(c->arena, "feed %s", c->access->client_id);
}

static bool
open_cursor(struct call *c, struct feed *f, const char *sealed)
{
	size_t n;
	char *plain = strlen(sealed) > 1024 ? NULL :
	    unseal(c->house->keys, c->arena, context(c), sealed, &n), *grant;

	if (plain == NULL || (grant = strchr(plain, ' ')) == NULL)
		return false;
	*grant++ = '\0';
	if (strlen(grant) < UUID_TEXT ||
	    parse_int(&f->place, plain, 0, INT64_MAX) < 0)
		return false;
	memcpy(f->grant, grant, UUID_TEXT - 1);
	f->dataset = grant + UUID_TEXT;
	return true;
}

static const char *
seal_cursor(struct call *c, const struct feed *f)
{
	const char *plain = arena_printf(c->arena, "%lld %s %s",
	    (long long)f->place, f->grant, f->dataset);

	return seal(c->house->keys, c->arena, context(c), plain, strlen(plain));
}

static enum next
understand(struct call *c)
{
	struct feed *f = c->own;
	const char *limit = call_query_arg(c, "limit");
	const char *cursor = call_query_arg(c, "cursor");

	*f = (struct feed){ .limit = FEED_DEFAULT, .dataset = "",
	    .grant = "00000000-0000-0000-0000-000000000000" };
	if (call_args_repeated(c) != NULL)
		return call_refuse(c, 400, "bad_request",
		    "%s was given twice", call_args_repeated(c));
	if (limit != NULL && parse_int(&f->limit, limit, 1, FEED_MAX) < 0)
		return call_refuse(c, 400, "bad_limit",
		    "limit is a number from 1 to %d", FEED_MAX);
	if (cursor != NULL && !open_cursor(c, f, cursor))
		return call_refuse(c, 400, "bad_cursor", "this cursor is no "
		    "place in your feed; begin without one");
	return NEXT;
}

static enum next
ask(struct call *c)
{
	struct feed *f = c->own;
	struct params p;

	params_init(&p);
	params_text(&p, c->access->client_id);
	params_int(&p, f->place);
	params_text(&p, f->grant);
	params_text(&p, f->dataset);
	params_int(&p, f->limit + 1);
	return call_ask(c, c->house->db, SQL_FEED_READ, &p);
}

/* ---- what is new ---- */

static void
write_one(struct jw *w, const struct rows *r, int i)
{
	const char *dataset = row_text(r, i, "dataset");
	char at[TIME_TEXT_MAX];

	time_text_ms(at, row_time(r, i, "at"));
	jw_object(w);
	jw_str_member(w, "grant_id", row_text(r, i, "grant_id"));
	if (*dataset != '\0')
		jw_str_member(w, "dataset", dataset);
	else
		jw_str_member(w, "state", row_text(r, i, "state"));
	jw_str_member(w, "at", at);
	jw_end_object(w);
}

static void
write_news(struct call *c, struct feed *f)
{
	const struct rows *r = c->rows;
	struct jw w;

	buf_init_in(&f->body, c->arena);
	jw_init(&w, &f->body);
	jw_object(&w);
	jw_key(&w, "news");
	jw_array(&w);
	for (int i = 0; i < f->n; i++)
		write_one(&w, r, i);
	jw_end_array(&w);
	if (f->n > 0) {
		f->place = row_int(r, f->n - 1, "place");
		snprintf(f->grant, sizeof(f->grant), "%s",
		    row_text(r, f->n - 1, "grant_id"));
		f->dataset = row_text(r, f->n - 1, "dataset");
	}
	jw_str_member(&w, "next", seal_cursor(c, f));
	jw_bool_member(&w, "more", f->more);
	jw_end_object(&w);
}

static enum next
record_it(struct call *c)
{
	struct feed *f = c->own;
	uint8_t digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	struct line_row row;

	if (row_bool(c->rows, 0, "ahead"))
		return call_refuse(c, 400, "bad_cursor", "this cursor is of "
		    "another database; begin without one");
	f->n = row_null(c->rows, 0, "place") ? 0 : rows_count(c->rows);
	f->more = f->n > f->limit;
	f->n -= f->more;
	write_news(c, f);
	sha256(digest, f->body.data, f->body.len);
	hex_encode(hex, digest, sizeof(digest));
	line_make(&row, c->arena, &(struct line){ .event = "feed.read",
	    .to = c->access->client_id, .records = f->n,
	    .bytes = (int64_t)f->body.len, .actor = "recipient",
	    .grant = &c->access->grant, .digest = hex, .call = c->id });
	return pull_admit(c, &row);
}

static enum next
send_news(struct call *c)
{
	struct feed *f = c->own;

	if (c->failure < 0)
		return pull_not_admitted(c);
	call_reply_field(c, "Cache-Control", "no-store");
	return call_answer_packed(c, 200, "application/json", &f->body);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "count",		limits_count },
	SANDBOX_STEPS,
	{ "understand",		understand },
	{ "ask",		ask },
	{ "record it",		record_it },
	{ "send",		send_news },
	{ NULL,			NULL }
};

const struct route route_feed = {
	"GET", "/v1/feed", steps, .own_size = sizeof(struct feed),
	.kind = ROUTE_API
};
