/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_units.c - are the sampled values of the right size? Watt-hours where
 * kilowatt-hours are promised are valid, and wrong by a thousand.
 */
#include <string.h>
#include "catalogue/check.h"

static void
tally(struct units *u, const struct schema_field *f, size_t i, double v)
{
	static const double times[] = { 1, 1e-3, 1e3, 1e-2, 1e2 };

	if (v == 0)
		return;			/* nothing is nothing in every unit */
	u->seen[i]++;
	for (size_t k = 0; k < countof(times); k++)
		u->fits[i][k] += v * times[k] >= f->plausible[0] &&
		    v * times[k] <= f->plausible[1];
}

/* The values at a path, through objects and lists. */
static void
look(struct units *u, const struct schema_field *f, size_t i,
    const json_t *at, const char *path)
{
	size_t n = strcspn(path, ".["), k;
	const json_t *item, *v;
	char name[64];

	if (n >= sizeof(name) || at == NULL)
		return;
	memcpy(name, path, n);
	name[n] = '\0';
	v = json_object_get(at, name);
	if (path[n] == '\0' && json_is_number(v))
		tally(u, f, i, json_number_value(v));
	else if (path[n] == '.')
		look(u, f, i, v, path + n + 1);
	else if (strncmp(path + n, "[].", 3) == 0)
		json_array_foreach(v, k, item)
			look(u, f, i, item, path + n + 3);
}

void
units_see(struct units *u, const struct schema *s, const char *json, size_t n)
{
	json_t *record = json_loadb(json, n, JSON_REJECT_DUPLICATES, NULL);

	for (size_t i = 0; i < s->field_count && i < UNITS_MAX; i++)
		if (s->fields[i].plausible[0] < s->fields[i].plausible[1])
			look(u, &s->fields[i], i, record, s->fields[i].path);
	json_decref(record);
}

bool
units_wrong(const struct units *u, size_t i, const char **cure)
{
	static const char *const cures[] = { NULL, "divide it by 1000",
	    "multiply it by 1000", "divide it by 100", "multiply it by 100" };

	*cure = "mend the SELECT, or x-plausible in the schema if reality is right";
	if (u->seen[i] < UNITS_ENOUGH || u->fits[i][0] * 2 >= u->seen[i])
		return false;
	for (size_t k = 1; k < countof(cures); k++)
		if (u->fits[i][k] * 10 >= u->seen[i] * 9) {
			*cure = cures[k];
			break;
		}
	return true;
}
