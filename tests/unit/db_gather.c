/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_gather.c - short reads that go as one: each asker gets its own rows and
 * nobody else's, whatever becomes of the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <event2/event.h>
#include "base/text.h"
#include "../journal_ground.h"

/* So many rows as asked for (7 cannot be), with what was asked; `many` says how
 * many asked together. */
static const struct statement
    gathered = { "gathered", "SELECT p.*, q.number"
	" FROM unnest($1::text[], $2::text[], $3::timestamptz[])"
	" WITH ORDINALITY AS q (a, b, t, number), LATERAL ("
	" SELECT k AS n, q.b::text AS word, q.t AS at, cardinality($1) AS many"
	" FROM generate_series(1, q.a::int + 0 / (q.a::int - 7)) AS k) AS p",
	false },
    reversed = { "reversed", "SELECT q.a::int AS n, q.b AS word, q.t AS at,"
	" cardinality($1) AS many, q.number"
	" FROM unnest($1::text[], $2::text[], $3::timestamptz[])"
	" WITH ORDINALITY AS q (a, b, t, number) ORDER BY q.number DESC",
	false },
    some = { "some", "SELECT k AS n, $2::text AS word, $3::timestamptz AS at,"
	" 1 AS many FROM generate_series(1, $1::int + 0 / ($1::int - 7)) AS k",
	false, &gathered },
    mistaken = { "mistaken", "SELECT k AS n, $2::text AS word,"
	" $3::timestamptz AS at, 1 AS many FROM generate_series(1, $1::int) AS k",
	false, &reversed };

enum { MANY = 60 };

static struct event_base *base;

struct asker {
	int wanted, failure, many;
	bool ended, forgotten;
	char word[16];
	struct rows *kept;
	struct question *question;
};
static struct asker askers[MANY];
static int ended;

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct asker *a = arg;

	assert_false(a->ended || a->forgotten);
	a->ended = true;
	a->failure = failure;
	ended++;
	if (rows == NULL)
		return;
	a->kept = rows_keep(rows);
	a->many = rows_count(rows) > 0 ? (int)row_int(rows, 0, "many") : 0;
}

static void
look(struct asker *a)
{
	struct rows *rows = a->kept;

	assert_int_equal(a->failure, 0);
	assert_int_equal(rows_count(rows), a->wanted);
	assert_int_equal(rows_columns(rows), 4);
	for (int i = 0; i < a->wanted; i++) {
		assert_int_equal(row_int(rows, i, "n"), i + 1);
		assert_int_equal(row_time(rows, i, "at"), a->wanted);
		if (a->wanted % 5 == 0)
			assert_true(row_null(rows, i, "word"));
		else
			assert_string_equal(row_text(rows, i, "word"), a->word);
	}
}

static void
ask(struct db *db, const struct statement *statement, int i, int wanted)
{
	struct asker *a = &askers[i];
	struct params p;

	*a = (struct asker){ .wanted = wanted };
	snprintf(a->word, sizeof(a->word), "w%d\"{,", i);
	params_init(&p);
	params_int(&p, wanted);
	params_text(&p, wanted % 5 == 0 ? NULL : a->word);
	params_time(&p, wanted);
	a->question = db_ask(db, statement, &p, on_rows, a);
	assert_non_null(a->question);
}

static void
wait_for(int n)
{
	const struct timeval second = { 1, 0 };

	for (int i = 0; i < 20 && ended < n; i++) {
		event_base_loopexit(base, &second);
		while (ended < n && !event_base_got_exit(base))
			event_base_loop(base, EVLOOP_ONCE);
	}
	assert_int_equal(ended, n);
}

static struct db *
pool(int connections, bool prepared)
{
	const struct db_options options = { .url = ground_url, .name = "test",
	    .application_name = "gather", .connections = connections,
	    .queue_max = 1000, .prepared = prepared };

	base = event_base_new();
	ended = 0;
	return db_open(base, &options);
}

static void
end(struct db *db)
{
	struct db_counts n;

	db_count(db, &n);
	assert_int_equal(n.waiting + n.in_flight, 0);
	for (int i = MANY; i-- > 0; ) {
		rows_free(askers[i].kept);
		askers[i].kept = NULL;
	}
	db_close(db);
	event_base_free(base);
}

static int
most_at_once(void)
{
	int most = 0;

	for (int i = 0; i < MANY; i++)
		most = askers[i].many > most ? askers[i].many : most;
	return most;
}

static void
everybody_gets_theirs(bool prepared, int connections)
{
	struct db *db = pool(connections, prepared);

	for (int i = 0; i < MANY; i++)
		ask(db, &some, i, i % 6);
	wait_for(MANY);
	for (int i = 0; i < MANY; i++)
		look(&askers[i]);
	assert_true(most_at_once() > 8);
	end(db);
}

static void
each_gets_its_own(void **state UNUSED)
{
	everybody_gets_theirs(true, 1);
	everybody_gets_theirs(true, 3);
	everybody_gets_theirs(false, 2);
}

static void
one_alone_is_asked_alone(void **state UNUSED)
{
	struct db *db = pool(1, true);

	ask(db, &some, 0, 3);
	wait_for(1);
	look(&askers[0]);
	assert_int_equal(askers[0].many, 1);
	end(db);
}

static void
a_bad_one_hurts_nobody(void **state UNUSED)
{
	struct db *db = pool(2, true);

	for (int i = 0; i < MANY; i++)
		ask(db, &some, i, i % 20 == 3 ? 7 : i % 6);
	wait_for(MANY);
	for (int i = 0; i < MANY; i++)
		if (i % 20 == 3)
			assert_int_equal(askers[i].failure, E_STATEMENT);
		else
			look(&askers[i]);
	end(db);
}

/* Somebody else's rows are never given: better asked again. */
static void
rows_out_of_order_are_not_trusted(void **state UNUSED)
{
	struct db *db = pool(1, true);

	for (int i = 0; i < MANY; i++)
		ask(db, &mistaken, i, 1 + i % 3);
	wait_for(MANY);
	for (int i = 0; i < MANY; i++) {
		look(&askers[i]);
		assert_int_equal(askers[i].many, 1);
	}
	end(db);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
	for (int i = 1; i < MANY; i += 2)
		if (!askers[i].ended) {
			db_forget(askers[i].question);
			askers[i].forgotten = true;
			ended++;
		}
}

static void
those_who_left_are_left_alone(void **state UNUSED)
{
	struct db *db = pool(1, true);

	for (int i = 0; i < MANY; i++)
		ask(db, &some, i, i % 6);
	while (ended == 0)		/* the next ones are in flight */
		event_base_loop(base, EVLOOP_ONCE);
	on_turn(-1, 0, NULL);
	wait_for(MANY);
	for (int i = 0; i < MANY; i++)
		if (!askers[i].forgotten)
			look(&askers[i]);
	end(db);
}

/* Asked again when a connection is lost; closing with some in flight leaks
 * nothing. */
static void
lost_connections_lose_no_answer(void **state UNUSED)
{
	struct db *db = pool(2, true);

	for (int i = 0; i < MANY; i++)
		ask(db, &some, i, i % 6);
	while (ended < 5)
		event_base_loop(base, EVLOOP_ONCE);
	ground_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	    " WHERE application_name = 'gather'");
	wait_for(MANY);
	for (int i = 0; i < MANY; i++)
		look(&askers[i]);
	for (int i = 0; i < MANY; i++) {
		rows_free(askers[i].kept);
		ask(db, &some, i, i % 6);
	}
	while (ended < MANY + 5)
		event_base_loop(base, EVLOOP_ONCE);
	for (int i = 0; i < MANY; i++)
		rows_free(askers[i].kept);
	db_close(db);
	event_base_free(base);
	memset(askers, 0, sizeof(askers));
}

/* Whoever looks at what runs sees who asks, and what. */
static void
statements_say_what_they_are(void **state UNUSED)
{
	static const struct statement seen = { "seen", "SELECT query AS word,"
	    " $1::int AS n, $2::text AS b, $3::timestamptz AS at, 1 AS many"
	    " FROM pg_stat_activity WHERE pid = pg_backend_pid()", false, NULL };

	for (int prepared = 0; prepared < 2; prepared++) {
		struct db *db = pool(1, prepared);

		ask(db, &seen, 0, 1);
		wait_for(1);
		assert_non_null(strstr(row_text(askers[0].kept, 0, "word"),
		    "/* guichet: seen */ SELECT"));
		end(db);
	}
}

static int
set_up(void **state UNUSED)
{
	ground_open("db_gather");
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	ground_close();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gets_its_own),
		cmocka_unit_test(one_alone_is_asked_alone),
		cmocka_unit_test(a_bad_one_hurts_nobody),
		cmocka_unit_test(rows_out_of_order_are_not_trusted),
		cmocka_unit_test(those_who_left_are_left_alone),
		cmocka_unit_test(lost_connections_lose_no_answer),
		cmocka_unit_test(statements_say_what_they_are),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
