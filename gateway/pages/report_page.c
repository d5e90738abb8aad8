/* SPDX-License-Identifier: Apache-2.0 */
/* report_page.c - a report's rows as a page, a table for spreadsheets, or JSON. */
#include "pages/report_page.h"
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/jw.h"
#include "db/db.h"
#include "journal/events.h"
#include "pages/parts.h"

static bool
is_number(enum report_kind kind)
{
	return kind == REPORT_COUNT || kind == REPORT_BYTES ||
	    kind == REPORT_NUMBER || kind == REPORT_MS;
}

static const char *
title(struct html *h, const struct report_column *col)
{
	return h_word(h, arena_printf(h->arena, "report.column.%s", col->name));
}

/* ---- the page ---- */

static const char *
event_words(struct html *h, const char *name)
{
	const struct event_kind *kind = name == NULL ? NULL : event_find(name);

	return kind == NULL ? name : h_wording(h, &kind->said);
}

static const char *
dataset_words(struct html *h, const struct catalogue *c, const char *id)
{
	if (id == NULL || id[0] == '\0')
		return "";
	return part_title(h, c, arena_strndup(h->arena, id, strcspn(id, "@")));
}

static const char *
duration(struct html *h, int64_t ms)
{
	if (ms < 1000)
		return arena_printf(h->arena, "%" PRId64 " ms", ms);
	if (ms < 120000)
		return arena_printf(h->arena, "%" PRId64 ".%" PRId64 " s",
		    ms / 1000, ms % 1000 / 100);
	if (ms < INT64_C(7200000))
		return arena_printf(h->arena, "%" PRId64 " min", ms / 60000);
	if (ms < INT64_C(172800000))
		return arena_printf(h->arena, "%" PRId64 " h", ms / 3600000);
	return h_count(h, "days", ms / 86400000, NULL);
}

static const char *
bytes(struct html *h, int64_t n)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	double x = (double)n;
	size_t i = 0;

	for (; x >= 1000 && i + 1 < countof(units); i++)
		x /= 1000;
	return arena_printf(h->arena, i == 0 ? "%.0f %s%s" : "%.1f %s%s", x,
	    units[i], h_word(h, "unit.byte"));
}

static const char *
cell(struct html *h, const struct report_column *col, const struct rows *r, int i,
    const struct catalogue *c)
{
	if (row_null(r, i, col->name))
		return "";
	switch (col->kind) {
	case REPORT_TEXT:	return row_text(r, i, col->name);
	case REPORT_EVENT:	return event_words(h, row_text(r, i, col->name));
	case REPORT_DATASET:	return dataset_words(h, c,
				    row_text(r, i, col->name));
	case REPORT_COUNT:
	case REPORT_NUMBER:	return h_number(h, row_int(r, i, col->name));
	case REPORT_BYTES:	return bytes(h, row_int(r, i, col->name));
	case REPORT_MS:		return duration(h, row_int(r, i, col->name));
	case REPORT_TIME:	return arena_printf(h->arena, "%s %s",
				    h_day(h, row_time(r, i, col->name)),
				    h_clock(h, row_time(r, i, col->name)));
	}
	return "";
}

static void
row(struct html *h, const struct report *report, const struct rows *r, int i,
    const struct catalogue *c)
{
	h_open(h, "tr", NULL);
	for (const struct report_column *col = report->columns; col->name; col++) {
		const char *text = cell(h, col, r, i, c);

		if (col == report->columns)
			h_element(h, "th", text, "scope", "row", NULL);
		else
			h_element(h, "td", text, "class", is_number(col->kind) ?
			    "number" : NULL, NULL);
	}
	h_close(h, "tr");
}

static void
sum_cell(struct html *h, const struct report_column *col, const struct rows *r)
{
	int64_t sum = 0;

	if (col->kind != REPORT_COUNT && col->kind != REPORT_BYTES) {
		h_element(h, "td", "", NULL);
		return;
	}
	for (int i = 0; i < rows_count(r); i++)
		sum += row_int(r, i, col->name);
	h_element(h, "td", col->kind == REPORT_BYTES ? bytes(h, sum) :
	    h_number(h, sum), "class", "number", NULL);
}

static void
sums(struct html *h, const struct report *report, const struct rows *r)
{
	bool any = false;

	for (const struct report_column *col = report->columns; col->name; col++)
		any = any || col->kind == REPORT_COUNT || col->kind == REPORT_BYTES;
	if (!any)
		return;
	h_open(h, "tfoot", NULL);
	h_open(h, "tr", NULL);
	h_say(h, "th", "report.sum", "scope", "row", NULL);
	for (const struct report_column *col = report->columns + 1; col->name; col++)
		sum_cell(h, col, r);
	h_close(h, "tr");
	h_close(h, "tfoot");
}

static void
heads(struct html *h, const struct report *report)
{
	h_open(h, "thead", NULL);
	h_open(h, "tr", NULL);
	for (const struct report_column *col = report->columns; col->name; col++)
		h_element(h, "th", title(h, col), "scope", "col", "class",
		    is_number(col->kind) ? "number" : NULL, NULL);
	h_close(h, "tr");
	h_close(h, "thead");
}

void
report_table(struct html *h, const struct report *report, const struct rows *r,
    const struct catalogue *c)
{
	if (rows_count(r) == 0) {
		h_say(h, "p", "report.nothing", "class", "empty", NULL);
		return;
	}
	h_open(h, "div", "class", "scroll", "tabindex", "0", "role", "region",
	    "aria-label", h_word(h, arena_printf(h->arena, "report.%s",
	    report->name)), NULL);
	h_open(h, "table", "class", "grid", NULL);
	heads(h, report);
	h_open(h, "tbody", NULL);
	for (int i = 0; i < rows_count(r); i++)
		row(h, report, r, i, c);
	h_close(h, "tbody");
	sums(h, report, r);
	h_close(h, "table");
	h_close(h, "div");
}

/* ---- for other programs ---- */

static const char *
text_of(const struct report_column *col, const struct rows *r, int i,
    char time[TIME_TEXT_MAX])
{
	if (row_null(r, i, col->name))
		return NULL;
	if (col->kind != REPORT_TIME)
		return row_text(r, i, col->name);
	time_text_ms(time, row_time(r, i, col->name));
	return time;
}

void
report_csv(struct html *h, struct buf *out, const struct report *report,
    const struct rows *r)
{
	const struct report_column *col;
	char time[TIME_TEXT_MAX];
	struct csv csv;

	csv_begin(&csv, out);
	for (col = report->columns; col->name; col++)
		csv_text(&csv, title(h, col));
	csv_end_row(&csv);
	for (int i = 0; i < rows_count(r); i++) {
		for (col = report->columns; col->name; col++)
			if (is_number(col->kind) && !row_null(r, i, col->name))
				csv_int(&csv, row_int(r, i, col->name));
			else
				csv_text(&csv, text_of(col, r, i, time));
		csv_end_row(&csv);
	}
}

void
report_jsonl(struct buf *out, const struct report *report, const struct rows *r)
{
	char time[TIME_TEXT_MAX];
	struct jw w;

	for (int i = 0; i < rows_count(r); i++) {
		jw_init(&w, out);
		jw_object(&w);
		for (const struct report_column *col = report->columns; col->name;
		    col++) {
			jw_key(&w, col->name);
			if (is_number(col->kind) && !row_null(r, i, col->name))
				jw_int(&w, row_int(r, i, col->name));
			else
				jw_string(&w, text_of(col, r, i, time));
		}
		jw_end_object(&w);
		buf_char(out, '\n');
	}
}
