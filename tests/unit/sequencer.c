/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequencer.c against a real PostgreSQL: nothing lost, nothing doubled, no
 * gap, one leader, and no signature under a history that was rolled back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "journal/sequencer.h"
#include "journal/verify.h"
#include "journal_ground.h"


static int
set_up(void **state UNUSED)
{
	int out_fd = dup(STDOUT_FILENO);

	ground_open("sequencer");
	fflush(stdout);
	dup2(out_fd, STDOUT_FILENO);
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
	char out[512];

	ground_sql("TRUNCATE guichet.journal_line, guichet.journal_bundle,"
	    " guichet.journal_tile, guichet.journal_note,"
	    " guichet.journal_head");
	ground_sql("UPDATE guichet.journal_turn SET seen = DEFAULT");
	ground_shell(out, "rm -rf %s", ground_notes);
	return 0;
}

/* Errors that a story expects are not for the reader of the results. */
static void
quiet(bool on)
{
	static int err_fd = -1;

	if (on) {
		err_fd = dup(STDERR_FILENO);
		if (freopen("/dev/null", "w", stderr) == NULL)
			abort();
	} else {
		dup2(err_fd, STDERR_FILENO);
		close(err_fd);
	}
}

/* n lines, every fourth in the other log. */
static void
stage(int n)
{
	ground_sql("INSERT INTO guichet.journal_line (id, log, leaf)"
	    " SELECT gen_random_uuid(), (i %% 4 = 0)::int,"
	    " convert_to('{\"v\":1,\"i\":' || i || ',\"r\":' || random() || '}',"
	    " 'UTF8') FROM generate_series(1, %d) AS i", n);
}

static int64_t
turn(struct sequencer *s)
{
	int64_t lines;

	assert_int_equal(sequencer_turn(s, &lines), 0);
	return lines;
}

/* Lines that have no place yet. */
static int64_t
waiting(void)
{
	return ground_count("SELECT count(*) - coalesce((SELECT sum(size)"
	    " FROM guichet.journal_head), 0)::bigint AS n"
	    " FROM guichet.journal_line");
}

/* Both logs verify, and hold so many lines together. */
static void
whole(int64_t lines)
{
	struct db_now *now = ground_db();
	int64_t found = 0;

	for (int i = 0; i < JOURNAL_LOGS; i++) {
		const char *name = journal_log_name((enum journal_log)i);
		struct verification v = { 0 };
		struct evidence *e;
		struct note_key key;
		char origin[100], why[256];

		snprintf(origin, sizeof(origin), "test.example/journal/%s", name);
		note_key_of(&key, origin, keys_journal(keys, name));
		v.key = &key;
		if (evidence_open_db(&e, now, (enum journal_log)i, why) < 0)
			fail_msg("%s", why);
		assert_int_equal(verify_log(&v, e), 0);
		if (!v.good)
			fail_msg("%s", v.why);
		found += (int64_t)v.entries;
		evidence_close(e);
	}
	assert_int_equal(found, lines);
	assert_int_equal(ground_count("SELECT count(*) AS n"
	    " FROM guichet.journal_line"), lines);
	assert_int_equal(waiting(), 0);
	assert_int_equal(ground_count("SELECT count(DISTINCT e.id) AS n"
	    " FROM guichet.journal_head AS h, LATERAL guichet.journal_entries("
	    "h.log, 0, h.size) AS e WHERE e.there"), lines);
	db_now_close(now);
}

/* ---- stories ---- */

static void
lines_get_their_places_and_are_signed(void **state UNUSED)
{
	static const int sizes[] = { 0, 1, 254, 1, 1, 3000, 66000, 7 };
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	int64_t all = 0;

	for (size_t i = 0; i < countof(sizes); i++) {
		stage(sizes[i]);
		assert_int_equal(turn(s), sizes[i]);
		whole(all += sizes[i]);
	}
	/* a new leader loads what the last one left */
	sequencer_free(s);
	s = sequencer_new(&ground_settings, keys);
	stage(300);
	assert_int_equal(turn(s), 300);
	whole(all + 300);
	sequencer_free(s);
}

/* Its number is older than that of lines long ordered. */
static void
a_line_that_commits_late_is_not_lost(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	struct db_now *late = ground_db();

	assert_int_equal(db_now_run(late, "BEGIN; INSERT INTO"
	    " guichet.journal_line (id, log, leaf)"
	    " VALUES (gen_random_uuid(), 0, 'late')"), 0);
	stage(20);
	assert_int_equal(turn(s), 20);
	assert_int_equal(db_now_run(late, "COMMIT"), 0);
	assert_int_equal(turn(s), 1);
	whole(21);
	db_now_close(late);
	sequencer_free(s);
}

/* By pg_restore: ids of transactions say nothing here, some lie ahead of ours. */
static void
tables_from_another_cluster_go_on(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);

	stage(600);
	assert_int_equal(turn(s), 600);
	sequencer_free(s);
	stage(7);			/* dumped before they got a place */
	ground_sql("UPDATE guichet.journal_turn SET cluster = 1;"
	    "UPDATE guichet.journal_line SET xid = CASE WHEN n %% 2 = 0"
	    " THEN '5'::xid8 ELSE '9000000000000000000'::xid8 END");
	s = sequencer_new(&ground_settings, keys);
	assert_int_equal(turn(s), 7);
	whole(607);
	stage(3);
	assert_int_equal(turn(s), 3);
	whole(610);
	sequencer_free(s);
}

static void
one_leads(void **state UNUSED)
{
	struct sequencer *one = sequencer_new(&ground_settings, keys);
	struct sequencer *two = sequencer_new(&ground_settings, keys);
	int64_t lines;

	stage(3);
	assert_int_equal(turn(one), 3);
	stage(4);
	assert_int_equal(sequencer_turn(two, &lines), E_CONFLICT);
	assert_int_equal(lines, 0);
	sequencer_free(one);
	while (sequencer_turn(two, &lines) == E_CONFLICT)
		usleep(10000);		/* the other session is ending */
	assert_int_equal(lines, 4);
	whole(7);
	sequencer_free(two);
}

/* It slept for a minute and believes to lead: the fence knows better. */
static void
a_stale_leader_commits_nothing(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	int64_t lines;

	stage(5);
	assert_int_equal(turn(s), 5);
	ground_sql("UPDATE guichet.journal_head SET epoch = epoch + 1");
	stage(6);
	assert_int_equal(sequencer_turn(s, &lines), E_CONFLICT);
	assert_int_equal(waiting(), 6);
	assert_int_equal(turn(s), 6);		/* it leads anew */
	whole(11);
	sequencer_free(s);
}

static void
a_restored_backup_is_not_signed(void **state UNUSED)
{
	static const char *const tables[] = { "line", "bundle", "tile", "note",
	    "head", "turn" };
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	int64_t notes;

	stage(700);
	turn(s);
	for (size_t i = 0; i < countof(tables); i++)
		ground_sql("CREATE TABLE kept_%s AS SELECT * FROM"
		    " guichet.journal_%s", tables[i], tables[i]);
	stage(700);
	turn(s);
	sequencer_free(s);
	for (size_t i = 0; i < countof(tables); i++)
		ground_sql("TRUNCATE guichet.journal_%s; INSERT INTO"
		    " guichet.journal_%s OVERRIDING SYSTEM VALUE"
		    " SELECT * FROM kept_%s; DROP TABLE"
		    " kept_%s", tables[i], tables[i], tables[i], tables[i]);
	/* as long as before, and longer than before: neither is signed */
	quiet(true);
	s = sequencer_new(&ground_settings, keys);
	notes = ground_count("SELECT count(*) AS n FROM guichet.journal_note");
	assert_int_equal(sequencer_turn(s, NULL), E_DENIED);
	stage(900);
	assert_int_equal(sequencer_turn(s, NULL), E_DENIED);
	assert_int_equal(waiting(), 900 + 1);	/* one line tells the alarm */
	assert_int_equal(ground_count("SELECT count(*) AS n"
	    " FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8')"
	    " LIKE '%\"integrity.fork_refused\"%'"), 1);
	assert_int_equal(ground_count("SELECT count(*) AS n"
	    " FROM guichet.journal_note"), notes);
	quiet(false);
	sequencer_free(s);
}

/* Somebody orders other lines while the guard is away: found at the next. */
static void
another_history_is_not_signed(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	char out[512];

	stage(100);
	turn(s);
	sequencer_free(s);
	ground_shell(out, "mv %s %s.kept", ground_notes, ground_notes);
	each_begins(NULL);
	stage(300);
	s = sequencer_new(&ground_settings, keys);
	turn(s);
	sequencer_free(s);
	ground_shell(out, "rm -rf %s; mv %s.kept %s", ground_notes,
	    ground_notes, ground_notes);
	stage(1);
	quiet(true);
	s = sequencer_new(&ground_settings, keys);
	assert_int_equal(sequencer_turn(s, NULL), E_DENIED);
	quiet(false);
	sequencer_free(s);
}

/* Who waits to lead keeps what is published, in notes of its own. */
static void
who_takes_over_is_not_blind(void **state UNUSED)
{
	struct sequencer *one = sequencer_new(&ground_settings, keys), *two;
	struct settings other = ground_settings;
	char address[SIGNER_ADDRESS], notes[120], out[512];
	pid_t pid;

	snprintf(notes, sizeof(notes), "%s.other", ground_notes);
	pid = ground_sign(notes, address);
	other.journal_signer = address;
	two = sequencer_new(&other, keys);
	stage(100);
	turn(one);
	assert_int_equal(sequencer_turn(two, NULL), E_CONFLICT);
	ground_shell(out, "cmp %s/restitution.note %s/restitution.note",
	    ground_notes, notes);
	stage(300);
	turn(one);
	assert_int_equal(sequencer_turn(two, NULL), E_CONFLICT);
	ground_shell(out, "cmp %s/restitution.note %s/restitution.note",
	    ground_notes, notes);
	sequencer_free(one);
	/* the end of both logs is lost with the host that led */
	ground_sql("TRUNCATE guichet.journal_line, guichet.journal_bundle,"
	    " guichet.journal_tile, guichet.journal_note,"
	    " guichet.journal_head");
	ground_sql("UPDATE guichet.journal_turn SET seen = DEFAULT");
	stage(50);
	quiet(true);
	while (sequencer_turn(two, NULL) == E_CONFLICT)
		usleep(10000);		/* the other session is ending */
	assert_int_equal(sequencer_turn(two, NULL), E_DENIED);
	quiet(false);
	assert_int_equal(ground_count("SELECT count(*) AS n"
	    " FROM guichet.journal_note"), 0);
	sequencer_free(two);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ground_shell(out, "rm -rf %s", notes);
}

/* Frozen between its last look at the fence and the answer: not published. */
static void
who_leads_no_more_publishes_nothing(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	int64_t notes;

	stage(5);
	turn(s);
	notes = ground_count("SELECT count(*) AS n FROM guichet.journal_note");
	ground_sql("CREATE FUNCTION guichet.usurp() RETURNS trigger"
	    " LANGUAGE plpgsql AS $$ BEGIN UPDATE guichet.journal_head"
	    " SET epoch = epoch + 1; RETURN NEW; END $$;"
	    "CREATE TRIGGER usurp AFTER UPDATE OF size ON guichet.journal_head"
	    " FOR EACH ROW EXECUTE FUNCTION guichet.usurp()");
	stage(6);
	assert_int_equal(sequencer_turn(s, NULL), E_CONFLICT);
	assert_int_equal(ground_count("SELECT count(*) AS n"
	    " FROM guichet.journal_note"), notes);
	ground_sql("DROP TRIGGER usurp ON guichet.journal_head");
	turn(s);
	whole(11);
	sequencer_free(s);
}

static void
without_its_signer_nothing_moves(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	char address[SIGNER_ADDRESS];

	stage(5);
	turn(s);
	kill(ground_signs, SIGKILL);
	waitpid(ground_signs, NULL, 0);
	stage(6);
	quiet(true);
	assert_int_equal(sequencer_turn(s, NULL), E_UNAVAILABLE);
	assert_int_equal(sequencer_turn(s, NULL), E_UNAVAILABLE);
	quiet(false);
	ground_signs = ground_sign(ground_notes, address);
	strcpy(ground_signer, address);
	sequencer_free(s);
	s = sequencer_new(&ground_settings, keys);
	turn(s);
	whole(11);
	sequencer_free(s);
}

static pid_t
killer(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (;;) {
		ground_sql("SELECT pg_terminate_backend(pid) FROM"
		    " pg_stat_activity WHERE datname = current_database()"
		    " AND application_name = 'guichet journal'");
		usleep(20000 + (useconds_t)(rand() % 60000));
	}
}

static void
killed_connections_lose_and_double_nothing(void **state UNUSED)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	int64_t all = 0;
	int failures = 0;
	pid_t pid;

	quiet(true);
	pid = killer();
	for (int i = 0; i < 60 || failures < 5; i++) {
		stage(500);
		all += 500;
		failures += sequencer_turn(s, NULL) != 0;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (sequencer_turn(s, NULL) != 0)
		usleep(10000);
	quiet(false);
	whole(all);
	sequencer_free(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup(f, each_begins)
	const struct CMUnitTest tests[] = {
		STORY(lines_get_their_places_and_are_signed),
		STORY(a_line_that_commits_late_is_not_lost),
		STORY(tables_from_another_cluster_go_on),
		STORY(one_leads),
		STORY(a_stale_leader_commits_nothing),
		STORY(a_restored_backup_is_not_signed),
		STORY(another_history_is_not_signed),
		STORY(who_takes_over_is_not_blind),
		STORY(who_leads_no_more_publishes_nothing),
		STORY(without_its_signer_nothing_moves),
		STORY(killed_connections_lose_and_double_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
