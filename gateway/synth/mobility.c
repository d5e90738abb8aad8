/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mobility.c - how people travel with the Réseau Hirondelle: a pass each
 * month or tickets by ten, to work and back, a bicycle at times, a car to park.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/attr.h"
#include "synth/synth_own.h"

static const struct { int cents, senior, youth; } monthly = { 4700, 3100, 2350 };
enum { TEN_CENTS = 1500, SINGLE_CENTS = 180, STOPS = 12 };

static const char *
rider(const struct synth *s, const struct person *p)
{
	int age = date_of(s->as_of).year - date_of(p->born).year;

	return age < 26 ? "YOUTH" : age > 65 ? "SENIOR" : "FULL";
}

enum ride_kind
ride_kind(const struct synth *s, const struct person *p)
{
	struct draw d = draw_for(s, p->n, P_RIDE, -1);
	double u = draw_unit(&d);

	if (p->traits & T_PLAIN)
		return RIDES_MONTHLY;
	if (p->traits & (T_LEFT | T_MOVED))
		return RIDES_TEN;
	return u < 0.3 ? RIDES_MONTHLY : u < 0.6 ? RIDES_TEN : RIDES_NOT;
}

/* ---- trips ---- */

struct trip {
	char id[48];
	int64_t from_s, to_s;		/* to_s 0: nobody knows */
	char mode;			/* 1 bus, 2 tram, 3 bicycle */
	char route[8];
	int from, to;			/* stops of the town */
	int cents, meters;
	bool by_pass;
};
enum { TRIPS_MAX = 4 };

static double
stop_lat(int commune, int stop)
{
	return communes[commune].lat + (stop % 4 - 1.5) * 0.008;
}

static double
stop_lon(int commune, int stop)
{
	return communes[commune].lon + (stop / 4 - 1) * 0.011;
}

static int
meters_of(int commune, int a, int b)
{
	double north = (stop_lat(commune, a) - stop_lat(commune, b)) * 111320;
	double east = (stop_lon(commune, a) - stop_lon(commune, b)) * 78000;

	return (int)lround(sqrt(north * north + east * east) / 10) * 10;
}

static int
commune_of(const struct person *p)
{
	struct postal a = postal_of(p);
	int i = 0;

	while (communes[i].postcode != a.postcode)
		i++;
	return i;
}

static void
trip_make(struct trip *t, const struct synth *s, const struct person *p, int day,
    int k, struct draw *d)
{
	int home = (int)(p->n % STOPS), work = (home + 5 + (int)(p->n % 3)) % STOPS;
	bool bicycle = draw_chance(d, 0.18), out = k % 2 == 0;
	int commune = commune_of(p);
	struct date when = date_of(day);

	*t = (struct trip){ .from = out ? home : work, .to = out ? work : home };
	snprintf(t->id, sizeof(t->id), "SYN-MT-%08lld-%02d%02d%02d-%d",
	    (long long)p->n, when.year % 100, when.month, when.day, k + 1);
	t->from_s = paris_midnight(day) + (out ? 7 : 17) * 3600 +
	    draw_below(d, 5400);
	t->meters = meters_of(commune, t->from, t->to);
	t->mode = bicycle ? '3' : p->n % 2 == 0 ? '2' : '1';
	t->to_s = t->mode == '1' ? 0 : t->from_s + 240 + t->meters / 4;
	if (t->mode != '3')
		snprintf(t->route, sizeof(t->route), "%s%d", t->mode == '2' ? "T" :
		    "", t->mode == '2' ? 1 + (int)(p->n % 3) :
		    10 + (int)(p->n % 30));
	t->by_pass = !bicycle;
	if (bicycle && ride_kind(s, p) != RIDES_MONTHLY)
		t->cents = 100;
}

static int
trips_make(struct trip out[TRIPS_MAX], const struct synth *s,
    const struct person *p, int day)
{
	struct draw d = draw_for(s, p->n, P_RIDE, day);
	enum ride_kind kind = ride_kind(s, p);
	double often = kind == RIDES_MONTHLY ? 0.85 : 0.2;
	int n = 0;

	if (kind == RIDES_NOT || p->home_count == 0 ||
	    person_where(s, p, day) != -1 ||
	    !draw_chance(&d, day_off(day) ? often / 4 : often))
		return 0;
	for (int k = 0; k < 2; k++)
		trip_make(&out[n++], s, p, day, k, &d);
	return n;
}

/* ---- passes ---- */

/* Trips of the month on the pass, in order; a ticket by ten has no eleventh. */
static int
used_in(const struct synth *s, const struct person *p, int from, int to)
{
	struct trip trips[TRIPS_MAX];
	int used = 0;

	for (int day = from; day <= to && day < s->as_of - 2; day++) {
		int n = trips_make(trips, s, p, day);

		for (int i = 0; i < n; i++)
			used += trips[i].by_pass;
	}
	return used;
}

bool
pass_make(struct pass *out, const struct synth *s, const struct person *p,
    int first)
{
	enum ride_kind kind = ride_kind(s, p);
	struct date d = date_of(first);
	int next = month_next(first), used;

	if (kind == RIDES_NOT || p->home_count == 0)
		return false;
	used = used_in(s, p, first, next - 1);
	*out = (struct pass){ .from = first, .to = next - 1, .bought = first };
	snprintf(out->id, sizeof(out->id), "SYN-MP-%08lld-%02d%02d",
	    (long long)p->n, d.year % 100, d.month);
	if (kind == RIDES_MONTHLY)
		out->cents = rider(s, p)[0] == 'Y' ? monthly.youth :
		    rider(s, p)[0] == 'S' ? monthly.senior : monthly.cents;
	else {
		out->cents = TEN_CENTS;
		out->to = first + 365;
		out->left = used < 10 ? 10 - used : 0;
	}
	return kind == RIDES_MONTHLY || used > 0;
}

static int64_t
night_after(int day)
{
	return (paris_midnight(day + 1) + 3 * 3600) * INT64_C(1000000);
}

static void
riders(struct copy *c, const struct synth *s, const struct person *p)
{
	char card[32];

	if (p->home_count == 0)
		return;
	snprintf(card, sizeof(card), "SYN-MC-%010lld", (long long)p->n);
	cell_int(c, p->n);
	cell_text(c, p->ref);
	cell_text(c, card);
	cell_text(c, p->family);
	cell_text(c, p->given);
	cell_date(c, p->born);
	cell_text(c, p->n % 17 == 16 ? NULL : p->email);
	cell_text(c, rider(s, p)[0] == 'Y' ? "J" : rider(s, p)[0] == 'S' ? "S" : "P");
	cell_bool(c, p->opposed);
	cell_time(c, office_hour(s, p, p->homes[0].begin));
	row_end(c);
}

static void
pass_row(struct copy *c, const struct synth *s, const struct person *p,
    const struct pass *b)
{
	bool ten = ride_kind(s, p) == RIDES_TEN;
	int last = month_next(b->from) - 1;
	char card[32];

	snprintf(card, sizeof(card), "SYN-MC-%010lld", (long long)p->n);
	both_text(c, "pass", b->id);
	say_text(c, "card", card);
	cell_int(c, p->n);
	say_text(c, "customer", p->ref);
	say_text(c, "vendor", "Réseau Hirondelle");
	cell_text(c, ten ? "C10" : "MEN");
	say_text(c, "product", ten ? "Carnet de dix" : "Hirondelle mensuel");
	say_text(c, "kind", ten ? "TEN_TRIPS" : "MONTHLY");
	say_text(c, "rider", rider(s, p));
	both_date(c, "start", b->from);
	both_date(c, "end", b->to);
	both_cents(c, "price", b->cents);
	say_text(c, "currency", "EUR");
	if (ten)
		both_int(c, "left", b->left);
	else
		cell_text(c, NULL);
	both_changed(c, later(night_after(!ten ? b->from : last < s->as_of - 2 ?
	    last : s->as_of - 2), office_hour(s, p, p->homes[0].begin)));
	row_end(c);
}

/* Months from the window's first whole one. */
static int
first_month(const struct synth *s, const struct person *p)
{
	int window = month_next(s->as_of - s->days - 1);
	int began = month_next(p->homes[0].begin);

	return window > began ? window : began;
}

static void
passes(struct copy *c, const struct synth *s, const struct person *p)
{
	struct pass b;

	for (int month = first_month(s, p); month < s->as_of - 2;
	    month = month_next(month))
		if (pass_make(&b, s, p, month))
			pass_row(c, s, p, &b);
}

static void
stop_name(char out[96], int commune, int stop)
{
	snprintf(out, 96, "%s, %s", communes[commune].city, streets[stop]);
}

static void
say_stop(struct copy *c, const char *object, int commune, int stop)
{
	char path[48], text[96];

	stop_name(text, commune, stop);
	snprintf(path, sizeof(path), "%s.name", object);
	say_text(c, path, text);
	snprintf(path, sizeof(path), "%s.latitude", object);
	say_scaled(c, path, lround(stop_lat(commune, stop) * 1e5), 5);
	snprintf(path, sizeof(path), "%s.longitude", object);
	say_scaled(c, path, lround(stop_lon(commune, stop) * 1e5), 5);
}

static void
trip_row(struct copy *c, const struct synth *s, const struct person *p,
    const struct trip *t, const struct pass *pass, int day)
{
	static const char *const modes[] = { "BUS", "TRAM", "BICYCLE" };
	const char mode[] = { t->mode, 0 };
	int commune = commune_of(p);
	bool known = t->to_s != 0;

	both_text(c, "trip", t->id);
	cell_int(c, p->n);
	both_code(c, "mode", mode, modes[t->mode - '1']);
	both_text(c, "route", t->route[0] ? t->route : NULL);
	cell_paris(c, t->from_s);
	say_time(c, "start", t->from_s * 1000000);
	if (known) {
		cell_wall(c, t->to_s + paris_offset(t->to_s));
		say_time(c, "end", t->to_s * 1000000);
	} else
		cell_text(c, NULL);
	cell_int(c, commune * STOPS + t->from);
	say_stop(c, "origin", commune, t->from);
	if (known) {
		cell_int(c, commune * STOPS + t->to);
		say_stop(c, "destination", commune, t->to);
		both_int(c, "distance", t->meters);
	} else {
		cell_text(c, NULL);
		cell_text(c, NULL);
	}
	both_cents(c, "price", t->cents);
	say_text(c, "currency", "EUR");
	both_text(c, "pass", t->by_pass && pass != NULL ? pass->id : NULL);
	both_changed(c, later(night_after(day), office_hour(s, p,
	    p->homes[0].begin)));
	row_end(c);
}

static void
trips(struct copy *c, const struct synth *s, const struct person *p)
{
	struct trip all[TRIPS_MAX];
	struct pass pass;
	int n, month;

	for (month = first_month(s, p); month < s->as_of - 2;
	    month = month_next(month)) {
		bool held = pass_make(&pass, s, p, month);

		for (int day = month; day < month_next(month) &&
		    day < s->as_of - 2; day++) {
			n = trips_make(all, s, p, day);
			for (int i = 0; i < n; i++)
				trip_row(c, s, p, &all[i], held ? &pass : NULL,
				    day);
		}
	}
}

static void
stops(struct copy *c, const struct synth *s UNUSED)
{
	char text[96];

	for (int i = 0; i < commune_count; i++)
		for (int k = 0; k < STOPS; k++) {
			stop_name(text, i, k);
			cell_int(c, i * STOPS + k);
			cell_text(c, text);
			cell_micro(c, lround(stop_lat(i, k) * 1e5) * 10);
			cell_micro(c, lround(stop_lon(i, k) * 1e5) * 10);
			row_end(c);
		}
}

/* ---- parking ---- */

static void
park(struct copy *c, const struct synth *s, const struct person *p, int day)
{
	struct draw d = draw_for(s, p->n, P_PARK, day);
	int64_t from = paris_midnight(day) + 9 * 3600 + 60 * draw_below(&d, 480);
	int quarters = draw_between(&d, 2, 14);
	bool street = draw_chance(&d, 0.7);
	struct date when = date_of(day);
	char id[48], zone[80], plate[16], masked[24];

	if (!draw_chance(&d, 0.06))
		return;
	snprintf(id, sizeof(id), "SYN-MS-%08lld-%02d%02d%02d", (long long)p->n,
	    when.year % 100, when.month, when.day);
	snprintf(zone, sizeof(zone), "%s, zone %s", postal_of(p).city,
	    street ? "orange" : "du parc");
	snprintf(plate, sizeof(plate), "ZZ-%03d-ZZ", (int)(p->n % 1000));
	snprintf(masked, sizeof(masked), "ZZ-•••-ZZ");
	both_text(c, "session", id);
	cell_int(c, p->n);
	both_text(c, "zone", zone);
	both_code(c, "kind", street ? "V" : "P", street ? "STREET" : "CAR_PARK");
	cell_paris(c, from);
	say_time(c, "start", from * 1000000);
	cell_int(c, quarters * 15);
	say_time(c, "end", (from + quarters * 900) * 1000000);
	cell_text(c, plate);
	say_text(c, "plate", masked);
	both_cents(c, "price", quarters * (street ? 50 : 60));
	say_text(c, "currency", "EUR");
	both_changed(c, night_after(day));
	row_end(c);
}

static void
parking(struct copy *c, const struct synth *s, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p);

	if (n == 0 || covers[n - 1].home != NULL)
		return;			/* no car */
	for (int day = first_month(s, p); day < s->as_of - 2; day++)
		park(c, s, p, day);
}

const struct synth_table synth_mobility[] = {
	{ "geo.arret", NULL, stops },
	{ "bill.porteur", riders, NULL },
	{ "bill.titre", passes, NULL },
	{ "bill.validation", trips, NULL },
	{ "stat.session", parking, NULL },
	{ NULL, NULL, NULL }
};

const struct synth_set sets_mobility[] = {
	{ "mobility.parking", parking },
	{ "mobility.pass", passes },
	{ "mobility.trip", trips },
	{ NULL, NULL }
};
