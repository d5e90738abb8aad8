/* SPDX-License-Identifier: Apache-2.0 */
/* push.c - patience, breakers, names of records, Retry-After. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "push/errand.h"
#include "push/retry.h"

enum { S = 1000000 };

static void
retry_after(void **state UNUSED)
{
	static const struct { const char *field; int64_t now; int want; } cases[] = {
		{ NULL, 0, 0 }, { "", 0, 0 }, { "0", 0, 0 }, { "7", 0, 7 },
		{ "-5", 0, 0 }, { "1e3", 0, 0 }, { "12 ", 0, 0 },
		{ "99999999999999999999", 0, 0 },
		{ "86400", 0, 3600 },			/* an hour at most */
		{ "Fri, 06 Mar 2026 10:00:30 GMT", 1772791200, 30 },
		{ "Fri, 06 Mar 2026 10:00:30 GMT", 1772791300, 0 },	/* past */
		{ "Fri, 06 Mar 2099 10:00:30 GMT", 1772791200, 3600 },
		{ "soon", 0, 0 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		int got = retry_after_s(cases[i].field, cases[i].now);

		if (got != cases[i].want)
			fail_msg("'%s': %d, not %d", cases[i].field, got,
			    cases[i].want);
	}
}

/* Between nothing and a bound that doubles, up to hours; never before asked. */
static void
jitter(void **state UNUSED)
{
	for (int n = 1; n < 60; n++) {
		int64_t bound = n < 15 ? (int64_t)500 << n : 4 * 3600 * 1000;
		int64_t least = INT64_MAX, most = 0;

		for (int i = 0; i < 200; i++) {
			int64_t ms = retry_wait_ms(n, 0);

			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
			assert_true(ms >= 1 && ms <= bound + 1);
			assert_true(retry_wait_ms(n, 60) > 60000);
		}
		assert_true(least < bound / 4);		/* full, not half */
		assert_true(most > bound / 2 || bound > 4 * 3600 * 1000);
	}
}

static int64_t
slots_of(struct breaker *b, const char *host, int64_t now)
{
	struct arena *a = arena_new();
	const char **hosts;
	int64_t *slots, found = -1;
	size_t n = breaker_limits(b, now, a, &hosts, &slots);

	for (size_t i = 0; i < n; i++)
		if (strcmp(hosts[i], host) == 0)
			found = slots[i];
	arena_free(a);
	return found;
}

static void
breakers(void **state UNUSED)
{
	struct breaker *b = breaker_new();

	for (int i = 0; i < 3; i++)
		breaker_failed(b, "a", 0, 0);
	assert_int_equal(slots_of(b, "a", 0), -1);	/* patience */
	breaker_failed(b, "a", 0, 0);
	assert_int_equal(slots_of(b, "a", 1 * S), 0);	/* open: none */
	assert_int_equal(slots_of(b, "b", 1 * S), -1);	/* others: all */
	assert_int_equal(slots_of(b, "a", 3 * S), 1);	/* half open: one */
	breaker_failed(b, "a", 3 * S, 0);
	assert_int_equal(slots_of(b, "a", 6 * S), 0);	/* longer each time */
	for (int i = 0; i < 20; i++)
		breaker_failed(b, "a", 10 * S, 0);
	assert_int_equal(slots_of(b, "a", 69 * S), 0);
	assert_int_equal(slots_of(b, "a", 71 * S), 1);	/* a minute at most */
	breaker_answered(b, "a");
	assert_int_equal(slots_of(b, "a", 71 * S), -1);
	breaker_failed(b, "c", 0, 90);			/* it said how long */
	assert_int_equal(slots_of(b, "c", 89 * S), 0);
	assert_int_equal(breaker_open_count(b, 89 * S), 1);
	breaker_free(b);
}

/* A table of hosts in trouble does not grow without end. */
static void
many_hosts(void **state UNUSED)
{
	struct breaker *b = breaker_new();
	char host[16];

	for (int i = 0; i < 5000; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		breaker_failed(b, host, 0, 10);
	}
	assert_int_equal(breaker_open_count(b, 0), 1000);
	for (int i = 0; i < 5000; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		breaker_answered(b, host);
	}
	assert_int_equal(breaker_open_count(b, 0), 0);
	breaker_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after),
		cmocka_unit_test(jitter),
		cmocka_unit_test(breakers),
		cmocka_unit_test(many_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
