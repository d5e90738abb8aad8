/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - asks for a page, and writes its records.
 *
 * A record that cannot be written (a NaN, arrays of different lengths) is held
 * back, counted and logged without a word of what is in it: the ones after it
 * go on, and it comes by itself once it is mended, as its time of change moves.
 */
#include "catalogue/page.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/cell.h"
#include "catalogue/plan.h"
#include "crypto/hash.h"

static int
begin_params(struct params *p, const struct page_ask *ask)
{
	const char *after = ask->after != NULL ? ask->after->changed : NULL;
	int64_t us = 0;

	if (after != NULL && time_parse(&us, after) < 0)
		return E_BAD_INPUT;
	params_text(p, ask->customer);
	params_time(p, after == NULL ? INT64_MIN : us - 1);
	params_time(p, ask->until_us);
	params_int(p, (int64_t)ask->limit + 1);
	/* Removals of an instant come before its records: after a removal, all
	 * records of that instant are still to come. Without a key, "after"
	 * is after the whole instant. */
	params_time(p, after == NULL ? INT64_MIN :
	    us - (ask->after->removed && !ask->dataset->gone));
	return 0;
}

static int
accounts_param(struct params *p, struct arena *a, const struct page_ask *ask)
{
	size_t n = 0;

	if (ask->dataset->schema->account == NULL)
		return ask->accounts == NULL ? 0 : E_BAD_INPUT;
	while (ask->accounts != NULL && ask->accounts[n] != NULL)
		n++;
	params_text_list(p, a, ask->accounts, n);
	return 0;
}

int
page_params(struct params *p, struct arena *a, const struct page_ask *ask)
{
	const struct schema *s = ask->dataset->schema;
	const struct cursor *after = ask->after;
	bool whole = after == NULL || after->changed == NULL ||
	    after->removed != ask->dataset->gone;

	params_init(p);
	if (begin_params(p, ask) < 0)
		return E_BAD_INPUT;
	if (s->period != NULL) {
		params_text(p, ask->from != NULL ? ask->from : "-infinity");
		params_text(p, ask->to != NULL ? ask->to : "infinity");
	} else if (ask->from != NULL || ask->to != NULL) {
		return E_BAD_INPUT;
	}
	/* after -infinity, or after a whole instant, the key does not count */
	for (size_t i = 0; i < keyset_key_count(s); i++)
		params_text(p, whole ? NULL : after->key[i]);
	return accounts_param(p, a, ask);
}

static const char *
text_at(struct arena *a, const struct rows *rows, int row, int column)
{
	struct cell cell;
	struct buf b;

	row_cell(rows, row, column, &cell);
	buf_init_in(&b, a);
	if (cell.n < 0 || !cell_to_text(&b, &cell))
		return NULL;
	return b.data == NULL ? "" : b.data;
}

/* E_BAD_INPUT: a key or the time of change is NULL: it cannot be followed. */
static int
place(const char **changed, const char *key[8], const struct record_plan *p,
    const struct rows *rows, int row, struct arena *a)
{
	if ((*changed = text_at(a, rows, row, p->changed)) == NULL)
		return E_BAD_INPUT;
	for (int i = 0; i < p->key_n; i++)
		if ((key[i] = text_at(a, rows, row, p->key[i])) == NULL)
			return E_BAD_INPUT;
	return 0;
}

/* One record and what parts it from the one before. false: held back. */
static bool
write_record(struct buf *out, enum page_form form, const struct page *page,
    const struct page_ask *ask, const struct rows *rows, int row)
{
	size_t before = out->len;

	if (page->records > 0 && form == PAGE_LIST)
		buf_char(out, ',');
	if (plan_write(out, ask->dataset->plan, ask->granularity, rows,
	    row) < 0) {
		buf_cut(out, before);
		log_warning("record held back dataset=%s why=\""
		    RECORD_UNWRITABLE "\"", ask->dataset->schema->id);
		return false;
	}
	if (form == PAGE_LINES)
		buf_char(out, '\n');
	return true;
}

int
page_write(struct page *page, struct buf *out, enum page_form form,
    const struct page_ask *ask, const struct rows *rows, size_t bytes_max,
    struct arena *a)
{
	size_t start = out->len;
	int n = rows_count(rows), row;

	memset(page, 0, sizeof(*page));
	page->last = ask->after != NULL ? *ask->after :
	    (struct cursor){ .dataset = ask->dataset };
	for (row = 0; row < n && row < ask->limit; row++) {
		size_t before = out->len;

		if (!write_record(out, form, page, ask, rows, row)) {
			page->held++;
			continue;
		}
		if (out->len - start > bytes_max && row > 0) {
			buf_cut(out, before);
			break;
		}
		page->records++;
		covered_add(&page->covered, ask, rows, row);
	}
	page->more = row < n;
	page->bytes = out->len - start;
	sha256(page->digest, out->data == NULL ? "" : out->data + start,
	    page->bytes);
	if (row > 0)
		page->last.removed = ask->dataset->gone;
	return row == 0 ? 0 : place(&page->last.changed, page->last.key,
	    ask->dataset->plan, rows, row - 1, a);
}

int
page_place(struct record *r, const struct page_ask *ask,
    const struct rows *rows, int row, struct arena *a)
{
	return place(&r->changed, r->key, ask->dataset->plan, rows, row, a);
}

int
page_record(struct record *r, const struct page_ask *ask, const struct rows *rows,
    int row, struct arena *a)
{
	const struct record_plan *p = ask->dataset->plan;
	struct buf b;

	memset(r, 0, sizeof(*r));
	buf_init_in(&b, a);
	if (plan_write(&b, p, ask->granularity, rows, row) < 0)
		return E_BAD_INPUT;
	if (ask->dataset->gone) {
		b.len--;			/* the closing bracket */
		buf_str(&b, ",\"removed\":true}");
	}
	r->json = b.data;
	r->n = b.len;
	return place(&r->changed, r->key, p, rows, row, a);
}
