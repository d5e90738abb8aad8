/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth.c - filling a database with a synthetic organisation.
 *
 * One transaction: the tables of organisation.sql, a COPY for each, then the
 * keys, indexes and rights that follow its "-- AFTER" line. People are made
 * again for each table (they cost microseconds), so nothing is kept.
 */
#include "synth/synth.h"
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/jw.h"
#include "synth/synth_own.h"
#include "crypto/password.h"
#include "db/db.h"

enum { DDL_MAX = 1 << 20 };

static const struct sector sectors[] = {
	{ "energy", synth_energy, sets_energy },
	{ "telecom", synth_telecom, sets_telecom },
	{ "insurance", synth_insurance, sets_insurance },
	{ "bank", synth_bank, sets_bank },
	{ "retail", synth_retail, sets_retail },
	{ "mobility", synth_mobility, sets_mobility }
};

const struct sector *
sector_find(const char *name)
{
	for (size_t i = 0; i < countof(sectors); i++)
		if (strcmp(sectors[i].name, name) == 0)
			return &sectors[i];
	return NULL;
}

bool
synth_knows(const char *sector)
{
	return sector_find(sector) != NULL;
}

int
sector_unknown(struct fault *f, const char *name)
{
	fault_set(f, "E404", "--sector", 0, 0, "no sector is called '%s'", name);
	return fault_cure(f, SYNTH_SECTORS);
}

/* ---- organisation.sql, in its two parts ---- */

static int
ddl_read(struct buf *out, const char *path, struct fault *f)
{
	FILE *in = fopen(path, "re");
	size_t n;

	if (in == NULL) {
		fault_set(f, "E401", path, 0, 0, "%s", strerror(errno));
		return fault_cure(f, "name the sector's organisation.sql by "
		    "--tables FILE");
	}
	n = fread(buf_reserve(out, DDL_MAX), 1, DDL_MAX, in);
	fclose(in);
	if (n == DDL_MAX)
		return fault_set(f, "E402", path, 0, 0, "it is over a megabyte");
	out->data[n] = 0;
	out->len = n;
	return 0;
}

/* Cuts at the line that begins with "-- AFTER"; returns the second part. */
static char *
ddl_cut(struct buf *ddl)
{
	char *after = strstr(ddl->data, "\n-- AFTER");

	if (after == NULL)
		return ddl->data + ddl->len;
	*after = 0;
	return after + 1;
}

/* ---- tables ---- */

struct fill {
	const struct synth *synth;
	struct synth_job *job;
	struct db_now *db;
	struct copy copy;
	uint64_t done, of;
};

static int
copy_begin(struct fill *fill, const char *table)
{
	PGconn *pg = db_now_connection(fill->db);
	char text[128];
	PGresult *res;
	int rc;

	snprintf(text, sizeof(text), "COPY %s FROM STDIN", table);
	res = PQexec(pg, text);
	rc = PQresultStatus(res) == PGRES_COPY_IN ? 0 : E_STATEMENT;
	PQclear(res);
	return rc;
}

static int
copy_end(struct fill *fill)
{
	PGconn *pg = db_now_connection(fill->db);
	PGresult *res;
	int rc;

	copy_flush(&fill->copy);
	rc = fill->copy.failure;
	if (PQputCopyEnd(pg, NULL) != 1)
		rc = E_UNAVAILABLE;
	while ((res = PQgetResult(pg)) != NULL) {
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			rc = E_STATEMENT;
		PQclear(res);
	}
	return rc;
}

static void
table_people(struct fill *fill, const struct synth_table *table)
{
	struct synth_job *job = fill->job;
	struct person p;

	for (int64_t n = 1; n <= fill->synth->customers; n++) {
		person_make(&p, fill->synth, n);
		table->of_person(&fill->copy, fill->synth, &p);
		if (fill->copy.failure < 0)
			break;
		if (job->step != NULL)
			job->step(++fill->done, fill->of, job->arg);
	}
}

static int
table_fill(struct fill *fill, const struct synth_table *table)
{
	int rc = copy_begin(fill, table->name);

	if (rc < 0)
		return rc;
	if (table->once != NULL)
		table->once(&fill->copy, fill->synth);
	if (table->of_person != NULL)
		table_people(fill, table);
	return copy_end(fill);
}

static int
tables_fill(struct fill *fill, const struct synth_table *tables)
{
	int rc = 0;

	for (const struct synth_table *t = tables; t->name != NULL; t++)
		fill->of += t->of_person != NULL ?
		    (uint64_t)fill->synth->customers : 0;
	buf_init(&fill->copy.out);
	fill->copy.connection = db_now_connection(fill->db);
	for (; rc == 0 && tables->name != NULL; tables++)
		rc = table_fill(fill, tables);
	buf_clear(&fill->copy.out);
	fill->job->rows = fill->copy.rows;
	return rc;
}

static int
failed(struct fault *f, const struct synth_job *job, struct db_now *db)
{
	const char *why = PQerrorMessage(db_now_connection(db));

	if (why[0] == 0)
		why = db_now_error(db);
	fault_set(f, "E403", job->ddl, 0, 0, "the %s database refused it: %.*s",
	    job->sector, (int)strcspn(why, "\n"), why);
	return fault_cure(f, "give an empty database, and a role that may make "
	    "schemas in it");
}

static int
fill_all(const struct synth *s, struct synth_job *job, struct db_now *db,
    struct buf *ddl, struct fault *f)
{
	const struct synth_table *tables = sector_find(job->sector)->tables;
	struct fill fill = { .synth = s, .job = job, .db = db };
	const char *after = ddl_cut(ddl);

	if (db_now_run(db, "BEGIN") < 0 || db_now_run(db, ddl->data) < 0 ||
	    tables_fill(&fill, tables) < 0 || db_now_run(db, after) < 0 ||
	    db_now_run(db, "COMMIT") < 0 || db_now_run(db, "ANALYZE") < 0)
		return failed(f, job, db);
	return 0;
}

int
synth_fill(const struct synth *s, struct synth_job *job, const char *url,
    struct fault *f)
{
	struct db_now *db;
	struct buf ddl;
	char why[256];
	int rc;

	if (sector_find(job->sector) == NULL)
		return sector_unknown(f, job->sector);
	buf_init(&ddl);
	if ((rc = ddl_read(&ddl, job->ddl, f)) == 0) {
		rc = db_now_open(&db, url, "guichet synth", why);
		if (rc < 0)
			fault_set(f, "E405", "--to", 0, 0, "%s", why);
		else {
			rc = fill_all(s, job, db, &ddl, f);
			db_now_close(db);
		}
	}
	buf_clear(&ddl);
	return rc;
}

/* ---- who signs in ---- */

void
synth_login_make(struct synth_login *out, const struct synth *s, int64_t n)
{
	struct person p;

	person_make(&p, s, n);
	if (p.story != NULL)
		snprintf(out->login, sizeof(out->login), "%s", p.story->login);
	else
		snprintf(out->login, sizeof(out->login), "syn%lld", (long long)n);
	snprintf(out->password, sizeof(out->password), "bonjour-%s", out->login);
	snprintf(out->customer, sizeof(out->customer), "%s", p.ref);
	snprintf(out->name, sizeof(out->name), "%s %s", p.given, p.family);
	out->story_en = p.story != NULL ? p.story->en : "";
	out->story_fr = p.story != NULL ? p.story->fr : "";
	out->barred = p.opposed || p.guardian || p.traits & T_MINOR;
}

static void
story_write(struct buf *out, const struct synth_login *l)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_str_member(&w, "en", l->story_en);
	jw_str_member(&w, "fr", l->story_fr);
	jw_end_object(&w);
}

int
synth_login_put(const struct synth_login *l, struct db_now *db)
{
	uint8_t hash[PASSWORD_HASH_SIZE];
	struct params p;
	struct buf story;
	struct rows *rows;
	int rc;

	password_hash(hash, l->password);
	buf_init(&story);
	story_write(&story, l);
	params_init(&p);
	params_text(&p, l->login);
	params_bytes(&p, hash, sizeof(hash));
	params_text(&p, l->customer);
	params_text(&p, l->name);
	params_text(&p, story.data);
	rows = db_ask_now(db, SQL_DEMO_CUSTOMER_PUT, &p, &rc);
	rows_free(rows);
	buf_clear(&story);
	return rc;
}
