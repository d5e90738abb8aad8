/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - one line's calls and messages, one day.
 *
 * Lengths follow a truncated log-logistic (Vaz de Melo et al., 2010), contacts
 * a Zipf law, hours a circadian table; what is not answered is tried again, and
 * texts call for answers, which gives the bursts real logs have.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "synth/synth_own.h"

enum { HOUR_S = 3600, DAY_S = 86400, LONGEST_S = 4 * HOUR_S };

/* Offsets are those of legal winter time; AS_PARIS moves with ours. */
enum { AS_PARIS = 9999, AS_LONDON = 9998 };
const struct place places[] = {
	{ "ES", 41.39, 2.17, AS_PARIS }, { "IT", 45.46, 9.19, AS_PARIS },
	{ "BE", 50.85, 4.35, AS_PARIS }, { "GB", 51.51, -0.13, AS_LONDON },
	{ "PT", 38.72, -9.14, AS_LONDON }, { "DE", 52.52, 13.40, AS_PARIS },
	{ "SN", 14.69, -17.44, 0 }, { "RE", -20.88, 55.45, 240 },
	{ "JP", 35.68, 139.69, 540 }, { "IN", 28.61, 77.21, 330 }
};
const int place_count = countof(places);

/* Calls begun in each hour, in thousandths of a day's. */
static const short work_day[24] = { 6, 3, 2, 1, 1, 3, 10, 24, 45, 58, 64, 68,
    66, 55, 52, 56, 64, 84, 98, 90, 66, 45, 26, 13 };
static const short rest_day[24] = { 12, 7, 4, 2, 1, 2, 4, 10, 24, 45, 68, 80,
    76, 58, 56, 60, 66, 76, 88, 92, 76, 50, 28, 15 };

static int
hour_of(struct draw *d, bool rest)
{
	const short *weights = rest ? rest_day : work_day;
	int left = draw_below(d, 1000), h = 0;

	while (h < 23 && left >= weights[h])
		left -= weights[h++];
	return h;
}

/* Rank r is called in proportion to r^-1.1. */
static int
contact_of(struct draw *d, int contacts)
{
	double all = 0, left;
	int rank = 1;

	for (int r = 1; r <= contacts; r++)
		all += pow(r, -1.1);
	left = draw_unit(d) * all;
	while (rank < contacts && (left -= pow(rank, -1.1)) > 0)
		rank++;
	return rank;
}

/* A contact's number never changes, and is nobody's: ranges kept for fiction
 * in France (Arcep), Britain (Ofcom, 07700 900) and North America (555-01). */
static void
number_contact(struct phone_call *c, const struct synth *s,
    const struct line_of *l, int rank)
{
	static const char *const fixed[] = { "19900", "26191", "35301", "46571",
	    "53649" };
	struct draw d = draw_for(s, l->id, P_CONTACT, rank);
	int number = draw_below(&d, 10000);
	double u = draw_unit(&d);

	c->partner_kind = u < 0.76 ? 'M' : u < 0.93 ? 'F' : 'E';
	if (c->partner_kind == 'M')
		snprintf(c->partner, sizeof(c->partner), "+3363998%04d", number);
	else if (c->partner_kind == 'F')
		snprintf(c->partner, sizeof(c->partner), "+33%s%04d",
		    fixed[draw_below(&d, 5)], number);
	else if (draw_chance(&d, 0.6))
		snprintf(c->partner, sizeof(c->partner), "+447700900%03d",
		    number % 1000);
	else
		snprintf(c->partner, sizeof(c->partner), "+1202555%04d",
		    100 + number % 100);
}

static void
place_call(struct phone_call *c, const struct person *p,
    const struct line_of *l, int where, struct draw *d)
{
	int paris = paris_offset(c->start_s) / 60;
	const struct home *h = &p->homes[p->home_count > 1];
	int commune = p->home_count > 0 ? h->commune :
	    p->story != NULL ? p->story->commune : 0;

	c->country = "FR";
	c->offset_min = paris;
	c->cell = commune * CELLS_PER_COMMUNE + draw_below(d, CELLS_PER_COMMUNE);
	c->network = l->mobile ? "4445W"[draw_below(d, 5)] : 'F';
	if (!l->mobile)
		c->cell = -1;
	else if (where >= 0) {
		c->country = places[where].country;
		c->cell = CELLS_ABROAD + where;
		c->offset_min = places[where].offset_min == AS_PARIS ? paris :
		    places[where].offset_min == AS_LONDON ? paris - 60 :
		    places[where].offset_min;
	} else if (where == -2)
		c->cell = (commune * 7 + 5) % commune_count * CELLS_PER_COMMUNE;
}

/* Log-logistic, cut at four hours. */
static int
length_of(struct draw *d, const struct line_of *l)
{
	double u = draw_unit(d);
	double t = l->length_s * pow(u / (1 - u), 1 / l->tail);

	return t < 1 ? 1 : t > LONGEST_S ? draw_between(d, 600, LONGEST_S) : (int)t;
}

static void
end_call(struct phone_call *c, const struct line_of *l, struct draw *d)
{
	double u = draw_unit(d);

	if (c->kind != 'V') {
		c->length_s = -1;
		c->cause = u < 0.994 ? 200 : 201;
		return;
	}
	c->cause = u < 0.74 ? 16 : u < 0.86 ? 19 : u < 0.9 ? 17 : u < 0.985 ? 20 : 41;
	c->length_s = c->cause == 16 || c->cause == 41 ? length_of(d, l) : 0;
	if (c->cause == 20)
		c->length_s = draw_between(d, 4, 45);
}

/* In cents, VAT included: numbers abroad cost 35 a minute, beyond Europe 120. */
static void
price_call(struct phone_call *c)
{
	bool far = c->network != 'F' && c->offset_min != paris_offset(c->start_s) / 60
	    && c->offset_min != paris_offset(c->start_s) / 60 - 60;
	int minutes = (c->length_s + 59) / 60;

	if (c->kind == 'V' && (far || (c->outgoing && c->partner_kind == 'E')))
		c->cost_cents = minutes * (far ? 120 : 35);
	else if (c->kind != 'V' && c->outgoing && far)
		c->cost_cents = 28;
}

/* Switches hand their calls over every hour; those of abroad take days. */
static void
date_call(struct phone_call *c, struct draw *d, int where)
{
	int64_t end = c->start_s + (c->length_s > 0 ? c->length_s : 0);

	if (where >= 0)
		end += draw_between(d, 1, 4) * DAY_S;
	c->changed_us = (end / HOUR_S + 1) * HOUR_S * (int64_t)1000000 +
	    draw_between(d, 60, 900) * (int64_t)1000000 +
	    draw_below(d, 1000) * 1000;
	if (c->cost_cents > 0 && draw_chance(d, 0.2)) {
		struct date day = date_of((int)(end / DAY_S));
		int next = day.month == 12 ? day_of(day.year + 1, 1, 3) :
		    day_of(day.year, day.month + 1, 3);

		c->changed_us = moment_of(next, 2, 4, d);	/* valued again */
	}
}

static void
fill_call(struct phone_call *c, const struct synth *s, const struct person *p,
    const struct line_of *l, int where, struct draw *d)
{
	c->kind = draw_unit(d) * (l->calls + l->texts) < l->calls ? 'V' :
	    draw_chance(d, 0.05) ? 'M' : 'S';
	c->outgoing = draw_chance(d, 0.54);
	number_contact(c, s, l, contact_of(d, l->contacts));
	if (c->kind != 'V' && c->partner_kind == 'F')
		c->kind = 'V';
	if (c->kind == 'V' && c->outgoing && draw_chance(d, 0.04)) {
		c->partner_kind = draw_chance(d, 0.7) ? 'R' : 'S';
		strcpy(c->partner, c->partner_kind == 'R' ? "888" : "+33199000000");
	}
	place_call(c, p, l, where, d);
	end_call(c, l, d);
	if (c->partner_kind == 'R') {
		c->cause = 16;
		c->length_s = draw_between(d, 12, 140);
	}
}

/* What a call or a text brings soon after; false: nothing. */
static bool
follow_up(struct phone_call *next, const struct phone_call *c,
    const struct line_of *l, struct draw *d)
{
	*next = *c;
	if (c->kind != 'V') {
		next->outgoing = !c->outgoing;
		next->start_s += draw_between(d, 20, 900);
		return draw_chance(d, 0.5);
	}
	if (c->cause != 17 && c->cause != 19)
		return false;
	next->start_s += draw_between(d, 40, 400);
	end_call(next, l, d);
	return draw_chance(d, 0.45);
}

static int
by_start(const void *a, const void *b)
{
	const struct phone_call *x = a, *y = b;

	return (x->start_s > y->start_s) - (x->start_s < y->start_s);
}

int
calls_make(struct phone_call out[CALLS_MAX], const struct synth *s,
    const struct person *p, const struct line_of *l, int day)
{
	struct draw d = draw_for(s, l->id, P_CALL, day);
	int where = person_where(s, p, day);
	int n = 0, wanted = draw_poisson(&d, (l->calls + l->texts) * 0.7);
	int64_t midnight = paris_midnight(day);

	if (!l->mobile && where != -1)
		return 0;
	while (wanted-- > 0 && n < CALLS_MAX - 1) {
		struct phone_call *c = &out[n++];

		*c = (struct phone_call){ .start_s = midnight + draw_below(&d, 3600) +
		    hour_of(&d, day_off(day)) * HOUR_S };
		fill_call(c, s, p, l, where, &d);
		while (n < CALLS_MAX - 1 && follow_up(&out[n], &out[n - 1], l, &d))
			n++;
	}
	for (int i = 0; i < n; i++) {
		price_call(&out[i]);
		date_call(&out[i], &d, where);
	}
	qsort(out, (size_t)n, sizeof(*out), by_start);
	return n;
}
