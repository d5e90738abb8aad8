/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter_init.c - `guichet adapter init DATASET`: the SELECT to fill in, one
 * commented line a field, made from the schema.
 */
#include <string.h>
#include "catalogue/catalogue.h"
#include "commands/adapter_init.h"
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
print_field(const struct schema_field *f, bool first)
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

int
adapter_init(const struct catalogue *c, const char *id)
{
	const struct schema *s = find(c, id);
	bool first = true;

	if (s == NULL) {
		fprintf(stderr, "guichet adapter: no schema documents %s\n", id);
		return EX_USAGE;
	}
	printf("-- %s: %s\n-- Save as %s.sql in the adapter's folder; put your "
	    "columns in place of NULL, take\n-- out the optional fields you do "
	    "not have, then run guichet check.\nSELECT\n",
	    s->title.in[LANG_EN], s->description.in[LANG_EN], s->id);
	for (size_t i = 0; i < s->field_count; i++)
		if (!is_branch(s, i)) {
			print_field(&s->fields[i], first);
			first = false;
		}
	printf("  FROM your_table AS t\n WHERE t.customer_reference = :customer\n");
	return EX_OK;
}
