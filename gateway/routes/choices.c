/* SPDX-License-Identifier: Apache-2.0 */
/* choices.c - what a customer ticked and chose, read back from a form. */
#include "routes/choices.h"
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "consent/session.h"

#define DAY_US INT64_C(86400000000)

/* The box of the finest is the data set's own. */
static void
add(struct choices *ch, struct arena *a, const struct schema *s,
    const struct granularity *at, bool finest)
{
	if (ch->n == CHOICES_MAX)
		return;
	ch->list[ch->n++] = (struct choice){ .schema = s, .at = at,
	    .value = finest ? s->id :
	    arena_printf(a, "%s:%s", s->id, at->id) };
}

void
choices_add(struct choices *ch, struct arena *a, const struct schema *s,
    const char *granularity)
{
	int at = granularity == NULL ? 0 : schema_granularity(s, granularity);
	size_t first = at < 0 ? 0 : (size_t)at;

	if (s->granularity_count == 0)
		add(ch, a, s, NULL, true);
	for (size_t i = first; i < s->granularity_count; i++)
		add(ch, a, s, &s->granularities[i], i == first);
}

/* Does this request speak of that meter? Then it names it, or none at all. */
static bool
asked_for(const struct details *asked, const struct catalogue *all,
    const struct account *acc)
{
	for (size_t i = 0; i < asked->n; i++) {
		const struct detail *d = &asked->list[i];
		const struct dataset *ds = dataset_find(all, d->dataset);

		if (ds == NULL || ds->schema->account == NULL ||
		    strcmp(ds->source->name, acc->source) != 0)
			continue;
		if (d->accounts == NULL)
			return true;
		for (const char **p = d->accounts; *p != NULL; p++)
			if (strcmp(*p, acc->id) == 0)
				return true;
	}
	return false;
}

void
choices_account(struct choices *ch, struct arena *a,
    const struct catalogue *all, const struct details *asked,
    const struct account *acc)
{
	struct account *to = &ch->accounts[ch->account_n];

	if (ch->account_n == ACCOUNTS_MAX || !asked_for(asked, all, acc))
		return;
	*to = *acc;
	to->value = arena_printf(a, "%s/%s", acc->source, acc->id);
	ch->account_n++;
}

static void
share(const char **held, const struct coholder *h)
{
	if (*held == NULL || h->all)
		*held = h->all ? "all" : "any";
}

/* One meter of several is marked itself, not all that has meters. */
static bool
share_account(struct choices *ch, const struct coholder *h)
{
	bool one = false;

	for (size_t i = 0; ch->account_n > 1 && i < ch->account_n; i++) {
		struct account *a = &ch->accounts[i];

		if (strcmp(a->source, h->source->name) != 0 ||
		    strcmp(a->id, h->account) != 0)
			continue;
		share(&a->held, h);
		one = true;
	}
	return one;
}

void
choices_share(struct choices *ch, const struct catalogue *all)
{
	for (size_t k = 0; k < ch->others.n; k++) {
		const struct coholder *h = &ch->others.list[k];
		bool one = h->account != NULL && share_account(ch, h);

		for (size_t i = 0; i < ch->n; i++) {
			const struct schema *s = ch->list[i].schema;
			const struct dataset *d = dataset_find(all, s->id);

			if (d != NULL && coholder_shares(h, d, NULL) &&
			    !(one && s->account != NULL))
				share(&ch->list[i].held, h);
		}
	}
}

int64_t
choices_answer_by_us(const struct choices *ch, const struct house *house)
{
	return ch->span.now_us + house->settings->coholder_days * DAY_US;
}

/* How long each may be allowed; the longest of them. */
static int64_t
longest(struct choices *ch, const struct house *house)
{
	int64_t most = house->settings->grant_days_max, max = 0;

	for (size_t i = 0; i < ch->n; i++) {
		const char *const ids[] = { ch->list[i].schema->id, NULL };
		int64_t days = catalogue_consent_days(house->catalogue, ids, most);

		ch->list[i].days = days < most ? days : 0;
		if (days > max)
			max = days;
	}
	return max == 0 ? most : max;
}

/* The organisation's own maximum bounds what a PIMS may ask for. */
void
choices_bound(struct choices *ch, const struct house *house, int64_t now_us,
    int64_t from_us, int64_t until_us)
{
	const struct settings *s = house->settings;
	struct span *span = &ch->span;
	int64_t days;

	span->now_us = now_us;
	span->from_us = from_us;
	span->since = "asked";
	span->until_us = until_us;
	days = (until_us - span->now_us + DAY_US - 1) / DAY_US;
	span->days_max = longest(ch, house);
	if (until_us != 0 && days < span->days_max)
		span->days_max = days < 1 ? 1 : days;
	span->days = s->grant_days_default < span->days_max ?
	    s->grant_days_default : span->days_max;
}

/* The finest comes first in the list, and wins. */
static void
tick(struct choices *ch, const char *value)
{
	for (size_t i = 0; i < ch->n; i++)
		if (strcmp(ch->list[i].value, value) == 0 &&
		    ch->list[i].closed == NULL)
			ch->list[i].ticked = true;
}

static void
pick(struct choices *ch)
{
	for (size_t i = 0; i < ch->n; i++) {
		const struct choice *c = &ch->list[i];
		const char *id = c->schema->id;

		if (!c->ticked || (ch->ticked_n > 0 &&
		    strcmp(ch->ticked[ch->ticked_n - 1], id) == 0))
			continue;
		ch->picked[ch->ticked_n] = (struct detail_choice){
		    .dataset = id,
		    .granularity = c->at == NULL ? NULL : c->at->id };
		ch->ticked[ch->ticked_n++] = id;
	}
}

static void
tick_account(struct choices *ch, const char *value)
{
	for (size_t i = 0; i < ch->account_n; i++)
		if (strcmp(ch->accounts[i].value, value) == 0 &&
		    ch->accounts[i].closed == NULL)
			ch->accounts[i].ticked = true;
}

/* The meters of one source: NULL when there is nothing to choose, else those
 * ticked (none: an empty list). */
static const char **
accounts_of(const struct choices *ch, struct arena *a, const char *source)
{
	const char **list = arena_alloc(a,
	    (ch->account_n + 1) * sizeof(*list));
	size_t n = 0, all = 0;

	for (size_t i = 0; i < ch->account_n; i++) {
		if (strcmp(ch->accounts[i].source, source) != 0)
			continue;
		all++;
		if (ch->accounts[i].ticked)
			list[n++] = ch->accounts[i].id;
	}
	return all == 0 || (ch->account_n < 2 && ch->accounts[0].closed == NULL) ?
	    NULL : list;
}

static void
pick_accounts(struct choices *ch, struct call *c)
{
	for (size_t i = 0; i < ch->ticked_n; i++) {
		const struct dataset *d = dataset_find(c->house->catalogue,
		    ch->ticked[i]);
		const char **list;

		if (d == NULL || d->schema->account == NULL)
			continue;
		list = accounts_of(ch, c->arena, d->source->name);
		ch->picked[i].accounts = list;
		ch->no_account = ch->no_account ||
		    (list != NULL && list[0] == NULL);
	}
}

void
choices_read(struct choices *ch, struct call *c)
{
	static const char *const sinces[] = { "asked", "year", "today" };
	const char *given[CHOICES_MAX], *since = call_form_arg(c, "since");
	const char *days = call_form_arg(c, "days");
	size_t n = call_form_args(c, "dataset", given, CHOICES_MAX);
	int64_t v;

	for (size_t i = 0; i < n && i < CHOICES_MAX; i++)
		tick(ch, given[i]);
	pick(ch);
	n = call_form_args(c, "account", given, CHOICES_MAX);
	for (size_t i = 0; i < n && i < CHOICES_MAX; i++)
		tick_account(ch, given[i]);
	pick_accounts(ch, c);
	for (size_t i = 0; since != NULL && i < countof(sinces); i++)
		if (strcmp(since, sinces[i]) == 0)
			ch->span.since = sinces[i];
	if (days != NULL && parse_int(&v, days, 1, ch->span.days_max) == 0)
		ch->span.days = v;
}

/* The strictest of all that may be ticked: one act, one sign-in. */
enum next
choices_sign_in(const struct choices *ch, struct call *c)
{
	int64_t age_s = -1;
	const char *acr = NULL;

	for (size_t i = 0; i < ch->n; i++) {
		const struct schema *s = ch->list[i].schema;

		if (s->sign_in_age_s >= 0 &&
		    (age_s < 0 || s->sign_in_age_s < age_s))
			age_s = s->sign_in_age_s;
		if (s->sign_in_acr != NULL)
			acr = s->sign_in_acr;
	}
	return session_strong(c, age_s, acr);
}

int64_t
choices_until_us(const struct choices *ch)
{
	int64_t days = ch->span.days;

	for (size_t i = 0; i < ch->n; i++)
		if (ch->list[i].ticked && ch->list[i].days != 0 &&
		    ch->list[i].days < days)
			days = ch->list[i].days;
	return span_until_us(&ch->span, days);
}
