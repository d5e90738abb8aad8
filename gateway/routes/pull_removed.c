/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_removed.c - what is gone travels with the records, after one cursor.
 *
 * As JSON in a member of its own, "removed"; as lines, before the records. A
 * record of the page exists while it is read, and both reach up to the same
 * horizon: so a reader applies the removals first, then the records.
 */
#include <string.h>
#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "routes/pull_ask.h"
#include "routes/routes.h"

static void
free_rows(void *rows)
{
	rows_free(rows);
}

enum next
pull_read_removed(struct call *c)
{
	struct pull *p = c->own;
	struct params params;

	if (p->ask.dataset->removed == NULL || c->failure < 0)
		return NEXT;		/* record_it tells what failed */
	p->rows = rows_keep(c->rows);
	arena_defer(c->arena, free_rows, p->rows);
	p->gone_ask = p->ask;
	p->gone_ask.dataset = p->ask.dataset->removed;
	if (page_params(&params, c->arena, &p->gone_ask) < 0)
		return call_refuse(c, 400, "bad_cursor",
		    "the cursor does not fit this data set");
	return call_ask_anyway(c, p->ask.dataset->source->db,
	    &p->gone_ask.dataset->page, &params);
}

/* How many removals come before record `records`; *last: is one of them the
 * last of all? */
static struct pair
walk(struct pull *p, const struct rows *gone, int records, int *last)
{
	struct pair pair = { { &p->ask, &p->gone_ask }, { p->rows, gone },
	    { 0, 0 } }, before = pair;
	int row, which;

	*last = -1;
	while ((which = pair_next(&pair, &row)) >= 0) {
		if (which == 0 && pair.at[0] > records)
			return before;
		*last = which;
		before = pair;
	}
	return before;
}

static int
write_removals(struct call *c, struct pull *p, const struct rows *gone, int n,
    bool last)
{
	for (int i = 0; i < n; i++) {
		struct record r;

		if (page_record(&r, &p->gone_ask, gone, i, c->arena) < 0)
			return -1;
		if (p->form == PAGE_LIST && i > 0)
			buf_char(&p->gone, ',');
		buf_add(&p->gone, r.json, r.n);
		if (p->form == PAGE_LINES)
			buf_char(&p->gone, '\n');
		if (last && i == n - 1) {
			p->page.last = (struct cursor){
			    .dataset = p->ask.dataset, .changed = r.changed,
			    .removed = true };
			memcpy(p->page.last.key, r.key, sizeof(r.key));
		}
	}
	p->removed = n;
	return 0;
}

static void
digest_both(struct pull *p)
{
	const struct piece pieces[] = {
		{ p->page.digest, sizeof(p->page.digest) },
		{ p->gone.data, p->gone.len } };

	if (p->removed > 0)
		sha256_pieces(p->page.digest, pieces, 2);
}

int
pull_write(struct call *c, struct pull *p, size_t bytes_max)
{
	struct page_ask ask = p->ask;
	struct buf body;
	struct pair pair;
	int last;

	if (p->ask.dataset->removed == NULL)
		return page_write(&p->page, &p->body, p->form, &p->ask, c->rows,
		    bytes_max, c->arena);
	buf_init_in(&body, c->arena);
	buf_init_in(&p->gone, c->arena);
	pair = walk(p, c->rows, p->ask.limit, &last);
	ask.limit = pair.at[0];
	if (page_write(&p->page, &body, p->form, &ask, p->rows, bytes_max,
	    c->arena) < 0)
		return -1;
	if (p->page.records + p->page.held < ask.limit)
		pair = walk(p, c->rows, p->page.records + p->page.held, &last);
	if (write_removals(c, p, c->rows, pair.at[1], last == 1) < 0)
		return -1;
	p->page.more = pair_more(&pair);
	if (p->form == PAGE_LINES && p->removed > 0)
		buf_add(&p->body, p->gone.data, p->gone.len);
	buf_add(&p->body, body.data, body.len);
	digest_both(p);
	return 0;
}
