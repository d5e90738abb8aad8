/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pure parts of consent: what authorization_details may say, what a
 * customer leaves of them, which URL a proof was made for, which name a
 * subject has with whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "consent/details.h"
#include "consent/grant.h"
#include "consent/once.h"
#include "consent/pace.h"
#include "consent/proof.h"

static struct arena *a;

static int
open_arena(void **state UNUSED)
{
	setenv("TZ", "Europe/Paris", 1);
	tzset();
	a = arena_new();
	return 0;
}

static int
close_arena(void **state UNUSED)
{
	arena_free(a);
	return 0;
}

/* ---- reading ---- */

#define ONE(more) "[{\"type\":\"restitution\",\"datasets\":[\"a.b\"]" more "}]"

static const struct { const char *json, *text; } good[] = {
	{ ONE(""), ONE("") },
	{ ONE(",\"from\":\"2024-01-01\""), ONE(",\"from\":\"2024-01-01\"") },
	{ ONE(",\"recurrence\":\"P1D\",\"purpose\":\"\\u00e9t\\u00e9\""),
	  ONE(",\"purpose\":\"\xc3\xa9t\xc3\xa9\",\"recurrence\":\"P1D\"") },
	{ ONE(",\"accounts\":[\"1\",\"2\"],\"granularity\":\"P1D\","
	  "\"history\":\"P1Y6M\""),
	  ONE(",\"history\":\"P1Y6M\",\"granularity\":\"P1D\","
	  "\"accounts\":[\"1\",\"2\"]") },
	/* which differ by an account only stay two */
	{ "[{\"type\":\"restitution\",\"datasets\":[\"a.b\"],"
	  "\"accounts\":[\"1\"]},{\"type\":\"restitution\","
	  "\"datasets\":[\"c.d\"],\"accounts\":[\"1\",\"2\"]}]",
	  "[{\"type\":\"restitution\",\"datasets\":[\"a.b\"],"
	  "\"accounts\":[\"1\"]},{\"type\":\"restitution\","
	  "\"datasets\":[\"c.d\"],\"accounts\":[\"1\",\"2\"]}]" },
	{ ONE(",\"to\":\"2024-01-01T00:00:00+01:00\""),
	  ONE(",\"to\":\"2024-01-01T00:00:00+01:00\"") },
	/* elements of one span become one */
	{ "[{\"type\":\"restitution\",\"datasets\":[\"a.b\"]},"
	  "{\"type\":\"restitution\",\"datasets\":[\"c.d\"]}]",
	  "[{\"type\":\"restitution\",\"datasets\":[\"a.b\",\"c.d\"]}]" },
	/* of two spans stay two; the end said once counts for both */
	{ "[{\"type\":\"restitution\",\"datasets\":[\"a.b\"],"
	  "\"from\":\"2024-01-01\"},"
	  "{\"type\":\"restitution\",\"datasets\":[\"c.d\"],"
	  "\"until\":\"2027-01-01\"}]",
	  "[{\"type\":\"restitution\",\"datasets\":[\"a.b\"],"
	  "\"from\":\"2024-01-01\",\"until\":\"2027-01-01\"},"
	  "{\"type\":\"restitution\",\"datasets\":[\"c.d\"],"
	  "\"until\":\"2027-01-01\"}]" },
};

static const char *const bad[] = {
	"", "{}", "[]", "[1]", "[{}]", "null", "[null]", "[{\"type\":1}]",
	"[{\"type\":\"other\",\"datasets\":[\"a.b\"]}]",
	"[{\"type\":\"restitution\"}]",
	"[{\"type\":\"restitution\",\"datasets\":[]}]",
	"[{\"type\":\"restitution\",\"datasets\":\"a.b\"}]",
	"[{\"type\":\"restitution\",\"datasets\":[1]}]",
	"[{\"type\":\"restitution\",\"datasets\":[\"a.b\",\"a.b\"]}]",
	ONE(",\"x\":1"), ONE(",\"from\":1"), ONE(",\"from\":\"yesterday\""),
	ONE(",\"from\":\"2024-13-01\""), ONE(",\"until\":\"2024-02-30\""),
	ONE(",\"from\":\"2024-01-02\",\"to\":\"2024-01-02\""),
	ONE(",\"history\":\"PT1H\""), ONE(",\"history\":\"P\""),
	ONE(",\"history\":\"P0D\""), ONE(",\"history\":\"1Y\""),
	ONE(",\"history\":\"P1D1Y\""), ONE(",\"history\":\"P1Y1Y\""),
	ONE(",\"history\":\"P99999D\""), ONE(",\"history\":\"P1\""),
	ONE(",\"history\":\"P1Y\",\"from\":\"2024-01-01\""),
	ONE(",\"accounts\":\"1\""), ONE(",\"accounts\":[]"),
	ONE(",\"accounts\":[1]"), ONE(",\"accounts\":[\"\"]"),
	ONE(",\"accounts\":[\"1\",\"1\"]"), ONE(",\"granularity\":[]"),
	ONE(",\"recurrence\":\"P2D\""), ONE(",\"purpose\":\"\""),
	ONE("") ONE(""),
	"[{\"type\":\"restitution\",\"datasets\":[\"a.b\"],\"until\":"
	"\"2027-01-01\"},{\"type\":\"restitution\",\"datasets\":[\"c.d\"],"
	"\"until\":\"2028-01-01\"}]",
};

static void
details_are_read(void **state UNUSED)
{
	struct details d, again;
	const char *why;

	for (size_t i = 0; i < countof(good); i++) {
		assert_int_equal(details_read(&d, a, NULL, good[i].json, &why), 0);
		assert_string_equal(details_text(a, &d), good[i].text);
		assert_int_equal(details_read(&again, a, NULL, good[i].text,
		    &why), 0);
		assert_string_equal(details_text(a, &again), good[i].text);
	}
}

static void
details_are_refused_with_a_sentence(void **state UNUSED)
{
	struct details d;

	for (size_t i = 0; i < countof(bad); i++) {
		const char *why = NULL;

		if (details_read(&d, a, NULL, bad[i], &why) == 0)
			fail_msg("read: %s", bad[i]);
		assert_non_null(why);
	}
}

static void
scopes_add_what_is_not_there(void **state UNUSED)
{
	struct details d;
	const char *why;

	assert_int_equal(details_read(&d, a, NULL,
	    ONE(",\"from\":\"2024-01-01\""), &why), 0);
	assert_int_equal(details_read_scope(&d, a, NULL, "c.d a.b  c.d", &why), 0);
	assert_int_equal(d.n, 2);
	assert_string_equal(details_scope(a, &d), "a.b c.d");
	assert_string_equal(details_find(&d, "a.b")->from, "2024-01-01");
	assert_null(details_find(&d, "c.d")->from);
}

static void
too_many_data_sets_are_refused(void **state UNUSED)
{
	struct details d = { .n = 0 };
	const char *why;

	for (int i = 0; i < DETAILS_MAX; i++)
		assert_int_equal(details_read_scope(&d, a, NULL,
		    arena_printf(a, "d.s%d", i), &why), 0);
	assert_int_equal(details_read_scope(&d, a, NULL, "one.more", &why),
	    E_BAD_INPUT);
}

/* ---- narrowing ---- */

static int64_t
at(const char *text)
{
	int64_t us;

	assert_int_equal(time_parse(&us, text), 0);
	return us;
}

static int
narrow(struct details *out, const struct details *asked,
    const char *const *ids, size_t n, int64_t from_us, int64_t until_us)
{
	const struct narrowing by = { .choices = detail_choices(a, ids, n),
	    .n = n, .now_us = at("2026-03-31T22:30:00Z"), .from_us = from_us,
	    .until_us = until_us };

	return details_narrow(out, a, NULL, asked, &by);
}

static void
a_customer_may_only_narrow(void **state UNUSED)
{
	const int64_t until = at("2026-06-01T00:00:00Z");
	const char *ab[] = { "a.b" }, *both[] = { "a.b", "c.d" };
	const char *other[] = { "e.f" }, *twice[] = { "a.b", "a.b" };
	struct details asked, out;
	const char *why;

	assert_int_equal(details_read(&asked, a, NULL,
	    "[{\"type\":\"restitution\",\"datasets\":[\"a.b\",\"c.d\"],"
	    "\"from\":\"2024-01-01\",\"to\":\"2025-01-01\","
	    "\"until\":\"2027-01-01\"}]", &why), 0);
	assert_int_equal(narrow(&out, &asked, ab, 1, INT64_MIN, until), 0);
	assert_int_equal(out.n, 1);
	assert_string_equal(out.list[0].from, "2024-01-01");
	assert_string_equal(out.until, "2026-06-01T00:00:00.000Z");
	/* a later start is hers, on the organisation's clock */
	assert_int_equal(narrow(&out, &asked, both, 2, at("2024-05-31T22:00:00Z"), until), 0);
	assert_string_equal(out.list[1].from, "2024-06-01");
	/* an earlier one is not */
	assert_int_equal(narrow(&out, &asked, both, 2, at("2020-01-01T00:00:00Z"), until), 0);
	assert_string_equal(out.list[0].from, "2024-01-01");
	/* nor are other data sets, a later end, an empty span, nothing */
	assert_int_equal(narrow(&out, &asked, other, 1, INT64_MIN, until), E_DENIED);
	assert_int_equal(narrow(&out, &asked, twice, 2, INT64_MIN, until), E_DENIED);
	assert_int_equal(narrow(&out, &asked, ab, 1, INT64_MIN, at("2027-01-02T00:00:00Z")), E_DENIED);
	assert_int_equal(narrow(&out, &asked, ab, 1, at("2025-06-01T00:00:00Z"), until), E_DENIED);
	assert_int_equal(narrow(&out, &asked, ab, 0, INT64_MIN, until), E_DENIED);
}

static void
keeping_some_keeps_only_what_is_there(void **state UNUSED)
{
	const char *cd[] = { "c.d" }, *ef[] = { "c.d", "e.f" };
	struct details d = { .n = 0 };
	const char *why;

	assert_int_equal(details_read_scope(&d, a, NULL, "a.b c.d", &why), 0);
	assert_false(details_keep(&d, ef, 2));
	assert_false(details_keep(&d, cd, 0));
	assert_int_equal(d.n, 2);
	assert_true(details_keep(&d, cd, 1));
	assert_string_equal(details_scope(a, &d), "c.d");
}

/* ---- a proof's URL ---- */

static const struct { const char *htu; bool ours; } urls[] = {
	{ "https://data.example:8443/v1/a%20b", true },
	{ "https://data.example:8443/v1/a b", true },
	{ "HTTPS://DATA.example:8443/v1/a%20b?x#y", true },
	{ "https://data.example:8443/%761/a%20b", true },
	{ "https://mtls.example/v1/a%20b", true },
	{ "https://mtls.example:443/v1/a%20b", true },
	{ "https://mtls.example:/v1/a%20b", true },
	{ "https://mtls.example:80/v1/a%20b", false },
	{ "https://data.example/v1/a%20b", false },
	{ "http://data.example:8443/v1/a%20b", false },
	{ "https://x@data.example:8443/v1/a%20b", false },
	{ "https://data.example:8443/v1/A%20b", false },
	{ "https://data.example:8443/v1/a%20b/", false },
	{ "https://data.example:8443", false },
	{ "https://data.example:99999/v1/a%20b", false },
	{ "//data.example:8443/v1/a%20b", false },
	{ "/v1/a%20b", false }, { "", false }, { "https://", false },
	{ "https://data.example:8443/v1/a%2", false },
};

static void
a_proof_names_our_url(void **state UNUSED)
{
	struct settings s = { .public_url = (char *)"https://data.example:8443",
	    .mtls_url = (char *)"https://mtls.example" };
	struct house house = { .settings = &s };
	struct call c = { .arena = a, .house = &house, .path = "/v1/a b" };

	for (size_t i = 0; i < countof(urls); i++)
		if (proof_url_is(&c, urls[i].htu) != urls[i].ours)
			fail_msg("%s", urls[i].htu);
}

/* ---- names and uses ---- */

static void
a_use_is_of_a_kind_a_signer_and_a_jti(void **state UNUSED)
{
	const int64_t hour = INT64_C(3600) * 1000000;
	struct once_use one, same, other;

	once_make(&one, "dpop", "ab", "c", 5 * hour + 1);
	once_make(&same, "dpop", "ab", "c", 6 * hour - 1);
	assert_memory_equal(one.hash, same.hash, 32);
	assert_int_equal(one.until_us, same.until_us);
	assert_int_equal(one.until_us, 6 * hour - 1);
	once_make(&other, "dpop", "a", "bc", 5 * hour);
	assert_memory_not_equal(one.hash, other.hash, 32);
	once_make(&other, "assertion", "ab", "c", 5 * hour);
	assert_memory_not_equal(one.hash, other.hash, 32);
}

static void
a_subject_has_another_name_with_each(void **state UNUSED)
{
	struct subject_ref s = { .key = { 1 } }, t = { .key = { 2 } };
	char one[44], two[44], again[44];

	grant_pairwise(one, &s, "alpha");
	grant_pairwise(again, &s, "alpha");
	assert_string_equal(one, again);
	assert_int_equal(strlen(one), 43);
	grant_pairwise(two, &s, "beta");
	assert_string_not_equal(one, two);
	grant_pairwise(two, &t, "alpha");
	assert_string_not_equal(one, two);
}

static void
a_burst_passes_and_then_a_trickle(void **state UNUSED)
{
	struct pace p = { .per_second = 100, .burst = 5 };
	struct timespec pause = { 0, 50 * 1000000 };
	int passed = 0;

	for (int i = 0; i < 50; i++)
		passed += pace_allows(&p, "busy");
	assert_in_range(passed, 5, 7);
	assert_true(pace_allows(&p, "seldom"));
	nanosleep(&pause, NULL);
	passed = 0;
	for (int i = 0; i < 50; i++)
		passed += pace_allows(&p, "busy");
	assert_in_range(passed, 4, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(details_are_read),
		cmocka_unit_test(details_are_refused_with_a_sentence),
		cmocka_unit_test(scopes_add_what_is_not_there),
		cmocka_unit_test(too_many_data_sets_are_refused),
		cmocka_unit_test(a_customer_may_only_narrow),
		cmocka_unit_test(keeping_some_keeps_only_what_is_there),
		cmocka_unit_test(a_proof_names_our_url),
		cmocka_unit_test(a_use_is_of_a_kind_a_signer_and_a_jti),
		cmocka_unit_test(a_subject_has_another_name_with_each),
		cmocka_unit_test(a_burst_passes_and_then_a_trickle),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
