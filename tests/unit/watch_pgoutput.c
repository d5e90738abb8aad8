/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgoutput.c against what a real PostgreSQL wrote (pgoutput.hex, which
 * tells the statements it was for): what each message says, and that none may be
 * cut short, or be longer, without being refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "base/error.h"
#include "watch/pgoutput.h"
#include "watch/seen.h"

enum { MESSAGES_MAX = 100 };

static struct { char *data; size_t n; } messages[MESSAGES_MAX];
static int message_n;

/* Hex, and {78*n} for a byte n times. */
static void
read_line(const char *line)
{
	char *out = malloc(20000);
	size_t n = 0;

	for (const char *p = line; *p != '\0' && *p != '\n';) {
		unsigned byte = 0, times = 1;
		int used = 2;

		if (*p == '{')
			assert_int_equal(sscanf(p, "{%2x*%u}%n", &byte, &times,
			    &used), 2);
		else
			assert_int_equal(sscanf(p, "%2x", &byte), 1);
		for (p += used; times > 0; times--)
			out[n++] = (char)byte;
	}
	messages[message_n].data = realloc(out, n);
	messages[message_n++].n = n;
}

static int
set_up(void **state UNUSED)
{
	FILE *f = fopen("tests/unit/pgoutput.hex", "re");
	char *line = NULL;
	size_t size = 0;

	if (f == NULL)
		return -1;
	while (getline(&line, &size, f) > 0)
		if (line[0] != '#')
			read_line(line);
	free(line);
	fclose(f);
	return message_n == 50 ? 0 : -1;
}

static int
tear_down(void **state UNUSED)
{
	for (int i = 0; i < message_n; i++)
		free(messages[i].data);
	return 0;
}

/* As a person would say it: "U si.whole O(1,C1) N(1,C2)". */
static void
add_row(char *out, const struct pgoutput_row *row)
{
	if (row->kind == 0)
		return;
	sprintf(out + strlen(out), " %c(", row->kind);
	for (int i = 0; i < row->n; i++) {
		const struct pgoutput_value *v = &row->values[i];

		sprintf(out + strlen(out), "%s", i == 0 ? "" : ",");
		if (v->kind != 't')
			sprintf(out + strlen(out), "%c!", v->kind);
		else if (v->n > 100)
			sprintf(out + strlen(out), "%zu", v->n);
		else
			sprintf(out + strlen(out), "%.*s", (int)v->n, v->data);
	}
	strcat(out, ")");
}

static void
say(char *out, const struct pgoutput_message *m)
{
	sprintf(out, "%c", m->type == 0 ? '-' : m->type);
	if (m->relation != NULL)
		sprintf(out + 1, " %s.%s", m->relation->schema,
		    m->relation->name);
	if (m->type == 'R') {
		sprintf(out + strlen(out), " %c", m->relation->identity);
		for (int i = 0; i < m->relation->n; i++)
			sprintf(out + strlen(out), " %s%s",
			    m->relation->columns[i].name,
			    m->relation->columns[i].key ? "*" : "");
	}
	for (int i = 0; i < m->emptied_n; i++)
		sprintf(out + strlen(out), " %s", m->emptied[i]->name);
	add_row(out, &m->old);
	add_row(out, &m->new);
}

/* Begins and commits are looked at by themselves. */
static const char *const told[] = {
	"-", "R si.plain d pdl* day* wh big m changed",
	"I si.plain N(P1,2026-03-29,42,3000,ok,2026-03-29 01:30:00+00)",
	"I si.plain N(P2,2026-03-30,n!,,n!,n!)",
	"U si.plain N(P1,2026-03-29,43,u!,ok,2026-03-29 01:30:00+00)",
	"U si.plain K(P2,2026-03-30,n!,n!,n!,n!) N(P3,2026-03-30,n!,,n!,n!)",
	"D si.plain K(P3,2026-03-30,n!,n!,n!,n!)",
	"R si.whole f id* customer*", "I si.whole N(1,C1)",
	"U si.whole O(1,C1) N(1,C2)", "D si.whole O(1,C2)",
	"R si.Odd Name d a b* ü", "I si.Odd Name N(k\"1,\\x00ff)",
	"R si.part d id* at*", "R si.part1 d id* at*",
	"I si.part N(7,2026-05-01)", "-",
	"R si.plain d pdl* day* wh big m changed more",
	"I si.plain N(P9,2026-01-01,n!,n!,n!,n!,9)", "-",
	"R si.plain d pdl* day* wh big m changed more",
	"R si.whole f id* customer*", "T plain whole", "-",
	"R si.whole f id* customer*", "I si.whole N(2,C3)", "-",
	"I si.whole N(4,C4)",
};

static void
a_real_stream(void **state UNUSED)
{
	struct pgoutput *p = pgoutput_new();
	struct pgoutput_message m;
	int64_t ends = 0, at = 0;
	char said[4096];
	size_t n = 0;

	for (int i = 0; i < message_n; i++) {
		assert_int_equal(pgoutput_read(p, messages[i].data,
		    messages[i].n, &m), 0);
		if (m.type == 'B') {
			assert_true(m.lsn > ends && m.at_us >= at);
			assert_true(m.xid > 700);
			assert_true(m.at_us > INT64_C(1790000000000000) &&
			    m.at_us < INT64_C(1800000000000000));
			ends = m.lsn;
			at = m.at_us;
		} else if (m.type == 'C') {
			assert_true(m.lsn > ends && m.at_us == at);
		} else {
			say(said, &m);
			assert_true(n < countof(told));
			assert_string_equal(said, told[n]);
			n++;
		}
	}
	assert_int_equal(n, countof(told));
	pgoutput_free(p);
}

static void
cut_or_longer_is_refused(void **state UNUSED)
{
	struct pgoutput *p = pgoutput_new();
	struct pgoutput_message m;
	int refused = 0;

	for (int i = 0; i < message_n; i++) {
		size_t n = messages[i].n;
		char *longer = malloc(n + 1);

		for (size_t cut = 0; cut < n && n < 500; cut++)
			if (strchr("OY", messages[i].data[0]) == NULL) {
				assert_int_equal(pgoutput_read(p, messages[i].data,
				    cut, &m), E_BAD_INPUT);
				refused++;
			}
		memcpy(longer, messages[i].data, n);
		longer[n] = '\0';
		if (strchr("OY", longer[0]) == NULL)
			assert_int_equal(pgoutput_read(p, longer, n + 1, &m),
			    E_BAD_INPUT);
		free(longer);
		assert_int_equal(pgoutput_read(p, messages[i].data, n, &m), 0);
	}
	assert_true(refused > 1500);
	pgoutput_free(p);
}

static void
what_was_not_told_is_refused(void **state UNUSED)
{
	/* a row of a table nobody described; as many columns as it is said to
	 * have; kinds of values there are not; more columns than can be */
	static const struct { const char *bytes; size_t n; } bad[] = {
		{ "I\0\0\0\7N\0\0", 8 }, { "R\0\0\0\7s\0t\0d\xff\xff", 12 },
		{ "X", 1 }, { "T\x7f\xff\xff\xff\0", 6 }, { "", 0 },
	};
	struct pgoutput *p = pgoutput_new();
	struct pgoutput_message m;

	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(pgoutput_read(p, bad[i].bytes, bad[i].n, &m),
		    E_BAD_INPUT);
	assert_int_equal(pgoutput_read(p, "R\0\0\0\7s\0t\0d\0\1\1a\0\0\0\0\0\0\0\0\0",
	    23, &m), 0);
	assert_int_equal(pgoutput_read(p, "I\0\0\0\7N\0\1t\0\0\0\1x", 14, &m), 0);
	assert_int_equal(pgoutput_read(p, "I\0\0\0\7N\0\0", 8, &m), E_BAD_INPUT);
	assert_int_equal(pgoutput_read(p, "I\0\0\0\7N\0\1z", 9, &m), E_BAD_INPUT);
	assert_int_equal(pgoutput_read(p, "I\0\0\0\7K\0\1t\0\0\0\1x", 14, &m),
	    E_BAD_INPUT);
	assert_int_equal(pgoutput_read(p, "I\0\0\0\7N\0\1t\x7f\xff\xff\xffx", 14, &m),
	    E_BAD_INPUT);
	pgoutput_free(p);
}

/* ---- seen.h: the repeats of an overlap ---- */

static void
repeats_are_known(void **state UNUSED)
{
	struct seen s = { NULL };

	seen_begin(&s);
	for (int64_t i = 0; i < 1000; i++)
		assert_true(seen_add(&s, i * 7919 % 1000));
	seen_begin(&s);			/* that turn failed: news again */
	for (int64_t i = 0; i < 1000; i++)
		assert_true(seen_add(&s, i));
	seen_keep(&s);
	seen_begin(&s);
	for (int64_t i = 500; i < 1500; i++)
		assert_int_equal(seen_add(&s, i), i >= 1000);
	seen_keep(&s);
	seen_begin(&s);			/* what left the span is forgotten */
	assert_true(seen_add(&s, 499));
	assert_false(seen_add(&s, 500));
	seen_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_stream),
		cmocka_unit_test(cut_or_longer_is_refused),
		cmocka_unit_test(what_was_not_told_is_refused),
		cmocka_unit_test(repeats_are_known),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
