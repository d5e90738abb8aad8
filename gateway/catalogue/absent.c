/* SPDX-License-Identifier: Apache-2.0 */
/*
 * absent.c - the documented fields that a source does not give.
 *
 * A schema may leave a field to those who have it; an adapter without its
 * column says that this organisation has not. Readers are told, once, rather
 * than left to wonder.
 */
#include <string.h>
#include "catalogue/catalogue_own.h"
#include "catalogue/plan.h"

/* Is there a column for this path, or for something around or within it? */
static bool
gives(const struct node *n, const char *path)
{
	size_t k;

	for (; n != NULL; n = n->next) {
		k = strlen(n->name);
		if (strncmp(path, n->name, k) != 0)
			continue;
		if (path[k] == '\0' || n->kind == NODE_VALUE)
			return path[k] == '\0' || path[k] == '.' ||
			    path[k] == '[';
		if (n->kind == NODE_LIST && strncmp(path + k, "[].", 3) == 0)
			return gives(n->child, path + k + 3);
		if (n->kind == NODE_OBJECT && path[k] == '.')
			return gives(n->child, path + k + 1);
	}
	return false;
}

/* A branch that is absent is named alone, without what is within it. */
static bool
within(const char *path, const char *branch)
{
	size_t n = strlen(branch);

	return strncmp(path, branch, n) == 0 &&
	    (path[n] == '.' || path[n] == '[');
}

size_t
dataset_absent(const struct dataset *d, const struct schema_field **out,
    size_t max)
{
	const struct schema *s = d->schema;
	size_t n = 0;

	if (d->plan == NULL)
		return 0;
	for (size_t i = 0; i < s->field_count && n < max; i++) {
		const struct schema_field *f = &s->fields[i];

		if (gives(d->plan->roots[0]->child, f->path) ||
		    (n > 0 && within(f->path, out[n - 1]->path)))
			continue;
		out[n++] = f;
	}
	return n;
}
