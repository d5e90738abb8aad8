/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter_init.c - `guichet adapter init DATASET`: the SELECT to fill in, one
 * commented line a field, made from the schema. --from-table proposes columns
 * (adapter_likeness.c).
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "catalogue/describe.h"
#include "db/db.h"
#include "commands/adapter_init.h"
#include "commands/adapter_likeness.h"
#include "commands/command.h"

static const struct schema *
find(const struct catalogue *c, const char *id)
{
	const struct schema *const *all = catalogue_schemas(c);

	while (*all != NULL && strcmp((*all)->id, id) != 0)
		all++;
	return *all;
}

static void
print_field(const struct schema_field *f, bool first, const char *from,
    const char *why)
{
	static const char *const types[] = { "text", "date", "timestamptz",
	    "bigint", "numeric", "boolean", "jsonb", "jsonb", "jsonb" };
	bool list = strstr(f->path, "[].") != NULL;

	printf("       -- %s%s: %s\n", f->required ? "" : "(optional) ",
	    f->title.in[LANG_EN], f->description.in[LANG_EN] == NULL ? "" :
	    f->description.in[LANG_EN]);
	for (size_t i = 0; i < f->code_count; i++)
		printf("       --   %s: %s\n", f->codes[i].value,
		    f->codes[i].label.in[LANG_EN]);
	if (f->unit != NULL)
		printf("       --   in %s\n", f->unit);
	if (from != NULL) {
		printf("       --   proposed by likeness%s%s: check it\n",
		    why == NULL ? "" : ", its comment is: ", why == NULL ? "" :
		    why);
		printf("       %s%s AS \"%s\"\n", first ? "" : ", ", from,
		    f->path);
		return;
	}
	printf("       %sNULL::%s%s AS \"%s\"\n", first ? "" : ", ",
	    types[f->type], list ? "[]" : "", f->path);
}

/* What is within it has columns of its own. */
static bool
is_branch(const struct schema *s, size_t i)
{
	size_t n = strlen(s->fields[i].path);

	return i + 1 < s->field_count &&
	    strncmp(s->fields[i + 1].path, s->fields[i].path, n) == 0 &&
	    strchr(".[", s->fields[i + 1].path[n]) != NULL;
}

static void
print(const struct schema *s, const struct likeness *l, const char *table)
{
	bool first = true;

	printf("-- %s: %s\n-- Save as %s.sql in the adapter's folder; put your "
	    "columns in place of NULL, take\n-- out the optional fields you do "
	    "not have, then run guichet check.\nSELECT\n",
	    s->title.in[LANG_EN], s->description.in[LANG_EN], s->id);
	for (size_t i = 0; i < s->field_count; i++)
		if (!is_branch(s, i)) {
			print_field(&s->fields[i], first, l->from[i],
			    l->why[i]);
			first = false;
		}
	printf("  FROM %s AS t\n WHERE t.\"%s\" = :customer\n",
	    table == NULL ? "your_table" : table, l->customer == NULL ?
	    "customer_reference" : l->customer);
}

static int
look(struct likeness *l, struct arena *a, const struct schema *s,
    const struct source *source, const char *table)
{
	struct db_now *now;
	struct fault f;
	int rc;

	if (live_open(&now, source, &f) < 0) {
		fault_print(stderr, &f);
		return EX_UNAVAILABLE;
	}
	rc = likeness_find(l, a, s, db_now_connection(now), table,
	    source->time_zone);
	db_now_close(now);
	if (rc == 0)
		return EX_OK;
	fprintf(stderr, "guichet adapter: %s shows us no table %s; name it "
	    "schema.table\n", source->name, table);
	return EX_DATAERR;
}

int
adapter_init(const struct catalogue *c, const char *id,
    const struct source *source, const char *table)
{
	const struct schema *s = find(c, id);
	struct arena *a = arena_new();
	struct likeness l = { .customer = NULL };
	int rc = EX_OK;

	if (s == NULL) {
		fprintf(stderr, "guichet adapter: no schema documents %s\n", id);
		rc = EX_USAGE;
	} else {
		l.from = arena_alloc(a, s->field_count * sizeof(*l.from));
		l.why = arena_alloc(a, s->field_count * sizeof(*l.why));
		if (table != NULL)
			rc = look(&l, a, s, source, table);
	}
	if (rc == EX_OK)
		print(s, &l, table);
	arena_free(a);
	return rc;
}
