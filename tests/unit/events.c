/* SPDX-License-Identifier: Apache-2.0 */
/* events.c: the vocabulary is closed, sorted, and said in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "journal/events.h"

static void
words_are_sorted_and_found(void **state UNUSED)
{
	for (size_t i = 0; i < event_kind_count; i++) {
		const struct event_kind *k = &event_kinds[i];

		if (i > 0)
			assert_true(strcmp(event_kinds[i - 1].name, k->name) < 0);
		assert_ptr_equal(event_find(k->name), k);
	}
	assert_null(event_find("pull.begin"));
	assert_null(event_find(""));
}

static void
words_are_said_in_both_languages(void **state UNUSED)
{
	for (size_t i = 0; i < event_kind_count; i++) {
		const struct wording *w = &event_kinds[i].said;

		assert_true(strlen(w->in[LANG_EN]) > 8);
		assert_true(strlen(w->in[LANG_FR]) > 8);
		assert_string_not_equal(w->in[LANG_EN], w->in[LANG_FR]);
	}
}

static void
what_left_is_kept_apart_from_who_allowed_it(void **state UNUSED)
{
	static const struct { const char *name; enum journal_log log; } cases[] = {
		{ "pull.begun", LOG_RESTITUTION },
		{ "delivery.acked", LOG_RESTITUTION },
		{ "consent.withdrawn", LOG_CONSENT_ADMIN },
		{ "client.suspended", LOG_CONSENT_ADMIN },
	};

	for (size_t i = 0; i < countof(cases); i++)
		assert_int_equal(event_find(cases[i].name)->log, cases[i].log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_sorted_and_found),
		cmocka_unit_test(words_are_said_in_both_languages),
		cmocka_unit_test(what_left_is_kept_apart_from_who_allowed_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
