/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate.c - guichet's own tables, by numbered SQL files built in.
 *
 * Each step takes an advisory lock, looks again whether it is needed, runs the
 * file and notes it, all in one transaction: it works through a pooler, and
 * two who migrate at once do each step once.
 */
#include "db/migrate.h"
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/db_own.h"

struct migration { const char *name, *text; size_t size; };
extern const struct migration migration_table[];	/* deploy/embed */

static const char ledger[] =
	"CREATE SCHEMA IF NOT EXISTS guichet;"
	"CREATE TABLE IF NOT EXISTS guichet.migration ("
	"	version		int PRIMARY KEY,"
	"	name		text NOT NULL,"
	"	checksum	bytea NOT NULL,"
	"	applied		timestamptz NOT NULL DEFAULT now())";

struct step {
	int version;
	const char *name;	/* "0001-first" */
	const char *text;
	uint8_t checksum[SHA256_SIZE];
	char checksum_text[2 * SHA256_SIZE + 1];
};

static void
step_of(struct step *s, const struct migration *m)
{
	s->version = atoi(m->name);
	s->name = m->name;
	s->text = m->text;
	sha256(s->checksum, m->text, m->size);
	hex_encode(s->checksum_text, s->checksum, sizeof(s->checksum));
}

int
schema_newest(void)
{
	int newest = 0;

	for (const struct migration *m = migration_table; m->name != NULL; m++)
		newest = atoi(m->name);
	return newest;
}

static int
fault_away(struct fault *f, const char *why)
{
	fault_set(f, "E301", "", 0, 0,
	    "guichet's own database gives no answer: %s", why);
	fault_cure(f, "look at [database] url, and whether that PostgreSQL runs");
	return E_UNAVAILABLE;
}

static int
fault_changed(struct fault *f, const struct step *s, const char *applied)
{
	fault_set(f, "E302", "", 0, 0,
	    "migration %s was changed after it was applied (%.12s there, "
	    "%.12s here)", s->name, applied, s->checksum_text);
	fault_cure(f, "an applied migration is never edited: run the program "
	    "that applied it, or restore its file and add a new one");
	return E_CONFLICT;
}

static int
fault_script(struct fault *f, const struct step *s, const PGresult *res)
{
	const char *at = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
	char file[128];
	int line = 0;

	if (at != NULL) {
		line = 1;
		for (int i = 0, n = atoi(at); i < n && s->text[i] != '\0'; i++)
			line += s->text[i] == '\n';
	}
	snprintf(file, sizeof(file), "gateway/sql/migrations/%s.sql", s->name);
	fault_set(f, "E303", file, line, 0, "migration failed: %s",
	    PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY));
	fault_cure(f, "nothing of it was kept; mend the cause, migrate again");
	return E_STATEMENT;
}

/* 1 applied as we know it, 0 not applied, else the fault. */
static int
is_applied(struct db_now *now, const struct step *s, struct fault *f)
{
	struct params p;
	struct rows *rows;
	int rc, found;

	params_init(&p);
	params_int(&p, s->version);
	rows = db_ask_now(now, SQL_MIGRATION_FIND, &p, &rc);
	if (rows == NULL)
		return fault_away(f, db_now_error(now));
	found = rc = rows_count(rows) > 0;
	if (found && strcmp(row_text(rows, 0, "checksum"),
	    s->checksum_text) != 0)
		rc = fault_changed(f, s, row_text(rows, 0, "checksum"));
	rows_free(rows);
	return rc;
}

static int
run_script(struct db_now *now, const struct step *s, struct fault *f)
{
	PGconn *pg = db_now_connection(now);
	PGresult *res = PQexec(pg, s->text);
	char why[REASON_MAX];
	struct params p;
	int rc = 0;

	reason_of(why, PQerrorMessage(pg));
	if (PQstatus(pg) == CONNECTION_BAD)
		rc = fault_away(f, why);
	else if (PQresultStatus(res) == PGRES_FATAL_ERROR)
		rc = fault_script(f, s, res);
	PQclear(res);
	if (rc < 0)
		return rc;
	params_init(&p);
	params_int(&p, s->version);
	params_text(&p, s->name);
	params_bytes(&p, s->checksum, sizeof(s->checksum));
	rows_free(db_ask_now(now, SQL_MIGRATION_ADD, &p, &rc));
	return rc < 0 ? fault_away(f, db_now_error(now)) : 0;
}

static int
begin(struct db_now *now, struct fault *f)
{
	int rc = db_now_run(now, "BEGIN");

	if (rc == 0)
		rows_free(db_ask_now(now, SQL_MIGRATION_LOCK, PARAMS_NONE, &rc));
	return rc < 0 ? fault_away(f, db_now_error(now)) : 0;
}

static int
step_run(struct db_now *now, const struct step *s, struct fault *f)
{
	int rc = begin(now, f), applied;

	if (rc < 0)
		return rc;
	applied = rc = is_applied(now, s, f);
	if (rc == 0)
		rc = run_script(now, s, f);
	if (rc < 0) {
		(void)db_now_run(now, "ROLLBACK");
		return rc;
	}
	if (db_now_run(now, "COMMIT") < 0)
		return fault_away(f, db_now_error(now));
	printf("%s %s\n", s->name, applied ? "was applied before" : "applied");
	return 0;
}

static int
make_ledger(struct db_now *now, struct fault *f)
{
	int rc = begin(now, f);

	if (rc < 0)
		return rc;
	if ((rc = db_now_run(now, ledger)) == E_UNAVAILABLE)
		return fault_away(f, db_now_error(now));
	if (rc < 0) {
		fault_set(f, "E303", "", 0, 0, "schema guichet cannot be made: %s",
		    db_now_error(now));
		fault_cure(f, "migrate as a role that may create a schema here");
		return E_STATEMENT;
	}
	return db_now_run(now, "COMMIT") < 0 ?
	    fault_away(f, db_now_error(now)) : 0;
}

int
migrate_run(const char *url, struct fault *f)
{
	struct db_now *now;
	char why[256];
	int rc;

	if (db_now_open(&now, url, "guichet migrate", why) < 0)
		return fault_away(f, why);
	rc = make_ledger(now, f);
	for (const struct migration *m = migration_table;
	    rc == 0 && m->name != NULL; m++) {
		struct step s;

		step_of(&s, m);
		rc = step_run(now, &s, f);
	}
	db_now_close(now);
	return rc;
}

/* ---- may this binary run there? ---- */

static int
out_of_range(struct fault *f, int version)
{
	int newest = schema_newest();

	if (version > newest) {
		fault_set(f, "E305", "", 0, 0, "the database is at version %d; "
		    "this program knows versions %d to %d", version,
		    SCHEMA_OLDEST, newest);
		fault_cure(f, "install a newer guichet");
	} else {
		fault_set(f, "E304", "", 0, 0, "the database is at version %d; "
		    "this program needs %d", version, newest);
		fault_cure(f, "`guichet migrate` brings it there");
	}
	return E_CONFLICT;
}

/* A number from a statement without parameters, or < 0. */
static int
number_now(struct db_now *now, const struct statement *statement,
    const char *column)
{
	int rc;
	struct rows *rows = db_ask_now(now, statement, PARAMS_NONE, &rc);

	if (rows == NULL)
		return rc;
	rc = (int)row_int(rows, 0, column);
	rows_free(rows);
	return rc;
}

/* Tokens, proofs and the journal's times would all be off. */
static int
check_clock(struct db_now *now, struct fault *f)
{
	enum { APART_US = 30000000 };
	int64_t off = clock_us();
	struct rows *rows;
	int rc;

	if ((rows = db_ask_now(now, SQL_PING, PARAMS_NONE, &rc)) == NULL)
		return fault_away(f, db_now_error(now));
	off -= row_time(rows, 0, "now");
	rows_free(rows);
	if (off > -APART_US && off < APART_US)
		return 0;
	fault_set(f, "E306", "", 0, 0, "this machine's clock is %lld s %s its "
	    "database's", (long long)(off > 0 ? off : -off) / 1000000,
	    off > 0 ? "ahead of" : "behind");
	fault_cure(f, "let both follow the same time service (timedatectl shows "
	    "whether they do)");
	return E_UNAVAILABLE;	/* it may be about to be set */
}

static int
check(struct db_now *now, struct fault *f)
{
	int rc;
	int version = number_now(now, SQL_MIGRATION_EXISTS, "found");

	if (version > 0)
		version = number_now(now, SQL_MIGRATION_NEWEST, "version");
	if (version < 0)
		return fault_away(f, db_now_error(now));
	if ((rc = check_clock(now, f)) < 0)
		return rc;
	if (version < SCHEMA_OLDEST || version > schema_newest())
		return out_of_range(f, version);
	for (const struct migration *m = migration_table; m->name != NULL; m++) {
		struct step s;

		step_of(&s, m);
		if (s.version <= version && (rc = is_applied(now, &s, f)) <= 0)
			return rc < 0 ? rc : out_of_range(f, s.version - 1);
	}
	return 0;
}

int
migrate_check(const char *url, struct fault *f)
{
	struct db_now *now;
	char why[256];
	int rc;

	if (db_now_open(&now, url, "guichet check", why) < 0)
		return fault_away(f, why);
	rc = check(now, f);
	db_now_close(now);
	return rc;
}
