/* SPDX-License-Identifier: Apache-2.0 */
/* details_read.c - authorization_details and scopes, as a PIMS sends them. */
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "consent/details_own.h"

enum { PURPOSE_MAX = 600, ELEMENTS_MAX = 16, ACCOUNT_MAX = 64 };

/* One reading: what every step of it needs. */
struct reading {
	struct details *d;
	struct arena *arena;
	const struct catalogue *known;	/* NULL = any name */
	const char **why;
};

struct element {
	struct detail like;		/* all but the data set */
	const char *until, *purpose, *recurrence;
};

static int
wrong(struct reading *r, const char *sentence)
{
	*r->why = sentence;
	return E_BAD_INPUT;
}

/* ---- data sets ---- */

static const struct schema *
schema_of(const struct reading *r, const char *dataset)
{
	const struct dataset *d = r->known == NULL ? NULL :
	    dataset_find(r->known, dataset);

	return d == NULL ? NULL : d->schema;
}

static int
add(struct reading *r, const char *name)
{
	struct details *d = r->d;

	if (strlen(name) > 100 ||
	    (r->known != NULL && dataset_find(r->known, name) == NULL))
		return wrong(r, "a data set named there does not exist here; "
		    "GET /data lists those that do");
	if (d->n == DETAILS_MAX)
		return wrong(r, "too many data sets");
	d->list[d->n++] = (struct detail){ .dataset = name };
	return 0;
}

static int
add_list(struct reading *r, const json_t *ids)
{
	size_t i;
	json_t *id;

	if (!json_is_array(ids) || json_array_size(ids) == 0)
		return wrong(r, "datasets must be a list of one data set or more");
	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);

		if (name == NULL)
			return wrong(r, "datasets must be a list of texts");
		if (details_find(r->d, name) != NULL)
			return wrong(r, "a data set is named twice");
		if (add(r, arena_strdup(r->arena, name)) < 0)
			return E_BAD_INPUT;
	}
	return 0;
}

/* ---- one element: its form ---- */

static int
check_members(struct reading *r, const json_t *object)
{
	static const struct { const char *name; bool list; } known[] = {
		{ "type", false }, { "datasets", true }, { "from", false },
		{ "to", false }, { "history", false },
		{ "granularity", false }, { "accounts", true },
		{ "until", false }, { "purpose", false },
		{ "recurrence", false } };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		size_t i = 0;

		while (i < countof(known) && strcmp(name, known[i].name) != 0)
			i++;
		if (i == countof(known))
			return wrong(r, "a member is unknown; type restitution "
			    "has datasets, from, to, history, granularity, "
			    "accounts, until, purpose, recurrence");
		if (!known[i].list && !json_is_string(value))
			return wrong(r, "all members but datasets and accounts "
			    "are texts");
	}
	return 0;
}

static int
check_span(struct reading *r, const struct detail *e)
{
	int64_t from = INT64_MIN, to = INT64_MAX;

	if ((e->from != NULL && detail_time(&from, e->from) < 0) ||
	    (e->to != NULL && detail_time(&to, e->to) < 0))
		return wrong(r, "from and to are days (2026-03-04) or RFC 3339 "
		    "times");
	if (from >= to)
		return wrong(r, "from must be before to");
	if (e->history == NULL)
		return 0;
	if (e->from != NULL)
		return wrong(r, "from and history say the same: send one of them");
	if (detail_days_before(r->arena, 0, e->history) == NULL)
		return wrong(r, "history is a duration of days or more, such as "
		    "P36M or P14D");
	return 0;
}

static int
check_words(struct reading *r, const struct element *e)
{
	static const char *const recurrences[] = { "once", "P1D", "event" };
	size_t i = 0;

	if (e->purpose != NULL && (strlen(e->purpose) > PURPOSE_MAX ||
	    e->purpose[0] == '\0'))
		return wrong(r, "purpose is a text of 1 to 600 bytes");
	while (e->recurrence != NULL && i < countof(recurrences) &&
	    strcmp(e->recurrence, recurrences[i]) != 0)
		i++;
	if (i == countof(recurrences))
		return wrong(r, "recurrence is once, P1D or event");
	return 0;
}

static bool
listed(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static int
read_accounts(struct reading *r, const char ***out, const json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t *item;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || n == 0 || n > DETAILS_ACCOUNTS_MAX)
		return wrong(r, "accounts is a list of 1 to 32 texts");
	*out = arena_alloc(r->arena, (n + 1) * sizeof(**out));
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);

		if (text == NULL || text[0] == '\0' ||
		    strlen(text) > ACCOUNT_MAX || listed(*out, i, text))
			return wrong(r, "accounts are texts of 1 to 64 bytes, "
			    "each named once");
		(*out)[i] = arena_strdup(r->arena, text);
	}
	return 0;
}

/* ---- is it on offer? ---- */

static const char *
offered(struct arena *a, const struct schema *s)
{
	const char *all = "nothing but whole records";

	for (size_t i = 0; i < s->granularity_count; i++)
		all = i == 0 ? s->granularities[0].id :
		    arena_printf(a, "%s, %s", all, s->granularities[i].id);
	return all;
}

static int
check_offer(struct reading *r, const struct detail *d)
{
	const struct schema *s = schema_of(r, d->dataset);

	if (s == NULL)			/* what was stored is taken as it is */
		return 0;
	if (d->granularity != NULL && schema_granularity(s, d->granularity) < 0)
		return wrong(r, arena_printf(r->arena, "granularity: %s offers "
		    "%s; data sets that differ go into elements of their own",
		    s->id, offered(r->arena, s)));
	if (d->accounts != NULL && s->account == NULL)
		return wrong(r, arena_printf(r->arena, "accounts: %s is not "
		    "divided into accounts; put it in an element without",
		    s->id));
	return 0;
}

/* A period is for data sets that have one; for none at all it is a mistake. */
static int
fit_period(struct reading *r, size_t first, const struct detail *like)
{
	bool fits = like->from == NULL && like->to == NULL &&
	    like->history == NULL;

	for (size_t i = first; i < r->d->n; i++) {
		struct detail *d = &r->d->list[i];
		const struct schema *s = schema_of(r, d->dataset);

		if (s != NULL && s->period == NULL)
			d->from = d->to = d->history = NULL;
		else
			fits = true;
	}
	return fits ? 0 : wrong(r, "from, to and history: none of these data "
	    "sets has a period; leave them out");
}

static int
take_list(struct reading *r, const json_t *object, const struct element *e)
{
	size_t first = r->d->n;

	if (add_list(r, json_object_get(object, "datasets")) < 0)
		return E_BAD_INPUT;
	for (size_t i = first; i < r->d->n; i++) {
		struct detail *d = &r->d->list[i];
		const char *dataset = d->dataset;

		*d = e->like;
		d->dataset = dataset;
		if (check_offer(r, d) < 0)
			return E_BAD_INPUT;
	}
	return fit_period(r, first, &e->like);
}

/* ---- all of it ---- */

/* One request, one end, one purpose: the first to say it says it for all. */
static int
agree(struct reading *r, const char **all, const char *one)
{
	if (one == NULL)
		return 0;
	if (*all != NULL && strcmp(*all, one) != 0)
		return wrong(r, "until, purpose and recurrence must be the "
		    "same in all elements: make two requests instead");
	*all = one;
	return 0;
}

static int
take(struct reading *r, const json_t *object, const struct element *e)
{
	struct details *d = r->d;

	if (check_span(r, &e->like) < 0 || check_words(r, e) < 0 ||
	    take_list(r, object, e) < 0)
		return E_BAD_INPUT;
	if (agree(r, &d->until, e->until) < 0 ||
	    agree(r, &d->purpose, e->purpose) < 0 ||
	    agree(r, &d->recurrence, e->recurrence) < 0)
		return E_BAD_INPUT;
	if (d->until != NULL && detail_time(&d->until_us, d->until) < 0)
		return wrong(r, "until is a day (2026-03-04) or an RFC 3339 time");
	return 0;
}

static const char *
text_of(struct arena *a, const json_t *object, const char *name)
{
	return arena_strdup(a, json_string_value(json_object_get(object, name)));
}

static int
read_element(struct reading *r, const json_t *object)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	struct element e = { .until = text_of(r->arena, object, "until") };

	if (type == NULL)
		return wrong(r, "each element is an object with a type");
	if (strcmp(type, DETAILS_TYPE) != 0)
		return wrong(r, "the only type known here is restitution");
	if (check_members(r, object) < 0 || read_accounts(r, &e.like.accounts,
	    json_object_get(object, "accounts")) < 0)
		return E_BAD_INPUT;
	e.like.from = text_of(r->arena, object, "from");
	e.like.to = text_of(r->arena, object, "to");
	e.like.history = text_of(r->arena, object, "history");
	e.like.granularity = text_of(r->arena, object, "granularity");
	e.purpose = text_of(r->arena, object, "purpose");
	e.recurrence = text_of(r->arena, object, "recurrence");
	return take(r, object, &e);
}

int
details_read(struct details *d, struct arena *a, const struct catalogue *known,
    const char *json, const char **why)
{
	struct reading r = { d, a, known, why };
	json_t *doc = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *object;
	int rc = 0;
	size_t i;

	memset(d, 0, sizeof(*d));
	if (!json_is_array(doc) || json_array_size(doc) == 0 ||
	    json_array_size(doc) > ELEMENTS_MAX)
		rc = wrong(&r, "authorization_details is a JSON list of 1 to 16 "
		    "objects");
	else
		json_array_foreach(doc, i, object)
			if ((rc = read_element(&r, object)) < 0)
				break;
	json_decref(doc);
	return rc;
}

int
details_read_scope(struct details *d, struct arena *a,
    const struct catalogue *known, const char *scope, const char **why)
{
	struct reading r = { d, a, known, why };

	while (*scope != '\0') {
		size_t n = strcspn(scope, " ");
		const char *name = arena_strndup(a, scope, n);

		if (n > 0 && details_find(d, name) == NULL && add(&r, name) < 0)
			return E_BAD_INPUT;
		scope += n;
		scope += *scope == ' ';
	}
	return 0;
}
