/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages - reads one customer's records as the gateway does, for tests and
 * measures.
 *
 *     pages CONFIG DATASET CUSTOMER[,CUSTOMER...] [--from D] [--to D] [--limit N]
 *     pages CONFIG DATASET CUSTOMER --bench N
 *
 * Prints every page's records as NDJSON, following each cursor to its end; the
 * pages of many customers are asked as one (db/gather.c). With --bench, writes the first page N times and tells microseconds a time.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"

enum { READERS_MAX = 64 };

static struct rows *
read_page(const struct page_ask *ask, struct arena *a)
{
	const struct source *source = ask->dataset->source;
	struct db_now *now;
	struct params params;
	struct rows *rows;
	char why[256];
	int failure;

	if (db_now_open(&now, source->url, "pages", why) < 0)
		fatal("%s", why);
	if (db_now_run(now, arena_printf(a, "SET TimeZone = '%s'",
	    source->time_zone)) < 0)
		fatal("%s", db_now_error(now));
	if (page_params(&params, a, ask) < 0)
		fatal("the question does not fit the data set");
	rows = db_ask_now(now, &ask->dataset->page, &params, &failure);
	if (rows == NULL)
		fatal("%s: %s", error_name(failure), db_now_error(now));
	db_now_close(now);
	return rows;
}

/* ---- everybody at once, as the gateway reads ---- */

struct reader {
	struct page_ask ask;
	struct cursor after;
	struct arena *arena;
	int *left;			/* readers that have not ended */
	int records, pages, held;
};

static void
end_reader(struct reader *r)
{
	fprintf(stderr, "records=%d pages=%d held=%d\n", r->records, r->pages,
	    r->held);
	arena_free(r->arena);
	(*r->left)--;
}

static void ask_page(struct reader *);

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct reader *r = arg;
	struct page page;
	struct buf out;

	if (failure < 0)
		fatal("%s", error_name(failure));
	buf_init(&out);
	if (page_write(&page, &out, PAGE_LINES, &r->ask, rows, 1 << 20,
	    r->arena) < 0)
		fatal("a record has no place");
	fwrite(out.data, 1, out.len, stdout);
	buf_clear(&out);
	r->after = page.last;
	r->ask.after = &r->after;
	r->records += page.records;
	r->held += page.held;
	r->pages++;
	if (page.more)
		ask_page(r);
	else
		end_reader(r);
}

static void
ask_page(struct reader *r)
{
	struct params params;

	if (page_params(&params, r->arena, &r->ask) < 0)
		fatal("the question does not fit the data set");
	if (db_ask(r->ask.dataset->source->db, &r->ask.dataset->page, &params,
	    on_rows, r) == NULL)
		fatal("the queue is full");
}

static void
print_customers(struct event_base *base, const struct page_ask *ask,
    char *customers)
{
	struct reader readers[READERS_MAX];
	char *rest = NULL;
	int n = 0, left;

	for (char *who = strtok_r(customers, ",", &rest); who != NULL &&
	    n < READERS_MAX; who = strtok_r(NULL, ",", &rest)) {
		readers[n] = (struct reader){ .ask = *ask, .left = &left,
		    .arena = arena_new() };
		readers[n++].ask.customer = who;
	}
	left = n;
	for (int i = 0; i < n; i++)
		ask_page(&readers[i]);
	while (left > 0)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
measure(const struct page_ask *ask, int times)
{
	struct arena *a = arena_new();
	struct rows *rows = read_page(ask, a);
	struct page page;
	struct buf out;
	int64_t begun = clock_mono_us();

	buf_init(&out);
	for (int i = 0; i < times; i++) {
		struct arena *each = arena_new();

		buf_reset(&out);
		if (page_write(&page, &out, PAGE_LIST, ask, rows, 1 << 20, each) < 0)
			fatal("a record has no place");
		arena_free(each);
	}
	printf("us=%.2f records=%d bytes=%zu\n",
	    (double)(clock_mono_us() - begun) / times, page.records, page.bytes);
	rows_free(rows);
	buf_clear(&out);
	arena_free(a);
}

int
main(int argc, char **argv)
{
	struct page_ask ask = { .limit = 100, .until_us = clock_us() };
	struct settings *s;
	struct catalogue *c;
	struct event_base *base = NULL;
	struct fault f;
	int bench = 0;

	if (argc < 4)
		fatal("usage: pages CONFIG DATASET CUSTOMER [OPTION...]");
	for (int i = 4; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--from") == 0)
			ask.from = argv[i + 1];
		else if (strcmp(argv[i], "--to") == 0)
			ask.to = argv[i + 1];
		else if (strcmp(argv[i], "--limit") == 0)
			ask.limit = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--bench") == 0)
			bench = atoi(argv[i + 1]);
	}
	if (settings_load(&s, argv[1], &f) < 0 || catalogue_load(&c, s, &f) < 0 ||
	    catalogue_describe(c, &f) < 0) {
		fault_print(stderr, &f);
		return 78;
	}
	ask.customer = argv[3];
	if ((ask.dataset = dataset_find(c, argv[2])) == NULL)
		fatal("no such data set");
	if (ask.dataset->page.gathered == NULL)
		fatal("pages of this data set are asked one by one");
	if (bench > 0)
		measure(&ask, bench);
	else {
		base = event_base_new();
		catalogue_open(c, base, s);
		print_customers(base, &ask, argv[3]);
	}
	catalogue_free(c);
	settings_free(s);
	if (base != NULL)
		event_base_free(base);
	return 0;
}
