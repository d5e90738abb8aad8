/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter.c - reads an adapter: a folder with source.conf and one plain SQL
 * file per data set, named after it (energy.load-curve.sql), with beside it,
 * when wanted, energy.load-curve.changed.sql: whose records changed.
 */
#include <ctype.h>
#include <dirent.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/conf.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/budget.h"
#include "catalogue/catalogue_own.h"

enum { OVERLAP_S = 900 };

struct reading {
	struct catalogue *c;
	struct source *source;
	const char *dir, *conf;
	int seen[16];		/* the line of each key */
};

/* ---- source.conf ---- */

enum key { KEY_URL, KEY_TIME_ZONE, KEY_CAPTURE, KEY_SYNTHETIC,
    KEY_STATEMENT_TIMEOUT, KEY_COMPARE_DAYS, KEY_KEEPS_DAYS, KEY_CONSENT_DAYS,
    KEY_OVERLAP, KEY_REPLICATION_URL, KEY_SLOT, KEY_QUERIES };
static const char *const keys[] = { "url", "time_zone", "capture", "synthetic",
    "statement_timeout_ms", "compare_days", "keeps_days", "consent_days",
    "overlap_s", "replication_url", "slot", "queries_per_second" };

static int
bad_value(struct fault *f, const struct conf_line *line, const char *cure)
{
	fault_set(f, "E212", line->file, line->number, 1, "%s cannot be '%s'",
	    line->key, strstr(line->key, "url") != NULL ? "(hidden)" :
	    line->value);
	return fault_cure(f, "%s", cure);
}

/* What PostgreSQL allows as a name of a slot. */
static bool
is_slot(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 64 && strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static const char *
slot_of(struct arena *a, const char *source)
{
	char *name = arena_printf(a, "guichet_%.50s", source);

	for (char *p = name; *p != '\0'; p++) {
		*p = (char)tolower((unsigned char)*p);
		if (!isalnum((unsigned char)*p))
			*p = '_';
	}
	return name;
}

/* Files of settings are copied into tickets and backups. */
static bool
holds_password(const char *url)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL), *o;
	bool held = false;

	for (o = all; o != NULL && o->keyword != NULL; o++)
		held = held || (strcmp(o->keyword, "password") == 0 &&
		    o->val != NULL);
	PQconninfoFree(all);
	return held;
}

/* libpq leaves out, without an error, a file of passwords that others may read. */
static int
check_passfile(const struct reading *r, const char *url, struct fault *f)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL), *o;
	struct stat st;
	int rc = 0;

	for (o = all; o != NULL && o->keyword != NULL && rc == 0; o++) {
		if (strcmp(o->keyword, "passfile") != 0 || o->val == NULL)
			continue;
		if (stat(o->val, &st) < 0) {
			fault_set(f, "E110", r->conf, 0, 0, "the passfile %s "
			    "cannot be read", o->val);
			rc = fault_cure(f, "write host:port:database:user:"
			    "password into it, and chmod 600 it");
		} else if ((st.st_mode & 077) != 0) {
			fault_set(f, "E111", r->conf, 0, 0, "the passfile %s can "
			    "be read by other users, so that it is not used",
			    o->val);
			rc = fault_cure(f, "chmod 600 %s", o->val);
		}
	}
	PQconninfoFree(all);
	return rc;
}

static int
set(struct reading *r, const struct conf_line *line, size_t key, struct fault *f)
{
	struct source *s = r->source;
	const char *text = arena_strdup(r->c->arena, line->value);

	switch ((enum key)key) {
	case KEY_URL:
	case KEY_REPLICATION_URL:
		*(key == KEY_URL ? &s->url : &s->replication_url) = text;
		return holds_password(text) ? bad_value(f, line, "take the "
		    "password out, put it in a file that we alone may read, "
		    "and write passfile=/the/file") : 0;
	case KEY_TIME_ZONE:
		s->time_zone = text;
		s->zone = zone_load(r->c->arena, text);
		return s->zone != NULL ? 0 : bad_value(f, line,
		    "write the name of a time zone, like Europe/Paris");
	case KEY_CAPTURE:
		return capture_parse(&s->capture, text) == 0 ? 0 :
		    bad_value(f, line, "write " CAPTURE_NAMES);
	case KEY_SYNTHETIC:
		return parse_bool(&s->synthetic, text) == 0 ? 0 :
		    bad_value(f, line, "write yes or no");
	case KEY_STATEMENT_TIMEOUT:
		return parse_int(&s->statement_timeout_ms, text, 1, 600000) == 0 ?
		    0 : bad_value(f, line, "write milliseconds, up to 600000");
	case KEY_COMPARE_DAYS:
		return parse_int(&s->compare_days, text, 0, 366) == 0 ? 0 :
		    bad_value(f, line, "write days, 0 for never");
	case KEY_CONSENT_DAYS:
		s->consent_days = text;		/* read with the data sets */
		return 0;
	case KEY_OVERLAP:
		return parse_int(&s->overlap_s, text, 1, 86400) == 0 ? 0 :
		    bad_value(f, line, "write for how many seconds a transaction "
		    "may last at most, up to 86400");
	case KEY_QUERIES:
		return budget_new(&s->budget, r->c->arena, text) == 0 ? 0 :
		    bad_value(f, line, "write how many, and other numbers for "
		    "some hours: 50 22:00-06:00=500; 0 is no bound");
	case KEY_SLOT:
		s->slot = text;
		return is_slot(text) ? 0 : bad_value(f, line, "write a name of "
		    "a-z, 0-9 and _, up to 63 of them");
	case KEY_KEEPS_DAYS:
		return parse_int(&s->keeps_days, text, 0, 36600) == 0 ? 0 :
		    bad_value(f, line, "write how many days back records are "
		    "held, 0 for all there is");
	}
	return E_BAD_INPUT;
}

static int
on_line(const struct conf_line *line, void *arg, struct fault *f)
{
	struct reading *r = arg;

	if (line->section[0] != '\0') {
		fault_set(f, "E213", line->file, line->number, 1,
		    "source.conf has no [section]");
		return fault_cure(f, "take the line out");
	}
	for (size_t i = 0; i < countof(keys); i++) {
		if (strcmp(keys[i], line->key) != 0)
			continue;
		if (r->seen[i] != 0)
			return conf_repeated(f, line, r->seen[i]);
		r->seen[i] = line->number;
		return set(r, line, i, f);
	}
	return conf_unknown(f, line, keys, countof(keys));
}

static int
read_conf(struct reading *r, const struct settings *settings, struct fault *f)
{
	struct source *s = r->source;
	const char *here = settings_source_url(settings, s->name);

	s->statement_timeout_ms = 5000;
	s->overlap_s = OVERLAP_S;
	if (conf_read_file(r->conf, on_line, r, f) < 0)
		return access(r->conf, F_OK) == 0 ? E_BAD_INPUT : fault_cure(f,
		    "`guichet init --source %s=URL` makes the folder and this "
		    "file; or write time_zone = Europe/Paris into it, and url",
		    s->name);
	if (here != NULL)
		s->url = arena_strdup(r->c->arena, here);
	if (s->budget == NULL)
		(void)!budget_new(&s->budget, r->c->arena, NULL);
	if (s->slot == NULL)
		s->slot = slot_of(r->c->arena, s->name);
	if (s->replication_url == NULL)
		s->replication_url = s->url;
	if (s->url == NULL || s->time_zone == NULL) {
		fault_set(f, "E214", r->conf, 0, 0, "%s is missing",
		    s->url == NULL ? "url" : "time_zone");
		return fault_cure(f, s->url == NULL ? "say where the database "
		    "is, here or in [sources] of guichet.conf" :
		    "say in which zone local times are, like Europe/Paris");
	}
	return check_passfile(r, s->url, f) < 0 ? E_BAD_INPUT :
	    check_passfile(r, s->replication_url, f);
}

/* ---- one data set ---- */

static const struct schema *
schema_find(const struct catalogue *c, const char *id, int64_t version)
{
	for (size_t i = 0; i < c->schema_count; i++)
		for (const struct schema *s = c->schemas[i]; s != NULL; s = s->older)
			if (strcmp(s->id, id) == 0 &&
			    (version == 0 || version == s->version))
				return s;
	return NULL;
}

static int
no_schema(const struct reading *r, const char *file, const char *id,
    struct fault *f)
{
	const char *ids[SCHEMAS_MAX];

	for (size_t i = 0; i < r->c->schema_count; i++)
		ids[i] = r->c->schemas[i]->id;
	fault_set(f, "E204", file, 0, 0, "no schema documents '%s'", id);
	if (nearest(id, ids, r->c->schema_count) != NULL)
		return fault_cure(f, "perhaps you meant %s.sql",
		    nearest(id, ids, r->c->schema_count));
	return fault_cure(f, "name the file after a data set of [catalogue] "
	    "schemas, or write its schema");
}

/* energy.load-curve@1.changed.sql; a version without one shares that of the
 * data set. NULL: there is none. */
static const char *
beside(const struct reading *r, const struct dataset *d, const char *stem,
    const char *kind)
{
	const char *names[] = { stem, d->schema->id };

	for (size_t i = 0; i < countof(names); i++) {
		const char *path = arena_printf(r->c->arena, "%s/%s.%s.sql",
		    r->dir, names[i], kind);

		if (access(path, F_OK) == 0)
			return path;
	}
	return NULL;
}

static int
read_changed(struct reading *r, struct dataset *d, const char *stem,
    struct fault *f)
{
	struct arena *a = r->c->arena;
	const char *path = beside(r, d, stem, "changed"), *sql;
	unsigned used;

	if (path == NULL)
		return 0;
	if (sqltext_read(&sql, &used, a, path, SQL_FOR_CHANGED, f) < 0)
		return E_BAD_INPUT;
	d->changed_file = path;
	d->changed_text = sql;
	d->changed.name = arena_printf(a, "changed %s", stem);
	return capture_changed(d, used, a, f);
}

/* customers.sql or accounts.sql: a question about one customer; 1 = there is
 * none. */
static int
read_about(const char **path, const char **sql, struct reading *r,
    const char *name, struct fault *f)
{
	struct arena *a = r->c->arena;
	unsigned used;

	*path = arena_printf(a, "%s/%s", r->dir, name);
	if (access(*path, F_OK) < 0)
		return 1;
	if (sqltext_read(sql, &used, a, *path, SQL_FOR_CUSTOMER, f) < 0)
		return E_BAD_INPUT;
	if (used == 1u << 1)
		return 0;
	fault_set(f, "E205", *path, 0, 0, "does not use :customer");
	return fault_cure(f, "ask about one customer: WHERE ... = :customer");
}

static int
read_customers(struct reading *r, struct fault *f)
{
	struct source *s = r->source;
	const char *path, *sql;
	int rc = read_about(&path, &sql, r, "customers.sql", f);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	s->customers_file = path;
	s->customers_text = sql;
	s->customer.name = arena_printf(r->c->arena, "customer %s", s->name);
	s->customer.text = arena_printf(r->c->arena, "SELECT r.reason::text AS "
	    "reason, to_jsonb(r) AS facts\n  FROM (\n%s\n) AS r\n"
	    " ORDER BY r.reason NULLS FIRST LIMIT 1", sql);
	return 0;
}

static int
read_accounts(struct reading *r, struct fault *f)
{
	struct source *s = r->source;
	const char *path, *sql;
	int rc = read_about(&path, &sql, r, "accounts.sql", f);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	s->accounts_file = path;
	s->accounts_text = sql;
	s->accounts.name = arena_printf(r->c->arena, "accounts %s", s->name);
	s->accounts.text = arena_printf(r->c->arena, "SELECT r.account::text AS "
	    "account, to_jsonb(r) ->> 'label' AS label, to_jsonb(r) ->> 'reason' "
	    "AS reason\n  FROM (\n%s\n) AS r\n ORDER BY 2, 1 LIMIT 64", sql);
	return 0;
}

static int
read_login(struct reading *r, struct fault *f)
{
	struct arena *a = r->c->arena;
	const char *path = arena_printf(a, "%s/login.sql", r->dir);
	const char *sql;
	unsigned used;

	if (access(path, F_OK) < 0)
		return 0;
	if (sqltext_read(&sql, &used, a, path, SQL_FOR_LOGIN, f) < 0)
		return E_BAD_INPUT;
	if (!(used & 1u << 1)) {
		fault_set(f, "E205", path, 0, 0, "does not use :claim");
		return fault_cure(f, "without it, everybody would be the same "
		    "person: add WHERE ... = :claim");
	}
	r->source->login_file = path;
	r->source->login_text = sql;
	r->source->login.name = arena_printf(a, "login %s", r->source->name);
	r->source->login.text = arena_printf(a, "SELECT r.customer::text AS "
	    "customer, to_jsonb(r) ->> 'name' AS name, $2::text AS claims\n"
	    "  FROM (\n%s\n) AS r\n LIMIT 2", sql);
	return 0;
}

/* "energy.load-curve@1" is that version, "energy.load-curve" the newest. */
static const struct schema *
schema_of(const struct reading *r, const char *stem, const char **id)
{
	const char *at = strchr(stem, '@');
	int64_t version = 0;

	*id = at == NULL ? stem :
	    arena_strndup(r->c->arena, stem, (size_t)(at - stem));
	if (at != NULL && parse_int(&version, at + 1, 1, INT32_MAX) < 0)
		return NULL;
	return schema_find(r->c, *id, version);
}

/* Versions of one data set are a chain, the newest first. */
static int
put_dataset(struct reading *r, struct dataset *d, struct fault *f)
{
	struct catalogue *c = r->c;
	struct dataset **at = c->datasets;

	while (*at != NULL && strcmp((*at)->schema->id, d->schema->id) != 0)
		at++;
	if (*at != NULL && (*at)->source != d->source)
		return fault_set(f, "E206", d->sql_file, 0, 0,
		    "another adapter gives %s already", d->schema->id);
	if (at == c->datasets + DATASETS_MAX)
		return fault_set(f, "E206", d->sql_file, 0, 0,
		    "too many data sets");
	if (*at == NULL)
		c->dataset_count++;
	while (*at != NULL && (*at)->schema->version > d->schema->version)
		at = &(*at)->older;
	if (*at != NULL && (*at)->schema->version == d->schema->version)
		return fault_set(f, "E206", d->sql_file, 0, 0, "%s gives "
		    "version %d already", (*at)->sql_file, d->schema->version);
	d->older = *at;
	*at = d;
	return 0;
}

static int
read_dataset(struct reading *r, const char *file, struct fault *f)
{
	struct arena *a = r->c->arena;
	const char *path = arena_printf(a, "%s/%s", r->dir, file), *id, *gone;
	const char *stem = arena_strndup(a, file, strlen(file) - 4);
	struct dataset *d = arena_alloc(a, sizeof(*d));
	unsigned used;

	if ((d->schema = schema_of(r, stem, &id)) == NULL)
		return no_schema(r, path, id, f);
	d->source = r->source;
	d->sql_file = path;
	if (sqltext_read(&d->sql_text, &used, a, path, SQL_FOR_PAGE, f) < 0)
		return E_BAD_INPUT;
	if (!(used & 1u << ASK_CUSTOMER)) {
		fault_set(f, "E205", path, 0, 0, "does not use :customer");
		return fault_cure(f, "without it, everybody's records would go "
		    "to everybody: add WHERE ... = :customer");
	}
	d->page.name = arena_printf(a, "page %s", stem);
	d->page.text = keyset_wrap(a, d->schema, d->sql_text);
	if (put_dataset(r, d, f) < 0 || read_changed(r, d, stem, f) < 0)
		return E_BAD_INPUT;
	gone = beside(r, d, stem, "removed");
	return gone == NULL ? 0 : removed_read(d, gone, a, f);
}

/* <data-set>.sql, and none of the files that stand beside. */
static int
is_dataset(const struct dirent *e)
{
	const char *name = e->d_name, *dot = strchr(name, '.');
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".sql") == 0 &&
	    dot != name + n - 4 && name[0] != '.' &&
	    strstr(name, ".changed.sql") == NULL &&
	    strstr(name, ".removed.sql") == NULL;
}

static int
read_datasets(struct reading *r, struct fault *f)
{
	struct dirent **names;
	int n = scandir(r->dir, &names, is_dataset, alphasort), rc = 0;

	for (int i = 0; i < n; i++) {
		if (rc == 0 && read_dataset(r, names[i]->d_name, f) < 0)
			rc = catalogue_fault(r->c, 1, r->source, NULL, f);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (rc == 0 && n <= 0) {
		fault_set(f, "E201", r->dir, 0, 0, "holds no <data-set>.sql");
		return fault_cure(f, "write one SELECT per data set: `guichet "
		    "adapter init DATASET --source %s` prints what to fill in",
		    r->source->name);
	}
	return rc;
}

int
adapter_read(struct catalogue *c, const char *dir, const char *name,
    const struct settings *settings, struct fault *f)
{
	struct reading r = { .c = c };

	r.dir = arena_printf(c->arena, "%s/%s", dir, name);
	r.conf = arena_printf(c->arena, "%s/source.conf", r.dir);
	r.source = arena_alloc(c->arena, sizeof(*r.source));
	r.source->name = arena_strdup(c->arena, name);
	if (c->source_count == SOURCES_MAX)
		return fault_set(f, "E206", r.dir, 0, 0, "too many sources");
	if (read_conf(&r, settings, f) < 0)
		return E_BAD_INPUT;
	c->sources[c->source_count++] = r.source;
	if (schemas_read_folder(c, r.dir, f) < 0)
		return E_BAD_INPUT;
	if (c->sources_only)
		return 0;
	if (read_customers(&r, f) < 0 || read_accounts(&r, f) < 0 ||
	    read_login(&r, f) < 0)
		return E_BAD_INPUT;
	if (read_datasets(&r, f) < 0)
		return E_BAD_INPUT;
	return lifetime_read(c, r.source, r.conf, f);
}
