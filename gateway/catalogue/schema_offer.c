/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_offer.c - how a data set may be given in part: by account (x-account)
 * and less finely (x-granularities), for consents that allow less than all.
 */
#include <string.h>
#include "catalogue/catalogue_own.h"

enum { GRANULARITIES_MAX = 8, WITHOUT_MAX = 20 };

static const char *
text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static struct wording
wording_of(const json_t *object)
{
	return (struct wording){ { [LANG_EN] = text_of(object, "en"),
	    [LANG_FR] = text_of(object, "fr") } };
}

static bool
whole(const struct wording *w)
{
	return w->in[LANG_EN] != NULL && w->in[LANG_FR] != NULL;
}

static const char *
say(struct offer_wrong *w, const char *at, const char *cause, const char *cure)
{
	*w = (struct offer_wrong){ cause, cure };
	return at;
}

/* Without these a record could not be told apart, placed or followed. */
static bool
is_needed(const struct schema *s, const char *field)
{
	for (size_t i = 0; s->natural_key[i] != NULL; i++)
		if (strcmp(s->natural_key[i], field) == 0)
			return true;
	return strcmp(s->changed, field) == 0 ||
	    (s->period != NULL && strcmp(s->period, field) == 0) ||
	    (s->account != NULL && strcmp(s->account, field) == 0);
}

static const char *
read_without(struct granularity *g, const struct schema *s, struct arena *a,
    const json_t *list, struct offer_wrong *w)
{
	size_t n = json_array_size(list), i;
	const json_t *item;

	if (n > WITHOUT_MAX)
		return say(w, "x-granularities", "it leaves too many fields out",
		    "20 at most: make two data sets");
	g->without = arena_alloc(a, (n + 1) * sizeof(*g->without));
	json_array_foreach(list, i, item) {
		const char *name = json_string_value(item);

		if (name == NULL || schema_field_find(s, name) == NULL ||
		    strpbrk(name, ".[") != NULL || is_needed(s, name))
			return say(w, "x-granularities", "`without` names a "
			    "field that is unknown, inside another, or needed",
			    "name fields of the record itself; the natural key, "
			    "x-period, x-changed and x-account always stay");
		g->without[i] = name;
	}
	return NULL;
}

static const char *
read_one(struct granularity *g, const struct schema *s, struct arena *a,
    const json_t *object, struct offer_wrong *w)
{
	const char *id = text_of(object, "id");
	const json_t *consent = json_object_get(object, "consent");

	if (id == NULL || strlen(id) > 20 || schema_granularity(s, id) >= 0)
		return say(w, "x-granularities", "an id is missing, too long or "
		    "there twice", "write {\"id\": \"P1D\", \"en\": ..., "
		    "\"fr\": ..., \"without\": [...]}");
	g->id = id;
	g->name = wording_of(object);
	g->consent = consent == NULL ? s->consent : wording_of(consent);
	if (!whole(&g->name) || !whole(&g->consent))
		return say(w, "x-granularities", "a name, or a consent sentence, "
		    "is missing in one language",
		    "write it in English and in French");
	return read_without(g, s, a, json_object_get(object, "without"), w);
}

static const char *
read_granularities(struct schema *s, struct arena *a, const json_t *list,
    struct offer_wrong *w)
{
	struct granularity *all;
	const json_t *item;
	const char *at;
	size_t i;

	if (list == NULL)
		return NULL;
	if (json_array_size(list) < 2 ||
	    json_array_size(list) > GRANULARITIES_MAX)
		return say(w, "x-granularities", "it is a list of two to eight",
		    "list the finest first; leave it out when there is one only");
	all = arena_alloc(a, json_array_size(list) * sizeof(*all));
	s->granularities = all;
	json_array_foreach(list, i, item) {
		if ((at = read_one(&all[i], s, a, item, w)) != NULL)
			return at;
		if ((i == 0) != (all[i].without[0] == NULL))
			return say(w, "x-granularities", "the first is the whole "
			    "record, and each of the others leaves a field out",
			    "give `without` to all but the first");
		s->granularity_count++;
	}
	return NULL;
}

const char *
schema_offer(struct schema *s, struct arena *a, const json_t *doc,
    struct offer_wrong *w)
{
	const struct schema_field *f;

	s->account = text_of(doc, "x-account");
	f = s->account == NULL ? NULL : schema_field_find(s, s->account);
	if (s->account != NULL && (f == NULL || !f->required ||
	    f->type != FIELD_STRING || strpbrk(s->account, ".[") != NULL))
		return say(w, "x-account", "it must name a required text of the "
		    "record itself", "name the usage point, line or contract "
		    "that a customer may leave out");
	return read_granularities(s, a, json_object_get(doc, "x-granularities"),
	    w);
}
