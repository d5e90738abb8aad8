/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.c - where a reader stopped: sealed, so that it tells nothing and
 * cannot be made up; bound to its grant; it names the schema's version.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/page.h"
#include "base/jw.h"
#include "crypto/keys.h"

static const char *
bound_to(struct arena *a, const struct dataset *d, const char *context)
{
	return arena_printf(a, "cursor %s@%d %s", d->schema->id,
	    d->schema->version, context);
}

char *
cursor_seal(const struct keys *k, struct arena *a, const struct cursor *c,
    const char *context)
{
	struct buf b;
	struct jw w;

	buf_init_in(&b, a);
	jw_init(&w, &b);
	jw_array(&w);
	jw_string(&w, c->changed);
	for (size_t i = 0; i < keyset_key_count(c->dataset->schema); i++)
		jw_string(&w, c->key[i]);
	if (c->removed)
		jw_bool(&w, true);
	jw_end_array(&w);
	return seal(k, a, bound_to(a, c->dataset, context), b.data, b.len);
}

int
cursor_open(struct cursor *c, const struct keys *k, struct arena *a,
    const struct dataset *d, const char *sealed, const char *context)
{
	size_t n, keys = keyset_key_count(d->schema);
	char *plain = strlen(sealed) > 4096 ? NULL :
	    unseal(k, a, bound_to(a, d, context), sealed, &n);
	json_t *list = plain == NULL ? NULL :
	    json_loadb(plain, n, JSON_REJECT_DUPLICATES, NULL);
	int rc = E_BAD_INPUT;

	memset(c, 0, sizeof(*c));
	c->dataset = d;
	if (json_array_size(list) == keys + 1 || json_array_size(list) == keys + 2) {
		c->removed = json_array_size(list) == keys + 2;
		c->changed = arena_strdup(a, json_string_value(
		    json_array_get(list, 0)));
		for (size_t i = 0; i < keys; i++)
			c->key[i] = arena_strdup(a, json_string_value(
			    json_array_get(list, i + 1)));
		rc = 0;
	}
	json_decref(list);
	return rc;
}
