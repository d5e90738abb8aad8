/* SPDX-License-Identifier: Apache-2.0 */
/* details.c - reading, narrowing and writing authorization_details. */
#include "consent/details.h"
#include <jansson.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/text.h"
#include "catalogue/catalogue.h"

enum { PURPOSE_MAX = 600, ELEMENTS_MAX = 16, DATE_LEN = 10 };

static int
wrong(const char **why, const char *sentence)
{
	*why = sentence;
	return E_BAD_INPUT;
}

/* A day ("2026-03-04": its first moment, UTC) or a moment (RFC 3339). */
static int
read_time(int64_t *us, const char *text)
{
	char full[32];

	if (strlen(text) != DATE_LEN)
		return time_parse(us, text);
	snprintf(full, sizeof(full), "%sT00:00:00Z", text);
	return time_parse(us, full);
}

/* ---- data sets ---- */

static int
add(struct details *d, struct arena *a, const struct catalogue *known,
    const char *id, size_t n, const char **why)
{
	struct detail *new = &d->list[d->n];
	const char *name = arena_strndup(a, id, n);

	if (n > 100 || (known != NULL && dataset_find(known, name) == NULL))
		return wrong(why, "a data set named there does not exist here; "
		    "GET /data lists those that do");
	if (d->n == DETAILS_MAX)
		return wrong(why, "too many data sets");
	*new = (struct detail){ .dataset = name };
	d->n++;
	return 0;
}

static int
add_list(struct details *d, struct arena *a, const struct catalogue *known,
    const json_t *ids, const char **why)
{
	size_t i;
	json_t *id;

	if (!json_is_array(ids) || json_array_size(ids) == 0)
		return wrong(why, "datasets must be a list of one data set or more");
	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);

		if (name == NULL)
			return wrong(why, "datasets must be a list of texts");
		if (details_find(d, name) != NULL)
			return wrong(why, "a data set is named twice");
		if (add(d, a, known, name, strlen(name), why) < 0)
			return E_BAD_INPUT;
	}
	return 0;
}

/* ---- one element ---- */

struct element {
	const char *from, *to, *until, *purpose, *recurrence;
};

static int
check_members(const json_t *object, const char **why)
{
	static const char *const known[] = { "type", "datasets", "from", "to",
	    "until", "purpose", "recurrence" };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		size_t i = 0;

		while (i < countof(known) && strcmp(name, known[i]) != 0)
			i++;
		if (i == countof(known))
			return wrong(why, "a member is unknown; type restitution "
			    "has datasets, from, to, until, purpose, recurrence");
		if (i != 1 && !json_is_string(value))
			return wrong(why, "type, from, to, until, purpose and "
			    "recurrence are texts");
	}
	return 0;
}

static int
check_span(const struct element *e, const char **why)
{
	int64_t from = INT64_MIN, to = INT64_MAX;

	if ((e->from != NULL && read_time(&from, e->from) < 0) ||
	    (e->to != NULL && read_time(&to, e->to) < 0))
		return wrong(why, "from and to are days (2026-03-04) or RFC 3339 "
		    "times");
	if (from >= to)
		return wrong(why, "from must be before to");
	return 0;
}

static int
check_words(const struct element *e, const char **why)
{
	static const char *const recurrences[] = { "once", "P1D", "event" };
	size_t i = 0;

	if (e->purpose != NULL && (strlen(e->purpose) > PURPOSE_MAX ||
	    e->purpose[0] == '\0'))
		return wrong(why, "purpose is a text of 1 to 600 bytes");
	while (e->recurrence != NULL && i < countof(recurrences) &&
	    strcmp(e->recurrence, recurrences[i]) != 0)
		i++;
	if (i == countof(recurrences))
		return wrong(why, "recurrence is once, P1D or event");
	return 0;
}

static const char *
text_of(struct arena *a, const json_t *object, const char *name)
{
	return arena_strdup(a, json_string_value(json_object_get(object, name)));
}

/* One request, one end, one purpose: the first to say it says it for all. */
static int
agree(const char **all, const char *one, const char **why)
{
	if (one == NULL)
		return 0;
	if (*all != NULL && strcmp(*all, one) != 0)
		return wrong(why, "until, purpose and recurrence must be the "
		    "same in all elements: make two requests instead");
	*all = one;
	return 0;
}

static int
take(struct details *d, struct arena *a, const struct catalogue *known,
    const json_t *object, const struct element *e, const char **why)
{
	size_t first = d->n;

	if (add_list(d, a, known, json_object_get(object, "datasets"), why) < 0 ||
	    check_span(e, why) < 0 || check_words(e, why) < 0)
		return E_BAD_INPUT;
	if (agree(&d->until, e->until, why) < 0 ||
	    agree(&d->purpose, e->purpose, why) < 0 ||
	    agree(&d->recurrence, e->recurrence, why) < 0)
		return E_BAD_INPUT;
	if (d->until != NULL && read_time(&d->until_us, d->until) < 0)
		return wrong(why, "until is a day (2026-03-04) or an RFC 3339 time");
	for (size_t i = first; i < d->n; i++) {
		d->list[i].from = e->from;
		d->list[i].to = e->to;
	}
	return 0;
}

static int
read_element(struct details *d, struct arena *a, const struct catalogue *known,
    const json_t *object, const char **why)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	struct element e;

	if (type == NULL)
		return wrong(why, "each element is an object with a type");
	if (strcmp(type, DETAILS_TYPE) != 0)
		return wrong(why, "the only type known here is restitution");
	if (check_members(object, why) < 0)
		return E_BAD_INPUT;
	e = (struct element){
		.from = text_of(a, object, "from"),
		.to = text_of(a, object, "to"),
		.until = text_of(a, object, "until"),
		.purpose = text_of(a, object, "purpose"),
		.recurrence = text_of(a, object, "recurrence"),
	};
	return take(d, a, known, object, &e, why);
}

int
details_read(struct details *d, struct arena *a, const struct catalogue *known,
    const char *json, const char **why)
{
	json_t *doc = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *object;
	int rc = 0;
	size_t i;

	memset(d, 0, sizeof(*d));
	if (!json_is_array(doc) || json_array_size(doc) == 0 ||
	    json_array_size(doc) > ELEMENTS_MAX)
		rc = wrong(why, "authorization_details is a JSON list of 1 to 16 "
		    "objects");
	else
		json_array_foreach(doc, i, object)
			if ((rc = read_element(d, a, known, object, why)) < 0)
				break;
	json_decref(doc);
	return rc;
}

int
details_read_scope(struct details *d, struct arena *a,
    const struct catalogue *known, const char *scope, const char **why)
{
	while (*scope != '\0') {
		size_t n = strcspn(scope, " ");
		const char *name = arena_strndup(a, scope, n);

		if (n > 0 && details_find(d, name) == NULL &&
		    add(d, a, known, scope, n, why) < 0)
			return E_BAD_INPUT;
		scope += n;
		scope += *scope == ' ';
	}
	return 0;
}

/* ---- looking ---- */

const struct detail *
details_find(const struct details *d, const char *dataset)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->list[i].dataset, dataset) == 0)
			return &d->list[i];
	return NULL;
}

const char **
details_datasets(struct arena *a, const struct details *d)
{
	const char **ids = arena_alloc(a, (d->n + 1) * sizeof(*ids));

	for (size_t i = 0; i < d->n; i++)
		ids[i] = d->list[i].dataset;
	return ids;
}

const char *
details_scope(struct arena *a, const struct details *d)
{
	struct buf b;

	buf_init_in(&b, a);
	for (size_t i = 0; i < d->n; i++) {
		buf_str(&b, i == 0 ? "" : " ");
		buf_str(&b, d->list[i].dataset);
	}
	return b.data;
}

/* ---- writing ---- */

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_span(const struct detail *a, const struct detail *b)
{
	return same_text(a->from, b->from) && same_text(a->to, b->to);
}

static void
write_if(struct jw *w, const char *key, const char *value)
{
	if (value != NULL)
		jw_str_member(w, key, value);
}

/* The data sets that share the span of number i. */
static void
write_element(struct jw *w, const struct details *d, size_t i)
{
	jw_object(w);
	jw_str_member(w, "type", DETAILS_TYPE);
	jw_key(w, "datasets");
	jw_array(w);
	for (size_t j = i; j < d->n; j++)
		if (same_span(&d->list[i], &d->list[j]))
			jw_string(w, d->list[j].dataset);
	jw_end_array(w);
	write_if(w, "from", d->list[i].from);
	write_if(w, "to", d->list[i].to);
	write_if(w, "until", d->until);
	write_if(w, "purpose", d->purpose);
	write_if(w, "recurrence", d->recurrence);
	jw_end_object(w);
}

const char *
details_text(struct arena *a, const struct details *d)
{
	struct buf b;
	struct jw w;

	buf_init_in(&b, a);
	jw_init(&w, &b);
	jw_array(&w);
	for (size_t i = 0; i < d->n; i++) {
		size_t j = 0;

		while (j < i && !same_span(&d->list[j], &d->list[i]))
			j++;
		if (j == i)		/* the first of its span */
			write_element(&w, d, i);
	}
	jw_end_array(&w);
	return b.data;
}

/* ---- narrowing ---- */

/* The day of a moment, on the organisation's clock (words.h sets it). */
static const char *
day_of(struct arena *a, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;
	char day[16];

	localtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return arena_strdup(a, day);
}

/* What is left of one data set; false: nothing. */
static bool
keep_one(struct details *out, struct arena *a, const struct detail *asked,
    int64_t from_us)
{
	struct detail *d = &out->list[out->n];
	int64_t from = INT64_MIN, to = INT64_MAX;

	if ((asked->from != NULL && read_time(&from, asked->from) < 0) ||
	    (asked->to != NULL && read_time(&to, asked->to) < 0))
		return false;
	if (from_us >= to)
		return false;
	*d = *asked;
	if (from_us > from)
		d->from = day_of(a, from_us);
	out->n++;
	return true;
}

bool
details_keep(struct details *d, const char *const *ids, size_t n)
{
	struct details kept = *d;

	kept.n = 0;
	for (size_t i = 0; i < d->n; i++)
		for (size_t j = 0; j < n; j++)
			if (strcmp(ids[j], d->list[i].dataset) == 0) {
				kept.list[kept.n++] = d->list[i];
				break;
			}
	for (size_t j = 0; j < n; j++)
		if (details_find(&kept, ids[j]) == NULL)
			return false;
	if (kept.n == 0)
		return false;
	*d = kept;
	return true;
}

int
details_narrow(struct details *out, struct arena *a,
    const struct details *asked, const char *const *keep, size_t n,
    int64_t from_us, int64_t until_us)
{
	char until[TIME_TEXT_MAX];

	memset(out, 0, sizeof(*out));
	if (asked->until != NULL && until_us > asked->until_us)
		return E_DENIED;
	for (size_t i = 0; i < n; i++) {
		const struct detail *d = details_find(asked, keep[i]);

		if (d == NULL || details_find(out, keep[i]) != NULL)
			return E_DENIED;
		keep_one(out, a, d, from_us);
	}
	time_text_ms(until, until_us);
	out->until_us = until_us;
	out->until = asked->until != NULL && until_us == asked->until_us ?
	    asked->until : arena_strdup(a, until);
	out->purpose = asked->purpose;
	out->recurrence = asked->recurrence;
	return out->n > 0 ? 0 : E_DENIED;
}
