/* SPDX-License-Identifier: Apache-2.0 */
/* details.c - looking at, writing and narrowing authorization_details. */
#include "consent/details.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "consent/details_own.h"

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

bool
details_merge(struct details *d, const struct details *before)
{
	for (size_t i = 0; i < before->n; i++) {
		if (details_find(d, before->list[i].dataset) != NULL)
			continue;
		if (d->n == DETAILS_MAX)
			return false;
		d->list[d->n++] = before->list[i];
	}
	if (before->until_us > d->until_us) {
		d->until = before->until;
		d->until_us = before->until_us;
	}
	return true;
}

bool
detail_ask(const struct detail *d, struct page_ask *ask)
{
	const struct schema *s = ask->dataset->schema;

	ask->from = s->period == NULL ? NULL : d->from;
	ask->to = s->period == NULL ? NULL : d->to;
	ask->accounts = d->accounts;
	ask->granularity = d->granularity == NULL ? 0 :
	    schema_granularity(s, d->granularity);
	return ask->granularity >= 0 &&
	    (d->accounts == NULL || s->account != NULL);
}

#define OFFSETS_US (INT64_C(15) * 3600 * 1000000)	/* +14:00, and a bit */

static bool
is_day(const char *text)
{
	return strlen(text) == strlen("2026-03-04");
}

int
detail_moment(int64_t *us, const char *text)
{
	char whole[32];

	if (!is_day(text))
		return time_parse(us, text);
	snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
	return time_parse(us, whole);
}

const char *
detail_narrow(const char *asked, const char *allowed, int later)
{
	int64_t a, b, apart;

	if (asked == NULL || allowed == NULL)
		return asked == NULL ? allowed : asked;
	if (detail_moment(&a, asked) < 0 || detail_moment(&b, allowed) < 0)
		return allowed;
	apart = (a - b) * later;
	return apart > (is_day(asked) == is_day(allowed) ? 0 : OFFSETS_US) ?
	    asked : allowed;
}

/* ---- writing ---- */

bool
detail_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_list(const char *const *a, const char *const *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	while (*a != NULL && detail_same_text(*a, *b)) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool
alike(const struct detail *a, const struct detail *b)
{
	return detail_same_text(a->from, b->from) &&
	    detail_same_text(a->to, b->to) &&
	    detail_same_text(a->history, b->history) &&
	    detail_same_text(a->granularity, b->granularity) &&
	    same_list(a->accounts, b->accounts);
}

static void
write_if(struct jw *w, const char *key, const char *value)
{
	if (value != NULL)
		jw_str_member(w, key, value);
}

static void
write_accounts(struct jw *w, const char *const *accounts)
{
	if (accounts == NULL)
		return;
	jw_key(w, "accounts");
	jw_array(w);
	while (*accounts != NULL)
		jw_string(w, *accounts++);
	jw_end_array(w);
}

/* The data sets that are like number i. */
static void
write_element(struct jw *w, const struct details *d, size_t i)
{
	const struct detail *like = &d->list[i];

	jw_object(w);
	jw_str_member(w, "type", DETAILS_TYPE);
	jw_key(w, "datasets");
	jw_array(w);
	for (size_t j = i; j < d->n; j++)
		if (alike(like, &d->list[j]))
			jw_string(w, d->list[j].dataset);
	jw_end_array(w);
	write_if(w, "from", like->from);
	write_if(w, "to", like->to);
	write_if(w, "history", like->history);
	write_if(w, "granularity", like->granularity);
	write_accounts(w, like->accounts);
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

		while (j < i && !alike(&d->list[j], &d->list[i]))
			j++;
		if (j == i)		/* the first of its kind */
			write_element(&w, d, i);
	}
	jw_end_array(&w);
	return b.data;
}
