/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth.c - `guichet synth`: a synthetic organisation to try everything on.
 *
 * The same seed and reference date give the same people and the same records;
 * with --logins the first of them may sign in to a gateway in demo mode.
 */
#include "synth/synth.h"
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "commands/command.h"
#include "commands/progress.h"
#include "db/db.h"

enum { FIRST_DAY = 20089 };	/* 2025-01-01: nobody's story is told earlier */

static int run(int argc, char **argv);

const struct command command_synth = {
	"synth", "Make a synthetic organisation, in PostgreSQL or in files.", run,
	"--sector NAME --to postgres:URL|ndjson:DIR|csv:DIR [--customers N]\n"
	"       [--seed S] [--as-of DATE] [--days D] [--tables FILE]\n"
	"   or: guichet synth --logins postgres:URL [--count N] [--seed S] [--json]\n"
	"   or: guichet synth --logins postgres:URL --customer REF [--json]"
};

struct wish {
	const char *sector, *to, *logins, *as_of, *tables, *customer;
	int64_t customers, seed, days, count;
};

/* "postgres:URL" with a URL, or anything libpq takes. */
static const char *
database_of(const char *text)
{
	const char *rest = text + strlen("postgres:");

	if (strncmp(text, "postgres:", strlen("postgres:")) == 0 &&
	    strncmp(rest, "//", 2) != 0)
		return rest;
	return text;
}

/* What the program brings: here, or where it was installed. */
static const char *
brought(const char *what, char path[PATH_MAX])
{
	static const char *const places[] = { ".", "/usr/share/guichet",
	    "/usr/local/share/guichet" };

	for (size_t i = 0; i < countof(places); i++) {
		snprintf(path, PATH_MAX, "%s/%s", places[i], what);
		if (access(path, R_OK) == 0)
			return path;
	}
	snprintf(path, PATH_MAX, "%s", what);
	return path;
}

/* Where the sector's tables are told. */
static const char *
tables_of(const struct wish *w, char path[PATH_MAX])
{
	char name[128];

	if (w->tables != NULL)
		return w->tables;
	snprintf(name, sizeof(name), "adapters/%.64s/organisation.sql", w->sector);
	return brought(name, path);
}

static bool
names_form(const char *to, const char *form, const char **dir)
{
	size_t n = strlen(form);

	*dir = to + n;
	return strncmp(to, form, n) == 0;
}

static int
make(const struct wish *w, const struct synth *s, struct synth_job *job,
    struct fault *f)
{
	char path[PATH_MAX];
	const char *dir;

	job->schemas = brought("schemas", path);
	if (names_form(w->to, "ndjson:", &dir))
		return synth_records(s, job, SYNTH_NDJSON, dir, f);
	if (names_form(w->to, "csv:", &dir))
		return synth_records(s, job, SYNTH_CSV, dir, f);
	job->ddl = tables_of(w, path);
	return synth_fill(s, job, database_of(w->to), f);
}

static int
fill(const struct wish *w, const struct synth *s)
{
	struct synth_job job = { .sector = w->sector };
	int64_t begun = clock_mono_us();
	struct progress bar;
	struct fault f;
	int rc;

	progress_begin(&bar, w->sector);
	job.step = progress_step;
	job.arg = &bar;
	rc = make(w, s, &job, &f);
	progress_end(&bar);
	if (rc < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	printf("%s: %" PRId64 " customers, %" PRId64 " rows in %.1f s\n",
	    w->sector, s->customers, job.rows,
	    (double)(clock_mono_us() - begun) / 1e6);
	return EX_OK;
}

/* ---- logins ---- */

static void
tell_login(const struct synth_login *l, struct jw *json)
{
	if (json == NULL) {
		printf("%-10s %-20s %s  %s\n", l->login, l->password, l->customer,
		    l->name);
		if (l->story_en[0])
			printf("           %s\n", l->story_en);
		return;
	}
	jw_object(json);
	jw_str_member(json, "login", l->login);
	jw_str_member(json, "password", l->password);
	jw_str_member(json, "reference", l->customer);
	jw_str_member(json, "name", l->name);
	jw_str_member(json, "story", l->story_en);
	jw_end_object(json);
}

static int
put_login(const struct synth_login *l, struct db_now *db, struct jw *json)
{
	int rc = synth_login_put(l, db);

	if (rc == 0)
		tell_login(l, json);
	return rc;
}

/* Somebody of the organisation's own trial tables, not of ours. */
static int
put_named(const char *ref, struct db_now *db, struct jw *json)
{
	struct synth_login l = { .story_en = "", .story_fr = "" };

	snprintf(l.login, sizeof(l.login), "%s", ref);
	snprintf(l.password, sizeof(l.password), "bonjour-%s", ref);
	snprintf(l.customer, sizeof(l.customer), "%s", ref);
	snprintf(l.name, sizeof(l.name), "%s", ref);
	return put_login(&l, db, json);
}

static int
put_first(const struct wish *w, const struct synth *s, struct db_now *db,
    struct jw *json)
{
	int rc = 0;

	for (int64_t n = 1; rc == 0 && n <= w->count && n <= s->customers; n++) {
		struct synth_login l;

		synth_login_make(&l, s, n);
		if (!l.barred)	/* who may not take part has no login */
			rc = put_login(&l, db, json);
	}
	return rc;
}

static int
logins(const struct wish *w, const struct synth *s, bool json)
{
	struct db_now *db;
	struct buf out;
	struct jw jw;
	char why[256];
	int rc;

	if (db_now_open(&db, database_of(w->logins), "guichet synth", why) < 0) {
		fprintf(stderr, "guichet synth: %s\n", why);
		return EX_UNAVAILABLE;
	}
	buf_init(&out);
	jw_init(&jw, &out);
	jw_array(&jw);
	rc = w->customer != NULL ?
	    put_named(w->customer, db, json ? &jw : NULL) :
	    put_first(w, s, db, json ? &jw : NULL);
	jw_end_array(&jw);
	if (rc < 0)
		fprintf(stderr, "guichet synth: %s\n  cure: guichet migrate makes "
		    "the tables; one reference has one login\n",
		    db_now_error(db));
	else if (json)
		puts(out.data);
	buf_clear(&out);
	db_now_close(db);
	return rc < 0 ? EX_UNAVAILABLE : EX_OK;
}

/* ---- the command ---- */

static int
date_wish(struct synth *s, const struct wish *w)
{
	if (w->as_of == NULL) {
		s->as_of = (int)(clock_s() / 86400);
		return 0;
	}
	if (synth_day(&s->as_of, w->as_of) < 0 || s->as_of < FIRST_DAY)
		return command_misused(&command_synth,
		    "--as-of takes a date from 2025-01-01, not '%s'", w->as_of);
	return 0;
}

static int
check_wish(const struct wish *w)
{
	if (w->to == NULL && w->logins == NULL)
		return command_misused(&command_synth, "say --to or --logins");
	if (w->customer != NULL && (w->logins == NULL || w->to != NULL))
		return command_misused(&command_synth,
		    "--customer goes with --logins alone");
	if (w->customer != NULL && (w->customer[0] == '\0' ||
	    strlen(w->customer) >= sizeof(((struct synth_login *)0)->login)))
		return command_misused(&command_synth, "--customer is a reference "
		    "of 1 to 31 bytes");
	if (w->to != NULL && w->sector == NULL)
		return command_misused(&command_synth, "say --sector");
	if (w->customers < 1 || w->customers > SYNTH_CUSTOMERS_MAX)
		return command_misused(&command_synth,
		    "--customers is 1 to %d", SYNTH_CUSTOMERS_MAX);
	if (w->days < 1 || w->days > SYNTH_DAYS_MAX)
		return command_misused(&command_synth, "--days is 1 to %d",
		    SYNTH_DAYS_MAX);
	return EX_OK;
}

static int
run(int argc, char **argv)
{
	struct wish w = { .customers = 40, .seed = 2026, .days = 400, .count = 16 };
	const struct flag flags[] = {
		{ "--sector", FLAG_TEXT, &w.sector, SYNTH_SECTORS },
		{ "--to", FLAG_TEXT, &w.to, "postgres:URL of an empty database, ndjson:DIR or\n"
		    "                     csv:DIR" },
		{ "--customers", FLAG_NUMBER, &w.customers, "how many people (40)" },
		{ "--seed", FLAG_NUMBER, &w.seed, "another population (2026)" },
		{ "--as-of", FLAG_TEXT, &w.as_of, "DATE of today there (today)" },
		{ "--days", FLAG_NUMBER, &w.days, "of readings and calls (400)" },
		{ "--tables", FLAG_TEXT, &w.tables, "the sector's organisation.sql" },
		{ "--logins", FLAG_TEXT, &w.logins, "postgres:URL of guichet's own" },
		{ "--count", FLAG_NUMBER, &w.count,
		    "of the first N, those who may take part sign in (16)" },
		{ "--customer", FLAG_TEXT, &w.customer,
		    "REF  somebody of your own trial tables signs in" },
		{ NULL, FLAG_SET, NULL, NULL }
	};
	struct common common;
	struct synth s = { .memo = NULL };
	int n = command_args(&command_synth, &common, flags, argc, argv), rc;

	if (n != 0)
		return command_misused(&command_synth, "'%s' is not asked for",
		    argv[0]);
	if ((rc = check_wish(&w)) != EX_OK || (rc = date_wish(&s, &w)) != 0)
		return rc;
	s.seed = (uint64_t)w.seed;
	s.customers = w.customers;
	s.days = (int)w.days;
	if (w.to != NULL && (rc = fill(&w, &s)) != EX_OK)
		return rc;
	return w.logins != NULL ? logins(&w, &s, common.json) : EX_OK;
}
