/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /v1/feedback: a PIMS tells that a record is faulty; GET /v1/feedback: what
 * became of it.
 *
 *     {"dataset": "energy.load-curve", "code": "wrong_value",
 *      "record": {"usage_point": "...", "day": "2026-03-04"}, "detail": "..."}
 *
 * `record` is the natural key. It and the words are sealed: the table names
 * nobody, and only our people's tool opens it (`guichet feedback show`).
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "crypto/keys.h"
#include "http/call.h"
#include "routes/limits.h"
#include "routes/routes.h"

enum { DETAIL_MAX = 1000 };

struct feedback { char id[UUID_TEXT]; };

static const char *const codes[] = { "wrong_value", "missing_record",
    "duplicate", "late", "unreadable", "other", NULL };

static void
forget(void *doc)
{
	json_decref(doc);
}

/* ---- what is wrong with it? NULL = nothing ---- */

static bool
known_code(const char *code)
{
	for (size_t i = 0; code != NULL && codes[i] != NULL; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

/* Exactly the natural key, as texts or numbers. */
static bool
is_key(const json_t *record, const struct schema *s)
{
	size_t n = 0;

	if (record == NULL)
		return true;
	for (; s->natural_key[n] != NULL; n++) {
		const json_t *v = json_object_get(record, s->natural_key[n]);

		if (!json_is_string(v) && !json_is_integer(v))
			return false;
	}
	return json_object_size(record) == n;
}

static const char *
wrong(struct call *c, const json_t *doc, const struct dataset *d)
{
	const json_t *detail = json_object_get(doc, "detail");

	if (d == NULL)
		return "dataset names none that is given here";
	if (access_covers(c->access, d->schema->id) == NULL)
		return "this consent does not cover that data set";
	if (!known_code(json_string_value(json_object_get(doc, "code"))))
		return "code is wrong_value, missing_record, duplicate, late, "
		    "unreadable or other";
	if (!is_key(json_object_get(doc, "record"), d->schema))
		return "record holds the natural key of the data set, no more";
	if (detail != NULL && (!json_is_string(detail) ||
	    json_string_length(detail) > DETAIL_MAX))
		return "detail is a text of a thousand bytes at most";
	return NULL;
}

/* ---- taking it ---- */

static enum next
put(struct call *c, const json_t *doc, const struct dataset *d)
{
	struct feedback *f = c->own;
	const struct line line = { .event = "feedback.received",
	    .dataset = arena_printf(c->arena, "%s@%d", d->schema->id,
	    d->schema->version), .to = c->access->client_id, .records = -1,
	    .bytes = -1, .actor = "recipient", .subject = &c->access->subject,
	    .grant = &c->access->grant, .call = c->id };
	char *text = json_dumps(doc, JSON_COMPACT);
	struct line_row row;
	struct params p;
	struct uuid id;

	uuid_make(&id);
	uuid_text(f->id, &id);
	line_make(&row, c->arena, &line);
	params_init(&p);
	params_uuid(&p, &id);
	params_uuid(&p, &c->access->grant);
	params_text(&p, c->access->client_id);
	params_text(&p, d->schema->id);
	params_text(&p, json_string_value(json_object_get(doc, "code")));
	params_text(&p, text == NULL ? NULL : seal(c->house->keys, c->arena,
	    arena_printf(c->arena, "feedback %s", f->id), text, strlen(text)));
	free(text);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_FEEDBACK_PUT, &p);
}

static enum next
take(struct call *c)
{
	json_t *doc = json_loadb(c->body, c->body_n, JSON_REJECT_DUPLICATES, NULL);
	const char *id = json_string_value(json_object_get(doc, "dataset")), *why;
	const struct dataset *d = id == NULL ? NULL :
	    dataset_find(c->house->catalogue, id);

	arena_defer(c->arena, forget, doc);
	if (!json_is_object(doc))
		return call_refuse(c, 400, "bad_feedback",
		    "the body is one JSON object");
	if ((why = wrong(c, doc, d)) != NULL)
		return call_refuse(c, 400, "bad_feedback", "%s", why);
	return put(c, doc, d);
}

static enum next
took(struct call *c)
{
	struct feedback *f = c->own;
	struct buf out;
	struct jw w;

	if (rows_count(c->rows) == 0)
		return call_refuse(c, 429, "too_many_calls", "a hundred reports "
		    "under this consent wait for an answer; wait for some");
	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "id", f->id);
	jw_str_member(&w, "state", "open");
	jw_end_object(&w);
	call_reply_field(c, "Location", "/v1/feedback");
	return call_answer_buf(c, 201, "application/json", &out);
}

static const struct step post_steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "count",		limits_count },
	{ "take it",		take },
	{ "answer",		took },
	{ NULL,			NULL }
};

const struct route route_feedback_post = {
	"POST", "/v1/feedback", post_steps,
	.own_size = sizeof(struct feedback), .body_max = 4096, .kind = ROUTE_API
};

/* ---- what became of them ---- */

static enum next
ask(struct call *c)
{
	struct params p;

	params_init(&p);
	params_uuid(&p, &c->access->grant);
	return call_ask(c, c->house->db, SQL_FEEDBACK_OF_GRANT, &p);
}

static void
write_time(struct jw *w, const struct rows *r, int i, const char *column)
{
	char text[TIME_TEXT_MAX];

	if (row_null(r, i, column))
		return;
	time_text_ms(text, row_time(r, i, column));
	jw_str_member(w, column, text);
}

static enum next
tell(struct call *c)
{
	static const char *const texts[] = { "id", "dataset", "code", "state" };
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_key(&w, "feedback");
	jw_array(&w);
	for (int i = 0; i < rows_count(c->rows); i++) {
		jw_object(&w);
		for (size_t k = 0; k < countof(texts); k++)
			jw_str_member(&w, texts[k], row_text(c->rows, i,
			    texts[k]));
		write_time(&w, c->rows, i, "created");
		if (!row_null(c->rows, i, "answer"))
			jw_str_member(&w, "answer", row_text(c->rows, i,
			    "answer"));
		write_time(&w, c->rows, i, "answered");
		jw_end_object(&w);
	}
	jw_end_array(&w);
	jw_end_object(&w);
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step get_steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "ask",		ask },
	{ "tell",		tell },
	{ NULL,			NULL }
};

const struct route route_feedback = {
	"GET", "/v1/feedback", get_steps, .kind = ROUTE_API
};
