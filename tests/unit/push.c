/* SPDX-License-Identifier: Apache-2.0 */
/* push.c - patience, what each PIMS bears, names of records, Retry-After. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "push/errand.h"
#include "push/hosts.h"
#include "push/retry.h"

enum { S = 1000000, MS = 1000 };

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
slots_in(struct hosts *hs, const char *host, int64_t now, int room)
{
	struct arena *a = arena_new();
	const char **hosts;
	int64_t *slots, found = HOST_FIRST;
	size_t n = hosts_limits(hs, now, room, a, &hosts, &slots);

	for (size_t i = 0; i < n; i++)
		if (strcmp(hosts[i], host) == 0)
			found = slots[i];
	arena_free(a);
	return found;
}

static int64_t
slots_of(struct hosts *hs, const char *host, int64_t now)
{
	return slots_in(hs, host, now, 100);
}

static void
breakers(void **state UNUSED)
{
	struct hosts *b = hosts_new(100);

	for (int i = 0; i < 3; i++)
		hosts_failed(b, "a", 0, 0);
	assert_true(slots_of(b, "a", 0) > 0);		/* patience */
	hosts_failed(b, "a", 0, 0);
	assert_int_equal(slots_of(b, "a", 1 * S), 0);	/* open: none */
	assert_int_equal(slots_of(b, "b", 1 * S), HOST_FIRST);
	assert_int_equal(slots_of(b, "a", 3 * S), 1);	/* half open: one */
	hosts_begun(b, "a");
	assert_int_equal(slots_of(b, "a", 3 * S), 0);	/* and not two */
	hosts_over(b, "a");
	hosts_failed(b, "a", 3 * S, 0);
	assert_int_equal(slots_of(b, "a", 6 * S), 0);	/* longer each time */
	for (int i = 0; i < 20; i++)
		hosts_failed(b, "a", 10 * S, 0);
	assert_int_equal(slots_of(b, "a", 69 * S), 0);
	assert_int_equal(slots_of(b, "a", 71 * S), 1);	/* a minute at most */
	hosts_answered(b, "a", 71 * S, MS);
	assert_true(slots_of(b, "a", 71 * S) > 0);
	hosts_failed(b, "c", 0, 90);			/* it said how long */
	assert_int_equal(slots_of(b, "c", 89 * S), 0);
	assert_int_equal(hosts_open_count(b, 89 * S), 1);
	hosts_free(b);
}

/* A table of hosts in trouble does not grow without end. */
static void
many_hosts(void **state UNUSED)
{
	struct hosts *b = hosts_new(100);
	char host[16];

	for (int i = 0; i < 50000; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		hosts_failed(b, host, 0, 10);
	}
	assert_true(hosts_open_count(b, 0) <= 17000);
	for (int i = 0; i < 50000; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		hosts_answered(b, host, 0, MS);
	}
	assert_int_equal(hosts_open_count(b, 0), 0);
	hosts_free(b);
}

/* n answers of so long, with all that it may have under way. */
static void
answers(struct hosts *hs, const char *host, int n, int64_t took_us)
{
	static int64_t now = 1;
	int under_way = 0;

	for (; n > 0; n--) {
		for (; under_way < hosts_limit(hs, host); under_way++)
			hosts_begun(hs, host);
		hosts_answered(hs, host, now += 1000, took_us);
		hosts_over(hs, host);
		under_way--;
	}
	for (; under_way > 0; under_way--)
		hosts_over(hs, host);
}

static void
concurrency(void **state UNUSED)
{
	struct hosts *hs = hosts_new(200);
	int before;

	answers(hs, "fast", 1000, 2 * MS);
	assert_int_equal(hosts_limit(hs, "fast"), 100);	/* half of all, no more */
	answers(hs, "fast", 1000, 3 * MS);		/* as good as its best */
	assert_int_equal(hosts_limit(hs, "fast"), 100);
	answers(hs, "fast", 1000, 100 * MS);		/* it is too much for it */
	assert_true(hosts_limit(hs, "fast") < 25);
	answers(hs, "fast", 3000, 2 * MS);		/* and no longer */
	before = hosts_limit(hs, "fast");
	assert_true(before > 60);
	hosts_failed(hs, "fast", S, 0);
	assert_int_equal(hosts_limit(hs, "fast"), before / 2);
	answers(hs, "slow", 1000, 2 * S);
	assert_int_equal(hosts_limit(hs, "slow"), HOST_SLOW);
	/* one that does not use what it has gets no more */
	for (int i = 0; i < 100; i++)
		hosts_answered(hs, "quiet", S, MS);
	assert_int_equal(hosts_limit(hs, "quiet"), HOST_FIRST);
	hosts_free(hs);
}

/* However many are slow, three quarters are left to the others; and one host has
 * half of the room that there is. */
static void
the_slow_together(void **state UNUSED)
{
	struct hosts *hs = hosts_new(40);
	char host[16];
	int n = 0;

	answers(hs, "fast", 1000, 2 * MS);
	for (int i = 0; i < 20; i++) {
		snprintf(host, sizeof(host), "slow%d", i);
		answers(hs, host, 20, 2 * S);
		for (int64_t k = slots_of(hs, host, 0); k > 0; k--, n++)
			hosts_begun(hs, host);
	}
	assert_true(n >= 10 && n < 10 + HOST_SLOW);
	assert_int_equal(slots_of(hs, "slow19", 0), 0);
	hosts_begun(hs, "fast");
	assert_int_equal(slots_in(hs, "fast", 0, 10), 5);
	hosts_free(hs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after),
		cmocka_unit_test(jitter),
		cmocka_unit_test(breakers),
		cmocka_unit_test(many_hosts),
		cmocka_unit_test(concurrency),
		cmocka_unit_test(the_slow_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
