/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages end to end against a real PostgreSQL: nesting, zipped lists, NULLs left
 * out, what is held back, pages that together are everything once, periods by
 * the source's midnight, cursors that cannot be made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/page.h"
#include "consent/details.h"
#include "catalogue_ground.h"

static struct catalogue *catalogue;
static const struct dataset *dataset;
static struct db_now *now;
static struct arena *arena;

static int
set_up(void **state UNUSED)
{
	int out_fd = dup(STDOUT_FILENO);
	struct fault f;

	ground_open("page");
	fflush(stdout);
	dup2(out_fd, STDOUT_FILENO);
	ground_sql("%s", cat_tables);
	cat_files();
	if (catalogue_load(&catalogue, &ground_settings, &f) < 0 ||
	    catalogue_describe(catalogue, &f) < 0) {
		fault_print(stderr, &f);
		return -1;
	}
	dataset = dataset_find(catalogue, "test.thing");
	now = ground_db();
	return db_now_run(now, "SET TimeZone = 'Europe/Paris';"
	    "SET plan_cache_mode = force_generic_plan");
}

static int
tear_down(void **state UNUSED)
{
	db_now_close(now);
	catalogue_free(catalogue);
	ground_close();
	return 0;
}

static int
each_begins(void **state UNUSED)
{
	arena = arena_new();
	ground_sql("TRUNCATE thing");
	return 0;
}

static int
each_ends(void **state UNUSED)
{
	arena_free(arena);
	return 0;
}

static struct page_ask
ask_all(int limit)
{
	return (struct page_ask){ .dataset = dataset, .customer = "me",
	    .until_us = clock_us() + 3600 * INT64_C(1000000), .limit = limit };
}

static struct rows *
rows_of(const struct page_ask *ask)
{
	struct params params;
	struct rows *rows;
	int failure;

	assert_int_equal(page_params(&params, arena, ask), 0);
	rows = db_ask_now(now, &dataset->page, &params, &failure);
	if (rows == NULL)
		fail_msg("%s", db_now_error(now));
	return rows;
}

/* The records of one page; in the arena. */
static const char *
page_of(const struct page_ask *ask, struct page *page, enum page_form form,
    size_t bytes_max)
{
	struct rows *rows = rows_of(ask);
	struct buf b;

	buf_init_in(&b, arena);
	assert_int_equal(page_write(page, &b, form, ask, rows, bytes_max, arena),
	    0);
	assert_int_equal(page->bytes, b.len);
	rows_free(rows);
	return b.data == NULL ? "" : b.data;
}

/* ---- one record ---- */

static const struct { const char *values, *json; } records[] = {
	{ "('me', 'p', 1, '2026-03-04', 12.50, 'h\xc3\xa9 \"q\"', '2020-01-31',"
	  " ARRAY['2026-10-25 00:30Z', '2026-10-25 01:30Z']::timestamptz[],"
	  " ARRAY[7, NULL], ARRAY['a', NULL, 'b'], '2026-03-05 05:12:44.12Z')",
	  "{\"place\":\"p\",\"number\":1,\"day\":\"2026-03-04\",\"amount\":12.50,"
	  "\"holder\":{\"name\":\"h\xc3\xa9 \\\"q\\\"\",\"since\":\"2020-01-31\"},"
	  "\"points\":[{\"at\":\"2026-10-25T02:30:00+02:00\",\"value\":7},"
	  "{\"at\":\"2026-10-25T02:30:00+01:00\"}],"
	  "\"tags\":[\"a\",null,\"b\"],"
	  "\"changed\":\"2026-03-05T06:12:44.12+01:00\"}" },
	{ "('me', 'p', 1, '2026-03-04', NULL, NULL, NULL, NULL, NULL, NULL,"
	  " '2026-03-05 05:12:44Z')",
	  "{\"place\":\"p\",\"number\":1,\"day\":\"2026-03-04\","
	  "\"changed\":\"2026-03-05T06:12:44+01:00\"}" },
	{ "('me', 'p', 1, '2026-03-04', 0, NULL, '2020-01-31', '{}', '{}', '{}',"
	  " '2026-07-05 05:12:44Z')",
	  "{\"place\":\"p\",\"number\":1,\"day\":\"2026-03-04\",\"amount\":0,"
	  "\"holder\":{\"since\":\"2020-01-31\"},\"points\":[],\"tags\":[],"
	  "\"changed\":\"2026-07-05T07:12:44+02:00\"}" },
	{ "('me', 'p', 1, '2026-03-04', NULL, NULL, NULL, NULL, ARRAY[1, 2],"
	  " NULL, '2026-03-05 05:12:44Z')",
	  "{\"place\":\"p\",\"number\":1,\"day\":\"2026-03-04\","
	  "\"points\":[{\"value\":1},{\"value\":2}],"
	  "\"changed\":\"2026-03-05T06:12:44+01:00\"}" },
};

static void
a_row_becomes_a_document(void **state UNUSED)
{
	for (size_t i = 0; i < countof(records); i++) {
		struct page_ask ask = ask_all(10);
		struct record r;
		struct rows *rows;
		struct page page;

		ground_sql("TRUNCATE thing; INSERT INTO thing VALUES %s",
		    records[i].values);
		assert_string_equal(page_of(&ask, &page, PAGE_LIST, 1 << 20),
		    records[i].json);
		assert_int_equal(page.records, 1);
		assert_false(page.more);
		rows = rows_of(&ask);
		assert_int_equal(page_record(&r, &ask, rows, 0, arena), 0);
		assert_string_equal(r.json, records[i].json);
		assert_int_equal(r.n, strlen(records[i].json));
		assert_string_equal(r.key[0], "p");
		assert_string_equal(r.key[1], "1");
		rows_free(rows);
	}
}

static void
what_cannot_be_written_is_held_back_alone(void **state UNUSED)
{
	struct page_ask ask = ask_all(10);
	uint8_t digest[32];
	struct page page;
	const char *text;

	ground_sql("INSERT INTO thing (customer, place, number, amount, ats, vals,"
	    " changed) VALUES ('me', 'a', 1, 'NaN', NULL, NULL, now() - '6 h'"
	    "::interval), ('me', 'b', 2, 1, NULL, NULL, now() - '5 h'::interval),"
	    " ('me', 'c', 3, 1, ARRAY[now()], ARRAY[1, 2], now() - '4 h'"
	    "::interval), ('me', 'd', 4, 1, NULL, NULL, now() - '3 h'::interval),"
	    " ('me', 'e', 5, 'NaN', NULL, NULL, now() - '2 h'::interval)");
	text = page_of(&ask, &page, PAGE_LINES, 1 << 20);
	assert_int_equal(page.records, 2);
	assert_int_equal(page.held, 3);
	assert_true(strncmp(text, "{\"place\":\"b\"", 12) == 0);
	assert_non_null(strstr(text, "}\n{\"place\":\"d\""));
	assert_string_equal(page.last.key[0], "e");	/* it is not asked again */
	sha256(digest, text, strlen(text));
	assert_memory_equal(digest, page.digest, 32);
	text = page_of(&ask, &page, PAGE_LIST, 1 << 20);
	assert_true(strncmp(text, "{\"place\":\"b\"", 12) == 0);
	assert_non_null(strstr(text, "},{\"place\":\"d\""));
}

/* ---- pages ---- */

/* Follows the cursors, sealed and opened; marks each number seen. */
static void
follow(int limit, size_t bytes_max, const char *from, const char *to,
    int seen[1000])
{
	struct page_ask ask = ask_all(limit);
	struct cursor after;
	struct page page = { .more = true };
	char last[40] = "";

	ask.from = from;
	ask.to = to;
	memset(seen, 0, 1000 * sizeof(*seen));
	for (int turns = 0; page.more; turns++) {
		const char *text = page_of(&ask, &page, PAGE_LINES, bytes_max), *p;
		char *sealed;

		assert_true(turns < 1000 && page.records <= limit);
		for (p = text; (p = strstr(p, "\"number\":")) != NULL; p++)
			seen[atoi(p + 9)]++;
		if (page.records == 0)
			break;
		assert_true(strcmp(page.last.changed, last) >= 0);
		snprintf(last, sizeof(last), "%s", page.last.changed);
		sealed = cursor_seal(keys, arena, &page.last, "grant");
		assert_int_equal(cursor_open(&after, keys, arena, dataset, sealed,
		    "grant"), 0);
		ask.after = &after;
	}
}

/* Many rows share their instant; keys sort as PostgreSQL sorts them. */
static void
pages_are_everything_once(void **state UNUSED)
{
	static const int limits[] = { 1, 2, 7, 100, 1000 };
	int seen[1000];

	ground_sql("INSERT INTO thing (customer, place, number, changed)"
	    " SELECT CASE WHEN i < 500 THEN 'me' ELSE 'you' END,"
	    " chr(65 + i %% 7) || repeat('''', i %% 3), i,"
	    " '2026-03-01'::timestamptz + (i / 40) * interval '0.000001 s'"
	    " FROM generate_series(0, 999) AS i");
	for (size_t i = 0; i < countof(limits); i++) {
		follow(limits[i], 1 << 20, NULL, NULL, seen);
		for (int k = 0; k < 1000; k++)
			assert_int_equal(seen[k], k < 500);
	}
	follow(100, 300, NULL, NULL, seen);	/* cut by bytes */
	for (int k = 0; k < 1000; k++)
		assert_int_equal(seen[k], k < 500);
}

static void
nothing_beyond_the_horizon(void **state UNUSED)
{
	struct page_ask ask = ask_all(10);
	struct page page;

	ground_sql("INSERT INTO thing (customer, place, number, changed) VALUES"
	    " ('me', 'a', 1, '2026-03-01 00:00:00Z'),"
	    " ('me', 'a', 2, '2026-03-01 00:00:01Z')");
	assert_int_equal(time_parse(&ask.until_us, "2026-03-01T00:00:01Z"), 0);
	page_of(&ask, &page, PAGE_LIST, 1 << 20);
	assert_int_equal(page.records, 1);
}

/* [from, to), at Paris' midnight; a day that is not wholly in stays out. */
static const struct { const char *from, *to; int first, last; } periods[] = {
	{ NULL, NULL, 1, 9 },
	{ "2026-03-04", NULL, 4, 9 },
	{ NULL, "2026-03-04", 1, 3 },
	{ "2026-03-04", "2026-03-05", 4, 4 },
	{ "2026-03-03T23:00:00Z", "2026-03-04T23:00:00Z", 4, 4 },
	{ "2026-03-03T23:00:01Z", NULL, 5, 9 },
	{ "2026-03-04T00:00:00+01:00", "2026-03-05T23:59:59+01:00", 4, 4 },
	{ "2026-03-04", "2026-03-04", 1, 0 },
};

static void
periods_are_whole_days(void **state UNUSED)
{
	int seen[1000];

	ground_sql("INSERT INTO thing (customer, place, number, day) SELECT 'me',"
	    " 'a', i, '2026-02-28'::date + i FROM generate_series(1, 9) AS i");
	for (size_t i = 0; i < countof(periods); i++) {
		print_message("%zu\n", i);
		follow(4, 1 << 20, periods[i].from, periods[i].to, seen);
		for (int k = 1; k <= 9; k++)
			assert_int_equal(seen[k], k >= periods[i].first &&
			    k <= periods[i].last);
	}
}

/* ---- cursors ---- */

static void
cursors_cannot_be_made_up(void **state UNUSED)
{
	struct cursor c = { .dataset = dataset,
	    .changed = "2026-03-01T00:00:00.000001+00:00",
	    .key = { "a\"'\\", "12" } }, back;
	char *sealed = cursor_seal(keys, arena, &c, "grant");
	size_t n = strlen(sealed);

	assert_int_equal(cursor_open(&back, keys, arena, dataset, sealed, "grant"),
	    0);
	assert_string_equal(back.changed, c.changed);
	assert_string_equal(back.key[0], c.key[0]);
	assert_string_equal(back.key[1], c.key[1]);
	assert_null(strstr(sealed, "2026"));
	assert_int_equal(cursor_open(&back, keys, arena, dataset, sealed,
	    "another"), E_BAD_INPUT);
	for (size_t i = 0; i < n; i++) {
		char was = sealed[i];

		sealed[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(cursor_open(&back, keys, arena, dataset, sealed,
		    "grant"), E_BAD_INPUT);
		sealed[i] = was;
	}
	sealed[n - 1] = '\0';
	assert_int_equal(cursor_open(&back, keys, arena, dataset, sealed, "grant"),
	    E_BAD_INPUT);
	assert_int_equal(cursor_open(&back, keys, arena, dataset, "", "grant"),
	    E_BAD_INPUT);
}

/* A cursor names the data set and the version of its schema. */
static void
cursors_fit_one_version(void **state UNUSED)
{
	struct schema newer = *dataset->schema, other = *dataset->schema;
	struct dataset next = *dataset, elsewhere = *dataset;
	struct cursor c = { .dataset = dataset,
	    .changed = "2026-03-01T00:00:00+00:00", .key = { "a", "1" } };
	char *sealed = cursor_seal(keys, arena, &c, "grant");

	newer.version++;
	next.schema = &newer;
	other.id = "test.other";
	elsewhere.schema = &other;
	assert_int_equal(cursor_open(&c, keys, arena, &next, sealed, "grant"),
	    E_BAD_INPUT);
	assert_int_equal(cursor_open(&c, keys, arena, &elsewhere, sealed, "grant"),
	    E_BAD_INPUT);
}

/* ---- given in part: a consent's accounts and granularity ---- */

static struct details
granted_of(const char *more)
{
	struct details d;
	const char *why;

	if (details_read(&d, arena, catalogue, arena_printf(arena,
	    "[{\"type\":\"restitution\",\"datasets\":[\"test.thing\"]%s}]",
	    more), &why) < 0)
		fail_msg("%s", why);
	return d;
}

static void
only_the_accounts_allowed_are_read(void **state UNUSED)
{
	struct details d = granted_of(",\"accounts\":[\"p1\",\"p3\",\"p9\"]");
	struct page_ask ask = ask_all(2);
	struct cursor after;
	struct page page = { .more = true };
	int seen = 0;

	ground_sql("INSERT INTO thing (customer, place, number, changed) "
	    "SELECT 'me', 'p' || i %% 4, i, now() - i * interval '1 s' "
	    "FROM generate_series(1, 20) AS i");
	assert_true(detail_ask(&d.list[0], &ask));
	while (page.more) {
		const char *json = page_of(&ask, &page, PAGE_LINES, 1 << 20);

		assert_null(strstr(json, "\"place\":\"p0\""));
		assert_null(strstr(json, "\"place\":\"p2\""));
		seen += page.records;
		after = page.last;
		ask.after = &after;
	}
	assert_int_equal(seen, 10);
}

static void
a_coarser_record_leaves_fields_out(void **state UNUSED)
{
	static const struct { const char *more, *json; } cases[] = {
		{ "", "{\"place\":\"p\",\"number\":1,\"day\":\"2026-03-04\","
		  "\"holder\":{\"name\":\"h\"},\"points\":[{\"value\":7}],"
		  "\"tags\":[\"t\"],\"changed\":" },
		{ ",\"granularity\":\"POINT\"", "{\"place\":\"p\",\"number\":1,"
		  "\"day\":\"2026-03-04\",\"holder\":{\"name\":\"h\"},"
		  "\"points\":[{\"value\":7}],\"tags\":[\"t\"],\"changed\":" },
		{ ",\"granularity\":\"P1D\"", "{\"place\":\"p\",\"number\":1,"
		  "\"day\":\"2026-03-04\",\"holder\":{\"name\":\"h\"},"
		  "\"changed\":" },
		{ ",\"granularity\":\"P1M\"", "{\"place\":\"p\",\"number\":1,"
		  "\"day\":\"2026-03-04\",\"changed\":" },
	};

	ground_sql("INSERT INTO thing (customer, place, number, holder, vals, "
	    "tags, changed) VALUES ('me', 'p', 1, 'h', '{7}', '{t}', "
	    "'2026-03-05 05:12:44Z')");
	for (size_t i = 0; i < countof(cases); i++) {
		struct details d = granted_of(cases[i].more);
		struct page_ask ask = ask_all(2);
		struct page page;
		const char *json;

		assert_true(detail_ask(&d.list[0], &ask));
		json = page_of(&ask, &page, PAGE_LINES, 1 << 20);
		if (strncmp(json, cases[i].json, strlen(cases[i].json)) != 0)
			fail_msg("%s", json);
	}
}

static void
what_the_schema_no_longer_offers_is_not_read(void **state UNUSED)
{
	struct detail gone = { .dataset = "test.thing", .granularity = "PT1S" };
	struct page_ask ask = ask_all(2);

	assert_false(detail_ask(&gone, &ask));
}

static void
requests_are_held_against_the_schema(void **state UNUSED)
{
	static const struct { const char *more, *says; } cases[] = {
		{ ",\"granularity\":\"PT1H\"", "test.thing offers POINT, P1D, P1M" },
		{ ",\"granularity\":\"\"", "offers POINT" },
	};
	struct details d;
	const char *why = "";

	for (size_t i = 0; i < countof(cases); i++) {
		assert_int_equal(details_read(&d, arena, catalogue,
		    arena_printf(arena, "[{\"type\":\"restitution\","
		    "\"datasets\":[\"test.thing\"]%s}]", cases[i].more), &why),
		    E_BAD_INPUT);
		if (strstr(why, cases[i].says) == NULL)
			fail_msg("%s", why);
	}
}

/* She may take less, never more; history becomes a day. */
static void
a_customer_takes_less(void **state UNUSED)
{
	static const char *const one[] = { "p1", NULL }, *const none[] = { NULL };
	static const char *const other[] = { "p9", NULL };
	static const char *const twice[] = { "p1", "p1", NULL };
	static const struct {
		const char *asked;
		struct detail_choice choice;
		const char *given;	/* NULL = refused */
	} cases[] = {
		{ "", { .granularity = "P1D", .accounts = one },
		  "\"granularity\":\"P1D\",\"accounts\":[\"p1\"]" },
		{ ",\"granularity\":\"P1D\"", { .granularity = "P1M" },
		  "\"granularity\":\"P1M\"" },
		{ ",\"granularity\":\"P1D\"", { .granularity = NULL },
		  "\"granularity\":\"P1D\"" },
		{ ",\"granularity\":\"P1D\"", { .granularity = "POINT" }, NULL },
		{ "", { .granularity = "PT1H" }, NULL },
		{ ",\"accounts\":[\"p1\",\"p2\"]", { .accounts = one },
		  "\"accounts\":[\"p1\"]" },
		{ ",\"accounts\":[\"p1\"]", { .accounts = other }, NULL },
		{ "", { .accounts = none }, NULL },
		{ "", { .accounts = twice }, NULL },
		{ ",\"history\":\"P1M\"", { .dataset = NULL },
		  "\"from\":\"2026-02-28\"" },
		{ ",\"history\":\"P2Y3D\"", { .dataset = NULL },
		  "\"from\":\"2024-03-25\"" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct detail_choice choice = cases[i].choice;
		struct narrowing by = { .choices = &choice, .n = 1,
		    .now_us = INT64_C(1774692000000000),	/* 28 March 2026 */
		    .from_us = INT64_MIN, .until_us = INT64_C(1800000000000000) };
		struct details asked = granted_of(cases[i].asked), out;
		int rc;

		choice.dataset = "test.thing";
		rc = details_narrow(&out, arena, catalogue, &asked, &by);
		if (rc != (cases[i].given == NULL ? E_DENIED : 0))
			fail_msg("case %zu: %d", i, rc);
		if (rc == 0 && strstr(details_text(arena, &out),
		    cases[i].given) == NULL)
			fail_msg("%s", details_text(arena, &out));
	}
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, each_begins, each_ends)
	const struct CMUnitTest tests[] = {
		CASE(a_row_becomes_a_document),
		CASE(what_cannot_be_written_is_held_back_alone),
		CASE(pages_are_everything_once),
		CASE(nothing_beyond_the_horizon),
		CASE(periods_are_whole_days),
		CASE(cursors_cannot_be_made_up),
		CASE(cursors_fit_one_version),
		CASE(only_the_accounts_allowed_are_read),
		CASE(a_coarser_record_leaves_fields_out),
		CASE(what_the_schema_no_longer_offers_is_not_read),
		CASE(requests_are_held_against_the_schema),
		CASE(a_customer_takes_less),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
