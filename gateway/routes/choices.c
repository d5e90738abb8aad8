/* SPDX-License-Identifier: Apache-2.0 */
/* choices.c - what a customer ticked and chose, read back from a form. */
#include "routes/choices.h"
#include <string.h>
#include "base/settings.h"
#include "base/text.h"
#include "consent/session.h"

#define DAY_US INT64_C(86400000000)

void
choices_add(struct choices *ch, const struct schema *s)
{
	if (ch->n < CHOICES_MAX)
		ch->list[ch->n++] = (struct choice){ .schema = s };
}

/* The organisation's own maximum bounds what a PIMS may ask for. */
void
choices_bound(struct choices *ch, const struct settings *s, int64_t now_us,
    int64_t from_us, int64_t until_us)
{
	struct span *span = &ch->span;
	int64_t days;

	span->now_us = now_us;
	span->from_us = from_us;
	span->since = "asked";
	span->until_us = until_us;
	days = (until_us - span->now_us + DAY_US - 1) / DAY_US;
	span->days_max = s->grant_days_max;
	if (until_us != 0 && days < span->days_max)
		span->days_max = days < 1 ? 1 : days;
	span->days = s->grant_days_default < span->days_max ?
	    s->grant_days_default : span->days_max;
}

static void
tick(struct choices *ch, const char *id)
{
	for (size_t i = 0; i < ch->n; i++)
		if (strcmp(ch->list[i].schema->id, id) == 0 &&
		    !ch->list[i].ticked && ch->list[i].closed == NULL) {
			ch->list[i].ticked = true;
			ch->ticked[ch->ticked_n++] = ch->list[i].schema->id;
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
	return span_until_us(&ch->span, ch->span.days);
}
