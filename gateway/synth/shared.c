/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c - what several sectors know of a person. */
#include <stdio.h>
#include "synth/synth_own.h"

int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
office_hour(const struct synth *s, const struct person *p, int day)
{
	struct draw d = draw_for(s, p->n, P_CHANGE, day);

	return moment_of(day, 9, 17, &d);
}

int
first_day(const struct synth *s, const struct home *h)
{
	int window = s->as_of - s->days;

	return h->begin > window ? h->begin : window;
}

int
last_day(const struct synth *s, const struct home *h)
{
	return h->end < s->as_of - 2 ? h->end : s->as_of - 2;
}

int
month_first(int day)
{
	struct date d = date_of(day);

	return day_of(d.year, d.month, 1);
}

int
month_next(int day)
{
	struct date d = date_of(day);

	return d.month == 12 ? day_of(d.year + 1, 1, 1) :
	    day_of(d.year, d.month + 1, 1);
}

struct postal
postal_of(const struct person *p)
{
	const struct home *h = &p->homes[p->home_count > 1];
	int commune = p->story != NULL ? p->story->commune : 0;

	if (h->street[0] != '\0')
		commune = h->commune;
	return (struct postal){ h->street[0] ? h->street : "3 rue de l'Avatar",
	    h->complement[0] ? h->complement : NULL,
	    communes[commune].postcode, communes[commune].city };
}

void
say_postal(struct copy *c, const char *object, const struct postal *a)
{
	static const char *const members[] = { "street", "complement", "postcode",
	    "city", "country" };
	const char *const values[] = { a->street, a->complement, a->postcode,
	    a->city, "FR" };
	char path[64];

	for (size_t i = 0; i < countof(members); i++) {
		snprintf(path, sizeof(path), "%s.%s", object, members[i]);
		say_text(c, path, values[i]);
	}
}

/* One in twenty-nine never told. */
void
say_title(struct copy *c, const char *path, const struct person *p)
{
	if (p->n % 29 != 28)
		say_text(c, path, p->woman ? "MS" : "MR");
}

/* Everyday people by twos; of the ten, Camille looks after Germaine's account. */
int64_t
partner_of(const struct synth *s, int64_t n)
{
	int64_t first = n - (n % 2 == 0);
	struct draw d = draw_for(s, first, P_PAIR, 0);

	if (n <= story_count)
		return n == 1 ? 4 : n == 4 ? 1 : 0;
	return !draw_chance(&d, 0.4) ? 0 : n == first ? first + 1 : first;
}

bool
adult(const struct synth *s, const struct person *p)
{
	struct date d = date_of(p->born), now = date_of(s->as_of);

	return now.year - d.year - (now.month * 100 + now.day <
	    d.month * 100 + d.day) >= 18;
}
