/*
 * check_plan.c - level 3: how will the source answer?
 *
 * The generic plan of each question is the one that will run, for whichever
 * customer. A table read from end to end for one person is a fault, and the
 * index that cures it is printed. A missing index need not show as such a scan
 * (the planner may walk another index for seconds): so cost is judged too here,
 * and time by the samples of level 4.
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

static void
read_whole(const struct plan_look *l, const json_t *node)
{
	double rows = rows_of(l, node);
	const char *column, *table;

	/* the watch may join what it likes to the few rows that changed */
	if (rows < SMALL_ROWS || (l->changed &&
	    (text_of(node, "Filter") == NULL ||
	    strchr(text_of(node, "Filter"), '$') == NULL)))
		return;
	table = arena_printf(l->arena, "%s.%s", text_of(node, "Schema"),
	    text_of(node, "Relation Name"));
	column = column_of(l, node);
	report(l, false, l->changed ? "E222" : "E220",
	    "reads all of %s (%.0f rows) %s", table, rows,
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
	const char *type = text_of(node, "Node Type");
	size_t i;

	if (type != NULL && strcmp(type, "Seq Scan") == 0)
		read_whole(l, node);
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
			if (c->datasets[k]->source == c->sources[i] &&
			    c->datasets[k]->plan != NULL)
				look_at(found, c->datasets[k],
				    db_now_connection(now));
		db_now_close(now);
	}
}
