/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_pipeline.c - the pool against a real PostgreSQL: answers that match their
 * questions whatever their neighbours do, connections that are killed, queues
 * that are full, and the same through pgbouncer in transaction mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/db.h"

static char own_url[512], pool_url[512], dir[64];
static struct event_base *base;

static const struct statement
    echoes = { "echoes", "SELECT q.a::bigint AS n, q.number FROM"
	" unnest($1::text[]) WITH ORDINALITY AS q (a, number)", false },
    echo = { "echo", "SELECT $1::bigint AS n", false, &echoes },
    divide = { "divide", "SELECT 1 / ($1::int - $1::int) AS n", false },
    nowhere = { "nowhere", "SELECT n FROM no_such_table WHERE n = $1", false },
    slow = { "slow", "SELECT pg_sleep($1::float8)::text AS n", false },
    add = { "add", "INSERT INTO kept (n) VALUES ($1) RETURNING n", true },
    add_once = { "add_once", "INSERT INTO once (n) VALUES ($1)", true },
    count = { "count", "SELECT count(*) AS n FROM kept", false },
    everything = { "everything", "SELECT * FROM wide", false },
    copy = { "copy", "COPY kept TO STDOUT", false },
    kill_all = { "kill_all", "SELECT count(pg_terminate_backend(pid)) AS n"
	" FROM pg_stat_activity WHERE application_name = $1"
	" AND pid <> pg_backend_pid()", false },
    show = { "show", "SELECT current_setting($1) AS v", false };

/* ---- the ground ---- */

static void
shell(char out[512], const char *fmt, ...)
{
	char command[1024];
	va_list ap;
	FILE *p;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	p = popen(command, "r");
	if (p == NULL || fgets(out, 512, p) == NULL)
		out[0] = '\0';
	assert_int_equal(pclose(p), 0);
	out[strcspn(out, "\n")] = '\0';
}

static struct db_now *
now_open(void)
{
	struct db_now *now;
	char why[256];

	if (db_now_open(&now, own_url, "test", why) < 0)
		fail_msg("%s", why);
	return now;
}

static void
run_sql(const char *sql)
{
	struct db_now *now = now_open();

	if (db_now_run(now, sql) < 0)
		fail_msg("%s", db_now_error(now));
	db_now_close(now);
}

static int64_t
ask_now(const struct statement *statement, const char *text)
{
	struct db_now *now = now_open();
	struct params p;
	struct rows *rows;
	int failure;
	int64_t n;

	params_init(&p);
	if (text != NULL)
		params_text(&p, text);
	rows = db_ask_now(now, statement, &p, &failure);
	assert_int_equal(failure, 0);
	n = row_int(rows, 0, "n");
	rows_free(rows);
	db_now_close(now);
	return n;
}

static int
set_up(void **state UNUSED)
{
	char out[512], *at;

	log_open(false, LEVEL_ERROR, "unit");
	strcpy(dir, "/tmp/guichet-unit.XXXXXX");
	assert_non_null(mkdtemp(dir));
	if (getenv("GUICHET_TEST_PG") != NULL)
		snprintf(own_url, sizeof(own_url), "%s",
		    getenv("GUICHET_TEST_PG"));
	else
		shell(own_url, "tests/support/pg start %s", dir);
	snprintf(out, sizeof(out), "CREATE DATABASE unit_%d", (int)getpid());
	run_sql(out);
	at = strstr(own_url, "/postgres?");
	assert_non_null(at);
	snprintf(out, sizeof(out), "%.*s/unit_%d%s", (int)(at - own_url),
	    own_url, (int)getpid(), at + strlen("/postgres"));
	memcpy(own_url, out, sizeof(out));
	shell(pool_url, "tests/support/pgbouncer start %s '%s'", dir, own_url);
	run_sql("CREATE TABLE kept (n bigint); CREATE TABLE once (n int "
	    "PRIMARY KEY); CREATE TABLE wide (a int)");
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	char out[512];

	shell(out, "tests/support/pgbouncer stop %s", dir);
	if (getenv("GUICHET_TEST_PG") == NULL)
		shell(out, "tests/support/pg remove %s", dir);
	shell(out, "rm -rf %s", dir);
	return 0;
}

static int
each_begins(void **state UNUSED)
{
	run_sql("TRUNCATE kept, once");
	base = event_base_new();
	return 0;
}

static int
each_ends(void **state UNUSED)
{
	event_base_free(base);
	return 0;
}

/* what is left 0 is the common choice */
static struct db *
pool(struct db_options o)
{
	if (o.url == NULL)
		o.url = own_url;
	if (o.connections == 0)
		o.connections = 2;
	if (o.queue_max == 0)
		o.queue_max = 1000;
	o.name = "test";
	o.application_name = "unit";
	return db_open(base, &o);
}

#define DIRECT(...) pool((struct db_options){ .prepared = true, __VA_ARGS__ })
#define POOLED(...) pool((struct db_options){ .url = pool_url, __VA_ARGS__ })

static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	*(bool *)arg = true;
	event_base_loopbreak(base);
}

/* Runs the loop until *done, or fails after so long. */
static void
run_until(const bool *done, int seconds)
{
	struct timeval tv = { seconds, 0 };
	bool late = false;
	struct event *timer = evtimer_new(base, on_late, &late);

	evtimer_add(timer, &tv);
	while (!*done && !late)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(timer);
	assert_true(*done);
}

/* ---- one question ---- */

struct one { bool done; int failure; int64_t n; char text[64]; };

static void
on_one(struct rows *rows, int failure, void *arg)
{
	struct one *one = arg;

	assert_false(one->done);
	one->done = true;
	one->failure = failure;
	if (rows == NULL || rows_count(rows) == 0)
		return;
	if (strcmp(rows_column_name(rows, 0), "n") == 0)
		one->n = row_int(rows, 0, "n");
	else if (strcmp(rows_column_name(rows, 0), "v") == 0)
		snprintf(one->text, sizeof(one->text), "%s",
		    row_text(rows, 0, "v"));
	else
		one->n = rows_columns(rows);
}

static struct one
ask_one(struct db *db, const struct statement *statement, const char *text)
{
	struct one one = { false };
	struct params p;

	params_init(&p);
	if (text != NULL)
		params_text(&p, text);
	assert_non_null(db_ask(db, statement, &p, on_one, &one));
	run_until(&one.done, 10);
	return one;
}

/* ---- many questions, each with its expected end ---- */

enum { MANY = 10000 };

enum kind { GOOD, BAD, NO_TABLE, WRITE, KINDS };
struct crowd {
	struct db *db;
	int asked, ended, full;
	int of[KINDS], lost[KINDS];
	bool done;
	bool killing;		/* E_UNAVAILABLE may happen */
	struct member { struct crowd *crowd; int i; bool ended; } *members;
};

static enum kind
kind_of(int i)
{
	return i % 97 == 5 ? NO_TABLE : i % 13 == 3 ? BAD :
	    i % 7 == 1 ? WRITE : GOOD;
}

static void ask_more(struct crowd *);

static void
on_member(struct rows *rows, int failure, void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	enum kind kind = kind_of(m->i);

	assert_false(m->ended);
	m->ended = true;
	if (failure == E_UNAVAILABLE && c->killing)
		c->lost[kind]++;
	else if (kind == BAD || kind == NO_TABLE)
		assert_int_equal(failure, E_STATEMENT);
	else {
		assert_int_equal(failure, 0);
		assert_int_equal(row_int(rows, 0, "n"), m->i);
	}
	c->of[kind]++;
	c->done = ++c->ended == MANY;
	ask_more(c);
}

static void
ask_more(struct crowd *c)
{
	static const struct statement *const by_kind[KINDS] = { &echo,
	    &divide, &nowhere, &add };

	while (c->asked < MANY) {
		struct member *m = &c->members[c->asked];
		struct params p;

		*m = (struct member){ c, c->asked, false };
		params_init(&p);
		params_int(&p, c->asked);
		if (db_ask(c->db, by_kind[kind_of(c->asked)], &p, on_member,
		    m) == NULL) {
			c->full++;
			return;
		}
		c->asked++;
	}
}

static void
crowd_run(struct crowd *c)
{
	struct db_counts counts;

	c->members = calloc(MANY, sizeof(*c->members));
	ask_more(c);
	run_until(&c->done, 60);
	for (int i = 0; i < MANY; i++)
		assert_true(c->members[i].ended);
	db_count(c->db, &counts);
	assert_int_equal(counts.waiting + counts.in_flight, 0);
	assert_int_equal(counts.asked, MANY);
	free(c->members);
	db_close(c->db);
}

static void
each_answer_meets_its_question(void **state UNUSED)
{
	struct crowd c = { .db = DIRECT() };

	crowd_run(&c);
	assert_true(c.full > 0);
	assert_true(c.of[BAD] > 500 && c.of[NO_TABLE] > 50);
	assert_int_equal(ask_now(&count, NULL), c.of[WRITE]);
}

static void
the_same_through_pgbouncer(void **state UNUSED)
{
	struct crowd c = { .db = POOLED(.statement_timeout_ms = 5000) };

	crowd_run(&c);
	assert_int_equal(ask_now(&count, NULL), c.of[WRITE]);
}

/* ---- killed backends ---- */

static void
on_kill(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	const char *name = arg;

	ask_now(&kill_all, name);
}

static struct event *
killer(const char *application_name, int every_ms)
{
	struct event *timer = event_new(base, -1, EV_PERSIST, on_kill,
	    (void *)application_name);
	struct timeval tv = { 0, every_ms * 1000 };

	event_add(timer, &tv);
	return timer;
}

static void
check_killed(struct crowd *c, struct db_counts *counts)
{
	int64_t kept = ask_now(&count, NULL);

	assert_true(counts->lost > 0);
	/* a write whose answer was lost may have happened, none twice */
	assert_true(kept >= c->of[WRITE] - c->lost[WRITE]);
	assert_true(kept <= c->of[WRITE]);
}

static void
killed_backends_lose_no_answer(void **state UNUSED)
{
	struct crowd c = { .db = DIRECT(.queue_max = 300), .killing = true };
	struct db_counts counts = { .lost = 1 };
	struct event *timer = killer("unit", 60);

	crowd_run(&c);
	event_free(timer);
	check_killed(&c, &counts);
}

static void
killed_behind_pgbouncer(void **state UNUSED)
{
	struct crowd c = { .db = POOLED(.queue_max = 300), .killing = true };
	struct db_counts counts = { .lost = 1 };
	struct event *timer = killer("unit", 60);

	crowd_run(&c);
	event_free(timer);
	check_killed(&c, &counts);
}

/* The rows of an INSERT come back before its commit, which may yet fail: a
 * deferred constraint speaks at the very end. */
static void
a_write_is_answered_when_committed(void **state UNUSED)
{
	static const struct statement late = { "late",
	    "INSERT INTO late (n) VALUES ($1) RETURNING n", true };
	struct db *db = DIRECT();

	run_sql("CREATE TABLE late (n bigint UNIQUE DEFERRABLE"
	    " INITIALLY DEFERRED)");
	assert_int_equal(ask_one(db, &late, "1").failure, 0);
	assert_true(ask_one(db, &late, "1").failure < 0);
	assert_int_equal(ask_one(db, &late, "2").n, 2);
	db_close(db);
}

/* An idle connection that was killed is no caller's concern. */
static void
idle_connections_come_back(void **state UNUSED)
{
	struct db *db = DIRECT();
	struct db_counts counts;

	assert_int_equal(ask_one(db, &echo, "1").n, 1);
	for (int i = 0; i < 5; i++) {
		ask_now(&kill_all, "unit");
		assert_int_equal(ask_one(db, &echo, "7").n, 7);
	}
	db_count(db, &counts);
	assert_true(counts.lost >= 5);
	assert_int_equal(counts.failed, 0);
	db_close(db);
}

/* ---- limits ---- */

static void
a_full_queue_says_so(void **state UNUSED)
{
	struct db *db = DIRECT(.queue_max = 10, .connections = 1);
	struct one ones[10] = { { false } };
	struct params p;

	params_init(&p);
	params_int(&p, 3);
	for (int i = 0; i < 10; i++)
		assert_non_null(db_ask(db, &echo, &p, on_one, &ones[i]));
	assert_null(db_ask(db, &echo, &p, on_one, &ones[0]));
	for (int i = 0; i < 10; i++)
		run_until(&ones[i].done, 10);
	assert_int_equal(ask_one(db, &echo, "4").n, 4);
	db_close(db);
}

static void
on_never(struct rows *rows UNUSED, int failure UNUSED, void *arg UNUSED)
{
	fail_msg("a forgotten question was answered");
}

static void
forgotten_questions_stay_silent(void **state UNUSED)
{
	struct db *db = DIRECT(.connections = 1);
	struct question *waiting[5], *sent[5];
	struct db_counts counts;
	struct params p;

	assert_int_equal(ask_one(db, &echo, "1").n, 1);
	params_init(&p);
	params_int(&p, 3);
	for (int i = 0; i < 5; i++)
		sent[i] = db_ask(db, &echo, &p, on_never, NULL);
	event_base_loop(base, EVLOOP_NONBLOCK);	/* they are on their way */
	for (int i = 0; i < 5; i++)
		waiting[i] = db_ask(db, &echo, &p, on_never, NULL);
	for (int i = 0; i < 5; i++) {
		db_forget(sent[i]);
		db_forget(waiting[i]);
	}
	assert_int_equal(ask_one(db, &echo, "2").n, 2);
	db_count(db, &counts);
	assert_int_equal(counts.waiting + counts.in_flight, 0);
	db_ask(db, &echo, &p, on_never, NULL);	/* db_close forgets the rest */
	db_close(db);
}

static void
a_database_away_says_so(void **state UNUSED)
{
	struct db *db = DIRECT(.url = "postgresql:///x?host=/nonexistent");
	int64_t begun = clock_mono_us();

	assert_int_equal(ask_one(db, &echo, "1").failure, E_UNAVAILABLE);
	assert_in_range(clock_mono_us() - begun, 1900000, 4000000);
	assert_false(db_ready(db));
	begun = clock_mono_us();
	assert_int_equal(ask_one(db, &echo, "1").failure, E_UNAVAILABLE);
	assert_in_range(clock_mono_us() - begun, 0, 200000);
	db_close(db);
}

static void
check_settings(struct db *db)
{
	int64_t begun = clock_mono_us();

	assert_int_equal(ask_one(db, &slow, "5").failure, E_TIMEOUT);
	assert_in_range(clock_mono_us() - begun, 0, 3000000);
	assert_int_equal(ask_one(db, &add, "5").failure, E_UNAVAILABLE);
	assert_string_equal(ask_one(db, &show, "TimeZone").text,
	    "Europe/Paris");
	db_close(db);
	assert_int_equal(ask_now(&count, NULL), 0);
}

static void
sessions_obey_their_settings(void **state UNUSED)
{
	check_settings(DIRECT(.read_only = true, .statement_timeout_ms = 200,
	    .time_zone = "Europe/Paris"));
	check_settings(POOLED(.read_only = true, .statement_timeout_ms = 200,
	    .time_zone = "Europe/Paris"));
}

/* What one pool sets must not reach another through a shared session. */
static void
settings_do_not_leak(void **state UNUSED)
{
	struct db *strict = POOLED(.read_only = true, .connections = 1,
	    .time_zone = "Asia/Tokyo");
	struct db *free_one = POOLED(.connections = 1);

	for (int i = 0; i < 20; i++) {
		assert_string_equal(ask_one(strict, &show, "TimeZone").text,
		    "Asia/Tokyo");
		assert_string_not_equal(ask_one(free_one, &show,
		    "TimeZone").text, "Asia/Tokyo");
		assert_int_equal(ask_one(free_one, &add, "1").failure, 0);
	}
	db_close(strict);
	db_close(free_one);
}

/* ---- statements that misbehave ---- */

static void
a_changed_table_is_no_trouble(void **state UNUSED)
{
	struct db *db = DIRECT();
	static const struct statement *list = &everything;

	run_sql("INSERT INTO wide VALUES (1)");
	for (int i = 0; i < 3; i++) {
		char sql[80];

		for (int k = 0; k < 4; k++)
			assert_int_equal(ask_one(db, list, NULL).n, i + 1);
		snprintf(sql, sizeof(sql), "ALTER TABLE wide ADD x%d int", i);
		run_sql(sql);
	}
	assert_int_equal(ask_one(db, list, NULL).n, 4);
	db_close(db);
}

static void
copy_is_refused_and_survived(void **state UNUSED)
{
	struct db *db = DIRECT(.connections = 1);

	assert_int_equal(ask_one(db, &copy, NULL).failure, E_STATEMENT);
	assert_int_equal(ask_one(db, &echo, "9").n, 9);
	db_close(db);
}

static void
a_double_is_a_conflict(void **state UNUSED)
{
	struct db *db = DIRECT();

	assert_int_equal(ask_one(db, &add_once, "1").failure, 0);
	assert_int_equal(ask_one(db, &add_once, "1").failure, E_CONFLICT);
	db_close(db);
}

static void
bad_ones_at_opening_hurt_nobody(void **state UNUSED)
{
	const struct statement list[] = { echo, nowhere, add };
	struct db *db = DIRECT(.statements = list, .statement_count = 3);

	assert_int_equal(ask_one(db, &list[0], "5").n, 5);
	assert_int_equal(ask_one(db, &list[1], "5").failure, E_STATEMENT);
	assert_int_equal(ask_one(db, &list[2], "6").n, 6);
	db_close(db);
}

/* ---- types ---- */

static const struct statement types = { "types",
    "SELECT $1::text AS t, $2::int AS i4, $3::smallint AS i2,"
    " $4::boolean AS b, $5::bytea AS y, $6::uuid AS u,"
    " $7::timestamptz AS ts, $8::text[] AS ts_list, $9::uuid[] AS u_list,"
    " $10::bigint[] AS i_list, $11::bytea[] AS y_list, NULL::text AS none,"
    " $12::jsonb AS j, ($10::bigint[])[2] AS second,"
    " ($11::bytea[])[1] AS first_bytes, '{}'::text[] AS empty,"
    " date '2026-03-29' AS d", false };

static void
on_types(struct rows *rows, int failure, void *arg)
{
	*(struct rows **)arg = rows_keep(rows);
	assert_int_equal(failure, 0);
}

static struct rows *
ask_types(struct db *db, struct arena *arena)
{
	const char *const texts[] = { "a", "", "é\"{}," };
	const int64_t ints[] = { -1, INT64_C(1) << 40 };
	struct piece bytes[] = { { "\0x", 2 }, { NULL, 0 } };
	struct rows *rows = NULL;
	struct uuid uuid;
	struct params p;

	assert_int_equal(uuid_parse(&uuid,
	    "01890a5d-ac96-774b-bcce-b302099a8057"), 0);
	params_init(&p);
	params_text(&p, "héron");
	params_int(&p, -42);
	params_int(&p, 7);
	params_bool(&p, true);
	params_bytes(&p, "\0\1\2", 3);
	params_uuid(&p, &uuid);
	params_time(&p, INT64_C(1772619330123456));
	params_texts(&p, arena, texts, 3);
	params_uuids(&p, arena, &uuid, 1);
	params_ints(&p, arena, ints, 2);
	params_byteses(&p, arena, bytes, 2);
	params_text(&p, "{\"k\": 1}");
	assert_non_null(db_ask(db, &types, &p, on_types, &rows));
	while (rows == NULL)
		event_base_loop(base, EVLOOP_ONCE);
	return rows;
}

static void
types_go_and_come_back(void **state UNUSED)
{
	struct arena *arena = arena_new();
	struct db *db = DIRECT();
	struct rows *r = ask_types(db, arena);
	struct uuid uuid;
	const char **list;
	size_t n;

	assert_string_equal(row_text(r, 0, "t"), "héron");
	assert_int_equal(row_int(r, 0, "i4"), -42);
	assert_int_equal(row_int(r, 0, "i2"), 7);
	assert_string_equal(row_text(r, 0, "i4"), "-42");
	assert_true(row_bool(r, 0, "b"));
	assert_memory_equal(row_bytes(r, 0, "y", &n), "\0\1\2", 3);
	assert_int_equal(n, 3);
	row_uuid(r, 0, "u", &uuid);
	assert_int_equal(uuid.bytes[15], 0x57);
	assert_string_equal(row_text(r, 0, "u"),
	    "01890a5d-ac96-774b-bcce-b302099a8057");
	assert_int_equal(row_time(r, 0, "ts"), INT64_C(1772619330123456));
	assert_string_equal(row_text(r, 0, "ts"), "2026-03-04T10:15:30.123456Z");
	assert_int_equal(row_time(r, 0, "d"), INT64_C(1774742400000000));
	list = row_texts(r, 0, "ts_list", arena, &n);
	assert_int_equal(n, 3);
	assert_string_equal(list[2], "é\"{},");
	assert_string_equal(list[1], "");
	assert_null(list[3]);
	list = row_texts(r, 0, "u_list", arena, &n);
	assert_string_equal(list[0], "01890a5d-ac96-774b-bcce-b302099a8057");
	assert_null(row_texts(r, 0, "empty", arena, &n)[0]);
	assert_int_equal(n, 0);
	assert_null(row_texts(r, 0, "none", arena, &n)[0]);
	assert_int_equal(row_int(r, 0, "second"), INT64_C(1) << 40);
	assert_memory_equal(row_bytes(r, 0, "first_bytes", &n), "\0x", 2);
	assert_true(row_null(r, 0, "none"));
	assert_null(row_text(r, 0, "none"));
	assert_string_equal(row_text(r, 0, "j"), "{\"k\": 1}");
	rows_free(r);
	db_close(db);
	arena_free(arena);
}

/* ---- notifications ---- */

struct heard { bool up, note; int ups, downs; char payload[32]; };

static void
on_notify(const char *channel, const char *payload, void *arg)
{
	struct heard *h = arg;

	assert_string_equal(channel, "unit_b");
	snprintf(h->payload, sizeof(h->payload), "%s", payload);
	h->note = true;
}

static void
on_listening(bool up, void *arg)
{
	struct heard *h = arg;

	h->up = up;
	*(up ? &h->ups : &h->downs) += 1;
}

static void
notifications_and_their_gaps_are_told(void **state UNUSED)
{
	static const char *const channels[] = { "unit_a", "unit_b", NULL };
	struct heard h = { false };
	struct listener *l = db_listen(base, own_url, channels, on_notify,
	    on_listening, &h);

	run_until(&h.up, 10);
	run_sql("NOTIFY unit_b, 'one'");
	run_until(&h.note, 5);
	assert_string_equal(h.payload, "one");
	ask_now(&kill_all, "guichet listen");
	while (h.downs == 0)
		event_base_loop(base, EVLOOP_ONCE);
	run_until(&h.up, 10);
	h.note = false;
	run_sql("NOTIFY unit_b, 'two'");
	run_until(&h.note, 5);
	assert_string_equal(h.payload, "two");
	assert_int_equal(h.ups, 2);
	db_unlisten(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, each_begins, each_ends)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types_go_and_come_back),
		TEST(each_answer_meets_its_question),
		TEST(the_same_through_pgbouncer),
		TEST(killed_backends_lose_no_answer),
		TEST(killed_behind_pgbouncer),
		TEST(a_write_is_answered_when_committed),
		TEST(idle_connections_come_back),
		TEST(a_full_queue_says_so),
		TEST(forgotten_questions_stay_silent),
		TEST(a_database_away_says_so),
		TEST(sessions_obey_their_settings),
		TEST(settings_do_not_leak),
		TEST(a_changed_table_is_no_trouble),
		TEST(copy_is_refused_and_survived),
		TEST(a_double_is_a_conflict),
		TEST(bad_ones_at_opening_hurt_nobody),
		TEST(notifications_and_their_gaps_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
