/* SPDX-License-Identifier: Apache-2.0 */
/*
 * person.c - who person N is: a name, homes, meters, lines.
 *
 * Everything of everyday people happens on a day drawn once and for all; only
 * the ten with a story have theirs placed relative to the reference date, so
 * that they always have something to show.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/attr.h"
#include "synth/synth_own.h"

/* ---- an address for letters that nobody answers ---- */

/* The Latin letters of our names in ASCII; others are dropped. */
static char
plain_letter(const unsigned char *c)
{
	static const char *const same[] = { "aàâä", "cç", "eéèêë", "iîï", "oôö",
	    "uùûü", "yÿ", "aÀÂ", "cÇ", "eÉÈÊ", "iÎ", "oÔ", "uÙÛ", "yŸ" };
	char letter[3] = { (char)c[0], (char)c[1], 0 };

	for (size_t i = 0; i < countof(same); i++)
		if (strstr(same[i] + 1, letter) != NULL)
			return same[i][0];
	return 0;
}

static void
slug(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (const unsigned char *c = (const void *)name; *c && n + 1 < size; c++) {
		char letter = 0;

		if (*c >= 'a' && *c <= 'z')
			letter = (char)*c;
		else if (*c >= 'A' && *c <= 'Z')
			letter = (char)(*c | 0x20);
		else if (*c >= 0xc0 && c[1] != 0) {
			letter = plain_letter(c);
			c++;
		}
		if (letter != 0)
			out[n++] = letter;
	}
	out[n] = 0;
}

/* RFC 2606 keeps these domains for examples. */
static void
write_email(struct person *p)
{
	static const char *const domains[] = { "org", "com", "net" };
	char given[24], family[24], number[24] = "";

	slug(given, sizeof(given), p->given);
	slug(family, sizeof(family), p->family);
	if (p->story == NULL)
		snprintf(number, sizeof(number), ".%lld", (long long)p->n);
	snprintf(p->email, sizeof(p->email), "%s.%s%s@example.%s", given, family,
	    number, domains[p->n % 3]);
}

static void
name_person(struct person *p, const struct synth *s)
{
	struct draw d = draw_for(s, p->n, P_NAME, 0);
	const struct given_name *g = &given_names[draw_below(&d, given_name_count)];

	p->given = g->name;
	p->woman = g->woman;
	p->family = family_names[draw_below(&d, family_name_count)];
	p->born = day_of(draw_between(&d, 1936, 2005), 1, 1) + draw_below(&d, 365);
	p->lang = draw_chance(&d, 0.06) ? "en" : "fr";
	p->opposed = draw_chance(&d, 0.01);
	p->guardian = draw_chance(&d, 0.008);
	if (p->story != NULL) {
		p->given = p->story->given;
		p->family = p->story->family;
		p->woman = p->story->woman;
		p->opposed = p->traits & T_OPPOSED;
		p->guardian = false;
		p->lang = "fr";
		if (p->story->born == NULL ||
		    synth_day(&p->born, p->story->born) < 0)
			p->born = s->as_of - 16 * 365 - 120;
	}
	write_email(p);
}

/* ---- homes ---- */

static void
place_home(struct home *h, const struct synth *s, const struct person *p, int k)
{
	struct draw d = draw_for(s, p->n, P_WHERE, k);
	int c = draw_below(&d, commune_count), door = draw_below(&d, 40);

	h->commune = p->story != NULL && k == 0 ? p->story->commune : c;
	snprintf(h->street, sizeof(h->street), "%d %s", draw_between(&d, 1, 148),
	    streets[draw_below(&d, street_count)]);
	if (door < 20)
		snprintf(h->complement, sizeof(h->complement),
		    "Bâtiment %c, %de étage", 'A' + door % 5, 2 + door / 5);
	snprintf(h->pdl, sizeof(h->pdl), "SYN-%010lld", (long long)(p->n * 10 + k));
	snprintf(h->contract, sizeof(h->contract), "SYN-E-%08lld-%d",
	    (long long)p->n, k + 1);
	for (int i = 0; i < 2; i++)
		snprintf(h->meter[i], sizeof(h->meter[i]), "SYN-M-%010lld",
		    (long long)(p->n * 100 + k * 10 + i));
}

static double
people_of(struct draw *d)
{
	static const double upto[] = { 0.37, 0.70, 0.83, 0.95 };
	double u = draw_unit(d);
	int n = 0;

	while (n < 4 && u > upto[n])
		n++;
	return n + 1;
}

static void
choose_tariff(struct home *h, struct draw *d)
{
	double u = draw_unit(d);
	bool electric = h->heat_w_per_k > 30;

	h->hours = draw_below(d, 3);
	if (h->hot_water || h->car)
		h->option = u < 0.88 ? OPT_OFF_PEAK : OPT_WEEKEND;
	else
		h->option = u < 0.85 ? OPT_BASE : OPT_OFF_PEAK;
	h->power = h->people > 2 || electric ? 6 : 3;
	if (h->heat_w_per_k > 130 || h->car)
		h->power = h->heat_w_per_k > 200 ? 12 : 9;
}

static void
furnish_home(struct home *h, const struct synth *s, const struct person *p, int k)
{
	struct draw d = draw_for(s, p->n, P_HOME, k);
	bool house = h->complement[0] == 0, electric = draw_chance(&d, 0.42);
	double slope = house ? draw_real(&d, 110, 230) : draw_real(&d, 35, 95);
	int age = (day_of(2026, 1, 1) - p->born) / 365;

	h->people = people_of(&d);
	h->base_w = draw_real(&d, 35, 95) + 16 * h->people;
	h->heat_w_per_k = electric ? slope : draw_real(&d, 0, 6);
	h->hot_water = draw_chance(&d, electric ? 0.85 : 0.35);
	h->wake = draw_between(&d, 360, 465);
	h->late = draw_between(&d, 60, 150);
	h->in_all_day = age >= 66 || draw_chance(&d, 0.2);
	h->solar_kw = house && draw_chance(&d, 0.06) ? draw_real(&d, 3, 9) : 0;
	h->car = house && draw_chance(&d, 0.07);
	h->fault_rate = draw_chance(&d, 0.1) ? 0.03 : 0.004;
	choose_tariff(h, &d);
}

/* What a story wants of a home. */
static void
bend_home(struct home *h, const struct synth *s, unsigned traits)
{
	if (traits & (T_PLAIN | T_MOVED)) {
		h->heat_w_per_k = 85;
		h->hot_water = true;
		h->people = 2;
		h->solar_kw = 0;
		h->option = OPT_OFF_PEAK;
		h->power = 6;
		h->in_all_day = h->car = false;
	}
	if (traits & T_SOLAR)
		h->solar_kw = 6;
	if (traits & T_OLD_METER) {
		h->in_all_day = true;
		h->meter_changed = h->fine_since = s->as_of - 90;
	}
	if (traits & T_FAULTY)
		h->fault_rate = 0.12;
	if (traits & T_CAR) {
		h->car = true;
		h->option = OPT_OFF_PEAK;
		h->power = 9;
	}
	h->night = traits & T_NIGHT;
}

/* The day people change homes, and the day their meter is replaced. */
static void
date_homes(struct person *p, const struct synth *s)
{
	struct draw d = draw_for(s, p->n, P_CONTRACT, 0);
	struct home *h = p->homes;
	int first = day_of(2012, 1, 1) + draw_below(&d, 4200);
	int move = day_of(2016, 1, 1) + draw_below(&d, 20 * 365);
	bool moves = draw_chance(&d, 0.6), renewed = draw_chance(&d, 0.4);
	int meter = day_of(2024, 1, 1) + draw_below(&d, 6 * 365);

	if (p->story != NULL) {
		moves = p->traits & T_MOVED;
		move = s->as_of - 120;
		renewed = false;
	}
	if (p->traits & T_LEFT)
		h[0].end = s->as_of - 60;
	h[0].begin = first < move - 200 || !moves ? first : move - 200;
	if (moves && move < s->as_of) {
		h[0].end = move - 1;
		h[1].begin = move;
		p->home_count = 2;
	}
	if (renewed && meter < s->as_of && meter > h[p->home_count - 1].begin + 30) {
		h[p->home_count - 1].meter_changed = meter;
		if (draw_chance(&d, 0.5))
			h[p->home_count - 1].fine_since = meter;
	}
}

static void
house_person(struct person *p, const struct synth *s)
{
	if (p->traits & T_MINOR)
		return;
	p->home_count = 1;
	for (int k = 0; k < HOMES_MAX; k++) {
		struct home *h = &p->homes[k];

		h->end = FOREVER;
		place_home(h, s, p, k);
		furnish_home(h, s, p, k);
		if (p->story != NULL)
			bend_home(h, s, p->traits);
	}
	date_homes(p, s);
}

/* ---- lines ---- */

/*
 * Arcep keeps these ranges for works of fiction (decision 2018-0881): ten
 * thousand numbers each, so large populations share them; lines are told apart
 * by their own identifier.
 */
static void
number_line(struct line_of *l, const struct person *p, int k)
{
	static const char *const fixed[] = { "19900", "26191", "35301", "46571",
	    "53649" };
	int number = (int)((p->n * 7919 + 17 + k * 4099) % 10000);

	snprintf(l->number, sizeof(l->number), "+33%s%04d",
	    l->mobile ? "63998" : fixed[p->n % 5], number);
}

/* Some mobile lines pay ahead: no contract to end, no bill. */
static void
prepay(struct line_of *l, const struct synth *s, const struct person *p)
{
	struct draw d = draw_for(s, l->id, P_PREPAID, 0);

	if (l->mobile && (draw_chance(&d, 0.08) || p->traits & T_PREPAID))
		l->plan = PLAN_PREPAID;
}

static void
equip_person(struct person *p, const struct synth *s)
{
	struct draw who = draw_for(s, p->n, P_LINE, -1);
	bool second = draw_chance(&who, 0.35);

	if (p->traits & T_TWO_LINES)
		second = true;
	p->line_count = second && !(p->traits & T_MINOR) ? 2 : 1;
	for (int k = 0; k < p->line_count; k++) {
		struct draw d = draw_for(s, p->n, P_LINE, k);
		struct line_of *l = &p->lines[k];
		int age = (day_of(2026, 1, 1) - p->born) / 365;

		l->id = p->n * 10 + k;
		l->mobile = k == 0 || p->traits & T_TWO_LINES;
		l->plan = l->mobile ? draw_below(&d, 3) : 3;
		l->begin = day_of(2017, 1, 1) + draw_below(&d, 2500);
		l->end = p->traits & T_LEFT ? s->as_of - 45 : FOREVER;
		l->calls = draw_real(&d, 0.6, 4.5) * (l->mobile ? 1 : 0.3);
		l->texts = !l->mobile ? 0 : draw_real(&d, 0.5, age < 35 ? 14 : 5);
		l->length_s = draw_real(&d, 35, 130);
		l->tail = draw_real(&d, 1.15, 1.7);
		l->contacts = draw_between(&d, 12, 60);
		snprintf(l->contract, sizeof(l->contract), "SYN-T-%08lld-%d",
		    (long long)p->n, k + 1);
		prepay(l, s, p);
		number_line(l, p, k);
	}
}

void
person_make(struct person *p, const struct synth *s, int64_t n)
{
	*p = (struct person){ .n = n };
	if (n <= story_count) {
		p->story = &stories[n - 1];
		p->traits = p->story->traits;
	}
	snprintf(p->ref, sizeof(p->ref), "SYN-%08lld", (long long)n);
	name_person(p, s);
	house_person(p, s);
	equip_person(p, s);
}

/* ---- holidays ---- */

/* Where is she that day? -1 at home, -2 away in France, else places[n]. */
int
person_where(const struct synth *s, const struct person *p, int day)
{
	int year = date_of(day).year, trips = p->traits & T_TRAVELS ? 14 : 2;

	for (int i = 0; i < trips; i++) {
		struct draw d = draw_for(s, p->n, P_TRIP, year * 100 + i);
		int from = day_of(year, 7, 1) + draw_below(&d, 48);
		int n = draw_between(&d, 6, 15);
		bool abroad = draw_chance(&d, i < 2 ? 0.3 : 0.9);
		int place = draw_below(&d, place_count);

		if (i > 0) {
			from = day_of(year, 1, 4) + draw_below(&d, 340);
			n = draw_between(&d, 2, 7);
		}
		if (day >= from && day < from + n)
			return abroad || p->traits & T_TRAVELS ? place : -2;
	}
	return -1;
}
