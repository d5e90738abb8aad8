/* SPDX-License-Identifier: Apache-2.0 */
/*
 * horizon.c against late commits: writers keep transactions open for up to
 * 30 ms while a reader turns pages. Up to the horizon nothing is lost; the
 * naive reader beside it (the control) must lose some, or the test has no teeth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include "base/buf.h"
#include "base/clock.h"
#include "catalogue/page.h"
#include "catalogue_ground.h"

enum { WRITERS = 8, NUMBERS = 200000, SECONDS = 4 };

static struct event_base *base;
static struct catalogue *catalogue;
static const struct dataset *dataset;
static struct source *source;
static struct db_now *now;
static int64_t told_us;
static int told_failure;

static void
open_catalogue(void)
{
	struct fault f;

	base = event_base_new();
	if (catalogue_load(&catalogue, &ground_settings, &f) < 0 ||
	    catalogue_describe(catalogue, &f) < 0) {
		fault_print(stderr, &f);
		abort();
	}
	dataset = dataset_find(catalogue, "test.thing");
	source = catalogue_source(catalogue, 0);
	catalogue_open(catalogue, base, &ground_settings);
}

static int
set_up(void **state UNUSED)
{
	int out_fd = dup(STDOUT_FILENO);

	ground_open("horizon");
	fflush(stdout);
	dup2(out_fd, STDOUT_FILENO);
	ground_sql("%s; CREATE SEQUENCE counted", cat_tables);
	cat_files();
	ground_settings.horizon_margin_ms = 2000;
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
	ground_sql("TRUNCATE thing");
	open_catalogue();
	now = ground_db();
	return db_now_run(now, "SET TimeZone = 'Europe/Paris'");
}

static int
each_ends(void **state UNUSED)
{
	db_now_close(now);
	catalogue_free(catalogue);
	event_base_free(base);
	return 0;
}

static void
on_known(int64_t us, int failure, void *arg UNUSED)
{
	told_us = us;
	told_failure = failure;
	event_base_loopbreak(base);
}

/* 0: a failure, in told_failure. */
static int64_t
horizon_now(void)
{
	told_us = -1;
	assert_non_null(horizon_ask(source, on_known, NULL));
	while (told_us == -1)
		event_base_loop(base, EVLOOP_ONCE);
	return told_us;
}

/* ---- writers ---- */

static void
write_on(unsigned seed)
{
	char why[256], sql[200];
	struct db_now *mine;

	if (db_now_open(&mine, ground_url, "writer", why) < 0)
		_exit(1);
	srand(seed);
	for (;;) {
		snprintf(sql, sizeof(sql), "BEGIN; INSERT INTO thing (customer, "
		    "place, number) VALUES ('me', 'w', nextval('counted'))");
		if (db_now_run(mine, sql) < 0)
			_exit(1);
		usleep((useconds_t)(rand() % 30000));
		if (db_now_run(mine, "COMMIT") < 0)
			_exit(1);
	}
}

static void
start_writers(pid_t writers[WRITERS])
{
	for (int i = 0; i < WRITERS; i++)
		if ((writers[i] = fork()) == 0)
			write_on((unsigned)i + 1);
}

static void
stop_writers(pid_t writers[WRITERS])
{
	for (int i = 0; i < WRITERS; i++) {
		kill(writers[i], SIGKILL);
		assert_int_equal(waitpid(writers[i], NULL, 0), writers[i]);
	}
}

/* ---- readers ---- */

static char seen[NUMBERS], naive_seen[NUMBERS];

struct reader { struct arena *arena; struct cursor after; bool begun; };

/* Every page there is up to the horizon; marks and counts the records. */
static void
read_on(struct reader *r, int64_t until_us)
{
	struct page_ask ask = { .dataset = dataset, .customer = "me",
	    .until_us = until_us, .limit = 100 };
	struct page page = { .more = true };

	while (page.more) {
		struct params params;
		struct rows *rows;
		struct buf b;
		int failure;

		ask.after = r->begun ? &r->after : NULL;
		assert_int_equal(page_params(&params, r->arena, &ask), 0);
		rows = db_ask_now(now, &dataset->page, &params, &failure);
		assert_non_null(rows);
		buf_init(&b);
		assert_int_equal(page_write(&page, &b, PAGE_LINES, &ask, rows,
		    1 << 20, r->arena), 0);
		for (int i = 0; i < page.records; i++) {
			int64_t n = row_int(rows, i, "number");

			assert_int_equal(seen[n]++, 0);		/* once */
		}
		if (page.records > 0) {
			r->after = page.last;
			r->begun = true;
		}
		buf_clear(&b);
		rows_free(rows);
	}
}

/* What everybody writes first: changed > the last one seen. */
static void
read_naively(char last[64])
{
	const struct statement q = { "naive", "SELECT number, changed::text AS c"
	    " FROM thing WHERE changed > $1::timestamptz ORDER BY changed", false };
	struct params params;
	struct rows *rows;
	int failure;

	params_init(&params);
	params_text(&params, last);
	rows = db_ask_now(now, &q, &params, &failure);
	assert_non_null(rows);
	for (int i = 0; i < rows_count(rows); i++) {
		naive_seen[row_int(rows, i, "number")] = 1;
		snprintf(last, 64, "%s", row_text(rows, i, "c"));
	}
	rows_free(rows);
}

static void
late_commits_are_not_lost(void **state UNUSED)
{
	struct reader r = { .arena = arena_new() };
	char last[64] = "-infinity";
	pid_t writers[WRITERS];
	int64_t end = clock_us() + SECONDS * INT64_C(1000000), count;
	int lost = 0, naive_lost = 0;

	start_writers(writers);
	while (clock_us() < end) {
		int64_t until = horizon_now();

		assert_true(until > 0);
		read_on(&r, until);
		read_naively(last);
		usleep(20000);
	}
	stop_writers(writers);
	usleep(2200000);
	read_on(&r, horizon_now());
	read_naively(last);
	count = ground_count("SELECT count(*) AS n FROM thing");
	for (int64_t n = 0; n < NUMBERS; n++) {
		lost += !seen[n];
		naive_lost += !naive_seen[n];
	}
	lost -= NUMBERS - (int)count;
	naive_lost -= NUMBERS - (int)count;
	print_message("rows=%d lost=%d naive_lost=%d\n", (int)count, lost,
	    naive_lost);
	assert_true(count > 200);
	assert_int_equal(lost, 0);
	assert_true(naive_lost > 0);
	arena_free(r.arena);
}

/* ---- who holds it ---- */

static int64_t
time_of(const char *sql)
{
	const struct statement q = { "t", sql, false };
	int failure;
	struct rows *rows = db_ask_now(now, &q, PARAMS_NONE, &failure);
	int64_t us = row_time(rows, 0, "t");

	rows_free(rows);
	return us;
}

static const int64_t margin_us = 2000000;

static void
the_oldest_transaction_holds_it(void **state UNUSED)
{
	struct db_now *old = ground_db();
	int64_t began, until;

	assert_int_equal(db_now_run(old, "BEGIN; SELECT 1"), 0);
	began = time_of("SELECT max(xact_start) AS t FROM pg_stat_activity"
	    " WHERE state = 'idle in transaction'"
	    " AND datname = current_database()");
	usleep(300000);
	until = horizon_now();
	assert_int_equal(until, began - margin_us);
	assert_int_equal(horizon_known(source, 1000), until);
	usleep(20000);
	assert_int_equal(horizon_known(source, 10), 0);
	assert_int_equal(db_now_run(old, "COMMIT"), 0);
	assert_true(horizon_now() > began - margin_us + 300000);
	db_now_close(old);
}

/* Another database cannot write here, nor can our own readers. */
static void
others_do_not(void **state UNUSED)
{
	struct db_now *reader, *elsewhere;
	char url[600], why[256];
	int64_t before = clock_us();

	snprintf(url, sizeof(url), "%s&application_name=guichet%%20read",
	    ground_url);
	assert_int_equal(db_now_open(&reader, url, "x", why), 0);
	assert_int_equal(db_now_run(reader, "BEGIN READ ONLY; SELECT 1"), 0);
	snprintf(url, sizeof(url), "postgresql:///template1%s",
	    strchr(ground_url, '?'));
	assert_int_equal(db_now_open(&elsewhere, url, "x", why), 0);
	assert_int_equal(db_now_run(elsewhere, "BEGIN; SELECT 1"), 0);
	usleep(200000);
	assert_true(horizon_now() > before - margin_us + 200000);
	db_now_close(reader);
	db_now_close(elsewhere);
}

/* Its start is written nowhere once it is prepared. */
static void
a_prepared_transaction_holds_it(void **state UNUSED)
{
	int64_t before = horizon_now(), row;

	ground_sql("BEGIN; INSERT INTO thing (customer, place, number)"
	    " VALUES ('me', 'p', 1); PREPARE TRANSACTION 'horizon a %d'",
	    (int)getpid());
	usleep(300000);
	assert_true(horizon_now() <= before + 100000);
	ground_sql("COMMIT PREPARED 'horizon a %d'", (int)getpid());
	row = time_of("SELECT changed AS t FROM thing");
	assert_true(told_us < row);
	assert_true(horizon_now() > before + 250000);
}

/* A source of XA has always some; the horizon moves on as they go. */
static void
a_chain_of_prepared_ones_does_not_stop_it(void **state UNUSED)
{
	int64_t before = horizon_now();
	int pid = (int)getpid();

	for (int i = 1; i <= 10; i++) {
		ground_sql("BEGIN; INSERT INTO thing (customer, place, number)"
		    " VALUES ('me', 'p', %d); PREPARE TRANSACTION 'x %d %d'", i,
		    pid, i);
		if (i > 1)
			ground_sql("COMMIT PREPARED 'x %d %d'", pid, i - 1);
		usleep(50000);
		assert_true(horizon_now() > 0);
	}
	assert_true(told_us > before + 300000);
	ground_sql("COMMIT PREPARED 'x %d 10'", pid);
}

/* Nobody knows when it began: better nothing than something lost. */
static void
one_that_was_there_before_us_stops_it(void **state UNUSED)
{
	int pid = (int)getpid();

	ground_sql("BEGIN; INSERT INTO thing (customer, place, number) VALUES"
	    " ('me', 'p', 1); PREPARE TRANSACTION 'before %d'", pid);
	assert_int_equal(horizon_now(), 0);
	assert_int_equal(told_failure, E_UNAVAILABLE);
	assert_int_equal(horizon_now(), 0);
	ground_sql("COMMIT PREPARED 'before %d'", pid);
	assert_true(horizon_now() > 0);
}

/* ---- who may not know it ---- */

static void
without_the_right_there_is_none(void **state UNUSED)
{
	struct catalogue *blind;
	struct fault f;
	char *url = ground_settings.source_places[0].url, role[64];
	char there[600], *user;

	snprintf(role, sizeof(role), "blind_%d", (int)getpid());
	ground_sql("CREATE ROLE %s LOGIN; GRANT SELECT ON thing TO %s", role, role);
	snprintf(there, sizeof(there), "%s", ground_url);
	assert_non_null(user = strstr(there, "user=postgres"));
	snprintf(user, sizeof(there) - (size_t)(user - there), "user=%s", role);
	ground_settings.source_places[0].url = there;
	assert_int_equal(catalogue_load(&blind, &ground_settings, &f), 0);
	assert_int_equal(catalogue_describe(blind, &f), E_BAD_INPUT);
	assert_string_equal(f.code, "E219");
	assert_non_null(strstr(f.cure, "GRANT pg_read_all_stats TO blind_"));
	catalogue_free(blind);
	ground_settings.source_places[0].url = url;
	ground_sql("DROP OWNED BY %s; DROP ROLE %s", role, role);
}

static void
a_session_that_hides_stops_it(void **state UNUSED)
{
	struct db_now *hidden = ground_db();

	assert_true(horizon_now() > 0);
	assert_int_equal(db_now_run(hidden, "SET track_activities = off; BEGIN;"
	    " SELECT 1"), 0);
	assert_int_equal(horizon_now(), 0);
	assert_int_equal(told_failure, E_UNAVAILABLE);
	db_now_close(hidden);
	usleep(100000);
	assert_true(horizon_now() > 0);
}

/* ---- waiting ---- */

static int told[3];

static void
on_told(int64_t us UNUSED, int failure UNUSED, void *arg)
{
	++*(int *)arg;
}

static void
many_wait_for_one_question(void **state UNUSED)
{
	struct horizon_wait *gone;

	memset(told, 0, sizeof(told));
	assert_non_null(horizon_ask(source, on_told, &told[0]));
	gone = horizon_ask(source, on_told, &told[1]);
	assert_non_null(horizon_ask(source, on_told, &told[2]));
	horizon_forget(gone);
	while (told[0] == 0 || told[2] == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(told[0], 1);
	assert_int_equal(told[1], 0);
	assert_int_equal(told[2], 1);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, each_begins, each_ends)
	const struct CMUnitTest tests[] = {
		CASE(late_commits_are_not_lost),
		CASE(the_oldest_transaction_holds_it),
		CASE(others_do_not),
		CASE(a_prepared_transaction_holds_it),
		CASE(a_chain_of_prepared_ones_does_not_stop_it),
		CASE(one_that_was_there_before_us_stops_it),
		CASE(without_the_right_there_is_none),
		CASE(a_session_that_hides_stops_it),
		CASE(many_wait_for_one_question),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
