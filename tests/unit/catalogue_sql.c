/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqltext.c: what is a parameter and what only looks like one, places that do
 * not move, and one statement whose brackets match.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"

/* in, for what, out (NULL = refused), code or place */
static const struct {
	const char *in;
	enum sql_for what;
	const char *out, *code;
	int line, column;
} cases[] = {
	{ "SELECT :customer", SQL_FOR_PAGE, "SELECT $1       " },
	{ "a = :since AND b < :until", SQL_FOR_PAGE, "a = $2     AND b < $3    " },
	{ "a >= :since AND a < :until", SQL_FOR_CHANGED,
	  "a >= $1     AND a < $2    " },
	{ "x::text = :customer::text", SQL_FOR_PAGE, "x::text = $1       ::text" },
	{ "x = :customer;\n-- :end\n", SQL_FOR_PAGE, "x = $1       " },
	{ "-- :nobody\nx = :customer", SQL_FOR_PAGE, "-- :nobody\nx = $1       " },
	{ "/* :a /* :b */ :c */ :customer", SQL_FOR_PAGE,
	  "/* :a /* :b */ :c */ $1       " },
	{ "':customer' || :customer", SQL_FOR_PAGE, "':customer' || $1       " },
	{ "'it''s :x' || :customer", SQL_FOR_PAGE, "'it''s :x' || $1       " },
	{ "e'\\':x' || :customer", SQL_FOR_PAGE, "e'\\':x' || $1       " },
	{ "DATE'2026\\' || :customer", SQL_FOR_PAGE, "DATE'2026\\' || $1       " },
	{ "\"a:customer\" = :customer", SQL_FOR_PAGE,
	  "\"a:customer\" = $1       " },
	{ "$$ :x $$ || :customer", SQL_FOR_PAGE, "$$ :x $$ || $1       " },
	{ "$a$ :x $$ :y $a$ || :customer", SQL_FOR_PAGE,
	  "$a$ :x $$ :y $a$ || $1       " },
	{ "a$b$ || :customer || c$b$", SQL_FOR_PAGE,
	  "a$b$ || $1        || c$b$" },
	{ "v[1:2] || v[a:b] || :customer", SQL_FOR_PAGE,
	  "v[1:2] || v[a:b] || $1       " },
	{ "f(x := 1, y => :customer)", SQL_FOR_PAGE, "f(x := 1, y => $1       )" },
	{ "'\xc3\xa9' || :customer", SQL_FOR_PAGE, "'\xc3\xa9' || $1       " },

	{ "x = :custommer", SQL_FOR_PAGE, NULL, "E203", 1, 5 },
	{ "'\xc3\xa9' || :custommer", SQL_FOR_PAGE, NULL, "E203", 1, 8 },
	{ "x\n  = :limit", SQL_FOR_PAGE, NULL, "E203", 2, 5 },
	{ "x = :customer", SQL_FOR_CHANGED, NULL, "E203", 1, 5 },
	{ "x = $1", SQL_FOR_PAGE, NULL, "E203", 1, 5 },
	{ "SELECT 1; SELECT 2", SQL_FOR_PAGE, NULL, "E218", 1, 11 },
	{ "SELECT 1; 'x'", SQL_FOR_PAGE, NULL, "E218", 1, 11 },
	{ "SELECT 1) UNION (SELECT 2", SQL_FOR_PAGE, NULL, "E218", 1, 9 },
	{ "SELECT (1", SQL_FOR_PAGE, NULL, "E218", 1, 10 },
	{ "-- nothing\n", SQL_FOR_PAGE, NULL, "E218", 1, 1 },
	{ "", SQL_FOR_PAGE, NULL, "E218", 1, 1 },
};

static void
parameters_and_places(void **state UNUSED)
{
	for (size_t i = 0; i < countof(cases); i++) {
		char text[200];
		struct fault f = { .code = "" };
		unsigned used;
		int rc;

		print_message("%s\n", cases[i].in);
		snprintf(text, sizeof(text), "%s", cases[i].in);
		rc = sqltext_scan(text, &used, "file.sql", cases[i].what, &f);
		if (cases[i].out != NULL) {
			assert_int_equal(rc, 0);
			assert_string_equal(text, cases[i].out);
			assert_int_not_equal(used, 0);
			continue;
		}
		assert_int_equal(rc, E_BAD_INPUT);
		assert_string_equal(f.code, cases[i].code);
		assert_int_equal(f.line, cases[i].line);
		assert_int_equal(f.column, cases[i].column);
		assert_string_not_equal(f.cure, "");
	}
}

static void
near_names_are_told(void **state UNUSED)
{
	char text[] = "x = :custommer";
	struct fault f;
	unsigned used;

	assert_int_equal(sqltext_scan(text, &used, "f", SQL_FOR_PAGE, &f),
	    E_BAD_INPUT);
	assert_non_null(strstr(f.cure, ":customer"));
}

/* PostgreSQL counts characters, a file is made of bytes. */
static void
places_count_characters(void **state UNUSED)
{
	const char *text = "-- h\xc3\xa9las\nSELECT '\xc3\xa9', qualitee";
	size_t at = sqltext_byte_of(text, 22);
	int line, column;

	assert_true(strncmp(text + at, "qualitee", 8) == 0);
	sqltext_place(text, at, &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 13);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_and_places),
		cmocka_unit_test(near_names_are_told),
		cmocka_unit_test(places_count_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
