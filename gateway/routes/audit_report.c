/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /audit/reports and /audit/reports/{name}: as a page to read or print, as CSV
 * (?format=csv) or as JSON Lines (?format=jsonl). Making one is a line of the
 * journal; one that names persons is for the DPO.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "consent/session.h"
#include "consent/staff.h"
#include "pages/audit_page.h"
#include "pages/layout.h"
#include "pages/report_page.h"
#include "routes/audit_own.h"
#include "routes/routes.h"

struct own {
	const struct report *report;
	struct report_wish wish;
	struct audit_reading reading;
	const char *from, *to;
};

static enum next
allow(struct call *c)
{
	return staff_allow(c, STAFF_AUDITOR | STAFF_DPO);
}

static enum next
show(struct call *c, struct audit_report_view *v)
{
	struct layout l;

	v->catalogue = c->house->catalogue;
	v->roles = c->staff->roles;
	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "report.title");
	audit_report_page(&l.h, v);
	return layout_end(&l, 200);
}

/* ---- the list ---- */

static enum next
show_list(struct call *c)
{
	struct audit_report_view v = { .report = NULL };

	return show(c, &v);
}

static const struct step list_steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "may she", allow },
	{ "show", show_list },
	{ NULL, NULL }
};

const struct route route_audit_reports = {
	.method = "GET", .path = "/audit/reports", .steps = list_steps,
	.kind = ROUTE_PAGE
};

/* ---- one of them ---- */

static const char *
arg(struct call *c, const char *name)
{
	const char *value = call_query_arg(c, name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

/* Without a wish: the month up to today. */
static void
read_period(struct call *c, struct own *own)
{
	int64_t now = clock_us();
	const char *today = audit_day_text(c->arena, now);

	own->wish.to_us = audit_day(arg(c, "to"), 1, audit_day(today, 1, now));
	own->wish.from_us = audit_day(arg(c, "from"), 0, audit_day(arena_printf(
	    c->arena, "%.8s01", audit_day_text(c->arena, own->wish.to_us - 1)),
	    0, 0));
	own->from = audit_day_text(c->arena, own->wish.from_us);
	own->to = audit_day_text(c->arena, own->wish.to_us - 1);
}

static enum next
read_wish(struct call *c)
{
	struct own *own = c->own;

	own->report = report_find(call_path_arg(c, "name"));
	if (own->report == NULL)
		return call_refuse(c, 404, "not_found", "there is no such report");
	if (own->report->personal && !(c->staff->roles & STAFF_DPO))
		return staff_allow(c, STAFF_DPO);
	read_period(c, own);
	own->wish.client = arg(c, "client");
	own->wish.customer = own->report->customer ? arg(c, "customer") : NULL;
	own->reading = (struct audit_reading){ .what = own->report->name,
	    .event = "report.produced", .client = own->wish.client,
	    .customer = own->wish.customer };
	return audit_read(c, &own->reading);
}

static bool
asked(const struct own *own)
{
	return !own->report->customer || own->wish.customer != NULL;
}

static enum next
ask(struct call *c)
{
	struct own *own = c->own;
	struct params p;

	audit_read_answer(c, &own->reading);
	if (!asked(own))
		return NEXT;
	report_params(&p, c->arena, own->report, &own->wish, c->house->catalogue);
	return call_ask(c, c->house->db, own->report->statement, &p);
}

static enum next
send_file(struct call *c, const char *format)
{
	struct own *own = c->own;
	bool csv = strcmp(format, "csv") == 0;
	enum lang lang = call_lang(c);
	struct layout l;
	struct buf out;

	buf_init_in(&out, c->arena);
	layout_init(&l, c, lang);
	if (csv)
		report_csv(&l.h, &out, own->report, c->rows);
	else
		report_jsonl(&out, own->report, c->rows);
	call_reply_field(c, "Content-Disposition", "attachment; "
	    "filename=\"%s-%s.%s\"", own->report->name, own->from, csv ? "csv" :
	    "jsonl");
	return call_answer_buf(c, 200, csv ? "text/csv; charset=utf-8" :
	    "application/jsonl", &out);
}

static enum next
answer(struct call *c)
{
	struct own *own = c->own;
	const char *format = arg(c, "format");
	struct audit_report_view v = { .report = own->report, .from = own->from,
	    .to = own->to, .client = own->wish.client,
	    .customer = own->wish.customer, .size = own->reading.size,
	    .root = own->reading.root };

	v.rows = asked(own) ? c->rows : NULL;
	if (v.rows != NULL && format != NULL)
		return send_file(c, format);
	return show(c, &v);
}

static const struct step steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "may she", allow },
	{ "note the reading", read_wish },
	{ "ask", ask },
	{ "answer", answer },
	{ NULL, NULL }
};

const struct route route_audit_report = {
	.method = "GET", .path = "/audit/reports/{name}", .steps = steps,
	.own_size = sizeof(struct own), .kind = ROUTE_PAGE
};
