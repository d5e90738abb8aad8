/* SPDX-License-Identifier: Apache-2.0 */
/* base.c - memory, buffers, JSON out, text, identifiers, time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/text.h"

/* ---- arena ---- */

static char order[8];

static void
note(void *arg)
{
	strcat(order, arg);
}

static void
arena_keeps_and_defers(void **state UNUSED)
{
	struct arena *a = arena_new();
	char *small[200];
	char *large;

	for (int i = 0; i < 200; i++) {
		small[i] = arena_printf(a, "number %d", i);
		assert_int_equal((uintptr_t)small[i] % 16, 0);
	}
	large = arena_alloc(a, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(large[i], 0);
	memset(large, 'x', 100000);
	for (int i = 0; i < 200; i++)
		assert_int_equal(atoi(small[i] + 7), i);
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(a, "ab", 30), "ab");
	order[0] = '\0';
	arena_defer(a, note, (char *)"1");
	arena_defer(a, note, (char *)"2");
	arena_free(a);
	assert_string_equal(order, "21");
	arena_free(NULL);
}

static void
fill(struct arena *a, const char **out)
{
	struct buf b;		/* gone when this returns; its bytes are not */

	buf_init_in(&b, a);
	for (int i = 0; i < 3000; i++)
		buf_char(&b, 'x');
	buf_str(&b, "!");
	*out = b.data;
}

static void
buf_outlives_its_struct(void **state UNUSED)
{
	struct arena *a = arena_new();
	const char *text;

	fill(a, &text);
	assert_int_equal(strlen(text), 3001);
	assert_int_equal(text[3000], '!');
	arena_free(a);
}

static void
buf_grows(void **state UNUSED)
{
	struct arena *a = arena_new();
	struct buf b;
	char expected[4001];

	buf_init_in(&b, a);
	for (int i = 0; i < 1000; i++) {
		snprintf(expected + 4 * i, 5, "%04d", i);
		buf_printf(&b, "%04d", i);
	}
	assert_int_equal(b.len, 4000);
	assert_string_equal(b.data, expected);
	buf_reset(&b);
	buf_printf(&b, "%s", expected);		/* longer than a first guess */
	assert_string_equal(b.data, expected);
	buf_reset(&b);
	assert_string_equal(b.data, "");
	arena_free(a);
}

/* ---- JSON out ---- */

static void
jw_writes_any_string(void **state UNUSED)
{
	static const struct { const char *in; size_t n; const char *out; } t[] = {
	    { "plain", 5, "\"plain\"" },
	    { "é€😀", 9, "\"é€😀\"" },
	    { "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
	    { "\b\t\n\f\r\v", 6, "\"\\b\\t\\n\\f\\r\\u000b\"" },
	    { "\0\x1f", 2, "\"\\u0000\\u001f\"" },
	    { "a\xff" "b", 3, "\"a\xef\xbf\xbd" "b\"" },
	    { "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },	/* overlong */
	    { "\xed\xa0\x80", 3,				/* a surrogate */
	      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	    { "\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },	/* cut short */
	    { "\xf4\x90\x80\x80", 4,				/* too high */
	      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	    { "", 0, "\"\"" } };

	for (size_t i = 0; i < countof(t); i++) {
		struct buf b;
		struct jw w;

		buf_init(&b);
		jw_init(&w, &b);
		jw_string_n(&w, t[i].in, t[i].n);
		assert_string_equal(b.data, t[i].out);
		buf_clear(&b);
	}
}

static void
jw_nests(void **state UNUSED)
{
	struct buf b;
	struct jw w;

	buf_init(&b);
	jw_init(&w, &b);
	jw_object(&w);
	jw_str_member(&w, "a", NULL);
	jw_key(&w, "b");
	jw_array(&w);
	jw_int(&w, INT64_MIN);
	jw_raw(&w, "0.10", 4);
	jw_object(&w);
	jw_end_object(&w);
	jw_array(&w);
	jw_bool(&w, false);
	jw_end_array(&w);
	jw_end_array(&w);
	jw_bool_member(&w, "c", true);
	jw_int_member(&w, "d", 7);
	jw_end_object(&w);
	assert_string_equal(b.data, "{\"a\":null,\"b\":[-9223372036854775808,"
	    "0.10,{},[false]],\"c\":true,\"d\":7}");
	buf_clear(&b);
}

/* ---- text ---- */

static void
base64url_is_strict(void **state UNUSED)
{
	static const struct { const char *text; int n; const char *bytes; } t[] = {
	    { "", 0, "" },
	    { "Zg", 1, "f" },
	    { "Zm8", 2, "fo" },
	    { "Zm9v", 3, "foo" },
	    { "-_8", 2, "\xfb\xff" },
	    { "+/8", E_BAD_INPUT, NULL },	/* the other alphabet */
	    { "Zg==", E_BAD_INPUT, NULL },	/* padding */
	    { "Zh", E_BAD_INPUT, NULL },	/* bits left over */
	    { "Zm9", E_BAD_INPUT, NULL },
	    { "Z", E_BAD_INPUT, NULL },
	    { "Zm 8", E_BAD_INPUT, NULL },
	    { "Zm8\n", E_BAD_INPUT, NULL },
	    { "Zm9vZm9vZm9v", E_TOO_LARGE, NULL } };
	uint8_t out[8];
	char text[16];

	for (size_t i = 0; i < countof(t); i++) {
		int n = b64url_decode(out, sizeof(out), t[i].text,
		    strlen(t[i].text));

		assert_int_equal(n, t[i].n);
		if (n < 0)
			continue;
		assert_memory_equal(out, t[i].bytes, (size_t)n);
		b64url_encode(text, out, (size_t)n);
		assert_string_equal(text, t[i].text);
	}
}

static void
base64_is_padded(void **state UNUSED)
{
	static const struct { const char *text; int n; } t[] = {
	    { "", 0 }, { "Zg==", 1 }, { "Zm8=", 2 }, { "Zm9v", 3 },
	    { "Zg", E_BAD_INPUT }, { "Zg=", E_BAD_INPUT },
	    { "Z===", E_BAD_INPUT }, { "Zh==", E_BAD_INPUT },
	    { "====", E_BAD_INPUT }, { "-_8=", E_BAD_INPUT } };
	uint8_t out[8];
	char text[16];

	for (size_t i = 0; i < countof(t); i++) {
		int n = b64_decode(out, sizeof(out), t[i].text, strlen(t[i].text));

		assert_int_equal(n, t[i].n);
		if (n < 0)
			continue;
		b64_encode(text, out, (size_t)n);
		assert_string_equal(text, t[i].text);
	}
}

static void
hex_goes_both_ways(void **state UNUSED)
{
	uint8_t out[3];
	char text[7];

	assert_int_equal(hex_decode(out, 3, "00fF7a"), 0);
	hex_encode(text, out, 3);
	assert_string_equal(text, "00ff7a");
	assert_int_equal(hex_decode(out, 3, "00ff7"), E_BAD_INPUT);
	assert_int_equal(hex_decode(out, 3, "00ff7g"), E_BAD_INPUT);
	assert_int_equal(hex_decode(out, 3, "00ff7a00"), E_BAD_INPUT);
}

static void
percent_is_strict(void **state UNUSED)
{
	static const struct { const char *in; bool form; const char *out; } t[] = {
	    { "a%20b+c", false, "a b+c" }, { "a%20b+c", true, "a b c" },
	    { "%C3%a9", false, "é" }, { "%", false, NULL }, { "%4", false, NULL },
	    { "%zz", false, NULL }, { "%00", true, NULL }, { "", true, "" } };
	struct arena *a = arena_new();
	struct buf b;

	for (size_t i = 0; i < countof(t); i++) {
		char *out = percent_decode(a, t[i].in, strlen(t[i].in), t[i].form);

		if (t[i].out == NULL)
			assert_null(out);
		else
			assert_string_equal(out, t[i].out);
	}
	assert_null(percent_decode(a, "a\0b", 3, false));
	buf_init_in(&b, a);
	percent_encode(&b, "aZ9-._~ /é&=+");
	assert_string_equal(b.data, "aZ9-._~%20%2F%C3%A9%26%3D%2B");
	arena_free(a);
}

static void
nearest_guesses_well(void **state UNUSED)
{
	static const char *const words[] = { "public_url", "listen", "url",
	    "listen_plain", "queue" };
	static const struct { const char *word, *near; } t[] = {
	    { "publicurl", "public_url" }, { "lsiten", "listen" },
	    { "listen_plan", "listen_plain" }, { "queu", "queue" },
	    { "ulr", "url" }, { "certificate", NULL }, { "x", NULL },
	    { "", NULL } };

	for (size_t i = 0; i < countof(t); i++) {
		const char *near = nearest(t[i].word, words, countof(words));

		if (t[i].near == NULL)
			assert_null(near);
		else
			assert_string_equal(near, t[i].near);
	}
}

static void
numbers_and_words_are_whole(void **state UNUSED)
{
	static const struct { const char *text; int rc; int64_t v; } t[] = {
	    { "0", 0, 0 }, { "42", 0, 42 }, { "-7", 0, -7 },
	    { "100", 0, 100 }, { "101", E_TOO_LARGE, 0 },
	    { "99999999999999999999", E_TOO_LARGE, 0 },
	    { "", E_BAD_INPUT, 0 }, { "-", E_BAD_INPUT, 0 },
	    { " 1", E_BAD_INPUT, 0 }, { "+1", E_BAD_INPUT, 0 },
	    { "1x", E_BAD_INPUT, 0 }, { "0x10", E_BAD_INPUT, 0 } };
	int64_t v;
	bool b;

	for (size_t i = 0; i < countof(t); i++) {
		assert_int_equal(parse_int(&v, t[i].text, -10, 100), t[i].rc);
		if (t[i].rc == 0)
			assert_int_equal(v, t[i].v);
	}
	assert_int_equal(parse_bool(&b, "Yes"), 0);
	assert_true(b);
	assert_int_equal(parse_bool(&b, "off"), 0);
	assert_false(b);
	assert_int_equal(parse_bool(&b, "1"), E_BAD_INPUT);
}

/* ---- identifiers and time ---- */

static void
uuids_sort_by_time(void **state UNUSED)
{
	char last[UUID_TEXT] = "", text[UUID_TEXT];
	struct uuid u, v;

	for (int i = 0; i < 20000; i++) {
		uuid_make(&u);
		uuid_text(text, &u);
		assert_true(strcmp(last, text) < 0);
		assert_int_equal(text[14], '7');
		assert_non_null(strchr("89ab", text[19]));
		strcpy(last, text);
	}
	assert_int_equal(uuid_parse(&v, text), 0);
	assert_memory_equal(&u, &v, sizeof(u));
	assert_int_equal(uuid_parse(&v, ""), E_BAD_INPUT);
	text[8] = '_';
	assert_int_equal(uuid_parse(&v, text), E_BAD_INPUT);
	text[8] = '-';
	text[3] = 'g';
	assert_int_equal(uuid_parse(&v, text), E_BAD_INPUT);
}

static void
times_are_read_as_written(void **state UNUSED)
{
	static const struct { const char *in, *out; } t[] = {
	    { "2026-03-04T10:15:30.123456Z", "2026-03-04T10:15:30.123456Z" },
	    { "2026-03-04t10:15:30z", "2026-03-04T10:15:30.000000Z" },
	    { "2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00.000000Z" },
	    { "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00.000000Z" },
	    { "1969-12-31T23:59:59.5-00:30", "1970-01-01T00:29:59.500000Z" },
	    { "1960-01-01T00:00:00.25Z", "1960-01-01T00:00:00.250000Z" },
	    { "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z" },
	    { "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z" },
	    { "2026-03-04T10:15:30.1234567899Z", "2026-03-04T10:15:30.123456Z" },
	    { "2026-02-29T00:00:00Z", NULL },
	    { "1900-02-29T00:00:00Z", NULL },
	    { "2026-13-01T00:00:00Z", NULL },
	    { "2026-00-01T00:00:00Z", NULL },
	    { "2026-01-01T24:00:00Z", NULL },
	    { "2026-01-01T00:00:00", NULL },
	    { "2026-01-01T00:00:00.Z", NULL },
	    { "2026-01-01T00:00:00+0100", NULL },
	    { "2026-01-01T00:00:00Z ", NULL },
	    { "2026-01-01 00:00:00Z", NULL },
	    { "2026-01-01", NULL },
	    { "26-01-01T00:00:00Z", NULL },
	    { "", NULL } };
	char text[TIME_TEXT_MAX];
	int64_t us;

	for (size_t i = 0; i < countof(t); i++) {
		int rc = time_parse(&us, t[i].in);

		assert_int_equal(rc, t[i].out == NULL ? E_BAD_INPUT : 0);
		if (rc < 0)
			continue;
		time_text_us(text, us);
		assert_string_equal(text, t[i].out);
	}
	time_text_ms(text, 1500);
	assert_string_equal(text, "1970-01-01T00:00:00.001Z");
	time_text_ms(text, INT64_MIN);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	time_text_us(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.000000Z");
}

static void
durations_are_read(void **state UNUSED)
{
	static const struct { const char *text; int64_t s; } t[] = {
	    { "P1D", 86400 }, { "PT30M", 1800 }, { "P3Y", 3 * 365 * 86400 },
	    { "P1M", 30 * 86400 }, { "P1Y2M3DT4H5M6S",
	      (365 + 60 + 3) * 86400 + 4 * 3600 + 5 * 60 + 6 },
	    { "P2W", 14 * 86400 }, { "PT0S", 0 },
	    { "P", -1 }, { "PT", -1 }, { "P1DT", -1 }, { "1D", -1 },
	    { "P1H", -1 }, { "PT1D", -1 }, { "P1D1Y", -1 }, { "P1D1D", -1 },
	    { "P-1D", -1 }, { "P1.5D", -1 }, { "P1D ", -1 }, { "", -1 },
	    { "P99999999999D", -1 } };
	int64_t us;

	for (size_t i = 0; i < countof(t); i++) {
		int rc = duration_parse(&us, t[i].text);

		assert_int_equal(rc, t[i].s < 0 ? E_BAD_INPUT : 0);
		if (rc == 0)
			assert_int_equal(us, t[i].s * 1000000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_keeps_and_defers),
		cmocka_unit_test(buf_grows),
		cmocka_unit_test(buf_outlives_its_struct),
		cmocka_unit_test(jw_writes_any_string),
		cmocka_unit_test(jw_nests),
		cmocka_unit_test(base64url_is_strict),
		cmocka_unit_test(base64_is_padded),
		cmocka_unit_test(hex_goes_both_ways),
		cmocka_unit_test(percent_is_strict),
		cmocka_unit_test(nearest_guesses_well),
		cmocka_unit_test(numbers_and_words_are_whole),
		cmocka_unit_test(uuids_sort_by_time),
		cmocka_unit_test(times_are_read_as_written),
		cmocka_unit_test(durations_are_read),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
