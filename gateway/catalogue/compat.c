/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat.c - may readers of the old schemas read the new ones?
 *
 * Within one version a reader must find what it knew: no field gone or of
 * another type, none that was always there now missing at times, no code it
 * has never heard of, the same key. What breaks needs a new x-version.
 */
#include <string.h>
#include "base/error.h"
#include "catalogue/check.h"

struct pair {
	struct findings *found;
	const struct schema *old, *new;
};

static void PRINTF_LIKE(3, 4)
breaks(const struct pair *p, const char *cure, const char *fmt, ...)
{
	struct finding one = { .level = 1, .dataset = p->new->id };
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fault_set(&one.fault, "E262", p->new->id, 0, 0, "%s", text);
	fault_cure(&one.fault, "%s", cure);
	findings_add(p->found, &one);
}

static const struct schema_field *
field_of(const struct schema *s, const char *path)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (strcmp(s->fields[i].path, path) == 0)
			return &s->fields[i];
	return NULL;
}

static bool
has_code(const struct schema_field *f, const char *code)
{
	for (size_t i = 0; i < f->code_count; i++)
		if (strcmp(f->codes[i].value, code) == 0)
			return true;
	return false;
}

static void
compare_codes(const struct pair *p, const struct schema_field *was,
    const struct schema_field *is)
{
	if (was->code_count > 0 && is->code_count == 0)
		breaks(p, "keep the list of codes, or raise x-version",
		    "'%s' may now hold anything", is->path);
	for (size_t i = 0; was->code_count > 0 && i < is->code_count; i++)
		if (!has_code(was, is->codes[i].value))
			breaks(p, "raise x-version: readers know no such code",
			    "'%s' has a new code, %s", is->path,
			    is->codes[i].value);
}

static void
compare_field(const struct pair *p, const struct schema_field *was)
{
	const struct schema_field *is = field_of(p->new, was->path);

	if (is == NULL) {
		breaks(p, "put it back, or raise x-version", "'%s' is gone",
		    was->path);
		return;
	}
	if (is->type != was->type && !(was->type == FIELD_NUMBER &&
	    is->type == FIELD_INTEGER))
		breaks(p, "keep its type, or raise x-version",
		    "'%s' has another type", was->path);
	if (was->required && !is->required)
		breaks(p, "keep it required, or raise x-version",
		    "'%s' was always there and may now be missing", was->path);
	if ((was->unit == NULL) != (is->unit == NULL) ||
	    (was->unit != NULL && strcmp(was->unit, is->unit) != 0))
		breaks(p, "keep the unit, or raise x-version",
		    "'%s' has another unit", was->path);
	compare_codes(p, was, is);
}

static bool
same_key(const struct schema *a, const struct schema *b)
{
	size_t i = 0;

	while (a->natural_key[i] != NULL && b->natural_key[i] != NULL &&
	    strcmp(a->natural_key[i], b->natural_key[i]) == 0)
		i++;
	return a->natural_key[i] == NULL && b->natural_key[i] == NULL;
}

static void
compare(const struct pair *p)
{
	if (p->new->version < p->old->version)
		breaks(p, "versions only rise", "x-version was %d and is %d",
		    p->old->version, p->new->version);
	if (p->new->version != p->old->version)
		return;
	if (!same_key(p->old, p->new))
		breaks(p, "keep the key, or raise x-version: records would get "
		    "other names", "x-natural-key is another");
	for (size_t i = 0; i < p->old->field_count; i++)
		compare_field(p, &p->old->fields[i]);
}

void
check_against(const struct schema *const *old, const struct schema *const *new,
    struct findings *found)
{
	for (; *old != NULL; old++) {
		struct pair p = { found, *old, NULL };

		for (size_t i = 0; new[i] != NULL; i++)
			if (strcmp(new[i]->id, (*old)->id) == 0)
				p.new = new[i];
		if (p.new != NULL) {
			compare(&p);
			continue;
		}
		p.new = p.old;
		breaks(&p, "keep it and mark it x-availability planned, or tell "
		    "its readers first", "the data set is gone");
	}
}
