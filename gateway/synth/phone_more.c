/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone_more.c - where the network saw a phone, what was watched on a box:
 * tables and records at once.
 */
#include <math.h>
#include <stdio.h>
#include "base/attr.h"
#include "synth/telecom.h"

enum { KEPT_DAYS = 30, FIRST_HOUR = 7, LAST_HOUR = 22 };

/* ---- sights ---- */

/* At work by day, at home else; the cell's middle, in hundredths of a degree. */
static void
sight(struct copy *c, const struct synth *s, const struct person *p,
    const struct line_of *l, int day, int hour)
{
	struct draw d = draw_for(s, l->id, P_SIGHT, day * 24 + hour);
	struct postal a = postal_of(p);
	int where = person_where(s, p, day), home = 0, offset;
	int64_t at = paris_midnight(day) + hour * 3600 + draw_below(&d, 3000);
	double lat, lon;

	while (communes[home].postcode != a.postcode)
		home++;
	lat = communes[home].lat;
	lon = communes[home].lon;
	if (where >= 0) {
		lat = places[where].lat;
		lon = places[where].lon;
	} else if (where == -1 && !day_off(day) && hour > 8 && hour < 18) {
		lat += 0.03;
		lon -= 0.02;
	}
	offset = paris_offset(at);
	cell_int(c, l->id);
	say_text(c, "line", l->number);
	cell_wall(c, at + offset);
	cell_int(c, offset / 60);
	say_time(c, "time", at * 1000000);
	cell_money(c, lround(lat * 100));
	say_money(c, "latitude", lround(lat * 100));
	cell_money(c, lround(lon * 100));
	say_money(c, "longitude", lround(lon * 100));
	both_int(c, "radius", where >= 0 ? 5000 : 400 + draw_below(&d, 20) * 100);
	both_text(c, "country", where >= 0 ? places[where].country : "FR");
	both_changed(c, (at / 3600 + 1) * INT64_C(3600000000));
	row_end(c);
}

void
phone_sights(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->line_count; k++) {
		const struct line_of *l = &p->lines[k];
		int from = s->as_of - (s->days < KEPT_DAYS ? s->days : KEPT_DAYS);
		int to = l->end < s->as_of - 2 ? l->end : s->as_of - 2;

		for (int day = from > l->begin ? from : l->begin;
		    l->mobile && day <= to; day++)
			for (int hour = FIRST_HOUR; hour <= LAST_HOUR; hour++)
				sight(c, s, p, l, day, hour);
	}
}

/* ---- films ---- */

struct video {
	char id[40], episode[16];
	const char *title, *kind, *legacy, *device, *device_legacy;
	int64_t at_s, viewed_s;
	int length_min, cents;
	bool removed;		/* what the household asked to forget */
};

static const struct { const char *title, *kind, *legacy; int minutes; } films[] = {
	{ "Le Pont de l'Échantillon", "FILM", "F", 97 },
	{ "Les Heures inventées", "FILM", "F", 118 },
	{ "Un été au Simulacre", "FILM", "F", 104 },
	{ "La Maison-Modèle", "SERIES", "S", 52 },
	{ "Brigade des brouillons", "SERIES", "S", 44 },
	{ "Gabarit et compagnie", "SERIES", "S", 26 },
	{ "Sous le Trompe-l'Œil", "DOCUMENTARY", "D", 58 },
	{ "Le Prototype et la mer", "DOCUMENTARY", "D", 51 },
	{ "Zébulon Maquette", "CHILDREN", "J", 12 },
	{ "Les Petits Spécimens", "CHILDREN", "J", 22 }
};

static void
choose_device(struct video *v, struct draw *d)
{
	static const char *const devices[][2] = { { "TV", "1" }, { "TV", "1" },
	    { "TV", "1" }, { "TABLET", "2" }, { "PHONE", "3" }, { "COMPUTER", "4" } };
	int i = draw_below(d, countof(devices));

	v->device = devices[i][0];
	v->device_legacy = devices[i][1];
}

/* What an evening before the box was spent on, if it was. */
static bool
video_make(struct video *v, const struct synth *s, const struct line_of *l,
    int day)
{
	struct draw d = draw_for(s, l->id, P_VOD, day);
	int i;

	if (l->plan != 3 || !draw_chance(&d, day_off(day) ? 0.4 : 0.22))
		return false;
	i = draw_below(&d, countof(films));
	*v = (struct video){ .title = films[i].title, .kind = films[i].kind,
	    .legacy = films[i].legacy, .length_min = films[i].minutes };
	v->at_s = paris_midnight(day) + 20 * 3600 + draw_below(&d, 7200);
	v->viewed_s = (int64_t)(films[i].minutes * 60 * draw_real(&d, 0.15, 1));
	if (i < 3 && draw_chance(&d, 0.5))
		v->cents = 299 + 100 * draw_below(&d, 3);
	if (films[i].kind[0] == 'S')
		snprintf(v->episode, sizeof(v->episode), "S%02dE%02d",
		    draw_between(&d, 1, 3), draw_between(&d, 1, 8));
	choose_device(v, &d);
	v->removed = draw_chance(&d, 0.02) && v->cents == 0;
	snprintf(v->id, sizeof(v->id), "SYN-V-%09lld-%05d", (long long)l->id, day);
	return true;
}

int64_t
videos_cost(const struct synth *s, const struct line_of *l, int from, int to,
    int64_t *n)
{
	int64_t cents = 0;
	struct video v;

	*n = 0;
	for (int day = from; day <= to; day++)
		if (video_make(&v, s, l, day) && v.cents > 0) {
			cents += v.cents;
			++*n;
		}
	return cents;
}

static void
video_row(struct copy *c, const struct line_of *l, const struct video *v)
{
	int offset = paris_offset(v->at_s);
	int64_t changed = (v->at_s + v->viewed_s) / 3600 * 3600 + 3600;

	if (c->mode != TO_TABLE && v->removed)
		return;
	both_text(c, "order", v->id);
	cell_int(c, l->id);
	say_text(c, "line", l->number);
	cell_wall(c, v->at_s + offset);
	cell_int(c, offset / 60);
	say_time(c, "time", v->at_s * 1000000);
	both_code(c, "action", v->cents > 0 ? "C" : "V", v->cents > 0 ? "ORDER" :
	    "VIEW");
	both_code(c, "kind", v->legacy, v->kind);
	both_text(c, "title", v->title);
	both_text(c, "episode", v->episode[0] ? v->episode : NULL);
	both_int(c, "length", v->length_min);
	both_int(c, "viewed", v->viewed_s);
	both_code(c, "device", v->device_legacy, v->device);
	both_cents(c, "price", v->cents);
	say_text(c, "currency", "EUR");
	cell_bool(c, false);			/* adult: none is made */
	if (v->removed)
		cell_time(c, (changed + 86400) * 1000000);
	else
		cell_text(c, NULL);
	both_changed(c, (changed + (v->removed ? 86400 : 0)) * 1000000);
	row_end(c);
}

void
phone_videos(struct copy *c, const struct synth *s, const struct person *p)
{
	struct video v;

	for (int k = 0; k < p->line_count; k++) {
		const struct line_of *l = &p->lines[k];
		int from = s->as_of - s->days, to = s->as_of - 4;

		if (l->end < to)
			to = l->end;
		for (int day = from > l->begin ? from : l->begin; day <= to; day++)
			if (video_make(&v, s, l, day))
				video_row(c, l, &v);
	}
}
