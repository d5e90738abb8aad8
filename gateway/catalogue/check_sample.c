/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_sample.c - level 4: what does the source answer for a few customers?
 *
 * Every record of the first page is written as a PIMS would get it and held
 * against its schema; keys are counted over all of a customer's records. The
 * isolation test: no two customers share a record, unless each is declared to
 * hold with the other (coholders.h), and nobody has none. What is found is told by
 * field and by customer, never by value.
 */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/check.h"
#include "catalogue/coholders.h"
#include "catalogue/describe.h"
#include "catalogue/page.h"
#include "catalogue/validate.h"

enum { SAMPLE_ROWS = 200, SLOW_MS = 100, INVALID_TOLD = 3 };

struct sample {
	struct findings *found;
	const struct dataset *d;
	struct db_now *now;
	PGconn *pg;
	struct arena *arena;
	const char *customers[SAMPLED_MAX];
	size_t n;
	char **keys[SAMPLED_MAX];	/* of each one's first page, sorted */
	size_t key_n[SAMPLED_MAX];
	struct coholders others[SAMPLED_MAX];	/* as customers.sql tells */
	struct units units;
};

static void PRINTF_LIKE(5, 6)
report(const struct sample *s, bool warning, const char *code,
    const char *cure, const char *cause, ...)
{
	struct finding one = { .level = 4,
	    .source = s->d->source->name, .dataset = s->d->schema->id };
	char text[300];
	va_list ap;

	va_start(ap, cause);
	vsnprintf(text, sizeof(text), cause, ap);
	va_end(ap);
	fault_set(&one.fault, code, s->d->sql_file, 0, 0, "%s", text);
	fault_cure(&one.fault, "%s", cure);
	one.fault.warning = warning;
	findings_add(s->found, &one);
}

struct rows *
check_page(struct db_now *now, const struct page_ask *ask, struct arena *a,
    const char **why)
{
	struct params params;
	struct rows *rows;
	int failure;

	*why = "the question does not fit the data set";
	if (page_params(&params, a, ask) < 0)
		return NULL;
	rows = db_ask_now(now, &ask->dataset->page, &params, &failure);
	if (rows == NULL)
		*why = arena_strdup(a, db_now_error(now));
	return rows;
}

/* ---- whom ---- */

/* Some who changed lately, by the watch's own question. */
static void
choose(struct sample *s)
{
	static const int days[] = { 30, 1000, 20000 };
	const char *sql = s->d->changed_text, *by_change = sql == NULL ? NULL :
	    capture_described(s->arena, s->d);

	for (size_t i = 0; sql != NULL && i < countof(days) && s->n == 0; i++) {
		char since[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
		const char *bounds[] = { since, until };
		PGresult *r;

		time_text_us(until, clock_us());
		time_text_us(since, clock_us() - days[i] * INT64_C(86400000000));
		r = PQexecParams(s->pg, arena_printf(s->arena, "SELECT DISTINCT "
		    "r.customer::text FROM (\n%s\n) AS r WHERE r.customer IS NOT "
		    "NULL LIMIT 3", by_change != NULL ? by_change : sql),
		    by_change != NULL ? 0 : 2, NULL, bounds, NULL, NULL, 0);
		for (int k = 0; k < PQntuples(r); k++)
			s->customers[s->n++] = arena_strdup(s->arena,
			    PQgetvalue(r, k, 0));
		PQclear(r);
	}
}

/* ---- one page ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
check_record(struct sample *s, const struct page_ask *ask,
    const struct rows *rows, int row, size_t who, int *told)
{
	struct invalid bad;
	struct record r;
	struct buf key;

	if (page_record(&r, ask, rows, row, s->arena) < 0) {
		if ((*told)++ < INVALID_TOLD)
			report(s, false, "E224", "look for NaN, infinity, lists of "
			    "different lengths or a NULL in the natural key",
			    "a sampled record cannot be written");
		return;
	}
	if (checks_run_text(s->d->schema->checks, r.json, r.n, &bad) < 0 &&
	    (*told)++ < INVALID_TOLD)
		report(s, false, "E224", "mend the SELECT, or the schema if "
		    "reality is right; `guichet preview` shows the record",
		    "a sampled record breaks its schema: '%s' %s", bad.path,
		    bad.why);
	units_see(&s->units, s->d->schema, r.json, r.n);
	buf_init_in(&key, s->arena);
	for (int i = 0; i < KEY_MAX && s->d->schema->natural_key[i] != NULL; i++)
		buf_printf(&key, "%zu:%s,", strlen(r.key[i]), r.key[i]);
	s->keys[who][s->key_n[who]++] = key.data;
}

static void
check_customer(struct sample *s, size_t who, int *told)
{
	struct page_ask ask = { .dataset = s->d, .customer = s->customers[who],
	    .until_us = clock_us(), .limit = SAMPLE_ROWS };
	const char *why;
	struct rows *rows = NULL;
	int64_t ms = SLOW_MS + 1;

	/* the second time its pages are in memory: slow then is slow */
	for (int i = 0; i < 2 && ms > SLOW_MS; i++) {
		int64_t begun = clock_mono_us();

		rows_free(rows);
		rows = check_page(s->now, &ask, s->arena, &why);
		ms = (clock_mono_us() - begun) / 1000;
	}
	if (rows == NULL && charset_blamed(why)) {
		if (*told == 0)
			check_charset(s->found, s->d, s->pg, s->arena,
			    s->customers[who], why);
		*told = INVALID_TOLD;	/* once is enough */
		return;
	}
	if (rows == NULL) {
		report(s, false, "E223", "look at it with EXPLAIN ANALYZE for that "
		    "customer", "a sampled page failed: %s", why);
		return;
	}
	if (ms > SLOW_MS)
		report(s, true, "E223", "look at it with EXPLAIN ANALYZE; compare "
		    "the time column with :since in the adapter", "a sampled "
		    "page of %d records took %lld ms", rows_count(rows),
		    (long long)ms);
	s->keys[who] = arena_alloc(s->arena, (SAMPLE_ROWS + 2) * sizeof(char *));
	for (int i = 0; i < rows_count(rows); i++)
		check_record(s, &ask, rows, i, who, told);
	if (s->key_n[who] > 0)
		qsort(s->keys[who], s->key_n[who], sizeof(char *), by_text);
	rows_free(rows);
}

/* ---- all of a customer's records ---- */

static void
check_keys(struct sample *s, const char *customer)
{
	const char *values[] = { customer, "-infinity", "infinity" };
	static const Oid types[] = { 0, 1184, 1184 };
	struct buf b, nulls;
	PGresult *r;

	buf_init_in(&b, s->arena);
	buf_init_in(&nulls, s->arena);
	buf_printf(&nulls, "r.\"%s\" IS NULL", s->d->schema->changed);
	buf_str(&b, "SELECT count(*) - count(DISTINCT (");
	for (int i = 0; i < KEY_MAX && s->d->schema->natural_key[i] != NULL; i++) {
		buf_printf(&b, "%sr.\"%s\"::text", i > 0 ? " || ' ' || " : "",
		    s->d->schema->natural_key[i]);
		buf_printf(&nulls, " OR r.\"%s\" IS NULL",
		    s->d->schema->natural_key[i]);
	}
	buf_printf(&b, ")) FILTER (WHERE NOT (%s)) - count(*) FILTER (WHERE %s),"
	    " count(*) FILTER (WHERE %s) FROM (\n%s\n) AS r", nulls.data,
	    nulls.data, nulls.data, s->d->sql_text);
	r = PQexecParams(s->pg, b.data, 3, types, values, NULL, NULL, 0);
	if (PQresultStatus(r) == PGRES_TUPLES_OK) {
		if (strcmp(PQgetvalue(r, 0, 0), "0") != 0)
			report(s, false, "E225", "a join that multiplies rows? "
			    "aggregate it, or add what tells the records apart to "
			    "x-natural-key", "%s records of a sampled customer have "
			    "a natural key that another one has",
			    PQgetvalue(r, 0, 0));
		if (strcmp(PQgetvalue(r, 0, 1), "0") != 0)
			report(s, false, "E228", "coalesce the time of change to an "
			    "old date; keys are never NULL", "%s records of a "
			    "sampled customer have no time of change or no key, and "
			    "are never sent", PQgetvalue(r, 0, 1));
	}
	PQclear(r);
}

/* ---- isolation ---- */

static size_t
shared(const struct sample *s, size_t a, size_t b)
{
	size_t n = 0;

	for (size_t i = 0; i < s->key_n[a]; i++)
		n += bsearch(&s->keys[a][i], s->keys[b], s->key_n[b],
		    sizeof(char *), by_text) != NULL;
	return n;
}

/* Whom customers.sql declares to hold with this one. A list that cannot be read
 * declares nobody, and is told once. */
static void
read_coholders(struct sample *s, size_t who)
{
	const struct source *source = s->d->source;
	const char *why = NULL;
	struct params p;
	struct rows *r;
	int failure;

	if (source->customer.text == NULL)
		return;
	params_init(&p);
	params_text(&p, s->customers[who]);
	r = db_ask_now(s->now, &source->customer, &p, &failure);
	if (r != NULL && rows_count(r) > 0 && coholders_read(&s->others[who],
	    s->arena, source, row_text(r, 0, "facts"), &why) < 0) {
		report(s, false, "E235", "select a list such as jsonb_agg("
		    "jsonb_build_object('customer', ..., 'agree', 'all'))",
		    "the coholders of a sampled customer in customers.sql cannot "
		    "be read: %s", why);
		s->others[who].n = 0;
	}
	rows_free(r);
}

static bool
declared(const struct sample *s, size_t a, size_t b)
{
	const struct coholders *all = &s->others[a];

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->list[i].customer, s->customers[b]) == 0 &&
		    coholder_shares(&all->list[i], s->d, NULL))
			return true;
	return false;
}

/* Each must know of the other: what one alone declares, only he would be asked
 * to agree to. */
static void
check_isolation(struct sample *s)
{
	for (size_t a = 0; a < s->n; a++)
		read_coholders(s, a);
	for (size_t a = 0; a < s->n; a++)
		for (size_t b = a + 1; b < s->n; b++) {
			size_t n = strcmp(s->customers[a], s->customers[b]) == 0 ||
			    (declared(s, a, b) && declared(s, b, a)) ? 0 :
			    shared(s, a, b);

			if (n == 0)
				continue;
			report(s, false, "E226", "if they hold them together, let "
			    "customers.sql select coholders for each; else mend "
			    "the WHERE", "customers %s and %s share %zu records",
			    s->customers[a], s->customers[b], n);
			return;
		}
}

static void
check_nobody(struct sample *s)
{
	struct page_ask ask = { .dataset = s->d, .until_us = clock_us(),
	    .customer = "guichet-nobody-0f3a", .limit = 1 };
	const char *why;
	struct rows *rows = check_page(s->now, &ask, s->arena, &why);

	if (rows != NULL && rows_count(rows) > 0)
		report(s, false, "E227", "every row must depend on :customer: look "
		    "for an OR without brackets, or an outer join",
		    "a customer who does not exist gets records");
	rows_free(rows);
}

/* At the place where the column is named. */
static void
check_units(struct sample *s)
{
	const struct schema *schema = s->d->schema;

	for (size_t i = 0; i < schema->field_count && i < UNITS_MAX; i++) {
		const struct schema_field *f = &schema->fields[i];
		struct finding one = { .level = 4, .source = s->d->source->name,
		    .dataset = schema->id };
		int line = 0, column = 0;
		const char *cure;
		size_t at;

		if (!units_wrong(&s->units, i, &cure))
			continue;
		at = sqltext_alias(s->d->sql_text, f->path);
		if (at > 0)
			sqltext_place(s->d->sql_text, at, &line, &column);
		fault_set(&one.fault, "E233", s->d->sql_file, line, column,
		    "most sampled values of '%s' lie outside what its schema "
		    "expects, %g to %g %s", f->path, f->plausible[0],
		    f->plausible[1], f->unit == NULL ? "" : f->unit);
		fault_cure(&one.fault, "%s", cure);
		findings_add(s->found, &one);
	}
}

/* Functions of the organisation's that may write: ours only reads. */
static const char writers[] =
    "SELECT p.proname FROM pg_proc AS p JOIN pg_namespace AS n"
    " ON n.oid = p.pronamespace WHERE p.provolatile = 'v' AND p.prokind = 'f'"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " AND $1 ~* ('\\m' || p.proname || '\\s*\\(') LIMIT 1";

static void
check_writers(struct sample *s)
{
	const char *values[] = { s->d->sql_text };
	const char *name = live_text(s->pg, s->arena, writers, values, 1);
	struct finding one = { .level = 4, .source = s->d->source->name,
	    .dataset = s->d->schema->id };
	int line = 0, column = 0;
	const char *at;

	if (name == NULL)
		return;
	if ((at = strcasestr(s->d->sql_text, name)) != NULL)
		sqltext_place(s->d->sql_text, (size_t)(at - s->d->sql_text),
		    &line, &column);
	fault_set(&one.fault, "E234", s->d->sql_file, line, column,
	    "calls %s, a function that may write", name);
	fault_cure(&one.fault, "if it only reads, say so: ALTER FUNCTION ... "
	    "STABLE; else leave it out: we never write");
	findings_add(s->found, &one);
}

static void
sample(struct findings *found, const struct dataset *d, struct db_now *now,
    const char *const *customers, size_t n)
{
	struct sample s = { .found = found, .d = d, .now = now, .n = n,
	    .pg = db_now_connection(now), .arena = arena_new() };
	int told = 0;

	for (size_t i = 0; i < n; i++)
		s.customers[i] = customers[i];
	if (n == 0)
		choose(&s);
	check_nobody(&s);
	for (size_t i = 0; i < s.n; i++) {
		check_customer(&s, i, &told);
		check_keys(&s, s.customers[i]);
	}
	check_isolation(&s);
	check_units(&s);
	check_writers(&s);
	if (s.n == 0)
		report(&s, true, "E230", "name some with --customer REF",
		    "no customer was found to sample");
	arena_free(s.arena);
}

void
check_samples(struct catalogue *c, const char *const *customers, size_t n,
    struct findings *found)
{
	if (n > SAMPLED_MAX)
		n = SAMPLED_MAX;
	for (size_t i = 0; i < c->source_count; i++) {
		struct db_now *now;
		struct fault f;

		if (live_open(&now, c->sources[i], &f) < 0)
			continue;		/* level 2 told it */
		for (size_t k = 0; k < c->dataset_count; k++)
			for (const struct dataset *d = c->datasets[k]; d != NULL;
			    d = d->older)
				if (d->source == c->sources[i] && d->plan != NULL)
					sample(found, d, now, customers, n);
		db_now_close(now);
	}
}
