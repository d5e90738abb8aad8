/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pims_cozy_data.c - documents of a Cozy (cozy-stack's web/data): _all_docs says
 * what it knows of ours, _bulk_docs writes them all at once; what the customer
 * deleted stays deleted; what somebody changed meanwhile is read and written
 * again, one by one. A repeat writes the same names: it is harmless. A record that
 * is gone at the source is deleted here, if it is here.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "catalogue/catalogue.h"
#include "push/destination.h"
#include "push/parcel.h"
#include "push/pims_cozy.h"

enum { CONFLICTS_MAX = 3 };		/* of one document, in one errand */

static void
ask_data(struct errand *e, const char *method, const char *rest,
    const struct buf *body, errand_then *then)
{
	const char *const fields[] = { "Content-Type: application/json",
	    "Accept: application/json",
	    errand_field(e, "Authorization", arena_printf(e->arena, "Bearer %s",
		cozy_secret(e, "access_token"))), NULL };
	const struct http_request r = { .method = method,
	    .url = arena_printf(e->arena, "%s/data/%s/%s", e->to->address,
		e->parcel->dataset->schema->doctype, rest),
	    .fields = fields, .body = body == NULL ? NULL : body->data,
	    .body_n = body == NULL ? 0 : body->len };

	errand_ask(e, &r, then);
}

/* Who made it, when, from which account (cozy-doctypes, cozyMetadata). */
static void
write_metadata(struct jw *w, struct errand *e, int64_t sequence)
{
	const struct schema *s = e->parcel->dataset->schema;
	char now[TIME_TEXT_MAX];

	time_text_ms(now, clock_us());
	jw_key(w, "cozyMetadata");
	jw_object(w);
	jw_int_member(w, "doctypeVersion", s->version);
	jw_int_member(w, "metadataVersion", 1);
	jw_str_member(w, "createdByApp", "guichet");
	jw_str_member(w, "updatedAt", now);
	jw_key(w, "updatedByApps");
	jw_array(w);
	jw_object(w);
	jw_str_member(w, "slug", "guichet");
	jw_str_member(w, "date", now);
	jw_end_object(w);
	jw_end_array(w);
	jw_str_member(w, "sourceAccountIdentifier", e->to->customer);
	jw_end_object(w);
	jw_key(w, "guichet");		/* a gap shows in the sequence */
	jw_object(w);
	jw_str_member(w, "dataset", s->id);
	jw_str_member(w, "subscription", e->parcel->subscription);
	jw_int_member(w, "sequence", sequence);
	jw_end_object(w);
}

/* The record's own members stay as they are: its text is taken over. A PUT
 * carries both _id and _rev, or neither; in a batch, _id is always there. */
static void
write_document(struct buf *b, struct errand *e, int i, bool alone)
{
	const struct cozy_own *own = e->own;
	const struct item *item = &e->parcel->items[i];
	struct jw w;

	jw_init(&w, b);
	jw_object(&w);
	if (!alone || own->rev[i][0] != '\0')
		jw_str_member(&w, "_id", item->id);
	if (own->rev[i][0] != '\0')
		jw_str_member(&w, "_rev", own->rev[i]);
	if (item->removed) {
		jw_bool_member(&w, "_deleted", true);
		jw_end_object(&w);
		return;
	}
	write_metadata(&w, e, e->parcel->sequence + i);
	jw_end_object(&w);
	if (item->n > 2) {		/* {"a":1} and {...} -> {...,"a":1} */
		b->len--;
		buf_char(b, ',');
		buf_add(b, item->json + 1, item->n - 1);
	}
}

static void
finish(struct errand *e)
{
	const struct cozy_own *own = e->own;
	bool wrote = false;

	for (int i = 0; i < e->parcel->n; i++)
		wrote = wrote || own->fate[i] == WRITTEN;
	e->done = e->parcel->n;
	errand_end(e, wrote ? DELIVERED : ALREADY, "received");
}

/* ---- documents somebody changed while we wrote, one by one ---- */

static void next_conflict(struct errand *);
static errand_then on_one_written;

static void
write_one(struct errand *e)
{
	const struct cozy_own *own = e->own;
	const struct item *item = &e->parcel->items[own->one];
	struct buf b;

	if (item->removed) {
		ask_data(e, "DELETE", arena_printf(e->arena, "%s?rev=%s",
		    item->id, own->rev[own->one]), NULL, on_one_written);
		return;
	}
	buf_init_in(&b, e->arena);
	write_document(&b, e, own->one, true);
	ask_data(e, "PUT", e->parcel->items[own->one].id, &b, on_one_written);
}

static void
on_one_written(struct errand *e, const struct http_answer *answer)
{
	struct cozy_own *own = e->own;

	if (cozy_trouble(e, answer, write_one))
		return;
	if (answer->status == 200)
		own->fate[own->one] = WRITTEN;
	else if (answer->status != 409 && answer->status != 404) {
		errand_end_by_status(e, answer);
		return;
	}
	next_conflict(e);
}

static void
on_one_read(struct errand *e, const struct http_answer *answer)
{
	struct cozy_own *own = e->own;
	json_t *json = errand_json(e, answer);
	const char *rev = destination_text(json, "_rev");
	const char *reason = destination_text(json, "reason");

	if (cozy_trouble(e, answer, next_conflict))
		return;
	if (answer->status == 404 && (e->parcel->items[own->one].removed ||
	    (reason != NULL && strcmp(reason, "deleted") == 0))) {
		own->fate[own->one] = DELETED_THERE;
		next_conflict(e);
		return;
	}
	if (answer->status != 404 && (answer->status != 200 || rev == NULL)) {
		errand_end_by_status(e, answer);
		return;
	}
	snprintf(own->rev[own->one], sizeof(own->rev[0]), "%s",
	    answer->status == 200 ? rev : "");
	write_one(e);
}

static void
next_conflict(struct errand *e)
{
	struct cozy_own *own = e->own;
	int i = 0;

	while (i < e->parcel->n && own->fate[i] != IN_CONFLICT)
		i++;
	if (i == e->parcel->n) {
		finish(e);
		return;
	}
	if (i != own->one) {
		own->one = i;
		own->conflicts = 0;
	}
	if (++own->conflicts > CONFLICTS_MAX) {
		errand_end(e, CONFLICT, "changed there all the time");
		return;
	}
	ask_data(e, "GET", e->parcel->items[i].id, NULL, on_one_read);
}

/* ---- all at once ---- */

static void write_all(struct errand *);

/* The answer is CouchDB's: a verdict for each document, in their order. */
static bool
take_verdicts(struct errand *e, const json_t *list)
{
	struct cozy_own *own = e->own;
	size_t k = 0;

	for (int i = 0; i < e->parcel->n; i++) {
		const json_t *v;

		if (own->fate[i] != TO_WRITE)
			continue;
		v = json_array_get(list, k++);
		if (json_is_true(json_object_get(v, "ok")))
			own->fate[i] = WRITTEN;
		else if (destination_text(v, "error") != NULL)
			own->fate[i] = IN_CONFLICT;
		else
			return false;
	}
	return k == json_array_size(list);
}

static void
on_all_written(struct errand *e, const struct http_answer *answer)
{
	struct cozy_own *own = e->own;

	if (cozy_trouble(e, answer, write_all))
		return;
	if (answer->status != 201 && answer->status != 200) {
		errand_end_by_status(e, answer);
		return;
	}
	if (!take_verdicts(e, errand_json(e, answer))) {
		errand_end(e, LATER, "answer not understood");
		return;
	}
	own->one = -1;
	next_conflict(e);
}

static void
write_all(struct errand *e)
{
	struct cozy_own *own = e->own;
	bool first = true;
	struct buf b;

	for (int i = 0; i < e->parcel->n; i++)	/* gone, and not here */
		if (e->parcel->items[i].removed && own->rev[i][0] == '\0')
			own->fate[i] = DELETED_THERE;
	buf_init_in(&b, e->arena);
	buf_str(&b, "{\"docs\":[");
	for (int i = 0; i < e->parcel->n; i++) {
		if (own->fate[i] != TO_WRITE)
			continue;
		if (!first)
			buf_char(&b, ',');
		first = false;
		write_document(&b, e, i, false);
	}
	buf_str(&b, "]}");
	if (first)
		finish(e);		/* she deleted them all */
	else
		ask_data(e, "POST", "_bulk_docs", &b, on_all_written);
}

static void look_up(struct errand *);

/* One row for each key, in their order: not there, deleted, or its revision. */
static bool
take_known(struct errand *e, const json_t *rows)
{
	struct cozy_own *own = e->own;

	if (json_array_size(rows) != (size_t)e->parcel->n)
		return false;
	for (int i = 0; i < e->parcel->n; i++) {
		const json_t *row = json_array_get(rows, (size_t)i);
		const json_t *value = json_object_get(row, "value");
		const char *rev = destination_text(value, "rev");

		if (json_is_true(json_object_get(value, "deleted")))
			own->fate[i] = DELETED_THERE;
		else if (rev != NULL)
			snprintf(own->rev[i], sizeof(own->rev[i]), "%s", rev);
	}
	return true;
}

static void
on_looked_up(struct errand *e, const struct http_answer *answer)
{
	if (cozy_trouble(e, answer, look_up))
		return;
	if (answer->status == 404) {	/* no document of this kind yet */
		write_all(e);
		return;
	}
	if (answer->status != 200) {
		errand_end_by_status(e, answer);
		return;
	}
	if (!take_known(e, json_object_get(errand_json(e, answer), "rows"))) {
		errand_end(e, LATER, "answer not understood");
		return;
	}
	write_all(e);
}

static void
look_up(struct errand *e)
{
	struct buf b;
	struct jw w;

	buf_init_in(&b, e->arena);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key(&w, "keys");
	jw_array(&w);
	for (int i = 0; i < e->parcel->n; i++)
		jw_string(&w, e->parcel->items[i].id);
	jw_end_array(&w);
	jw_end_object(&w);
	ask_data(e, "POST", "_all_docs", &b, on_looked_up);
}

void
cozy_deliver(struct errand *e)
{
	struct cozy_own *own = arena_alloc(e->arena, sizeof(*own));
	size_t n = (size_t)e->parcel->n;

	e->own = own;
	own->rev = arena_alloc(e->arena, n * sizeof(own->rev[0]));
	own->fate = arena_alloc(e->arena, n * sizeof(own->fate[0]));
	if (e->parcel->dataset->schema->doctype == NULL)
		errand_end(e, REFUSED, "no doctype for a Cozy");
	else
		look_up(e);
}
