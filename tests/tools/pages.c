/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages - reads one customer's records as the gateway does, for tests and
 * measures.
 *
 *     pages CONFIG DATASET CUSTOMER[,CUSTOMER...] [--from D] [--to D] [--limit N]
 *     pages CONFIG DATASET CUSTOMER --bench N
 *
 * Prints every page's records as NDJSON, following the cursor to the end. With
 * --bench, writes the first page N times and tells microseconds a time.
 */
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

static void
settle(struct db_now *now, const struct source *s)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SET TimeZone = '%s'; SET plan_cache_mode = "
	    "force_generic_plan", s->time_zone);
	if (db_now_run(now, sql) < 0)
		fatal("%s", db_now_error(now));
}

static struct rows *
read_page(struct db_now *now, const struct page_ask *ask, struct arena *a)
{
	struct params params;
	struct rows *rows;
	int failure;

	if (page_params(&params, a, ask) < 0)
		fatal("the question does not fit the data set");
	rows = db_ask_now(now, &ask->dataset->page, &params, &failure);
	if (rows == NULL)
		fatal("%s: %s", error_name(failure), db_now_error(now));
	return rows;
}

static void
print_all(struct db_now *now, struct page_ask *ask)
{
	struct cursor after;
	struct arena *a = arena_new();
	struct page page = { .more = true };
	int total = 0, pages = 0, held = 0;

	while (page.more) {
		struct buf out;
		struct rows *rows = read_page(now, ask, a);

		buf_init(&out);
		if (page_write(&page, &out, PAGE_LINES, ask, rows, 1 << 20, a) < 0)
			fatal("a record has no place");
		fwrite(out.data, 1, out.len, stdout);
		rows_free(rows);
		buf_clear(&out);
		after = page.last;
		ask->after = &after;
		total += page.records;
		held += page.held;
		pages++;
	}
	fprintf(stderr, "records=%d pages=%d held=%d\n", total, pages, held);
	arena_free(a);
}

/* One customer after another, each from the beginning. */
static void
print_customers(struct db_now *now, struct page_ask *ask, char *customers)
{
	char *rest = NULL;

	for (char *who = strtok_r(customers, ",", &rest); who != NULL;
	    who = strtok_r(NULL, ",", &rest)) {
		ask->customer = who;
		ask->after = NULL;
		print_all(now, ask);
	}
}

static void
measure(struct db_now *now, const struct page_ask *ask, int times)
{
	struct arena *a = arena_new();
	struct rows *rows = read_page(now, ask, a);
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
	struct db_now *now;
	struct fault f;
	char why[256];
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
	if (db_now_open(&now, ask.dataset->source->url, "pages", why) < 0)
		fatal("%s", why);
	settle(now, ask.dataset->source);
	if (bench > 0)
		measure(now, &ask, bench);
	else
		print_customers(now, &ask, argv[3]);
	db_now_close(now);
	catalogue_free(c);
	settings_free(s);
	return 0;
}
