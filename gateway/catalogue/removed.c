/* SPDX-License-Identifier: Apache-2.0 */
/*
 * removed.c - <data-set>.removed.sql: the records of a customer that are gone.
 *
 * Each row is a key and the time it went: the natural key, the period and the
 * account where the schema has them, and changed. Its pages are those of a data set of its own, so
 * that one cursor passes both, and a removal is told as
 * {"usage_point":...,"day":...,"changed":...,"removed":true}.
 */
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/describe.h"
#include "catalogue/page.h"

int
removed_read(struct dataset *d, const char *path, struct arena *a,
    struct fault *f)
{
	struct dataset *gone;
	unsigned used;

	gone = arena_alloc(a, sizeof(*gone));
	gone->schema = d->schema;
	gone->source = d->source;
	gone->gone = true;
	gone->sql_file = path;
	if (sqltext_read(&gone->sql_text, &used, a, path, SQL_FOR_PAGE, f) < 0)
		return E_BAD_INPUT;
	if (!(used & 1u << ASK_CUSTOMER)) {
		fault_set(f, "E205", path, 0, 0, "does not use :customer");
		return fault_cure(f, "ask for what one customer no longer has: "
		    "WHERE ... = :customer");
	}
	gone->page.name = arena_printf(a, "removed %s@%d", d->schema->id,
	    d->schema->version);
	gone->page.text = keyset_wrap(a, d->schema, gone->sql_text);
	d->removed = gone;
	return 0;
}

static bool
tells_place(const struct schema *s, const char *name)
{
	if (strcmp(name, s->changed) == 0 ||
	    (s->period != NULL && strcmp(name, s->period) == 0) ||
	    (s->account != NULL && strcmp(name, s->account) == 0))
		return true;
	for (size_t i = 0; i < keyset_key_count(s); i++)
		if (strcmp(name, s->natural_key[i]) == 0)
			return true;
	return false;
}

static int
wrong(const struct dataset *gone, const char *cause, const char *name,
    struct fault *f)
{
	fault_set(f, "E239", gone->sql_file, 0, 0, cause, name);
	return fault_cure(f, "select the natural key, the period, the account "
	    "and changed, named and typed as in the schema");
}

static int
check_given(const struct dataset *gone, struct arena *a, const PGresult *r,
    struct fault *f)
{
	const struct schema *s = gone->schema;
	const char *wanted[KEY_MAX + 3] = { s->changed, s->period, s->account };

	memcpy(wanted + 3, s->natural_key, KEY_MAX * sizeof(wanted[0]));
	for (size_t i = 0; i < countof(wanted); i++)
		if (wanted[i] != NULL && PQfnumber(r, arena_printf(a, "\"%s\"",
		    wanted[i])) < 0)
			return wrong(gone, "does not select '%s'", wanted[i], f);
	return 0;
}

int
removed_columns(struct dataset *gone, struct arena *a, const PGresult *r,
    struct fault *f)
{
	struct column *list = arena_alloc(a, COLUMNS_MAX * sizeof(*list));
	int n = PQnfields(r);

	for (int i = 0; i < n && i < COLUMNS_MAX; i++) {
		const char *name = arena_strdup(a, PQfname(r, i));

		if (!tells_place(gone->schema, name))
			return wrong(gone, "selects '%s'", name, f);
		list[i] = (struct column){ name, PQftype(r, i), false };
		if (!type_fits(schema_field_find(gone->schema, name)->type,
		    list[i].type))
			return wrong(gone, "gives '%s' another type", name, f);
	}
	if (check_given(gone, a, r, f) < 0)
		return E_BAD_INPUT;
	return plan_make(&gone->plan, a, gone, list, (size_t)n, f);
}

/* ---- two answers as one ---- */

static int
shown(const struct pair *p, int i)
{
	int n = p->rows[i] == NULL ? 0 : rows_count(p->rows[i]);

	return n < p->ask[0]->limit ? n : p->ask[0]->limit;
}

static int64_t
time_at(const struct pair *p, int i)
{
	return row_time(p->rows[i], p->at[i], p->ask[0]->dataset->schema->changed);
}

int
pair_next(struct pair *p, int *row)
{
	int which;

	if (p->at[0] + p->at[1] >= p->ask[0]->limit)
		return -1;
	for (int i = 0; i < 2; i++)
		if (p->rows[i] != NULL && p->at[i] == shown(p, i) &&
		    p->at[i] < rows_count(p->rows[i]))
			return -1;	/* what it hides may come first */
	if (p->at[0] == shown(p, 0) && p->at[1] == shown(p, 1))
		return -1;
	if (p->at[0] == shown(p, 0))
		which = 1;
	else if (p->at[1] == shown(p, 1))
		which = 0;
	else
		which = time_at(p, 1) <= time_at(p, 0);
	*row = p->at[which]++;
	return which;
}

bool
pair_more(const struct pair *p)
{
	for (int i = 0; i < 2; i++)
		if (p->rows[i] != NULL && p->at[i] < rows_count(p->rows[i]))
			return true;
	return false;
}

/* ---- what follows from the source's settings ---- */

bool
dataset_early(const struct dataset *d)
{
	return d->source->capture != CAPTURE_HORIZON;
}

bool
dataset_remembers(const struct dataset *d)
{
	return dataset_early(d) || d->source->compare_days > 0;
}
