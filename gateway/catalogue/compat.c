/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat.c - may readers of the old schemas read the new ones?
 *
 * Within one version a reader must find what it knew: no field gone or of
 * another type, none that was always there now missing at times, no code it
 * has never heard of, the same key. What breaks needs a new x-version, beside
 * the old one until its readers have moved.
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

/* ---- from one version to the next ---- */

/* A permission names a data set, not a version: what is delicate and new was
 * not told to whoever gave it. */
static void
compare_delicate(const struct pair *p)
{
	for (size_t i = 0; i < p->new->field_count; i++) {
		const struct schema_field *f = &p->new->fields[i];
		struct finding one = { .level = 1, .dataset = p->new->id };

		if (f->sensitivity == NULL ||
		    strcmp(f->sensitivity, "ordinary") == 0 ||
		    field_of(p->old, f->path) != NULL)
			continue;
		fault_set(&one.fault, "E263", p->new->id, 0, 0, "version %d adds "
		    "'%s' (%s), which those who allowed version %d were not told "
		    "of", p->new->version, f->path, f->sensitivity,
		    p->old->version);
		fault_cure(&one.fault, "give it in a data set of its own, which "
		    "is asked for anew");
		findings_add(p->found, &one);
	}
}

/* Its readers are left alone with a version they do not know. */
static void
gone(const struct pair *p)
{
	struct finding one = { .level = 1, .dataset = p->old->id,
	    .fault.warning = true };
	const char *until = json_string_value(json_object_get(
	    p->old->document, "x-sunset"));

	fault_set(&one.fault, "E264", p->old->id, 0, 0, "version %d is no longer "
	    "kept%s%s: who asks for it is refused", p->old->version,
	    until == NULL ? "" : ", which was promised until ",
	    until == NULL ? "" : until);
	one.fault.warning = true;
	fault_cure(&one.fault, "keep it beside, as %s@%d.sql and "
	    "@%d.schema.json, with x-deprecated and x-sunset", p->old->id,
	    p->old->version, p->old->version);
	findings_add(p->found, &one);
}

static void
compare(const struct pair *p)
{
	if (!same_key(p->old, p->new))
		breaks(p, "keep the key, or raise x-version: records would get "
		    "other names", "x-natural-key is another");
	for (size_t i = 0; i < p->old->field_count; i++)
		compare_field(p, &p->old->fields[i]);
}

/* One old version against what there is of its data set now. */
static void
compare_version(struct pair *p, const struct schema *newest)
{
	p->new = newest;
	if (newest->version < p->old->version) {
		breaks(p, "versions only rise", "x-version was %d and is %d",
		    p->old->version, newest->version);
		return;
	}
	while (p->new != NULL && p->new->version != p->old->version)
		p->new = p->new->older;
	if (p->new != NULL) {
		compare(p);
		return;
	}
	gone(p);
	p->new = newest;
	compare_delicate(p);
}

void
check_versions(const struct schema *const *all, struct findings *found)
{
	for (; *all != NULL; all++)
		for (const struct schema *s = *all; s->older != NULL; s = s->older) {
			const struct pair p = { found, s->older, s };

			compare_delicate(&p);
		}
}

void
check_against(const struct schema *const *old, const struct schema *const *new,
    struct findings *found)
{
	for (; *old != NULL; old++) {
		const struct schema *newest = NULL;
		struct pair p = { found, *old, *old };

		for (size_t i = 0; new[i] != NULL; i++)
			if (strcmp(new[i]->id, (*old)->id) == 0)
				newest = new[i];
		if (newest == NULL)
			breaks(&p, "keep it and mark it x-availability planned, "
			    "or tell its readers first", "the data set is gone");
		for (; newest != NULL && p.old != NULL; p.old = p.old->older)
			compare_version(&p, newest);
	}
}
