/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_plan.c - level 3: how will the source answer?
 *
 * The generic plan of each question is the one that will run, for whichever
 * customer. A table walked through for one person is a fault, and the index
 * that cures it is printed. It need not show as a Seq Scan (the planner may walk
 * along an index of time for seconds): what counts is that no scan of a large
 * table goes without the customer, or without a row that led there. Cost is
 * judged too, and time by the samples of level 4.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "catalogue/check.h"
#include "catalogue/describe.h"

enum {
	SMALL_ROWS = 1000,	/* tables that may be read whole */
	COST_MAX = 20000
};

struct plan_look {
	struct findings *found;
	const struct dataset *d;
	PGconn *pg;
	struct arena *arena;
	const char *file;
	bool changed;			/* the watch's question, not a page */
	const json_t *above[32];	/* the nodes around */
	int depth;
};

static const char *
text_of(const json_t *node, const char *name)
{
	return json_string_value(json_object_get(node, name));
}

static void PRINTF_LIKE(4, 5)
report(const struct plan_look *l, bool warning, const char *code,
    const char *cause, ...)
{
	struct finding one = { .level = 3,
	    .source = l->d->source->name, .dataset = l->d->schema->id };
	char text[300];
	va_list ap;

	va_start(ap, cause);
	vsnprintf(text, sizeof(text), cause, ap);
	va_end(ap);
	fault_set(&one.fault, code, l->file, 0, 0, "%s", text);
	one.fault.warning = warning;
	findings_add(l->found, &one);
}

static void
cure(const struct plan_look *l, const char *text)
{
	if (l->found->n > 0)
		fault_cure(&l->found->list[l->found->n - 1].fault, "%s", text);
}

/* ---- which column lacks an index? ---- */

/* Behind a column's name: closing brackets and casts, then the comparison. */
static bool
is_compared(const char *p, const char *with)
{
	while (*p == ')')
		p++;
	if (strncmp(p, "::", 2) == 0)
		p += strcspn(p, ")=<>");
	while (*p == ')' || *p == ' ')
		p++;
	return strncmp(p, with, strlen(with)) == 0;
}

/* Before it: "= (" */
static bool
is_compared_before(const char *text, const char *p, const char *with)
{
	size_t n = strlen(with);

	while (p > text && (p[-1] == '(' || p[-1] == ' '))
		p--;
	return p >= text + n && strncmp(p - n, with, n) == 0;
}

/* The first alias.column of the condition that is compared so; in the arena. */
static const char *
column_in(struct arena *a, const char *condition, const char *alias,
    const char *with)
{
	const char *prefix = arena_printf(a, "%s.", alias), *p = condition;

	for (; p != NULL && (p = strstr(p, prefix)) != NULL; p++) {
		const char *name = p + strlen(prefix);
		size_t n = 0;

		if (p > condition && (isalnum((unsigned char)p[-1]) ||
		    p[-1] == '_' || p[-1] == '.'))
			continue;
		if (p > condition + 1 && p[-1] == '(' &&
		    (isalnum((unsigned char)p[-2]) || p[-2] == '_'))
			continue;	/* f(column) has no use for its index */
		while (isalnum((unsigned char)name[n]) || name[n] == '_')
			n++;
		if (is_compared(name + n, with) ||
		    is_compared_before(condition, p, with))
			return arena_strndup(a, name, n);
	}
	return NULL;
}

/* In its own condition, or in those of the joins around it. */
static const char *
column_of(const struct plan_look *l, const json_t *node)
{
	static const char *const conditions[] = { "Filter", "Hash Cond",
	    "Join Filter", "Merge Cond", "Index Cond", "Recheck Cond" };
	const char *with = l->changed ? ">=" : "=", *column = NULL;

	for (int d = l->depth; d >= 0 && column == NULL; d--) {
		const json_t *at = d == l->depth ? node : l->above[d];

		for (size_t i = 0; i < countof(conditions) && column == NULL; i++)
			column = column_in(l->arena, text_of(at, conditions[i]),
			    text_of(node, "Alias"), with);
		if (column == NULL && l->changed)
			column = column_in(l->arena, text_of(at, "Filter"),
			    text_of(node, "Alias"), ">");
	}
	return column;
}

/* ---- nodes ---- */

static double
rows_of(const struct plan_look *l, const json_t *node)
{
	const char *values[] = { arena_printf(l->arena, "%s.%s",
	    text_of(node, "Schema"), text_of(node, "Relation Name")) };
	const char *n = live_text(l->pg, l->arena, "SELECT c.reltuples"
	    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
	    " WHERE n.nspname || '.' || c.relname = $1", values, 1);

	return n == NULL ? 0 : strtod(n, NULL);
}

/* Does the condition hold this parameter (0: any)? */
static bool
has_parameter(const char *condition, char digit)
{
	for (const char *p = condition; p != NULL &&
	    (p = strchr(p, '$')) != NULL; p++)
		if (digit == 0 || (p[1] == digit && !isdigit((unsigned char)p[2])))
			return true;
	return false;
}

/* Or a column of another table: "r.pdl" where alias is k. */
static bool
has_other(const char *condition, const char *alias)
{
	size_t n = strlen(alias);

	for (const char *p = condition; p != NULL &&
	    (p = strchr(p, '.')) != NULL; p++) {
		const char *word = p;

		while (word > condition && (isalnum((unsigned char)word[-1]) ||
		    word[-1] == '_'))
			word--;
		if (word < p && !isdigit((unsigned char)*word) &&
		    ((size_t)(p - word) != n || strncmp(word, alias, n) != 0))
			return true;
	}
	return false;
}

/*
 * Is this table walked, from end to end or along a stretch of time, and the
 * customer looked for on the way? A scan by an index says what it was given.
 */
static bool
is_walked(const struct plan_look *l, const json_t *node)
{
	const char *cond = text_of(node, "Index Cond");
	const char *alias = text_of(node, "Alias");

	if (cond == NULL)
		cond = text_of(node, "Recheck Cond");
	if (l->changed)		/* it may join what it likes to what changed */
		return !has_parameter(cond, 0) &&
		    has_parameter(text_of(node, "Filter"), 0);
	return !has_parameter(cond, '0' + ASK_CUSTOMER) &&
	    !has_other(cond, alias);
}

static void
look_at_scan(const struct plan_look *l, const json_t *node)
{
	double rows = is_walked(l, node) ? rows_of(l, node) : 0;
	const char *column, *table;

	if (rows < SMALL_ROWS)
		return;
	table = arena_printf(l->arena, "%s.%s", text_of(node, "Schema"),
	    text_of(node, "Relation Name"));
	column = column_of(l, node);
	report(l, false, l->changed ? "E222" : "E220",
	    "walks through %s (%.0f rows) %s", table, rows,
	    l->changed ? "each time it asks who changed" : "for one customer");
	if (column != NULL)
		cure(l, arena_printf(l->arena, "CREATE INDEX CONCURRENTLY ON %s"
		    " (%s);", table, column));
	else
		cure(l, "compare a column that has an index with the parameter "
		    "itself, not with an expression of it");
}

static void
walk(struct plan_look *l, const json_t *node)
{
	const json_t *plans = json_object_get(node, "Plans"), *inner;
	size_t i;

	if (text_of(node, "Relation Name") != NULL &&
	    text_of(node, "Alias") != NULL)
		look_at_scan(l, node);
	if (l->depth + 1 >= (int)countof(l->above))
		return;
	l->above[l->depth++] = node;
	json_array_foreach(plans, i, inner)
		walk(l, inner);
	l->depth--;
}

static void
judge(struct plan_look *l, const char *json)
{
	json_t *all = json_loads(json, 0, NULL);
	const json_t *plan = json_object_get(json_array_get(all, 0), "Plan");
	double cost = json_number_value(json_object_get(plan, "Total Cost"));
	size_t before = l->found->n;

	if (plan != NULL)
		walk(l, plan);
	if (cost > COST_MAX && l->found->n == before && !l->changed) {
		report(l, true, "E221", "is planned at a cost of %.0f for one "
		    "customer; %d is much", cost, COST_MAX);
		cure(l, "look at it with EXPLAIN, for a customer of many years; "
		    "ANALYZE its tables");
	}
	json_decref(all);
}

static void
look(struct plan_look *l, const char *sql)
{
	PGresult *r = PQprepare(l->pg, "look", sql, 0, NULL);
	const char *text;
	struct buf b;
	int n;

	buf_init_in(&b, l->arena);
	if (PQresultStatus(r) == PGRES_COMMAND_OK) {
		PQclear(r);
		r = PQdescribePrepared(l->pg, "look");
		n = PQnparams(r);
		buf_str(&b, "EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE look");
		for (int i = 0; i < n; i++)
			buf_str(&b, i == 0 ? "(NULL" : ", NULL");
		if (n > 0)
			buf_char(&b, ')');
		text = live_text(l->pg, l->arena, b.data, NULL, 0);
		if (text != NULL)
			judge(l, text);
	}
	PQclear(r);
	PQclear(PQexec(l->pg, "DEALLOCATE look"));
}

static void
look_at(struct findings *found, const struct dataset *d, PGconn *pg)
{
	struct plan_look l = { .found = found, .d = d, .pg = pg,
	    .arena = arena_new(), .file = d->sql_file };

	look(&l, d->page.text);
	if (d->changed.text != NULL) {
		l.changed = true;
		l.file = d->changed_file;
		look(&l, d->changed.text);
	}
	arena_free(l.arena);
}

void
check_plans(struct catalogue *c, struct findings *found)
{
	for (size_t i = 0; i < c->source_count; i++) {
		struct db_now *now;
		struct fault f;

		if (live_open(&now, c->sources[i], &f) < 0)
			continue;		/* level 2 told it */
		for (size_t k = 0; k < c->dataset_count; k++)
			for (const struct dataset *d = c->datasets[k]; d != NULL;
			    d = d->older)
				if (d->source == c->sources[i] && d->plan != NULL)
					look_at(found, d, db_now_connection(now));
		db_now_close(now);
	}
}
