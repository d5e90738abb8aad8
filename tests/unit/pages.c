/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c - the HTML builder escapes, and both languages say as much. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "pages/html.h"
#include "pages/words.h"

static struct words *words;
static struct arena *arena;
static struct buf out;
static struct html h;

static int
set_up(void **state UNUSED)
{
	struct fault f;

	assert_int_equal(words_load(&words, "Europe/Paris", &f), 0);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	words_free(words);
	return 0;
}

static int
begin(void **state UNUSED)
{
	arena = arena_new();
	buf_init_in(&out, arena);
	h_init(&h, &out, arena, words, LANG_FR);
	return 0;
}

static int
end(void **state UNUSED)
{
	arena_free(arena);
	return 0;
}

/* ---- HTML ---- */

static void
text_is_escaped(void **state UNUSED)
{
	h_open(&h, "p", "title", "\"'<&>", "hidden", "", "id", NULL, NULL);
	h_text(&h, "<script>alert('é')</script>&amp;");
	h_text(&h, "\x01\xff");
	h_close(&h, "p");
	assert_string_equal(out.data,
	    "<p title=\"&quot;&#39;&lt;&amp;&gt;\" hidden=\"\">"
	    "&lt;script&gt;alert(&#39;é&#39;)&lt;/script&gt;&amp;amp;"
	    "\xef\xbf\xbd\xef\xbf\xbd</p>\n");
}

static void
links_go_to_known_schemes(void **state UNUSED)
{
	static const struct { const char *url, *kept; } t[] = {
	    { "/me", "/me" }, { "#main", "#main" }, { "?lang=fr", "?lang=fr" },
	    { "https://a.example/", "https://a.example/" },
	    { "mailto:a@b.example", "mailto:a@b.example" },
	    { "javascript:alert(1)", "#" }, { " javascript:alert(1)", "#" },
	    { "JaVaScRiPt:alert(1)", "#" }, { "data:text/html,x", "#" },
	    { "//evil.example", "#" }, { "/\\evil.example", "#" },
	    { "me", "#" }, { "", "#" } };
	static const char *const names[] = { "href", "src", "action",
	    "formaction" };

	for (size_t i = 0; i < countof(t); i++)
		for (size_t j = 0; j < countof(names); j++) {
			buf_reset(&out);
			h_void(&h, "x", names[j], t[i].url, NULL);
			assert_string_equal(out.data, arena_printf(arena,
			    "<x %s=\"%s\">", names[j], t[i].kept));
		}
}

static void
nesting_is_kept(void **state UNUSED)
{
	h_open(&h, "div", NULL);
	h_open(&h, "p", NULL);
	h_close(&h, "p");
	h_close(&h, "div");
	assert_int_equal(h.depth, 0);
	assert_string_equal(out.data, "<div><p></p>\n</div>\n");
}

/* ---- words ---- */

static void
po_is_read_strictly(void **state UNUSED)
{
	static const struct { const char *po; int line; } t[] = {
	    { "msgid \"a\"\nmsgstr \"b\"\n", 0 },
	    { "msgid \"a\"\nmsgstr \"\"\n\"b\\n\"\n\"\\\"c\\\\\"\n", 0 },
	    { "msgid \"a\"\n\n# x\nmsgstr \"b\"", 0 },
	    { "msgstr \"b\"\n", 1 }, { "msgid \"a\n", 1 },
	    { "msgid \"a\\q\"\n", 1 }, { "msgid \"a\" x\n", 1 },
	    { "\"a\"\n", 1 }, { "msgid \"a\"\nmsgstr b\n", 2 },
	    { "msgid \"a\"\nmsgid_plural \"b\"\n", 2 } };
	struct fault f;

	for (size_t i = 0; i < countof(t); i++) {
		struct words *w = words_new();
		int rc = words_parse(w, LANG_FR, "x.po", t[i].po, &f);

		assert_int_equal(rc, t[i].line == 0 ? 0 : E_BAD_INPUT);
		if (rc < 0)
			assert_int_equal(f.line, t[i].line);
		else
			assert_int_equal(words_count(w, LANG_FR), 1);
		if (i == 1)
			assert_string_equal(words_find(w, LANG_FR, "a"),
			    "b\n\"c\\");
		words_free(w);
	}
}

/* {client}{date}: the names filled in, in any order. */
static void
same_holes(const char *id, const char *en, const char *fr)
{
	for (const char *p = en; (p = strchr(p, '{')) != NULL; p++) {
		char *hole = arena_strndup(arena, p, strcspn(p, "}") + 1);

		if (strstr(fr, hole) == NULL)
			fail_msg("%s: %s is not in the French words", id, hole);
	}
}

static void
both_languages_say_as_much(void **state UNUSED)
{
	size_t n = words_count(words, LANG_EN);

	assert_true(n > 100);
	assert_int_equal(words_count(words, LANG_FR), n);
	for (size_t i = 0; i < n; i++) {
		const char *id = words_id(words, LANG_EN, i);
		const char *en = words_find(words, LANG_EN, id);
		const char *fr = words_find(words, LANG_FR, id);

		if (en[0] == '\0' || fr == id || fr[0] == '\0')
			fail_msg("%s is not said in both languages", id);
		same_holes(id, en, fr);
		same_holes(id, fr, en);
	}
}

static void
words_are_filled(void **state UNUSED)
{
	assert_string_equal(h_fill(&h, "consent.h1", "client", "A{b}", NULL),
	    "A{b} demande à recevoir vos données");
	assert_string_equal(h_fill(&h, "consent.h1", NULL),
	    "? demande à recevoir vos données");
	assert_string_equal(h_word(&h, "no.such.word"), "no.such.word");
	assert_string_equal(h_count(&h, "records", 0, NULL), "0 enregistrement");
	assert_string_equal(h_count(&h, "records", 1234567, NULL),
	    "1\u202f234\u202f567 enregistrements");
	h.lang = LANG_EN;
	assert_string_equal(h_count(&h, "records", 0, NULL), "0 records");
	assert_string_equal(h_count(&h, "records", 1, NULL), "1 record");
	assert_string_equal(h_count(&h, "records", 1234, NULL), "1,234 records");
	assert_string_equal(h_number(&h, -123456), "-123,456");
}

/* On the organisation's clock: the hour of October that comes twice. */
static void
dates_are_local(void **state UNUSED)
{
	int64_t us = INT64_C(1792888200000000);	/* 2026-10-25T00:30:00Z */

	assert_string_equal(h_date(&h, us), "25 octobre 2026");
	assert_string_equal(h_clock(&h, us), "02:30");
	assert_string_equal(h_clock(&h, us + 3600000000), "02:30");
	assert_string_equal(h_clock(&h, us + 7200000000), "03:30");
	assert_string_equal(h_date(&h, INT64_C(1767222000000000)),
	    "1er janvier 2026");
	h.lang = LANG_EN;
	assert_string_equal(h_date(&h, us), "25 October 2026");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_escaped, begin, end),
		cmocka_unit_test_setup_teardown(links_go_to_known_schemes, begin,
		    end),
		cmocka_unit_test_setup_teardown(nesting_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(po_is_read_strictly, begin, end),
		cmocka_unit_test_setup_teardown(both_languages_say_as_much, begin,
		    end),
		cmocka_unit_test_setup_teardown(words_are_filled, begin, end),
		cmocka_unit_test_setup_teardown(dates_are_local, begin, end),
	};

	return cmocka_run_group_tests_name("pages", tests, set_up, tear_down);
}
