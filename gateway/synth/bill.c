/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bill.c - bills that add up, to the cent.
 *
 * What is billed is the sum of the readings as they stand once corrections have
 * come; every line is rounded by itself and the total is the sum of its lines.
 * All arithmetic is on integers: watt-hours, cents, millionths of a euro.
 */
#include <stdio.h>
#include "base/attr.h"
#include "synth/synth_own.h"

enum { MILLION = 1000000, BILL_AFTER = 12, PAY_AFTER = 15 };

/* Euros a month before VAT, by power: 3, 6, 9, 12 kVA; in millionths. */
static const int64_t standing[] = { 9630000, 12680000, 15890000, 19160000 };
static const int64_t cta_month = 1140000, service_month = 3325000;
/* Euros per kWh before VAT and excise. */
static const int64_t price_base = 142600, price_peak = 154300,
    price_off_peak = 114700;

/* The excise moved by law; the last rate begun by the period's end counts. */
static int64_t
excise(int day)
{
	if (day >= day_of(2025, 8, 1))
		return 29980;
	return day >= day_of(2025, 2, 1) ? 33700 : 21000;
}

/* price (millionths a unit) x quantity (thousandths) in cents, half up. */
static int64_t
cents_of(int64_t price_e6, int64_t quantity_e3)
{
	return (price_e6 * quantity_e3 + 5 * MILLION) / (10 * MILLION);
}

static void
add_line(struct bill *b, const char *code, const char *label,
    int64_t quantity_e3, int64_t price_e6)
{
	struct bill_line *l = &b->lines[b->line_count];

	*l = (struct bill_line){ code, label, quantity_e3, price_e6,
	    cents_of(price_e6, quantity_e3) };
	if (l->cents == 0)
		return;
	b->line_count++;
	b->cents += l->cents;
}

/* VAT on a base in cents: the quantity is euros, the price is the rate. */
static void
add_tax(struct bill *b, const char *code, const char *label, int64_t base,
    int64_t rate_e6)
{
	int64_t before = b->cents;

	add_line(b, code, label, base * 10, rate_e6);
	b->tax_cents += b->cents - before;
}

static int
kva_rank(int kva)
{
	return kva / 3 - 1;
}

/* Until August 2025 standing charges bore the reduced rate. */
static void
price_bill(struct bill *b, const struct home *h, bool service, int64_t peak,
    int64_t off)
{
	int days = b->to - b->from + 1;
	int64_t low, all;

	add_line(b, "ABO", "Abonnement", days * 1000,
	    standing[kva_rank(h->power)] * 12 / 365);
	add_line(b, "CTA", "Contribution tarifaire d'acheminement", days * 1000,
	    cta_month * 12 / 365);
	low = b->cents;
	if (service)
		add_line(b, "SER", "Dépannage électricité", days * 1000,
		    service_month * 12 / 365);
	if (h->option == OPT_BASE)
		add_line(b, "ENB", "Énergie", peak, price_base);
	else {
		add_line(b, "EHP", "Énergie heures pleines", peak, price_peak);
		add_line(b, "EHC", "Énergie heures creuses", off, price_off_peak);
	}
	add_line(b, "ACC", "Accise sur l'électricité", b->wh, excise(b->to));
	all = b->cents;
	if (b->date < day_of(2025, 8, 1))
		add_tax(b, "TVR", "TVA à 5,5 %", low, 55000);
	else
		low = 0;
	add_tax(b, "TVA", "TVA à 20 %", all - low, 200000);
}

/* The readings of the period as they ended up, by price. */
static void
sum_readings(struct bill *b, const struct synth *s, const struct person *p,
    const struct home *h, int64_t *peak, int64_t *off)
{
	*peak = *off = 0;
	for (int day = b->from; day <= b->to; day++) {
		struct curve c;
		int64_t midnight = paris_midnight(day);

		curve_make(&c, s, p, h, day);
		if (c.corrected == 0 && c.lost_to > 0) {
			curve_guess(&c);
			b->estimated = true;
		}
		for (int i = 0; i < c.slots; i++) {
			int minute = slot_minute(midnight, c.slots, c.step, i);

			*(off_peak(h, day, minute) ? off : peak) += c.wh[i];
		}
	}
	b->wh = *peak + *off;
}

static void
date_bill(struct bill *b, const struct synth *s, const struct person *p,
    const struct home *h)
{
	static const char *const means[] = { "PR", "PR", "PR", "PR", "CB", "VI",
	    "CH" };
	struct draw d = draw_for(s, p->n, P_BILL, b->to);
	struct draw who = draw_for(s, p->n, P_BILL, -1);
	struct date to = date_of(b->to);

	b->date = b->to + BILL_AFTER;
	b->due = b->date + PAY_AFTER;
	b->means = means[draw_below(&who, countof(means))];
	b->paid = b->due;
	if (b->means[0] != 'P')
		b->paid += (int)(draw_chance(&d, 0.12) ? draw_between(&d, 3, 40) :
		    -draw_below(&d, 12));
	if (b->paid >= s->as_of - 1)
		b->paid = 0;
	b->kind = b->to == h->end ? "RE" : "CY";
	snprintf(b->number, sizeof(b->number), "SYN-F-%s-%02d%02d%02d", h->pdl + 4,
	    to.year % 100, to.month, to.day);
}

/* The last day of the two-month period that holds `day`. */
static int
period_end(int day, int parity)
{
	struct date d = date_of(day);
	int month = d.month + (d.month % 2 != parity);

	return (month == 12 ? day_of(d.year + 1, 1, 1) : month == 13 ?
	    day_of(d.year + 1, 2, 1) : day_of(d.year, month + 1, 1)) - 1;
}

void
bills_make(const struct synth *s, const struct person *p, const struct home *h,
    bill_fn *fn, void *arg)
{
	struct draw who = draw_for(s, p->n, P_BILL, -2);
	int parity = draw_below(&who, 2), window = s->as_of - s->days;
	bool service = draw_chance(&who, 0.25);

	for (int from = h->begin, to; from <= h->end; from = to + 1) {
		struct bill b = { .from = from };
		int64_t peak, off;

		if (from < window) {	/* told before our window: skip to it */
			to = period_end(from, parity);
			continue;
		}
		to = period_end(from, parity);
		b.to = to = to < h->end ? to : h->end;
		if (to + BILL_AFTER >= s->as_of - 1)
			break;
		sum_readings(&b, s, p, h, &peak, &off);
		date_bill(&b, s, p, h);
		price_bill(&b, h, service, peak, off);
		fn(&b, arg);
	}
}
