/* SPDX-License-Identifier: Apache-2.0 */
/* energy.c - people as the energy database knows them. */
#include <stdio.h>
#include <string.h>
#include "synth/energy.h"

static void
clients(struct copy *c, const struct synth *s, const struct person *p)
{
	if (p->home_count == 0)
		return;
	cell_text(c, p->ref);
	cell_text(c, p->n % 29 == 28 ? NULL : p->woman ? "MME" : "M");
	cell_text(c, p->family);
	cell_text(c, p->given);
	cell_date(c, p->born);
	cell_text(c, p->n % 17 == 16 ? NULL : p->email);
	cell_text(c, p->lines[0].number);
	cell_text(c, p->lang);
	cell_text(c, p->opposed ? "O" : "N");
	cell_text(c, p->guardian ? "O" : "N");
	cell_text(c, "REPRISE");
	cell_time(c, office_hour(s, p, p->homes[0].begin));
	row_end(c);
}

static void
addresses(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];

		cell_int(c, p->n * 10 + k);
		cell_text(c, h->complement[0] ? h->complement : NULL);
		cell_text(c, h->street);
		cell_text(c, communes[h->commune].postcode);
		cell_text(c, communes[h->commune].city);
		cell_time(c, office_hour(s, p, h->begin));
		row_end(c);
	}
}

int64_t
contract_changed(const struct synth *s, const struct person *p,
    const struct home *h)
{
	return office_hour(s, p, h->end < s->as_of - 1 ? h->end + 1 : h->begin);
}

static void
contracts(struct copy *c, const struct synth *s, const struct person *p)
{
	static const char *const offers[] = { "VALB", "VALHC", "VALWE" };
	static const char *const options[] = { "BASE", "HPHC", "HCWE" };

	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		bool over = h->end != FOREVER;

		cell_text(c, h->contract);
		cell_text(c, p->ref);
		cell_int(c, p->n * 10 + k);
		cell_text(c, h->pdl);
		cell_text(c, offers[h->option]);
		cell_text(c, options[h->option]);
		cell_int(c, h->power);
		cell_date(c, h->begin);
		cell_date(c, h->end);
		cell_text(c, over ? "R" : "A");
		cell_text(c, !over ? NULL : p->traits & T_LEFT ? "CF" : "DE");
		if (over)
			cell_text(c, NULL);
		else
			cell_date(c, s->as_of + 20 + (int)(p->n % 40));
		cell_text(c, over ? "AGT014" : "REPRISE");
		cell_time(c, contract_changed(s, p, h));
		row_end(c);
	}
}

static void
holders(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];

		cell_text(c, h->pdl);
		cell_text(c, h->contract);
		cell_text(c, p->ref);
		cell_date(c, h->begin);
		cell_date(c, h->end);
		cell_time(c, contract_changed(s, p, h));
		row_end(c);
	}
}

static void
services(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		struct draw who = draw_for(s, p->n, P_BILL, -2);

		draw_below(&who, 2);		/* the bill's months */
		if (!draw_chance(&who, 0.25))
			continue;
		cell_text(c, p->homes[k].contract);
		cell_text(c, "Dépannage électricité");
		cell_date(c, p->homes[k].begin);
		cell_date(c, p->homes[k].end);
		cell_time(c, office_hour(s, p, p->homes[k].begin));
		row_end(c);
	}
}

int
year_kwh(const struct home *h)
{
	double kwh = h->base_w * 8.76 + 620 * h->people + 36 * h->heat_w_per_k +
	    (h->hot_water ? 330 * h->people + 150 : 0) + (h->car ? 2000 : 0);

	return (int)(kwh / 10) * 10;
}

static void
meter(struct copy *c, const struct synth *s, const struct person *p,
    const struct home *h, int i, int from, int to)
{
	bool smart = h->fine_since == 0 || i == 1;

	cell_text(c, h->meter[i]);
	cell_text(c, h->pdl);
	cell_text(c, smart ? "COM" : "ELE");
	cell_date(c, from);
	cell_date(c, to);
	cell_int(c, year_kwh(h));
	cell_text(c, off_peak_text(h));
	cell_bool(c, h->solar_kw > 0);
	cell_time(c, office_hour(s, p, to < s->as_of - 1 ? to : from));
	row_end(c);
}

static void
meters(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		int placed = h->begin - 400 - (int)(p->n % 900);

		if (h->meter_changed == 0) {
			meter(c, s, p, h, 0, placed, FOREVER);
			continue;
		}
		meter(c, s, p, h, 0, placed, h->meter_changed);
		meter(c, s, p, h, 1, h->meter_changed, FOREVER);
	}
}

/* ---- readings ---- */

int64_t
reading_sent(const struct synth *s, const struct person *p, int day)
{
	struct draw d = draw_for(s, p->n, P_CHANGE, -day);

	return moment_of(day, 4, 8, &d);
}

static void
natures(struct copy *c, const struct curve *curve, char nature)
{
	char text[2 * SLOTS_MAX + 3], *t = text;

	if (curve->lost_to == curve->lost_from) {
		cell_text(c, NULL);
		return;
	}
	for (int i = 0; i < curve->slots; i++) {
		bool lost = i >= curve->lost_from && i < curve->lost_to;

		*t++ = i == 0 ? '{' : ',';
		*t++ = lost ? nature : 'R';
	}
	strcpy(t, "}");
	cell_text(c, text);
}

static void
reading(struct copy *c, const struct home *h, const struct curve *curve, int day,
    int version, bool current, int64_t changed)
{
	cell_text(c, h->pdl);
	cell_date(c, day);
	cell_int(c, version);
	cell_bool(c, current);
	cell_int(c, curve->step);
	cell_ints(c, curve->wh, curve->slots);
	if (curve->produces)
		cell_ints(c, curve->injected, curve->slots);
	else
		cell_text(c, NULL);
	natures(c, curve, version > 1 ? 'C' : 'E');
	cell_int(c, changed / 1000000 / 3600);
	cell_time(c, changed);
	row_end(c);
}

static void
home_readings(struct copy *c, const struct synth *s, const struct person *p,
    const struct home *h)
{
	int last = last_day(s, h);

	for (int day = first_day(s, h); day <= last; day++) {
		struct curve true_one, seen;
		bool corrected;

		curve_make(&true_one, s, p, h, day);
		corrected = true_one.corrected > 0 &&
		    day + true_one.corrected < s->as_of - 1;
		seen = true_one;
		curve_guess(&seen);
		reading(c, h, &seen, day, 1, !corrected, reading_sent(s, p, day + 1));
		if (corrected)
			reading(c, h, &true_one, day, 2, true,
			    reading_sent(s, p, day + true_one.corrected));
	}
}

static void
readings(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++)
		home_readings(c, s, p, &p->homes[k]);
}

/* ---- bills ---- */

struct billing {
	struct copy *copy;
	const struct synth *synth;
	const struct person *person;
	const struct home *home;
	void (*write)(struct billing *, const struct bill *);
};

static void
write_bill(struct billing *w, const struct bill *b)
{
	struct copy *c = w->copy;

	cell_text(c, b->number);
	cell_text(c, w->home->contract);
	cell_text(c, b->kind);
	cell_date(c, b->date);
	cell_date(c, b->from);
	cell_date(c, b->to);
	cell_text(c, b->estimated ? "E" : "R");
	cell_int(c, b->wh);
	cell_int(c, b->cents - b->tax_cents);
	cell_int(c, b->tax_cents);
	cell_int(c, b->cents);
	cell_date(c, b->due);
	cell_time(c, office_hour(w->synth, w->person, b->date));
	row_end(c);
}

static void
write_lines(struct billing *w, const struct bill *b)
{
	struct copy *c = w->copy;

	for (int i = 0; i < b->line_count; i++) {
		const struct bill_line *l = &b->lines[i];

		cell_text(c, b->number);
		cell_int(c, i + 1);
		cell_text(c, l->code);
		cell_text(c, l->label);
		cell_milli(c, l->quantity_e3);
		cell_micro(c, l->price_e6);
		cell_int(c, l->cents);
		row_end(c);
	}
}

static void
write_payment(struct billing *w, const struct bill *b)
{
	struct copy *c = w->copy;

	if (b->paid == 0)
		return;
	cell_text(c, b->number);
	cell_date(c, b->paid);
	cell_text(c, b->means);
	cell_time(c, office_hour(w->synth, w->person, b->paid));
	row_end(c);
}

static void
on_bill(const struct bill *b, void *arg)
{
	struct billing *w = arg;

	w->write(w, b);
}

static void
billing(struct copy *c, const struct synth *s, const struct person *p,
    void (*write)(struct billing *, const struct bill *))
{
	for (int k = 0; k < p->home_count; k++) {
		struct billing w = { c, s, p, &p->homes[k], write };

		bills_make(s, p, &p->homes[k], on_bill, &w);
	}
}

static void
bills(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, write_bill);
}

static void
bill_lines(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, write_lines);
}

static void
payments(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, write_payment);
}

const struct synth_table synth_energy[] = {
	{ "crm.client", clients, NULL },
	{ "crm.adresse", addresses, NULL },
	{ "crm.contrat", contracts, NULL },
	{ "crm.rattachement", holders, NULL },
	{ "crm.service", services, NULL },
	{ "si.compteur", meters, NULL },
	{ "si.courbe_jour", readings, NULL },
	{ "fac.facture", bills, NULL },
	{ "fac.ligne", bill_lines, NULL },
	{ "fac.reglement", payments, NULL },
	{ "fac.modalite", energy_terms, NULL },
	{ "crm.profil_logement", energy_profiles, NULL },
	{ "gaz.pce", gas_points, NULL },
	{ "gaz.conso_jour", gas_days, NULL },
	{ "eau.abonne", water_meters, NULL },
	{ "eau.releve_jour", water_days, NULL },
	{ NULL, NULL, NULL }
};
