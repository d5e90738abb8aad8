/* SPDX-License-Identifier: Apache-2.0 */
/*
 * energy_more.c - payment terms, home profiles, gas and water: tables and
 * records at once, as they tell the same.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/attr.h"
#include "synth/energy.h"

/* ---- how bills are paid ---- */

const char *
energy_means(const struct synth *s, const struct person *p)
{
	static const char *const means[] = { "PR", "PR", "PR", "PR", "CB", "VI",
	    "CH" };
	struct draw who = draw_for(s, p->n, P_BILL, -1);

	return means[draw_below(&who, countof(means))];
}

const char *
energy_means_said(const char *means)
{
	static const char *const said[][2] = { { "PR", "DIRECT_DEBIT" },
	    { "CB", "CARD" }, { "VI", "TRANSFER" }, { "CH", "CHEQUE" } };

	for (size_t i = 0; i < countof(said); i++)
		if (strcmp(said[i][0], means) == 0)
			return said[i][1];
	return NULL;
}

void
energy_terms(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		cell_text(c, p->homes[k].contract);
		cell_text(c, energy_means(s, p));
		cell_text(c, "BIME");
		cell_text(c, "FR76 0000 0000 0000 0000 0000 000");
		cell_time(c, office_hour(s, p, p->homes[k].begin));
		row_end(c);
	}
}

/* ---- what people told of their home ---- */

static const char *
heating_of(const struct home *h, bool gas, bool said)
{
	if (h->heat_w_per_k > 30)
		return said ? "ELECTRIC" : "E";
	return gas ? said ? "GAS" : "G" : said ? "OTHER" : "A";
}

static bool
has_gas(const struct synth *s, const struct person *p, int k)
{
	struct draw d = draw_for(s, p->n, P_GAS, -1 - k);

	return p->homes[k].heat_w_per_k <= 30 && draw_chance(&d, 0.7);
}

static void
profile(struct copy *c, const struct synth *s, const struct person *p, int k)
{
	const struct home *h = &p->homes[k];
	struct draw d = draw_for(s, p->n, P_PROFILE, k);
	bool house = h->complement[0] == '\0', owner = draw_chance(&d, 0.57);
	bool gas = has_gas(s, p, k);
	int people = (int)h->people, surface = (house ? 70 : 28) + 14 * people +
	    draw_below(&d, 30), built = 1900 + draw_below(&d, 118);
	int told = h->begin + draw_between(&d, 1, 30);

	if (told >= s->as_of - 1)
		return;
	both_text(c, "contract", h->contract);
	both_date(c, "declared", told);
	both_code(c, "housing", house ? "M" : "A", house ? "HOUSE" : "FLAT");
	both_code(c, "residence", "P", "MAIN");
	both_code(c, "occupation", owner ? "1" : "2", owner ? "OWNER" : "TENANT");
	both_int(c, "surface", surface);
	both_int(c, "occupants", people);
	both_int(c, "built", built);
	both_code(c, "heating", heating_of(h, gas, false), heating_of(h, gas, true));
	both_code(c, "hot_water", h->hot_water ? "E" : gas ? "G" : "A",
	    h->hot_water ? "ELECTRIC" : gas ? "GAS" : "OTHER");
	both_changed(c, office_hour(s, p, told));
	row_end(c);
}

void
energy_profiles(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++)
		profile(c, s, p, k);
}

/* ---- gas ---- */

static void
gas_point(char out[32], const struct home *h)
{
	snprintf(out, 32, "SYN-G-%s", h->pdl + 4);
}

void
gas_points(struct copy *c, const struct synth *s, const struct person *p)
{
	char pce[32];

	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];

		if (!has_gas(s, p, k))
			continue;
		gas_point(pce, h);
		cell_text(c, pce);
		cell_text(c, p->ref);
		cell_date(c, h->begin);
		cell_date(c, h->end);
		cell_time(c, contract_changed(s, p, h));
		row_end(c);
	}
}

/* Litres of gas that day: cooking, hot water, heating under 16 degrees. */
static int64_t
gas_litres(const struct synth *s, const struct person *p, int k, int day)
{
	const struct home *h = &p->homes[k];
	struct draw d = draw_for(s, p->n, P_GAS, day * 2 + k);
	double cold = 16 - weather_mean(s, h->commune, day);
	bool house = h->complement[0] == '\0';
	double litres = 60 + 45 * h->people + (h->hot_water ? 0 : 260 * h->people);

	if (person_where(s, p, day) != -1)
		return 20 + draw_below(&d, 30);
	if (cold > 0)
		litres += cold * (house ? 720 : 340);
	return (int64_t)(litres * draw_real(&d, 0.85, 1.15));
}

/* Kilowatt-hours in a cubic metre, in thousandths: the month's, the place's. */
static int
gas_coefficient(const struct home *h, int day)
{
	return 11050 + 40 * date_of(day).month + 3 * (h->commune % 40);
}

/* Clocks change before six. */
static int64_t
six_o_clock(int day)
{
	int64_t wall = (int64_t)day * 86400 + 6 * 3600;

	return (wall - paris_offset(wall - 3600)) * INT64_C(1000000);
}

static void
gas_day(struct copy *c, const struct synth *s, const struct person *p, int k,
    int day, int64_t *index)
{
	const struct home *h = &p->homes[k];
	int64_t litres = gas_litres(s, p, k, day), pcs = gas_coefficient(h, day);
	char pce[32];

	*index += litres;
	gas_point(pce, h);
	both_text(c, "usage_point", pce);
	both_date(c, "day", day);
	say_time(c, "start", six_o_clock(day));
	say_time(c, "end", six_o_clock(day + 1));
	cell_milli(c, litres);
	say_milli(c, "volume", litres);
	cell_milli(c, pcs);
	say_milli(c, "coefficient", pcs);
	say_milli(c, "energy", (litres * pcs + 500) / 1000);
	cell_milli(c, *index);
	say_milli(c, "index", *index);
	both_changed(c, reading_sent(s, p, day + 2));
	row_end(c);
}

/* An index begins where the home did: the days before the window count by a mean. */
static int64_t
index_at(const struct home *h, int day, int64_t a_day)
{
	return 1000 + (int64_t)(day > h->begin ? day - h->begin : 0) * a_day;
}

void
gas_days(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		int from = first_day(s, h), last = last_day(s, h) - 1;
		int64_t index = index_at(h, from, 2400);

		if (!has_gas(s, p, k))
			continue;
		for (int day = from; day <= last; day++)
			gas_day(c, s, p, k, day, &index);
	}
}

/* ---- water ---- */

/* A leak lasts eleven days, once in a few years. */
static bool
leaks(const struct synth *s, const struct person *p, int k, int day)
{
	struct draw d = draw_for(s, p->n, P_WATER, -(day / 90) * 2 - k - 1);
	int at = day / 90 * 90 + draw_below(&d, 70);

	return draw_chance(&d, 0.05) && day >= at && day < at + 11;
}

static void
water_meter(char out[32], const struct home *h)
{
	snprintf(out, 32, "SYN-W-%s", h->pdl + 4);
}

void
water_meters(struct copy *c, const struct synth *s, const struct person *p)
{
	char meter[32];

	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];

		water_meter(meter, h);
		cell_text(c, meter);
		cell_text(c, p->ref);
		cell_date(c, h->begin);
		cell_date(c, h->end);
		cell_time(c, contract_changed(s, p, h));
		row_end(c);
	}
}

static void
water_day(struct copy *c, const struct synth *s, const struct person *p, int k,
    int day, int64_t *index)
{
	const struct home *h = &p->homes[k];
	struct draw d = draw_for(s, p->n, P_WATER, day * 2 + k);
	bool leak = leaks(s, p, k, day), guessed = draw_chance(&d, h->fault_rate);
	int64_t litres = person_where(s, p, day) != -1 ? 5 + draw_below(&d, 8) :
	    (int64_t)((52 + 98 * h->people) * draw_real(&d, 0.7, 1.35));
	char meter[32];

	litres += leak ? 480 + draw_below(&d, 60) : 0;
	*index += litres;
	water_meter(meter, h);
	both_text(c, "meter", meter);
	both_date(c, "day", day);
	say_text(c, "step", "P1D");
	both_int(c, "volume", litres);
	cell_int(c, *index);
	say_milli(c, "index", *index);
	both_code(c, "quality", guessed ? "E" : "R", guessed ? "ESTIMATED" :
	    "MEASURED");
	cell_bool(c, leak);
	say_bool(c, "leak", leak);
	both_changed(c, reading_sent(s, p, day + 1));
	row_end(c);
}

void
water_days(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		int from = first_day(s, h), last = last_day(s, h);
		int64_t index = index_at(h, from, 230);

		for (int day = from; day <= last; day++)
			water_day(c, s, p, k, day, &index);
	}
}
