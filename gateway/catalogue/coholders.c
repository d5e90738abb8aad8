/* SPDX-License-Identifier: Apache-2.0 */
/* coholders.c - who holds records together with a customer. */
#include "catalogue/coholders.h"
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "catalogue/catalogue.h"

enum { REFERENCE_MAX = 200 };

static int
wrong(const char **why, const char *sentence)
{
	*why = sentence;
	return E_BAD_INPUT;
}

/* NULL when it is absent; "" when it is no text that could be a reference. */
static const char *
text_of(struct arena *a, const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	if (value == NULL || json_is_null(value))
		return NULL;
	return text == NULL || strlen(text) > REFERENCE_MAX ? "" :
	    arena_strdup(a, text);
}

static bool
known_members(const json_t *object)
{
	static const char *const known[] = { "customer", "agree", "account",
	    "datasets" };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		size_t i = 0;

		while (i < countof(known) && strcmp(known[i], name) != 0)
			i++;
		if (i == countof(known))
			return false;
	}
	return true;
}

static int
read_datasets(struct coholder *h, struct arena *a, const json_t *list,
    const char **why)
{
	size_t n = json_array_size(list), i;
	json_t *id;

	if (list == NULL || json_is_null(list))
		return 0;
	if (!json_is_array(list) || n == 0)
		return wrong(why, "datasets is a list of data sets");
	h->datasets = arena_alloc(a, (n + 1) * sizeof(*h->datasets));
	json_array_foreach(list, i, id) {
		const char *name = json_string_value(id);

		if (name == NULL)
			return wrong(why, "datasets is a list of texts");
		h->datasets[i] = arena_strdup(a, name);
	}
	return 0;
}

static int
read_one(struct coholder *h, struct arena *a, const json_t *object,
    const char **why)
{
	const char *agree = text_of(a, object, "agree");

	h->customer = text_of(a, object, "customer");
	h->account = text_of(a, object, "account");
	if (h->customer == NULL || h->customer[0] == '\0')
		return wrong(why, "each needs customer, the other's reference");
	if (agree == NULL || (strcmp(agree, "all") != 0 &&
	    strcmp(agree, "any") != 0))
		return wrong(why, "each needs agree: all or any");
	if (h->account != NULL && h->account[0] == '\0')
		return wrong(why, "account is a text");
	if (!known_members(object))
		return wrong(why, "each has customer, agree, and perhaps account "
		    "and datasets");
	h->all = strcmp(agree, "all") == 0;
	return read_datasets(h, a, json_object_get(object, "datasets"), why);
}

static int
read_list(struct coholders *all, struct arena *a, const struct source *s,
    const json_t *list, const char **why)
{
	size_t i;
	json_t *object;

	if (list == NULL || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return wrong(why, "it is a list of objects");
	json_array_foreach(list, i, object) {
		struct coholder *h = &all->list[all->n];

		if (all->n == COHOLDERS_MAX)
			return wrong(why, "32 at most are counted");
		*h = (struct coholder){ .source = s };
		if (read_one(h, a, object, why) < 0)
			return E_BAD_INPUT;
		all->n++;
	}
	return 0;
}

int
coholders_read(struct coholders *all, struct arena *a, const struct source *s,
    const char *facts, const char **why)
{
	/* any other column of theirs may be a number longer than 64 bits */
	json_t *doc = json_loads(facts, JSON_DECODE_INT_AS_REAL, NULL);
	int rc;

	/* what cannot be read names nobody, and nobody would be asked */
	if (doc == NULL)
		return wrong(why, "a row with a number that nobody can read");
	rc = read_list(all, a, s, json_object_get(doc, "coholders"), why);
	json_decref(doc);
	return rc;
}

static bool
listed(const char *const *list, const char *text)
{
	while (*list != NULL && strcmp(*list, text) != 0)
		list++;
	return *list != NULL;
}

bool
coholder_shares(const struct coholder *h, const struct dataset *d,
    const char *const *accounts)
{
	if (d->source != h->source)
		return false;
	if (h->datasets != NULL &&
	    !listed(h->datasets, d->schema->id))
		return false;
	return h->account == NULL || d->schema->account == NULL ||
	    accounts == NULL || listed(accounts, h->account);
}
