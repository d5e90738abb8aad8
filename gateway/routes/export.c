/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /v1/exports: all of a customer's records, prepared in the background;
 * GET /v1/exports/{id}: how far it is; DELETE: it is needed no more.
 *
 *     {"datasets": ["energy.load-curve"], "from": ..., "to": ..., "granularity": ...}
 *
 * All may be left out: everything that the consent covers. 202 and a Location;
 * the watch then walks the records and keeps where each part begins, and none
 * of them (watch/exports.c). Parts are fetched as they are found
 * (routes/export_part.c); a part that broke off is fetched again. Each data
 * set's `next` goes on where the export ends, as a page's does.
 */
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/refusal.h"
#include "consent/details.h"
#include "http/call.h"
#include "routes/limits.h"
#include "routes/pull_ask.h"
#include "routes/routes.h"
#include "routes/version.h"

enum { KEPT_S = 24 * 3600 };

struct export {
	char id[UUID_TEXT];
	struct uuid uuid;
	struct buf asks;
};

/* ---- asking ---- */

static void
forget(void *doc)
{
	json_decref(doc);
}

static const char *
text_member(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

/* NULL: nothing is wrong with it. */
static const char *
wrong(const json_t *doc)
{
	static const char *const texts[] = { "from", "to", "granularity" };
	const json_t *v, *list = json_object_get(doc, "datasets");
	size_t known = list != NULL, i;

	if (!json_is_object(doc))
		return "the body is one JSON object, or none";
	if (list != NULL && (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > DETAILS_MAX))
		return "datasets is a list of names";
	json_array_foreach(list, i, v)
		if (!json_is_string(v))
			return "datasets is a list of names";
	for (i = 0; i < countof(texts); i++)
		if ((v = json_object_get(doc, texts[i])) != NULL) {
			known++;
			if (!json_is_string(v))
				return "from, to and granularity are texts";
		}
	if (json_object_size(doc) != known)
		return "it has datasets, from, to and granularity, no more";
	if (!pull_period_valid(text_member(doc, "from")) ||
	    !pull_period_valid(text_member(doc, "to")))
		return "from and to are days (2026-03-04) or moments "
		    "(2026-03-04T10:15:00Z)";
	return NULL;
}

static void
write_ask(struct jw *w, const struct dataset *d, const json_t *doc)
{
	const struct schema *s = d->schema;
	const char *step = text_member(doc, "granularity");

	jw_object(w);
	jw_str_member(w, "dataset", s->id);
	jw_int_member(w, "version", s->version);
	if (s->period != NULL && text_member(doc, "from") != NULL)
		jw_str_member(w, "from", text_member(doc, "from"));
	if (s->period != NULL && text_member(doc, "to") != NULL)
		jw_str_member(w, "to", text_member(doc, "to"));
	if (step != NULL && schema_granularity(s, step) >= 0)
		jw_str_member(w, "granularity", step);
	jw_end_object(w);
}

static enum next
write_one(struct call *c, struct jw *w, const char *id, const json_t *doc)
{
	const struct dataset *d;

	if (version_choose(c, &d, id) == DONE)
		return DONE;
	write_ask(w, d, doc);
	return NEXT;
}

/* What is asked for, data set by data set, in the version that the asker
 * understands. */
static enum next
write_asks(struct call *c, const json_t *doc)
{
	struct export *e = c->own;
	const json_t *list = json_object_get(doc, "datasets"), *v;
	enum next next = NEXT;
	struct jw w;
	size_t i;

	buf_init_in(&e->asks, c->arena);
	jw_init(&w, &e->asks);
	jw_array(&w);
	json_array_foreach(list, i, v) {
		const char *id = json_string_value(v);

		if (dataset_find(c->house->catalogue, id) == NULL ||
		    access_covers(c->access, id) == NULL)
			return call_refuse(c, 403, "no_grant", "no consent "
			    "covers one of these data sets");
		if (next != DONE)
			next = write_one(c, &w, id, doc);
	}
	for (i = 0; list == NULL && c->access->datasets[i] != NULL; i++)
		if (dataset_find(c->house->catalogue, c->access->datasets[i]) &&
		    next != DONE)
			next = write_one(c, &w, c->access->datasets[i], doc);
	jw_end_array(&w);
	return next;
}

/* The parameters of a journal line about an export of this consent. */
static void
tell(struct call *c, struct params *p, const char *event)
{
	struct line_row row;

	line_make(&row, c->arena, &(struct line){ .event = event,
	    .to = c->access->client_id, .records = -1, .bytes = -1,
	    .actor = "recipient", .subject = &c->access->subject,
	    .grant = &c->access->grant, .call = c->id });
	line_params(p, &row);
}

static enum next
take(struct call *c)
{
	struct export *e = c->own;
	json_t *doc = c->body_n == 0 ? json_object() :
	    json_loadb(c->body, c->body_n, JSON_REJECT_DUPLICATES, NULL);
	const char *why;
	struct params p;

	arena_defer(c->arena, forget, doc);
	if ((why = wrong(doc)) != NULL)
		return call_refuse(c, 400, "bad_export", "%s", why);
	if (write_asks(c, doc) == DONE)
		return DONE;
	uuid_make(&e->uuid);
	uuid_text(e->id, &e->uuid);
	params_init(&p);
	params_uuid(&p, &e->uuid);
	params_uuid(&p, &c->access->grant);
	params_text(&p, e->asks.data);
	params_int(&p, KEPT_S);
	tell(c, &p, "export.asked");
	return call_ask(c, c->house->db, SQL_EXPORT_ASK, &p);
}

static enum next
took(struct call *c)
{
	struct export *e = c->own;
	struct buf out;
	struct jw w;

	if (rows_count(c->rows) == 0)
		return call_refuse(c, 429, "too_many_calls", "five exports of "
		    "this consent are kept already: fetch or delete one");
	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "id", e->id);
	jw_str_member(&w, "state", "waiting");
	jw_end_object(&w);
	call_reply_field(c, "Location", "%s/v1/exports/%s",
	    c->house->settings->public_url, e->id);
	call_reply_field(c, "Retry-After", "1");
	return call_answer_buf(c, 202, "application/json", &out);
}

static const struct step post_steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "count",		limits_count },
	{ "take it",		take },
	{ "answer",		took },
	{ NULL,			NULL }
};

const struct route route_export_post = {
	"POST", "/v1/exports", post_steps, .own_size = sizeof(struct export),
	.body_max = 8192, .kind = ROUTE_API
};

/* ---- how far it is ---- */

static enum next
unknown(struct call *c)
{
	return call_refuse(c, 404, "no_such_export",
	    "this consent has no such export, or no longer");
}

static bool
named(struct call *c, struct params *p)
{
	struct export *e = c->own;

	if (uuid_parse(&e->uuid, call_path_arg(c, "id")) < 0)
		return false;
	uuid_text(e->id, &e->uuid);
	params_init(p);
	params_uuid(p, &e->uuid);
	params_uuid(p, &c->access->grant);
	return true;
}

static enum next
look(struct call *c)
{
	struct params p;

	return named(c, &p) ? call_ask(c, c->house->db, SQL_EXPORT_LOOK, &p) :
	    unknown(c);
}

static void
write_time(struct jw *w, const struct rows *r, const char *column)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(text, row_time(r, 0, column));
	jw_str_member(w, column, text);
}

/* One data set: what was found of it so far. */
static void
write_dataset(struct jw *w, const struct rows *r, const json_t *ask, size_t at)
{
	int64_t records = 0, bytes = 0, parts = 0;
	const char *next = NULL;

	for (int i = 0; i < rows_count(r); i++) {
		if (row_null(r, i, "n") || row_int(r, i, "ask") != (int64_t)at)
			continue;
		records += row_int(r, i, "records");
		bytes += row_int(r, i, "bytes");
		next = row_text(r, i, "next");
		parts++;
	}
	jw_object(w);
	jw_str_member(w, "dataset", text_member(ask, "dataset"));
	jw_int_member(w, "version",
	    json_integer_value(json_object_get(ask, "version")));
	jw_int_member(w, "records", records);
	jw_int_member(w, "bytes", bytes);
	jw_int_member(w, "parts", parts);
	jw_str_member(w, "next", next);
	jw_end_object(w);
}

static void
write_parts(struct jw *w, struct call *c, const json_t *asks)
{
	const struct export *e = c->own;
	const struct rows *r = c->rows;

	for (int i = 0; i < rows_count(r); i++) {
		if (row_null(r, i, "n"))
			continue;
		jw_object(w);
		jw_str_member(w, "dataset", text_member(json_array_get(asks,
		    (size_t)row_int(r, i, "ask")), "dataset"));
		jw_int_member(w, "records", row_int(r, i, "records"));
		jw_int_member(w, "bytes", row_int(r, i, "bytes"));
		jw_str_member(w, "href", arena_printf(c->arena,
		    "%s/v1/exports/%s/parts/%lld",
		    c->house->settings->public_url, e->id,
		    (long long)row_int(r, i, "n")));
		jw_end_object(w);
	}
}

static void
write_export(struct jw *w, struct call *c, const json_t *asks)
{
	const struct export *e = c->own;
	const json_t *ask;
	size_t at;

	jw_object(w);
	jw_str_member(w, "id", e->id);
	jw_str_member(w, "state", row_text(c->rows, 0, "state"));
	if (!row_null(c->rows, 0, "reason"))
		jw_str_member(w, "reason", row_text(c->rows, 0, "reason"));
	write_time(w, c->rows, "created");
	write_time(w, c->rows, "expires");
	jw_key(w, "datasets");
	jw_array(w);
	json_array_foreach(asks, at, ask)
		write_dataset(w, c->rows, ask, at);
	jw_end_array(w);
	jw_key(w, "parts");
	jw_array(w);
	write_parts(w, c, asks);
	jw_end_array(w);
	jw_end_object(w);
}

static enum next
told(struct call *c)
{
	bool ended;
	struct buf out;
	struct jw w;
	json_t *asks;

	if (rows_count(c->rows) == 0)
		return unknown(c);
	asks = json_loads(row_text(c->rows, 0, "asks"), 0, NULL);
	arena_defer(c->arena, forget, asks);
	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	write_export(&w, c, asks);
	ended = strcmp(row_text(c->rows, 0, "state"), "ready") == 0 ||
	    strcmp(row_text(c->rows, 0, "state"), "failed") == 0;
	call_reply_field(c, "Cache-Control", "no-store");
	if (!ended)
		call_reply_field(c, "Retry-After", "1");
	return call_answer_buf(c, ended ? 200 : 202, "application/json", &out);
}

static const struct step get_steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "look",		look },
	{ "tell",		told },
	{ NULL,			NULL }
};

const struct route route_export = {
	"GET", "/v1/exports/{id}", get_steps, .own_size = sizeof(struct export),
	.kind = ROUTE_API
};

/* ---- needed no more ---- */

static enum next
drop(struct call *c)
{
	struct params p;

	if (!named(c, &p))
		return unknown(c);
	tell(c, &p, "export.dropped");
	return call_ask(c, c->house->db, SQL_EXPORT_DROP, &p);
}

static enum next
dropped(struct call *c)
{
	return rows_count(c->rows) == 0 ? unknown(c) :
	    call_answer(c, 204, NULL, "", 0);
}

static const struct step delete_steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "drop",		drop },
	{ "answer",		dropped },
	{ NULL,			NULL }
};

const struct route route_export_delete = {
	"DELETE", "/v1/exports/{id}", delete_steps,
	.own_size = sizeof(struct export), .kind = ROUTE_API
};
