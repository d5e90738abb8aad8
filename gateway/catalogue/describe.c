/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe.c - asks the live source about each query, without running it:
 * PostgreSQL parses it and tells names and types (about 1 ms each). What does
 * not agree with the schema is told at the place in the person's file.
 *
 * Preparing does not look at rights: EXPLAIN does, and plans as we shall.
 */
#include "catalogue/describe.h"
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/log.h"
#include "catalogue/types.h"

/* What the parameters of a file are, where the text alone does not tell. */
static const Oid page_types[] = { 0, T_TIMESTAMPTZ, T_TIMESTAMPTZ };
static const Oid changed_types[] = { T_TIMESTAMPTZ, T_TIMESTAMPTZ };

struct asked { const char *file, *text, *run; int n; const Oid *types; };

/* The described statement, or NULL and the fault. The caller clears it.
 * text is what the person wrote, run is what is asked. */
static PGresult *
describe(PGconn *pg, const struct asked *q, struct fault *f)
{
	PGresult *r = PQprepare(pg, "look", q->run, q->n, q->types);

	if (PQresultStatus(r) == PGRES_COMMAND_OK) {
		PQclear(r);
		r = PQdescribePrepared(pg, "look");
		if (PQresultStatus(r) == PGRES_COMMAND_OK)
			return r;
	}
	live_refused(f, pg, r, q->file, q->text);
	if (q->run != q->text)
		f->line = f->column = 0;	/* of our text, not of theirs */
	PQclear(r);
	return NULL;
}

static void
forget(PGconn *pg)
{
	PQclear(PQexec(pg, "DEALLOCATE look"));
}

/* Planned, with NULLs for its parameters: the rights are looked at. */
static int
explain(PGconn *pg, const struct asked *q, int params, struct fault *f)
{
	char sql[160] = "EXPLAIN EXECUTE look";
	PGresult *r;
	int rc = 0;

	for (int i = 0; i < params; i++)
		strcat(sql, i == 0 ? "(NULL" : ", NULL");
	if (params > 0)
		strcat(sql, ")");
	r = PQexec(pg, sql);
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		rc = live_refused(f, pg, r, q->file, q->text);
		f->line = f->column = 0;
	}
	PQclear(r);
	return rc;
}

/* ---- a data set's page ---- */

/* A bound compared with something else than an instant would be cut down to
 * it, and lose what lies between. */
static int
check_bounds(const struct dataset *d, const PGresult *r, struct fault *f)
{
	static const struct { int parameter; const char *name; } bounds[] = {
	    { ASK_SINCE, ":since" }, { ASK_UNTIL, ":until" } };

	for (size_t i = 0; i < countof(bounds); i++) {
		int line = 0, column = 0;
		char name[8];
		size_t at;

		if (PQparamtype(r, bounds[i].parameter - 1) == T_TIMESTAMPTZ)
			continue;
		snprintf(name, sizeof(name), "$%d", bounds[i].parameter);
		if ((at = sqltext_alias(d->sql_text, name)) > 0)
			sqltext_place(d->sql_text, at, &line, &column);
		fault_set(f, "E203", d->sql_file, line, column,
		    "%s is an instant and is compared with something else",
		    bounds[i].name);
		return fault_cure(f, "write %s::timestamptz, and compare it with "
		    "a timestamptz", bounds[i].name);
	}
	return 0;
}

static const char *
type_text(PGconn *pg, struct arena *a, Oid type)
{
	const char *const values[] = { arena_printf(a, "%u", type) };

	return live_text(pg, a, "SELECT format_type($1::oid, NULL)", values, 1);
}

/* The page of many at once. SQL that cannot be asked so (it uses :customer where
 * PostgreSQL allows no outer column, say) is asked one by one. */
static void
describe_gathered(PGconn *pg, struct arena *a, struct dataset *d,
    const PGresult *page)
{
	int n = PQnparams(page);
	const char **types = arena_alloc(a, (size_t)n * sizeof(*types));
	PGresult *r;

	for (int k = 0; k < n; k++)
		if ((types[k] = type_text(pg, a, PQparamtype(page, k))) == NULL)
			return;
	d->pages.name = arena_printf(a, "pages %s", d->schema->id);
	d->pages.text = keyset_gather(a, d->page.text, types, n);
	r = PQprepare(pg, "look", d->pages.text, 0, NULL);
	if (PQresultStatus(r) == PGRES_COMMAND_OK)
		d->page.gathered = &d->pages;
	else
		log_info("asked one by one file=%s", d->sql_file);
	PQclear(r);
	forget(pg);
}

static int
describe_wrapped(PGconn *pg, struct arena *a, struct dataset *d, struct fault *f)
{
	const struct asked q = { d->sql_file, d->sql_text, d->page.text, 0, NULL };
	PGresult *r = describe(pg, &q, f);
	int rc;

	if (r == NULL)
		return E_BAD_INPUT;
	if ((rc = check_bounds(d, r, f)) == 0)
		rc = explain(pg, &q, PQnparams(r), f);
	forget(pg);
	if (rc == 0)
		describe_gathered(pg, a, d, r);
	PQclear(r);
	return rc;
}

static int
describe_page(struct catalogue *c, struct dataset *d, PGconn *pg, struct fault *f)
{
	const struct asked q = { d->sql_file, d->sql_text, d->sql_text,
	    countof(page_types), page_types };
	struct column *list = arena_alloc(c->arena, COLUMNS_MAX * sizeof(*list));
	PGresult *r = describe(pg, &q, f);
	struct record_plan *plan;
	size_t n;
	int rc;

	if (r == NULL)
		return catalogue_fault(c, 2, d->source, d, f);
	rc = columns_read(list, &n, c, d, r, f);
	PQclear(r);
	forget(pg);
	if (rc < 0)
		return c->found != NULL ? 0 : rc;	/* told already */
	if (describe_wrapped(pg, c->arena, d, f) < 0 ||
	    plan_make(&plan, c->arena, d, list, n, f) < 0)
		return catalogue_fault(c, 2, d->source, d, f);
	d->plan = plan;
	return 0;
}

/* ---- what is gone ---- */

static int
describe_removed(struct catalogue *c, struct dataset *d, PGconn *pg,
    struct fault *f)
{
	struct dataset *gone = d->removed;
	const struct asked q = { gone->sql_file, gone->sql_text, gone->sql_text,
	    countof(page_types), page_types };
	PGresult *r = describe(pg, &q, f);
	int rc;

	if (r == NULL)
		return catalogue_fault(c, 2, d->source, d, f);
	rc = removed_columns(gone, c->arena, r, f);
	PQclear(r);
	forget(pg);
	if (rc == 0)
		rc = describe_wrapped(pg, c->arena, gone, f);
	return rc < 0 ? catalogue_fault(c, 2, d->source, d, f) : 0;
}

/* ---- who changed? ---- */

static int
check_changed(const struct dataset *d, const PGresult *r, struct fault *f)
{
	static const char *const wanted[] = { "customer", "changed" };

	/* rows of a change table have no time that counts */
	size_t n = capture_by_rows(d->source) ? 1 : 2;

	for (size_t i = 0; i < n; i++) {
		int column = PQfnumber(r, wanted[i]);

		if (column >= 0 && (i == 0 ||
		    PQftype(r, column) == T_TIMESTAMPTZ))
			continue;
		fault_set(f, "E217", d->changed_file, 0, 0, "must select '%s'%s",
		    wanted[i], i == 0 ? "" : " as a timestamptz");
		return fault_cure(f, "select customer, changed and key");
	}
	return 0;
}

static int
describe_changed(struct catalogue *c, struct dataset *d, PGconn *pg,
    struct fault *f)
{
	const char *run = d->changed_text == NULL ? NULL :
	    capture_described(c->arena, d);
	const struct asked q = { d->changed_file, d->changed_text,
	    run != NULL ? run : d->changed_text,
	    run != NULL ? 0 : countof(changed_types), changed_types };
	PGresult *r;
	int rc;

	if (d->changed_text == NULL)
		return 0;
	if ((r = describe(pg, &q, f)) == NULL)
		return catalogue_fault(c, 2, d->source, d, f);
	if ((rc = check_changed(d, r, f)) == 0)
		rc = explain(pg, &q, PQnparams(r), f);
	PQclear(r);
	forget(pg);
	return rc < 0 ? catalogue_fault(c, 2, d->source, d, f) : 0;
}

/* ---- a source ---- */

/* customers.sql or login.sql. */
static int
describe_beside(struct catalogue *c, struct source *s, PGconn *pg,
    const struct asked *q, struct fault *f)
{
	PGresult *r;
	int rc;

	if (q->run == NULL)
		return 0;
	if ((r = describe(pg, q, f)) == NULL)
		return catalogue_fault(c, 2, s, NULL, f);
	rc = explain(pg, q, PQnparams(r), f);
	PQclear(r);
	forget(pg);
	return rc < 0 ? catalogue_fault(c, 2, s, NULL, f) : 0;
}

static int
describe_set(struct catalogue *c, struct dataset *d, PGconn *pg, struct fault *f)
{
	if (describe_page(c, d, pg, f) < 0 || describe_changed(c, d, pg, f) < 0)
		return E_BAD_INPUT;
	return d->removed == NULL ? 0 : describe_removed(c, d, pg, f);
}

int
source_describe(struct catalogue *c, struct source *s, struct fault *f)
{
	const struct asked customers = { s->customers_file, s->customers_text,
	    s->customer.text, 0, NULL };
	const struct asked accounts = { s->accounts_file, s->accounts_text,
	    s->accounts.text, 0, NULL };
	const struct asked login = { s->login_file, s->login_text,
	    s->login.text, 0, NULL };
	struct db_now *now;
	int rc = live_open(&now, s, f);
	PGconn *pg;

	if (rc < 0)
		return rc;
	pg = db_now_connection(now);
	if ((s->capture != CAPTURE_OVERLAP && live_horizon(pg, s, f) < 0) ||
	    capture_look(pg, s, f) < 0)
		rc = catalogue_fault(c, 2, s, NULL, f);
	if (rc == 0)
		rc = describe_beside(c, s, pg, &customers, f);
	if (rc == 0)
		rc = describe_beside(c, s, pg, &accounts, f);
	if (rc == 0)
		rc = describe_beside(c, s, pg, &login, f);
	for (size_t i = 0; i < c->dataset_count && rc == 0; i++)
		for (struct dataset *d = c->datasets[i]; d != NULL && rc == 0 &&
		    d->source == s; d = d->older)
			rc = describe_set(c, d, pg, f);
	db_now_close(now);
	return rc;
}
