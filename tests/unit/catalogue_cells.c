/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.c, zone.c: PostgreSQL itself is the judge. Each expression is asked
 * twice in one row: in binary, which we write, and as to_json or text, which it
 * wrote. Then bytes that are no value, which must be refused and not crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/cell.h"
#include "catalogue/types.h"
#include "journal_ground.h"

static struct db_now *now;
static struct arena *arena;

static int
set_up(void **state UNUSED)
{
	int out_fd = dup(STDOUT_FILENO);

	ground_open("cells");
	fflush(stdout);
	dup2(out_fd, STDOUT_FILENO);
	now = ground_db();
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	arena_free(arena);
	db_now_close(now);
	ground_close();
	return 0;
}

static struct rows *
rows_of(const char *sql)
{
	const struct statement q = { "cells", sql, false };
	int failure;
	struct rows *rows = db_ask_now(now, &q, PARAMS_NONE, &failure);

	if (rows == NULL)
		fail_msg("%s: %s", sql, db_now_error(now));
	return rows;
}

static void
same_as_postgresql(const char *values, const char *judge, struct zone *zone)
{
	struct rows *rows = rows_of(arena_printf(arena,
	    "SELECT v, %s AS judged FROM %s AS x (v)", judge, values));

	assert_true(rows_count(rows) > 0);
	for (int i = 0; i < rows_count(rows); i++) {
		struct cell cell;
		struct buf b;

		row_cell(rows, i, 0, &cell);
		buf_init(&b);
		assert_true(cell_to_json(&b, &cell, zone));
		assert_string_equal(b.data, row_text(rows, i, "judged"));
		assert_int_equal(b.len, strlen(b.data));
		buf_clear(&b);
	}
	rows_free(rows);
}

static void
decimals_pass_verbatim(void **state UNUSED)
{
	same_as_postgresql("(VALUES (0::numeric), (1), (-1), (0.1), (-0.1),"
	    " (0.10), (100), (10000), (99999999), (123456789.000100),"
	    " (0.000000000000000001), (-12345.6789), (1e30), (1e-30),"
	    " (5000.0000), (0.0000), (10000.0001), (9999.9999),"
	    " (1234567890123456789012345678901234567890.5))", "v::text", NULL);
	same_as_postgresql("(SELECT round((random() * 10 ^ (random() * 30 - 10))"
	    "::numeric, (random() * 12)::int) FROM generate_series(1, 3000))",
	    "v::text", NULL);
}

static void
integers_and_booleans(void **state UNUSED)
{
	same_as_postgresql("(VALUES (0::bigint), (-1), (9223372036854775807),"
	    " (-9223372036854775808), (10), (-90))", "to_json(v)::text", NULL);
	same_as_postgresql("(VALUES (2147483647::int), ('-2147483648'))",
	    "to_json(v)::text", NULL);
	same_as_postgresql("(VALUES (32767::smallint), ('-32768'::smallint))",
	    "to_json(v)::text", NULL);
	same_as_postgresql("(VALUES (true), (false))", "to_json(v)::text", NULL);
}

static void
texts(void **state UNUSED)
{
	same_as_postgresql("(VALUES ('plain'), (''), ('\"quoted\\'), ('h\xc3\xa9'),"
	    " (E'line\\nend\\ttab'), ('\xf0\x9f\x98\x80'))", "to_json(v)::text",
	    NULL);
	same_as_postgresql("(VALUES ('ab'::char(6)))", "to_json(rtrim(v))::text",
	    NULL);
	same_as_postgresql("(VALUES ('00000000-0000-4000-8000-0123456789ab'"
	    "::uuid))", "to_json(v)::text", NULL);
	same_as_postgresql("(VALUES ('{\"a\": [1.10, null]}'::jsonb))", "v::text",
	    NULL);
	same_as_postgresql("(VALUES (E'[1,\\n 2]'::json))",
	    "translate(v::text, E'\\n', ' ')", NULL);
}

static void
dates(void **state UNUSED)
{
	same_as_postgresql("(SELECT '0001-01-01'::date + (i * 911)"
	    " FROM generate_series(0, 4000) AS i)", "to_json(v)::text", NULL);
	same_as_postgresql("(SELECT '1999-12-20'::date + i"
	    " FROM generate_series(0, 1000) AS i)", "to_json(v)::text", NULL);
}

/* Every half-hour around every change of offset, and odd moments elsewhere. */
static void
instants_in_zone(const char *name)
{
	struct zone *zone = zone_load(arena, name);

	assert_non_null(zone);
	ground_sql("ALTER DATABASE \"%s_%d\" SET timezone = '%s'", "cells",
	    (int)getpid(), name);
	db_now_close(now);
	now = ground_db();
	same_as_postgresql("(SELECT t FROM generate_series("
	    "'2026-03-27 00:00Z'::timestamptz, '2026-03-31 00:00Z',"
	    " '30 minutes') AS t)", "to_json(v)::text", zone);
	same_as_postgresql("(SELECT t FROM generate_series("
	    "'2026-10-23 00:00Z'::timestamptz, '2026-11-03 00:00Z',"
	    " '10 minutes') AS t)", "to_json(v)::text", zone);
	same_as_postgresql("(SELECT '1951-01-01 00:00Z'::timestamptz"
	    " + i * interval '41 hours 13 minutes 7.123456 seconds'"
	    " FROM generate_series(0, 31000) AS i)", "to_json(v)::text", zone);
	same_as_postgresql("(VALUES ('2026-01-01 00:00:00.5Z'::timestamptz),"
	    " ('2026-01-01 00:00:00.000001Z'), ('2026-01-01 00:00:00.120Z'),"
	    " ('2000-01-01 00:00Z'), ('1999-12-31 23:59:59.999999Z'))",
	    "to_json(v)::text", zone);
}

static void
instants(void **state UNUSED)
{
	static const char *const names[] = { "Europe/Paris", "UTC",
	    "America/St_Johns", "Asia/Kolkata", "Pacific/Apia",
	    "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca" };

	for (size_t i = 0; i < countof(names); i++)
		instants_in_zone(names[i]);
	assert_null(zone_load(arena, "Europe/Pariss"));
	assert_null(zone_load(arena, "../../../etc/passwd"));
	assert_null(zone_load(arena, ""));
	assert_null(zone_load(arena, "Europe"));
}

/* The hour that comes twice is told apart; old offsets are whole minutes. */
static void
known_instants(void **state UNUSED)
{
	static const struct { int64_t s; const char *text; } cases[] = {
		{ 1792888200, "\"2026-10-25T02:30:00+02:00\"" },
		{ 1792891800, "\"2026-10-25T02:30:00+01:00\"" },
		{ 1774746000, "\"2026-03-29T03:00:00+02:00\"" },
		{ -2208988800, "\"1900-01-01T00:09:00+00:09\"" },
	};
	struct zone *paris = zone_load(arena, "Europe/Paris");

	for (size_t i = 0; i < countof(cases); i++) {
		uint64_t us = (uint64_t)((cases[i].s - 946684800) * 1000000);
		char bytes[8];
		struct cell c = { bytes, 8, T_TIMESTAMPTZ };
		struct buf b;

		for (int k = 0; k < 8; k++)
			bytes[k] = (char)(us >> (56 - 8 * k));
		buf_init(&b);
		assert_true(cell_to_json(&b, &c, paris));
		assert_string_equal(b.data, cases[i].text);
		buf_clear(&b);
	}
}

/* A cursor's texts read back as the same values, whatever the session's zone. */
static void
texts_read_back(void **state UNUSED)
{
	struct rows *rows = rows_of("SELECT '2026-10-25 00:30:00.123456Z'"
	    "::timestamptz, '2026-02-28'::date, -12.50::numeric, 7::bigint,"
	    " 'x''y'::varchar, '00000000-0000-4000-8000-0123456789ab'::uuid");
	static const char *const wanted[] = {
	    "2026-10-25T00:30:00.123456+00:00", "2026-02-28", "-12.50", "7",
	    "x'y", "00000000-0000-4000-8000-0123456789ab" };

	for (int i = 0; i < (int)countof(wanted); i++) {
		struct cell cell;
		struct buf b;

		row_cell(rows, 0, i, &cell);
		buf_init(&b);
		assert_true(cell_to_text(&b, &cell));
		assert_string_equal(b.data, wanted[i]);
		buf_clear(&b);
	}
	rows_free(rows);
}

static void
what_has_no_json_is_refused(void **state UNUSED)
{
	struct rows *rows = rows_of("SELECT 'NaN'::numeric, 'Infinity'::numeric,"
	    " 'NaN'::float8, '-Infinity'::float4, 'infinity'::date,"
	    " '-infinity'::timestamptz, '0044-03-15 BC'::date,"
	    " '12026-01-01'::date, '12:00'::time, '1 day'::interval");

	for (int i = 0; i < rows_columns(rows); i++) {
		struct cell cell;
		struct buf b;

		row_cell(rows, 0, i, &cell);
		buf_init(&b);
		buf_str(&b, "x");
		assert_false(cell_to_json(&b, &cell, NULL));
		assert_int_equal(b.len, 1);
		buf_clear(&b);
	}
	rows_free(rows);
}

/* Each value, cut at every length: refused or written, never beyond it. */
static void
cut_bytes(void **state UNUSED)
{
	struct rows *rows = rows_of("SELECT 12.34::numeric, 1::bigint, true,"
	    " now(), current_date, '{}'::jsonb, ARRAY[1, NULL, 3],"
	    " ARRAY['a', 'b'], gen_random_uuid()");

	for (int i = 0; i < rows_columns(rows); i++) {
		struct cell cell, item;

		row_cell(rows, 0, i, &cell);
		for (int n = 0; n < cell.n; n++) {
			char *exact = malloc((size_t)n + 1);
			struct cell cut = { exact, n, cell.type };
			struct walk walk;
			struct buf b;

			memcpy(exact, cell.data, (size_t)n);
			buf_init(&b);
			if (cell_to_json(&b, &cut, NULL))
				assert_int_equal(cell.type, T_JSONB);
			buf_clear(&b);
			if (walk_begin(&walk, &cut))
				while (walk_next(&walk, &item))
					assert_true(item.n < 0 ||
					    item.data + item.n <= exact + n);
			free(exact);
		}
	}
	rows_free(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals_pass_verbatim),
		cmocka_unit_test(integers_and_booleans),
		cmocka_unit_test(texts),
		cmocka_unit_test(dates),
		cmocka_unit_test(instants),
		cmocka_unit_test(known_instants),
		cmocka_unit_test(texts_read_back),
		cmocka_unit_test(what_has_no_json_is_refused),
		cmocka_unit_test(cut_bytes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
