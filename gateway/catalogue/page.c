/* page.c - asks for a page, and writes its records. */
#include "catalogue/page.h"
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/cell.h"
#include "catalogue/plan.h"
#include "crypto/hash.h"

int
page_params(struct params *p, struct arena *a, const struct page_ask *ask)
{
	const struct schema *s = ask->dataset->schema;
	const struct cursor *after = ask->after;
	bool begins = after == NULL || after->changed == NULL;

	(void)a;
	params_init(p);
	params_text(p, ask->customer);
	params_text(p, begins ? "-infinity" : after->changed);
	params_time(p, ask->until_us);
	params_int(p, (int64_t)ask->limit + 1);
	/* after -infinity the key is never looked at */
	for (size_t i = 0; i < keyset_key_count(s); i++)
		params_text(p, begins ? NULL : after->key[i]);
	if (s->period == NULL)
		return ask->from != NULL || ask->to != NULL ? E_BAD_INPUT : 0;
	params_text(p, ask->from != NULL ? ask->from : "-infinity");
	params_text(p, ask->to != NULL ? ask->to : "infinity");
	return 0;
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

int
page_write(struct page *page, struct buf *out, enum page_form form,
    const struct page_ask *ask, const struct rows *rows, size_t bytes_max,
    struct arena *a)
{
	const struct record_plan *p = ask->dataset->plan;
	size_t start = out->len;
	int n = rows_count(rows), row;

	memset(page, 0, sizeof(*page));
	page->last = ask->after != NULL ? *ask->after :
	    (struct cursor){ .dataset = ask->dataset };
	for (row = 0; row < n && row < ask->limit; row++) {
		size_t before = out->len;

		if (row > 0 && form == PAGE_LIST)
			buf_char(out, ',');
		if (plan_write(out, p, rows, row) < 0)
			return E_BAD_INPUT;
		if (form == PAGE_LINES)
			buf_char(out, '\n');
		if (out->len - start > bytes_max && row > 0) {
			out->len = before;
			break;
		}
	}
	page->records = row;
	page->more = row < n;
	page->bytes = out->len - start;
	sha256(page->digest, out->data == NULL ? "" : out->data + start,
	    page->bytes);
	return row == 0 ? 0 : place(&page->last.changed, page->last.key, p, rows,
	    row - 1, a);
}

int
page_record(struct record *r, const struct page_ask *ask, const struct rows *rows,
    int row, struct arena *a)
{
	const struct record_plan *p = ask->dataset->plan;
	struct buf b;

	memset(r, 0, sizeof(*r));
	buf_init_in(&b, a);
	if (plan_write(&b, p, rows, row) < 0)
		return E_BAD_INPUT;
	r->json = b.data;
	r->n = b.len;
	return place(&r->changed, r->key, p, rows, row, a);
}
