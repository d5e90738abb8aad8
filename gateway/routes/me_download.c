/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /me/data/{dataset}: her own records, to keep: JSON, JSON Lines or CSV.
 *
 * No recipient and no consent: she takes what is hers. Still nothing leaves
 * without its trace: one line before the first byte, one that tells how it ended.
 * It flows page after page, so that memory stays flat however long the history;
 * so many an hour at most. Whoever may not decide here (customers.sql) is told
 * why, and meters that are not hers alone (accounts.sql) are left out.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "catalogue/sheet.h"
#include "consent/refusal.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/gate.h"
#include "journal/line.h"
#include "pages/layout.h"
#include "routes/routes.h"

enum { PAGE_RECORDS = 250, PAGE_BYTES = 512 * 1024 };

#define HOUR_US INT64_C(3600000000)

static const struct form { const char *name, *type, *end; } forms[] = {
	{ "json", "application/json", "json" },
	{ "jsonl", "application/x-ndjson", "jsonl" },
	{ "csv", "text/csv; charset=utf-8", "csv" },
};

struct download {
	const struct dataset *dataset;
	const struct form *form;
	const char *name;		/* "energy.load-curve@1" */
	struct page_ask ask;
	struct page page;
	struct cursor cursor;
	struct sheet *sheet;
	struct arena *now, *before;	/* of this page, and of its cursor's */
	struct buf body;
	int64_t records, bytes;
	bool flows, whole;		/* begun; and nothing is missing */
	struct line line;
};

static bool
is_csv(const struct download *d)
{
	return d->sheet != NULL;
}

/* ---- what, and whether ---- */

static const struct form *
form_of(struct call *c)
{
	const char *name = call_query_arg(c, "form");

	for (size_t i = 0; i < countof(forms); i++)
		if (name == NULL || strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

static enum next
understand(struct call *c)
{
	struct download *d = c->own;
	const struct dataset *set = dataset_find(c->house->catalogue,
	    call_path_arg(c, "dataset"));

	if (set == NULL || set->gone)
		return call_refuse(c, 404, "no_such_dataset",
		    "there is no such kind of data here");
	if ((d->form = form_of(c)) == NULL)
		return call_refuse(c, 400, "bad_form",
		    "form is json, jsonl or csv");
	d->dataset = set;
	d->name = arena_printf(c->arena, "%s@%d", set->schema->id,
	    set->schema->version);
	d->ask = (struct page_ask){ .dataset = set, .limit = PAGE_RECORDS,
	    .customer = c->session->customer,
	    .until_us = clock_us() + HOUR_US };
	if (strcmp(d->form->name, "csv") == 0)
		d->sheet = sheet_new(c->arena, set->schema);
	return session_strong(c, set->schema->sign_in_age_s,
	    set->schema->sign_in_acr);
}

static enum next
ask_about(struct call *c, const struct statement *s)
{
	struct download *d = c->own;
	struct params p;

	c->rows = NULL;
	if (s->text == NULL)
		return NEXT;
	params_init(&p);
	params_text(&p, c->session->customer);
	return call_ask(c, d->dataset->source->db, s, &p);
}

static enum next
ask_customer(struct call *c)
{
	struct download *d = c->own;

	return ask_about(c, &d->dataset->source->customer);
}

/* That she objected to sharing, or is not asked yet, takes nothing of her right
 * to her own data; that somebody else decides for her does. */
static bool
keeps_from(const char *reason)
{
	return reason != NULL && strcmp(reason, "opposition") != 0 &&
	    strcmp(reason, "cohort") != 0 && strcmp(reason, "left") != 0;
}

static enum next
ask_accounts(struct call *c)
{
	struct download *d = c->own;
	const char *reason = c->rows == NULL ? NULL : rows_count(c->rows) == 0 ?
	    "unknown" : row_text(c->rows, 0, "reason");
	struct layout l;

	if (keeps_from(reason)) {
		layout_init(&l, c, call_lang(c));
		return call_refuse(c, 403, "not_eligible", "%s", h_word(&l.h,
		    arena_printf(c->arena, "closed.%s", reason)));
	}
	return ask_about(c, &d->dataset->source->accounts);
}

/* Those that are hers to give; none asked of a data set that has no accounts. */
static void
take_accounts(struct call *c, struct download *d)
{
	static const char *nobodys[] = { "", NULL };
	int n = c->rows == NULL ? 0 : rows_count(c->rows);
	const char **open = arena_alloc(c->arena, (size_t)(n + 1) * sizeof(*open));
	size_t m = 0;

	for (int i = 0; i < n; i++)
		if (row_null(c->rows, i, "reason"))
			open[m++] = arena_strdup(c->arena, row_text(c->rows, i,
			    "account"));
	open[m] = NULL;
	if (d->dataset->schema->account != NULL && m < (size_t)n)
		d->ask.accounts = open;
	if (d->ask.accounts != NULL && m == 0)
		d->ask.accounts = nobodys;	/* an empty list would be all */
}

/* ---- the line before ---- */

static void
hour_ago(struct uuid *u)
{
	uint64_t ms = (uint64_t)((clock_us() - HOUR_US) / 1000);

	memset(u, 0, sizeof(*u));
	for (int i = 0; i < 6; i++)
		u->bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
}

static enum next
begin(struct call *c)
{
	struct download *d = c->own;
	struct line_row row;
	struct params p;
	struct uuid since;

	take_accounts(c, d);
	if (c->head)
		return call_answer(c, 200, d->form->type, "", 0);
	d->line = (struct line){ .event = "download.begun", .dataset = d->name,
	    .records = -1, .bytes = -1, .actor = "customer",
	    .subject = &c->session->subject, .call = c->id };
	line_make(&row, c->arena, &d->line);
	hour_ago(&since);
	params_init(&p);
	params_int(&p, c->house->settings->downloads_per_hour);
	params_uuid(&p, &since);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_DOWNLOAD_BEGIN, &p);
}

/* ---- the flow ---- */

static void
note_end(struct call *c, bool sent)
{
	struct download *d = c->own;
	struct line_row row;

	d->line.event = "download.ended";
	d->line.records = d->records;
	d->line.bytes = d->bytes;
	d->line.outcome = sent && d->whole ? "complete" : "aborted";
	line_make(&row, c->arena, &d->line);
	gate_note(c->house->gate, &row);
	arena_free(d->now);
	arena_free(d->before);
	buf_clear(&d->body);
}

static enum next
start(struct call *c)
{
	struct download *d = c->own;
	struct csv csv;

	if (rows_count(c->rows) == 0) {
		call_reply_field(c, "Retry-After", "600");
		return call_refuse(c, 429, "too_many_downloads",
		    "this has been asked for very often; try again later");
	}
	buf_init(&d->body);
	call_on_end(c, note_end);
	if (is_csv(d)) {
		csv_begin(&csv, &d->body);
		sheet_header(d->sheet, &csv);
	} else if (d->form == &forms[0]) {
		buf_str(&d->body, "[");
	}
	return NEXT;
}

static enum next
read_page(struct call *c)
{
	struct download *d = c->own;
	struct params params;

	arena_free(d->before);
	d->before = d->now;
	d->now = arena_new();
	if (page_params(&params, d->now, &d->ask) < 0)
		return call_refuse(c, 500, "record_refused",
		    "the records cannot be read");
	return call_ask_anyway(c, d->dataset->source->db, &d->dataset->page,
	    &params);
}

/* Records a line each become rows. */
static void
add_rows(struct download *d, struct buf *lines)
{
	struct csv csv = { .out = &d->body };
	const char *p = lines->data, *end;

	for (; p != NULL && p < lines->data + lines->len; p = end + 1) {
		end = memchr(p, '\n', (size_t)(lines->data + lines->len - p));
		if (end == NULL)
			break;
		sheet_record(d->sheet, &csv, p, (size_t)(end - p));
	}
}

static int
add_page(struct call *c, struct download *d)
{
	bool list = d->form == &forms[0];
	struct buf lines;
	size_t before = d->body.len;
	int rc;

	if (!is_csv(d)) {
		if (list && d->records > 0)
			buf_char(&d->body, ',');
		rc = page_write(&d->page, &d->body, list ? PAGE_LIST :
		    PAGE_LINES, &d->ask, c->rows, PAGE_BYTES, d->now);
		if (d->page.records == 0)
			buf_cut(&d->body, before);
		return rc;
	}
	buf_init(&lines);
	rc = page_write(&d->page, &lines, PAGE_LINES, &d->ask, c->rows,
	    PAGE_BYTES, d->now);
	add_rows(d, &lines);
	buf_clear(&lines);
	return rc;
}

/* What has begun can only be cut short: a browser then says that it failed. */
static enum next
give_up(struct call *c, struct download *d)
{
	if (!d->flows)
		return call_refuse(c, 503, "source_away", "the database that "
		    "holds these records cannot be reached; try again later");
	log_warning("call=%s a download was cut short dataset=%s", c->id,
	    d->name);
	return call_flow_break(c);
}

static enum next
send_page(struct call *c)
{
	struct download *d = c->own;

	if (c->failure < 0 || add_page(c, d) < 0)
		return give_up(c, d);
	d->records += d->page.records;
	d->bytes += (int64_t)d->body.len;
	if (!d->flows) {
		call_reply_field(c, "Content-Disposition",
		    "attachment; filename=\"%s.%s\"", d->dataset->schema->id,
		    d->form->end);
		call_reply_field(c, "Cache-Control", "no-store");
		call_reply_field(c, "X-Content-Type-Options", "nosniff");
		call_flow(c, 200, d->form->type);
		d->flows = true;
	}
	if (!d->page.more && d->form == &forms[0])
		buf_str(&d->body, "]\n");
	return call_flow_piece(c, &d->body);
}

static enum next
go_on(struct call *c)
{
	struct download *d = c->own;

	buf_reset(&d->body);
	d->cursor = d->page.last;
	d->ask.after = &d->cursor;
	if (d->page.more)
		return call_goto(c, "read");
	d->whole = true;
	log_info("call=%s a customer took her data dataset=%s rows=%lld", c->id,
	    d->name, (long long)d->records);
	return call_flow_end(c);
}

static void
on_refused(struct call *c, bool sent UNUSED)
{
	struct line line = { .event = "download.refused", .actor = "customer",
	    .subject = &c->session->subject };
	char named[UUID_TEXT];

	uuid_text(named, &c->session->subject.id);
	refusal_note(c, named, &line);
}

static enum next
watch_refusal(struct call *c)
{
	call_on_end(c, on_refused);
	return NEXT;
}

static const struct step download_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "watch refusal", watch_refusal },
	{ "understand", understand },
	{ "ask customer", ask_customer },
	{ "ask accounts", ask_accounts },
	{ "begin", begin },
	{ "start", start },
	{ "read", read_page },
	{ "send", send_page },
	{ "go on", go_on },
	{ NULL, NULL }
};

const struct route route_me_download = {
	.method = "GET", .path = "/me/data/{dataset}", .steps = download_steps,
	.own_size = sizeof(struct download), .kind = ROUTE_PAGE
};
