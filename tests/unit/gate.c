/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c against a real PostgreSQL: who is admitted, who is not, what a grant
 * being changed delays, and that notes survive whatever happens to a batch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <event2/event.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "journal/gate.h"
#include "journal_ground.h"

enum { GRANTS = 40, UNSET = 12345 };

static struct event_base *base;
static struct gate *gate;
static int out_fd;

/* ---- the ground ---- */

static int
set_up(void **state UNUSED)
{
	out_fd = dup(STDOUT_FILENO);
	ground_open("gate");
	fflush(stdout);
	dup2(out_fd, STDOUT_FILENO);
	ground_fill(GRANTS);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	ground_close();
	return 0;
}

static int
each_begins(void **state UNUSED)
{
	ground_sql("TRUNCATE guichet.journal_line;"
	    "UPDATE guichet.grants SET state = 'active',"
	    " expires = now() + interval '1 day';"
	    "UPDATE guichet.client SET state = 'admitted'");
	base = event_base_new();
	gate = gate_new(base, &ground_settings);
	return 0;
}

static int
each_ends(void **state UNUSED)
{
	gate_free(gate);
	event_base_free(base);
	return 0;
}

/* ---- asking ---- */

struct asked { int verdict; int64_t begun_us, ms; struct gate_pass *pass; };

static void
on_verdict(int verdict, void *arg)
{
	struct asked *q = arg;

	assert_int_equal(q->verdict, UNSET);	/* once */
	q->verdict = verdict;
	q->ms = (clock_mono_us() - q->begun_us) / 1000;
}

static void
admit(struct asked *q, int grant)
{
	struct arena *a = arena_new();
	struct line_row row;

	ground_row(&row, a, "pull.begun", grant);
	*q = (struct asked){ UNSET, clock_mono_us(), 0, NULL };
	q->pass = gate_admit(gate, &row, on_verdict, q);
	arena_free(a);		/* the gate has its own copy */
}

static void
note(int grant)
{
	struct arena *a = arena_new();
	struct line_row row;

	ground_row(&row, a, "pull.ended", grant);
	gate_note(gate, &row);
	arena_free(a);
}

static bool
all_told(const struct asked *q, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (q[i].verdict == UNSET)
			return false;
	return gate_idle(gate);
}

static void
run(const struct asked *q, size_t n)
{
	int64_t end = clock_mono_us() + 8000000;

	while (!all_told(q, n)) {
		const struct timeval tick = { 0, 2000 };

		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
		if (clock_mono_us() > end)
			fail_msg("no verdict in 8 s");
	}
}

/* A new gate opens its connection first. */
static void
warm_up(void)
{
	struct asked q;

	do {
		admit(&q, 0);
		run(&q, 1);
	} while (q.verdict == E_UNAVAILABLE);
	assert_int_equal(q.verdict, 0);
	ground_sql("TRUNCATE guichet.journal_line");
}

static int64_t
staged(void)
{
	return ground_count("SELECT count(*) AS n FROM guichet.journal_line");
}

/* ---- stories ---- */

static void
live_grants_are_admitted_and_written(void **state UNUSED)
{
	static struct asked q[500];
	struct gate_counts counts;

	warm_up();
	for (int i = 0; i < 500; i++)
		admit(&q[i], i % GRANTS);
	run(q, 500);
	for (int i = 0; i < 500; i++)
		assert_int_equal(q[i].verdict, 0);
	assert_int_equal(staged(), 500);
	gate_count(gate, &counts);
	assert_true(counts.batches <= 8);	/* 5 full ones, and warming up */
	/* everything reached its column */
	assert_int_equal(ground_count("SELECT count(*) AS n FROM"
	    " guichet.journal_line WHERE log = 0 AND length(salt) = 32"
	    " AND convert_from(side, 'UTF8')::json->>'grant' = grant_id::text"
	    " AND convert_from(leaf, 'UTF8')::json->>'id' = id::text"
	    " AND subject_id = '51000000-0000-0000-0000-000000000000'"
	    " AND client_id = 'pims'"), 500);
}

static void
dead_grants_are_denied_alone(void **state UNUSED)
{
	static struct asked q[6];

	warm_up();
	ground_sql("UPDATE guichet.grants SET state = 'withdrawn'"
	    " WHERE id = '60000000-0000-0000-0000-000000000001';"
	    "UPDATE guichet.grants SET expires = now() - interval '1 s'"
	    " WHERE id = '60000000-0000-0000-0000-000000000002';"
	    "UPDATE guichet.grants SET state = 'paused'"
	    " WHERE id = '60000000-0000-0000-0000-000000000003';"
	    "UPDATE guichet.client SET state = 'suspended'"
	    " WHERE id = 'other'");		/* the recipient of grant 9 */
	admit(&q[0], 0);
	admit(&q[1], 1);
	admit(&q[2], 2);
	admit(&q[3], 3);
	admit(&q[4], 9);
	admit(&q[5], GRANTS + 7);		/* there is none */
	run(q, countof(q));
	assert_int_equal(q[0].verdict, 0);
	for (int i = 1; i < 6; i++)
		assert_int_equal(q[i].verdict, E_DENIED);
	assert_int_equal(staged(), 1);
}

/* Somebody holds grant 1 for 150 ms, then withdraws it; grant 2 for longer
 * than anybody waits; grant 3 is held and let go unchanged. */
static void
a_grant_being_changed_delays_its_own_lines(void **state UNUSED)
{
	static struct asked q[4];
	struct db_now *one = ground_db(), *two = ground_db(), *three = ground_db();
	const struct timeval tick = { 0, 150000 };

	warm_up();
	assert_int_equal(db_now_run(one, "BEGIN; UPDATE guichet.grants SET"
	    " state = 'withdrawn' WHERE id ="
	    " '60000000-0000-0000-0000-000000000001'"), 0);
	assert_int_equal(db_now_run(two, "BEGIN; UPDATE guichet.grants SET"
	    " state = 'withdrawn' WHERE id ="
	    " '60000000-0000-0000-0000-000000000002'"), 0);
	assert_int_equal(db_now_run(three, "BEGIN; SELECT FROM guichet.grants"
	    " WHERE id = '60000000-0000-0000-0000-000000000003' FOR UPDATE"), 0);
	for (int i = 0; i < 4; i++)
		admit(&q[i], i);
	event_base_loopexit(base, &tick);
	event_base_dispatch(base);
	assert_int_equal(q[0].verdict, 0);
	assert_true(q[0].ms < 100);
	assert_int_equal(q[1].verdict, UNSET);
	assert_int_equal(db_now_run(one, "COMMIT"), 0);
	assert_int_equal(db_now_run(three, "COMMIT"), 0);
	run(q, 4);
	assert_int_equal(q[1].verdict, E_DENIED);
	assert_int_equal(q[2].verdict, E_UNAVAILABLE);
	assert_true(q[2].ms >= 450 && q[2].ms < 1000);
	assert_int_equal(q[3].verdict, 0);
	assert_int_equal(staged(), 2);
	db_now_close(one);
	db_now_close(two);		/* rolls back */
	db_now_close(three);
}

static void
who_left_gets_no_verdict(void **state UNUSED)
{
	static struct asked q[2];

	warm_up();
	admit(&q[0], 0);
	admit(&q[1], 1);
	gate_forget(q[0].pass);
	run(&q[1], 1);
	assert_int_equal(q[0].verdict, UNSET);
	assert_int_equal(staged(), 1);
}

/* The table is locked: passes are told within a second, notes stay. */
static void
a_stuck_database_refuses_calls_and_keeps_notes(void **state UNUSED)
{
	static struct asked q[3];
	struct db_now *other = ground_db();

	warm_up();
	assert_int_equal(db_now_run(other, "BEGIN; LOCK guichet.journal_line"
	    " IN ACCESS EXCLUSIVE MODE"), 0);
	admit(&q[0], 0);
	note(0);
	while (q[0].verdict == UNSET)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(q[0].verdict, E_UNAVAILABLE);
	assert_true(q[0].ms >= 900 && q[0].ms < 1500);
	admit(&q[1], 1);
	while (q[1].verdict == UNSET)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(q[1].verdict, E_UNAVAILABLE);
	assert_false(gate_idle(gate));
	db_now_close(other);
	admit(&q[2], 2);
	run(q, 3);
	assert_int_equal(q[2].verdict, 0);
	/* the pass of the first batch was written all the same, not sent */
	assert_int_equal(ground_count("SELECT count(*) AS n FROM"
	    " guichet.journal_line WHERE convert_from(leaf, 'UTF8')::json->>'ev'"
	    " = 'pull.ended'"), 1);
}

/* Its backend is killed again and again: each note is there at least once. */
static void
notes_survive_killed_connections(void **state UNUSED)
{
	const struct timeval tick = { 0, 30000 };

	warm_up();
	for (int i = 0; i < 300; i++) {
		note(i % GRANTS);
		if (i % 50 == 25) {
			ground_sql("SELECT pg_terminate_backend(pid) FROM"
			    " pg_stat_activity WHERE application_name ="
			    " 'guichet gate' AND datname = current_database()");
			event_base_loopexit(base, &tick);
			event_base_dispatch(base);
		}
	}
	run(NULL, 0);
	assert_int_equal(ground_count("SELECT count(DISTINCT id) AS n FROM"
	    " guichet.journal_line"), 300);
}

/* Its first answer was lost: it is there, and its neighbours are not held up. */
static void
a_note_written_twice_is_there_once(void **state UNUSED)
{
	struct arena *a = arena_new();
	struct asked q;
	struct line_row row;

	warm_up();
	ground_row(&row, a, "pull.ended", 0);
	gate_note(gate, &row);
	run(NULL, 0);
	for (int i = 0; i < 20; i++)
		note(i % GRANTS);
	gate_note(gate, &row);
	admit(&q, 1);
	for (int i = 0; i < 20; i++)
		note(i % GRANTS);
	run(&q, 1);
	assert_int_equal(q.verdict, 0);
	run(NULL, 0);
	assert_true(gate_idle(gate));
	assert_int_equal(staged(), 42);
	arena_free(a);
}

static void
on_drained(void *arg)
{
	*(int64_t *)arg = clock_mono_us();
}

static void
a_worker_that_ends_waits_for_its_notes(void **state UNUSED)
{
	struct db_now *other = ground_db();
	int64_t told = 0, begun;

	warm_up();
	gate_drain(gate, 5000, on_drained, &told);	/* nothing to wait for */
	event_base_loop(base, EVLOOP_ONCE);
	assert_true(told != 0);
	for (int i = 0; i < 250; i++)
		note(i % GRANTS);
	told = 0;
	gate_drain(gate, 5000, on_drained, &told);
	while (told == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_true(gate_idle(gate));
	assert_int_equal(staged(), 250);
	/* but not for ever */
	assert_int_equal(db_now_run(other, "BEGIN; LOCK guichet.journal_line"
	    " IN ACCESS EXCLUSIVE MODE"), 0);
	note(0);
	told = 0;
	begun = clock_mono_us();
	gate_drain(gate, 200, on_drained, &told);
	while (told == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_false(gate_idle(gate));
	assert_true(told - begun >= 190000 && told - begun < 900000);
	db_now_close(other);
	run(NULL, 0);
}

/* ---- the race that must never be lost ---- */

enum { CALLERS = 64 };

struct caller { int grant; bool *gone; };

static void ask_again(struct caller *);

static void
on_told(int verdict, void *arg)
{
	struct caller *c = arg;

	assert_true(verdict == 0 || verdict == E_DENIED);
	if (verdict == E_DENIED)
		c->gone[c->grant] = true;
	for (int i = 0; i < GRANTS; i++) {
		c->grant = (c->grant + 1) % GRANTS;
		if (!c->gone[c->grant]) {
			ask_again(c);
			return;
		}
	}
}

static void
ask_again(struct caller *c)
{
	struct arena *a = arena_new();
	struct line_row row;

	ground_row(&row, a, "pull.begun", c->grant);
	gate_admit(gate, &row, on_told, c);
	arena_free(a);
}

/* Withdraws one grant after the other, as every state change is written. */
static pid_t
withdrawer(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int i = 0; i < GRANTS; i++) {
		usleep(4000);
		ground_sql("WITH done AS (UPDATE guichet.grants SET state ="
		    " 'withdrawn' WHERE id = ('60000000-0000-0000-0000-' ||"
		    " lpad(to_hex(%d), 12, '0'))::uuid AND pg_sleep(%s) IS NOT"
		    " NULL RETURNING id) INSERT INTO guichet.journal_line"
		    " (id, log, leaf, grant_id) SELECT gen_random_uuid(), 1,"
		    " '{\"ev\":\"consent.withdrawn\"}', id FROM done",
		    i, i % 3 == 0 ? "0.01" : "0");
	}
	_exit(0);
}

static void
no_line_stands_behind_a_withdrawal(void **state UNUSED)
{
	static struct caller c[CALLERS];
	static bool gone[GRANTS];
	int64_t end = clock_mono_us() + 20000000;
	int status, left = GRANTS;
	pid_t pid;

	warm_up();
	for (int i = 0; i < CALLERS; i++) {
		c[i] = (struct caller){ i % GRANTS, gone };
		ask_again(&c[i]);
	}
	pid = withdrawer();
	while (left > 0 && clock_mono_us() < end) {
		const struct timeval tick = { 0, 5000 };

		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
		left = 0;
		for (int i = 0; i < GRANTS; i++)
			left += !gone[i];
	}
	waitpid(pid, &status, 0);
	assert_int_equal(left, 0);
	assert_int_equal(status, 0);
	assert_true(staged() > 10 * GRANTS);	/* there was a race */
	assert_int_equal(ground_count("SELECT count(*) AS n FROM"
	    " guichet.journal_line AS w JOIN guichet.journal_line AS b"
	    " ON b.grant_id = w.grant_id AND b.n > w.n WHERE w.log = 1"), 0);
	assert_int_equal(ground_count("SELECT count(*) AS n FROM"
	    " guichet.journal_line WHERE log = 1"), GRANTS);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, each_begins, each_ends)
	const struct CMUnitTest tests[] = {
		STORY(live_grants_are_admitted_and_written),
		STORY(dead_grants_are_denied_alone),
		STORY(a_grant_being_changed_delays_its_own_lines),
		STORY(who_left_gets_no_verdict),
		STORY(a_stuck_database_refuses_calls_and_keeps_notes),
		STORY(notes_survive_killed_connections),
		STORY(a_note_written_twice_is_there_once),
		STORY(a_worker_that_ends_waits_for_its_notes),
		STORY(no_line_stands_behind_a_withdrawal),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
