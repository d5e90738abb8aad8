/*
 * describe.c - asks the live source about each query, without running it:
 * PostgreSQL parses it and tells names and types (about 1 ms each). What does
 * not agree with the schema is told at the place in the person's file.
 */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/plan.h"
#include "catalogue/types.h"
#include "db/db.h"

enum { COLUMNS_MAX = 200 };

struct describing {
	struct catalogue *c;
	struct dataset *d;
	PGconn *pg;
	struct column columns[COLUMNS_MAX];
	size_t n;
	struct fault *fault;
};

/* ---- what PostgreSQL says is wrong ---- */

static void
tell(struct fault *f, const PGresult *r, const char *file, const char *text)
{
	const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	const char *hint = PQresultErrorField(r, PG_DIAG_MESSAGE_HINT);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	int line = 0, column = 0;

	if (position != NULL)
		sqltext_place(text, sqltext_byte_of(text, atoi(position)), &line,
		    &column);
	fault_set(f, state != NULL && strcmp(state, "42501") == 0 ? "E215" :
	    "E207", file, line, column, "%s",
	    PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	fault_cure(f, "%s", hint != NULL ? hint : "run the file in psql, with "
	    "\\set customer, to see it there");
}

/* The described statement, or NULL and the fault. The caller clears it. */
static PGresult *
describe(PGconn *pg, const char *file, const char *text, struct fault *f)
{
	PGresult *r = PQprepare(pg, "", text, 0, NULL);

	if (PQresultStatus(r) == PGRES_COMMAND_OK) {
		PQclear(r);
		r = PQdescribePrepared(pg, "");
		if (PQresultStatus(r) == PGRES_COMMAND_OK)
			return r;
	}
	if (PQstatus(pg) != CONNECTION_OK) {
		fault_set(f, "E216", file, 0, 0, "the source went away");
		fault_cure(f, "see the log of its PostgreSQL");
	} else {
		tell(f, r, file, text);
	}
	PQclear(r);
	return NULL;
}

/* ---- names and types against the schema ---- */

static int
at_alias(struct describing *x, const char *alias, const char *code)
{
	int line = 0, column = 0;
	size_t at = sqltext_alias(x->d->sql_text, alias);

	if (at > 0)
		sqltext_place(x->d->sql_text, at, &line, &column);
	fault_set(x->fault, code, x->d->sql_file, line, column, " ");
	return E_BAD_INPUT;
}

static void
cause(struct describing *x, const char *fmt, const char *a, const char *b)
{
	snprintf(x->fault->cause, sizeof(x->fault->cause), fmt, a, b);
}

static int
unknown_field(struct describing *x, const char *alias)
{
	const char *paths[COLUMNS_MAX];
	const struct schema *s = x->d->schema;
	size_t n = 0;

	for (; n < s->field_count && n < COLUMNS_MAX; n++)
		paths[n] = s->fields[n].path;
	at_alias(x, alias, "E208");
	cause(x, "'%s' is no field of %s", alias, s->id);
	if (nearest(alias, paths, n) != NULL)
		return fault_cure(x->fault, "perhaps you meant '%s'",
		    nearest(alias, paths, n));
	return fault_cure(x->fault, "take the column out, or document it in the "
	    "schema");
}

static int
wrong_type(struct describing *x, const struct column *c,
    const struct schema_field *f)
{
	static const char *const wanted[] = { [FIELD_STRING] = "text",
	    [FIELD_DATE] = "date", [FIELD_DATE_TIME] = "timestamptz",
	    [FIELD_INTEGER] = "an integer", [FIELD_NUMBER] = "numeric",
	    [FIELD_BOOLEAN] = "boolean", [FIELD_OBJECT] = "jsonb",
	    [FIELD_LIST] = "an array or jsonb", [FIELD_ANY] = "jsonb" };

	at_alias(x, c->name, "E209");
	snprintf(x->fault->cause, sizeof(x->fault->cause),
	    "'%s' is %s%s, the schema wants %s%s", c->name, type_name(c->type),
	    c->array ? "[]" : "", wanted[f->type],
	    strstr(c->name, "[]") != NULL ? ", in an array" : "");
	if (c->type == T_TIMESTAMP)
		return fault_cure(x->fault, "an hour without its zone is "
		    "ambiguous in October: write ... AT TIME ZONE 'Europe/Paris'");
	return fault_cure(x->fault, "cast it, for example (...)::%s",
	    f->type == FIELD_INTEGER ? "bigint" : f->type == FIELD_ANY ||
	    f->type == FIELD_OBJECT || f->type == FIELD_LIST ? "jsonb" :
	    wanted[f->type]);
}

static int
check_column(struct describing *x, const struct column *c)
{
	bool zipped = strstr(c->name, "[]") != NULL;
	size_t n = strlen(c->name);
	bool plain = n > 2 && strcmp(c->name + n - 2, "[]") == 0;
	const char *path = plain ? arena_strndup(x->c->arena, c->name, n - 2) :
	    c->name;
	const struct schema_field *f = schema_field_find(x->d->schema, path);

	if (f == NULL)
		return unknown_field(x, c->name);
	if (zipped != c->array || (!plain && !type_fits(f->type, c->type)))
		return wrong_type(x, c, f);
	return 0;
}

/* Is it, or something inside it, among the columns? */
static bool
given(const struct describing *x, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < x->n; i++)
		if (strncmp(x->columns[i].name, path, n) == 0 &&
		    strchr(".[", x->columns[i].name[n]) != NULL)
			return true;	/* strchr finds the final NUL too */
	return false;
}

/* A required member of an optional object may be absent with it. */
static int
check_required(struct describing *x)
{
	for (size_t i = 0; i < x->d->schema->field_count; i++) {
		const struct schema_field *f = &x->d->schema->fields[i];
		const char *last = strrchr(f->path, '.');
		char parent[256];

		snprintf(parent, sizeof(parent), "%.*s",
		    last == NULL ? 0 : (int)strcspn(f->path, ".["), f->path);
		if (!f->required || given(x, f->path) ||
		    (last != NULL && !given(x, parent)))
			continue;
		fault_set(x->fault, "E210", x->d->sql_file, 0, 0,
		    "the required field '%s' is missing", f->path);
		return fault_cure(x->fault, "select it: ... AS \"%s\"", f->path);
	}
	return 0;
}

static int
read_columns(struct describing *x, const PGresult *r)
{
	if (PQnfields(r) > COLUMNS_MAX)
		return fault_set(x->fault, "E211", x->d->sql_file, 0, 0,
		    "there are too many columns");
	for (int i = 0; i < PQnfields(r); i++) {
		struct column *c = &x->columns[x->n++];
		uint32_t element = type_element(PQftype(r, i));

		c->name = arena_strdup(x->c->arena, PQfname(r, i));
		c->array = element != 0;
		c->type = c->array ? element : PQftype(r, i);
		for (size_t k = 0; k + 1 < x->n; k++) {
			if (strcmp(x->columns[k].name, c->name) != 0)
				continue;
			at_alias(x, c->name, "E211");
			cause(x, "'%s' is selected twice%s", c->name, "");
			return E_BAD_INPUT;
		}
		if (check_column(x, c) < 0)
			return E_BAD_INPUT;
	}
	return check_required(x);
}

static int
describe_changed(struct describing *x)
{
	static const char *const wanted[] = { "customer", "changed" };
	PGresult *r;

	if (x->d->changed_text == NULL)
		return 0;
	r = describe(x->pg, x->d->changed_file, x->d->changed_text, x->fault);
	if (r == NULL)
		return E_BAD_INPUT;
	for (size_t i = 0; i < countof(wanted); i++) {
		int column = PQfnumber(r, wanted[i]);

		if (column >= 0 && (i == 0 ||
		    PQftype(r, column) == T_TIMESTAMPTZ))
			continue;
		PQclear(r);
		fault_set(x->fault, "E217", x->d->changed_file, 0, 0,
		    "must select '%s'%s", wanted[i],
		    i == 0 ? "" : " as a timestamptz");
		return fault_cure(x->fault, "select customer, changed and key");
	}
	PQclear(r);
	return 0;
}

static int
describe_dataset(struct describing *x)
{
	PGresult *r = describe(x->pg, x->d->sql_file, x->d->sql_text, x->fault);
	int rc;

	if (r == NULL)
		return E_BAD_INPUT;
	rc = read_columns(x, r);
	PQclear(r);
	if (rc < 0)
		return rc;
	/* and once more as the gateway will ask it */
	r = describe(x->pg, x->d->sql_file, x->d->page.text, x->fault);
	if (r == NULL) {
		x->fault->line = x->fault->column = 0;
		return E_BAD_INPUT;
	}
	PQclear(r);
	if (plan_make(&x->d->plan, x->c->arena, x->d, x->columns, x->n,
	    x->fault) < 0)
		return E_BAD_INPUT;
	return describe_changed(x);
}

int
source_describe(struct catalogue *c, struct source *s, struct fault *f)
{
	char why[256];
	struct db_now *now;
	int rc = db_now_open(&now, s->url, "guichet check", why);

	if (rc < 0) {
		fault_set(f, "E216", s->name, 0, 0,
		    "the source cannot be reached: %s", why);
		fault_cure(f, "check url in its source.conf or in [sources], the "
		    "network, and the role's rights");
		return rc;
	}
	for (size_t i = 0; i < c->dataset_count && rc == 0; i++) {
		struct describing *x = xcalloc(1, sizeof(*x));

		*x = (struct describing){ .c = c, .d = c->datasets[i],
		    .pg = db_now_connection(now), .fault = f };
		if (x->d->source == s)
			rc = describe_dataset(x);
		free(x);
	}
	db_now_close(now);
	return rc;
}
