/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/exports/{id}/parts/{n}: one part of an export, as lines.
 *
 * It is read from the source now: what is kept is only where it begins. So it
 * passes the gate as each pull does, holds what the consent allows now, and may
 * be fetched again. A record that changed since the walk is not here but after
 * `next`, where the export ends.
 */
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/refusal.h"
#include "routes/limits.h"
#include "routes/pull_trace.h"
#include "routes/routes.h"
#include "routes/sandbox.h"
#include "routes/version.h"

enum { PART_RECORDS = 1000, PART_BYTES = 1024 * 1024, PARTS_MAX = 100000 };

static enum next
unknown(struct call *c)
{
	return call_refuse(c, 404, "no_such_export",
	    "this consent has no such export or part, or no longer");
}

static enum next
find(struct call *c)
{
	struct uuid id;
	struct params p;
	int64_t n;

	if (uuid_parse(&id, call_path_arg(c, "id")) < 0 ||
	    parse_int(&n, call_path_arg(c, "n"), 1, PARTS_MAX) < 0)
		return unknown(c);
	params_init(&p);
	params_uuid(&p, &id);
	params_int(&p, n);
	params_uuid(&p, &c->access->grant);
	return call_ask(c, c->house->db, SQL_EXPORT_PART, &p);
}

/* ---- what it asks ---- */

static const char *
text_of(struct call *c, const json_t *ask, const char *name)
{
	return arena_strdup(c->arena,
	    json_string_value(json_object_get(ask, name)));
}

static void
take_ask(struct call *c, struct pull *p, const json_t *ask)
{
	p->ask.dataset = dataset_version(c->house->catalogue,
	    json_string_value(json_object_get(ask, "dataset")),
	    (int)json_integer_value(json_object_get(ask, "version")));
	p->ask.from = text_of(c, ask, "from");
	p->ask.to = text_of(c, ask, "to");
	p->granularity = text_of(c, ask, "granularity");
	p->form = PAGE_LINES;
}

static enum next
take_place(struct call *c, struct pull *p)
{
	p->ask.until_us = row_int(c->rows, 0, "horizon");
	p->ask.limit = PART_RECORDS;
	if (row_null(c->rows, 0, "after")) {
		missing_fields(&p->missing, p->ask.dataset);
		return NEXT;
	}
	p->missing.n = 0;		/* told with the first part */
	if (cursor_open(&p->cursor, c->house->keys, c->arena, p->ask.dataset,
	    row_text(c->rows, 0, "after"), c->access->grant_text) < 0)
		return unknown(c);
	p->ask.after = &p->cursor;
	return NEXT;
}

static enum next
understand(struct call *c)
{
	struct pull *p = c->own;
	json_t *ask;

	if (rows_count(c->rows) == 0)
		return unknown(c);
	ask = json_loads(row_text(c->rows, 0, "ask"), 0, NULL);
	take_ask(c, p, ask);
	json_decref(ask);
	if (p->ask.dataset == NULL)
		return call_refuse(c, 410, "no_such_dataset",
		    "this data set is no longer given here in that version");
	p->name = arena_printf(c->arena, "%s@%d", p->ask.dataset->schema->id,
	    p->ask.dataset->schema->version);
	return pull_hold(c, p) == DONE ? DONE : take_place(c, p);
}

/* ---- reading and sending it ---- */

static enum next
read_part(struct call *c)
{
	struct pull *p = c->own;
	struct params params;

	if (page_params(&params, c->arena, &p->ask) < 0)
		return unknown(c);
	return call_ask_anyway(c, p->ask.dataset->source->db,
	    &p->ask.dataset->page, &params);
}

static enum next
record_it(struct call *c)
{
	struct pull *p = c->own;

	if (c->failure < 0)
		return pull_source_failed(c);
	buf_init_in(&p->body, c->arena);
	if (page_write(&p->page, &p->body, p->form, &p->ask, c->rows,
	    PART_BYTES, c->arena) < 0)
		return call_refuse(c, 500, "record_refused",
		    "a record does not fit its documentation");
	if (p->page.held > 0)
		missing_add(&p->missing, (struct missing){ "held_back",
		    "records", .count = p->page.held });
	return pull_trace_begin(c, p);
}

static void
note_end(struct call *c, bool sent)
{
	pull_trace_end(c, c->own, sent);
}

static enum next
send_part(struct call *c)
{
	struct pull *p = c->own;

	if (c->failure < 0)
		return pull_not_admitted(c);
	call_on_end(c, note_end);
	call_reply_field(c, "Cache-Control", "no-store");
	missing_field(c, &p->missing);
	version_tell(c, p->ask.dataset);
	log_info("call=%s pims=%s part sent dataset=%s rows=%d bytes=%zu",
	    c->id, c->access->client_id, p->ask.dataset->schema->id,
	    p->page.records, p->body.len);
	return call_answer_packed(c, 200, "application/x-ndjson", &p->body);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "count",		limits_count },
	SANDBOX_STEPS,
	{ "find",		find },
	{ "understand",		understand },
	{ "read it",		read_part },
	{ "record it",		record_it },
	{ "send",		send_part },
	{ NULL,			NULL }
};

const struct route route_export_part = {
	"GET", "/v1/exports/{id}/parts/{n}", steps,
	.own_size = sizeof(struct pull), .kind = ROUTE_API
};
