/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curve.c - one home's electricity, one local day.
 *
 * A sum of what lives in a home: what never sleeps, the fridge's cycles, the
 * people's mornings, noons and evenings (later at week-ends), light when it is
 * dark, heating in proportion to the cold under 15 degrees, a tank that heats
 * at off-peak hours, a car, the sun on the roof. Shape facts: RTE's analysis of
 * French demand (Sénat r23-714); thermosensitivity as Enedis publishes it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "synth/synth_own.h"

/* ---- weather ---- */

/* Noise that changes smoothly over `span` days. */
static double
slow_noise(const struct synth *s, enum purpose purpose, int place, int day,
    int span)
{
	int knot = day / span;
	double t = (double)(day % span) / span, ease = t * t * (3 - 2 * t);
	struct draw a = draw_for(s, place, purpose, knot * 64 + span);
	struct draw b = draw_for(s, place, purpose, (knot + 1) * 64 + span);

	return draw_normal(&a) * (1 - ease) + draw_normal(&b) * ease;
}

/* Towns share the country's weather and add a little of their own. */
double
weather_mean(const struct synth *s, int commune, int day)
{
	double year = 2 * M_PI * (day_of_year(day) - 24) / 365.25;

	return 12.2 + communes[commune].warm - 7.8 * cos(year) +
	    2.6 * slow_noise(s, P_WEATHER, 0, day, 9) +
	    1.7 * slow_noise(s, P_WEATHER, 0, day, 3) +
	    0.8 * slow_noise(s, P_WEATHER, commune + 1, day, 2);
}

/* Walls remember the last three days. */
static double
felt_mean(const struct synth *s, int commune, int day)
{
	return 0.6 * weather_mean(s, commune, day) +
	    0.3 * weather_mean(s, commune, day - 1) +
	    0.1 * weather_mean(s, commune, day - 2);
}

/* Share of the sun that reaches the roof: 0.15 .. 1. */
static double
clear_sky(const struct synth *s, int commune, int day)
{
	double c = 0.62 + 0.3 * slow_noise(s, P_CLOUD, commune, day, 2);

	return c < 0.15 ? 0.15 : c > 1 ? 1 : c;
}

/* ---- tariffs ---- */

/* Two periods a set, minutes of the local day; the second may be empty. */
static const struct { short from, to, from2, to2; const char *text; } hours[] = {
	{ 1350, 390, 0, 0, "22:30-06:30" },
	{ 1380, 420, 0, 0, "23:00-07:00" },
	{ 90, 450, 750, 870, "01:30-07:30 12:30-14:30" }
};

static bool
within(int minute, int from, int to)
{
	return from <= to ? minute >= from && minute < to :
	    minute >= from || minute < to;
}

bool
off_peak(const struct home *h, int day, int minute)
{
	if (h->option == OPT_BASE)
		return false;
	if (h->option == OPT_WEEKEND && weekday_of(day) >= 5)
		return true;
	return within(minute, hours[h->hours].from, hours[h->hours].to) ||
	    within(minute, hours[h->hours].from2, hours[h->hours].to2);
}

const char *
off_peak_text(const struct home *h)
{
	return h->option == OPT_BASE ? NULL : hours[h->hours].text;
}

/* ---- what people do ---- */

struct mood {			/* one day of one home */
	const struct home *home;
	const struct commune *commune;
	bool away, free;	/* free: week-end or holiday */
	double felt, clear, crowd, hot_water_wh, car_wh, washing_wh;
	double sun_low, sun_high;	/* sine of its height: low + high cos */
	int wake, washing_at;
};

static double
bump(int minute, double at, double width, double watts)
{
	double x = (minute - at) / width;

	x -= 1440 / width * rint(x * width / 1440);	/* nights wrap */
	return fabs(x) > 4 ? 0 : watts * exp(-0.5 * x * x);
}

/* Sine of the sun's height; negative at night. */
static double
sun_height(const struct mood *m, int64_t utc_s)
{
	double hour = (double)(utc_s % 86400) / 3600 + m->commune->lon / 15 - 12;

	return m->sun_low + m->sun_high * cos(hour * M_PI / 12);
}

static double
people_w(const struct mood *m, int minute, double sun)
{
	const struct home *h = m->home;
	double crowd = m->crowd, shift = h->night ? 540 : 0;
	bool here = m->free || h->in_all_day;
	double w = bump(minute, m->wake + 25 + shift, m->free ? 55 : 38, 330 * crowd);

	w += bump(minute, 755, 42, (here ? 620 : 60) * crowd);
	w += bump(minute, 945, 130, (here ? 190 : 15) * crowd);
	w += bump(minute, 1175 + shift, 72, 640 * crowd);
	w += bump(minute, 1290 + shift, 62, 240 * crowd);
	if (sun < 0.05 && (within(minute, m->wake, 1410) || h->night))
		w += 70 * crowd;
	return w;
}

static double
heating_w(const struct mood *m, int minute)
{
	double cold = (m->away ? 5 : 15) - m->felt;
	double share = 1;

	if (cold <= 0)
		return 0;
	if (within(minute, 1380, 330))
		share = 0.78;
	else if (within(minute, m->wake - 30, m->wake + 90))
		share = 1.3;
	else if (within(minute, 1050, 1350))
		share = 1.15;
	else if (!m->free && !m->home->in_all_day)
		share = 0.85;
	return m->home->heat_w_per_k * cold * share;
}

/* What waits for the night: the tank first, then the car. */
static double
night_wh(struct mood *m, int minute, double h)
{
	double wh = 0, tank = fmin(m->hot_water_wh, 2200 * h);
	double car = fmin(m->car_wh, 5500 * h);

	if (m->home->option == OPT_BASE) {
		if (!within(minute, 120, 480))
			return 0;
	} else if (!within(minute, hours[m->home->hours].from,
	    hours[m->home->hours].to))
		return 0;
	m->hot_water_wh -= tank;
	wh += tank;
	m->car_wh -= car;
	return wh + car;
}

static void
mood_make(struct mood *m, const struct synth *s, const struct person *p,
    const struct home *h, int day)
{
	struct draw d = draw_for(s, p->n, P_DAY, day);
	double tilt = -0.4092 * cos(2 * M_PI * (day_of_year(day) + 10) / 365.25);
	double lat = communes[h->commune].lat * M_PI / 180;

	*m = (struct mood){ .home = h, .commune = &communes[h->commune],
	    .free = day_off(day), .crowd = 0.8 * pow(h->people, 0.6),
	    .sun_low = sin(lat) * sin(tilt), .sun_high = cos(lat) * cos(tilt) };
	m->away = person_where(s, p, day) != -1;
	m->felt = felt_mean(s, h->commune, day);
	m->clear = clear_sky(s, h->commune, day);
	m->wake = h->wake + (m->free && !h->in_all_day ? h->late : 0) +
	    (int)(8 * draw_normal(&d));
	if (h->hot_water && !m->away)
		m->hot_water_wh = (450 + 950 * h->people) * draw_real(&d, 0.82, 1.18);
	if (h->car && !m->away && draw_chance(&d, m->free ? 0.35 : 0.6))
		m->car_wh = draw_real(&d, 4000, 17000);
	m->washing_at = draw_between(&d, 540, 1200);
	if (!m->away && draw_chance(&d, (m->free ? 0.38 : 0.16) + 0.05 * h->people))
		m->washing_wh = draw_real(&d, 600, 1100);
}

/* The watt-hours of one slot: used, and made by the roof. */
static double
slot_wh(struct mood *m, struct draw *d, int minute, double sun, double h)
{
	const struct home *home = m->home;
	double w = home->base_w * (m->away ? 0.72 : 1);
	double wash = fmin(m->washing_wh, 900 * h);

	w += 38 * (draw_unit(d) < 0.42) + 6 * draw_unit(d);
	if (!m->away)
		w += people_w(m, minute, sun) * exp(0.38 * draw_normal(d) - 0.07);
	w += heating_w(m, minute) * draw_real(d, 0.88, 1.12);
	if (minute < m->washing_at || m->away)
		wash = 0;
	m->washing_wh -= wash;
	return w * h + wash + night_wh(m, minute, h);
}

/* Readings get lost for some hours; most are put right within ten days. */
static void
lose_readings(struct curve *c, const struct synth *s, const struct person *p,
    const struct home *h, int day)
{
	struct draw d = draw_for(s, p->n, P_FAULT, day);

	c->lost_from = c->lost_to = 0;
	if (h->meter_changed == day && day != 0) {
		c->lost_from = c->slots / 3;
		c->lost_to = c->lost_from + c->slots / 8;
	} else if (draw_chance(&d, h->fault_rate)) {
		c->lost_from = draw_below(&d, c->slots - 1);
		c->lost_to = c->lost_from + 1 +
		    draw_below(&d, c->slots - c->lost_from);
		if (draw_chance(&d, 0.85))
			c->corrected = draw_between(&d, 3, 9);
	}
}

static void
curve_draw(struct curve *c, const struct synth *s, const struct person *p,
    const struct home *h, int day)
{
	struct draw d = draw_for(s, p->n, P_SLOT, day);
	int64_t midnight = paris_midnight(day);
	struct mood m;

	mood_make(&m, s, p, h, day);
	*c = (struct curve){ .step = day < h->fine_since ? 60 : 30,
	    .produces = h->solar_kw > 0 };
	c->slots = paris_slots(day, c->step);
	for (int i = 0; i < c->slots; i++) {
		int64_t utc = midnight + (int64_t)i * c->step * 60;
		int minute = slot_minute(midnight, c->slots, c->step, i);
		double sun = sun_height(&m, utc + c->step * 30);
		double hrs = c->step / 60.0;
		double used = slot_wh(&m, &d, minute, sun, hrs);
		double made = sun <= 0 ? 0 : h->solar_kw * 820 * hrs * sun *
		    m.clear * draw_real(&d, 0.85, 1);

		c->wh[i] = (int32_t)lround(fmax(used - made, 0));
		c->injected[i] = (int32_t)lround(fmax(made - used, 0));
	}
	lose_readings(c, s, p, h, day);
}

void
curve_guess(struct curve *c)
{
	int64_t sum = 0;
	int n = c->lost_to - c->lost_from;

	if (n <= 0)
		return;
	for (int i = c->lost_from; i < c->lost_to; i++)
		sum += c->wh[i];
	for (int i = c->lost_from; i < c->lost_to; i++) {
		c->wh[i] = (int32_t)(sum / n * 17 / 16 / 10 * 10);
		c->injected[i] = 0;
	}
}

/* ---- once for all data sets of a person ---- */

enum { MEMO_DAYS_MAX = 2000 };	/* a megabyte and a half for the two homes */
struct curve_memo {
	int64_t n;		/* whose they are */
	int first, days;
	bool known[HOMES_MAX][MEMO_DAYS_MAX];
	struct curve curves[];	/* home by home, day by day */
};

struct curve_memo *
curve_memo_new(const struct synth *s)
{
	int days = s->days + 100 < MEMO_DAYS_MAX ? s->days + 100 : MEMO_DAYS_MAX;
	struct curve_memo *m = xmalloc(sizeof(*m) +
	    sizeof(struct curve) * HOMES_MAX * (size_t)days);

	m->n = 0;
	m->days = days;
	m->first = s->as_of - days;
	return m;
}

void
curve_memo_free(struct curve_memo *m)
{
	free(m);
}

void
curve_make(struct curve *c, const struct synth *s, const struct person *p,
    const struct home *h, int day)
{
	struct curve_memo *m = s->memo;
	int k = (int)(h - p->homes), i = m == NULL ? -1 : day - m->first;

	if (i < 0 || i >= m->days) {
		curve_draw(c, s, p, h, day);
		return;
	}
	if (m->n != p->n) {
		memset(m->known, 0, sizeof(m->known));
		m->n = p->n;
	}
	if (!m->known[k][i]) {
		curve_draw(&m->curves[k * m->days + i], s, p, h, day);
		m->known[k][i] = true;
	}
	*c = m->curves[k * m->days + i];
}
