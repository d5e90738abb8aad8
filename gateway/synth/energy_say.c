/* SPDX-License-Identifier: Apache-2.0 */
/*
 * energy_say.c - what adapters/energy makes of its tables, made directly:
 * records that are joins of several tables, and those of the load curve.
 */
#include <stdio.h>
#include <string.h>
#include "synth/energy.h"

static const char vendor[] = "Régie de Valombre";

static int64_t
client_changed(const struct synth *s, const struct person *p)
{
	return office_hour(s, p, p->homes[0].begin);
}

static void
customer(struct copy *c, const struct synth *s, const struct person *p)
{
	const struct home *h = &p->homes[p->home_count - 1];
	struct postal a = postal_of(p);
	int64_t changed;

	if (p->home_count == 0)
		return;
	changed = later(client_changed(s, p), office_hour(s, p, h->begin));
	for (int k = 0; k < p->home_count; k++)
		changed = later(changed, contract_changed(s, p, &p->homes[k]));
	say_text(c, "customer", p->ref);
	say_text(c, "vendor", vendor);
	say_title(c, "title", p);
	say_text(c, "given_name", p->given);
	say_text(c, "family_name", p->family);
	say_text(c, "language", p->lang);
	say_text(c, "email", p->n % 17 == 16 ? NULL : p->email);
	say_text(c, "phone", p->lines[0].number);
	say_postal(c, "address", &a);
	say_date(c, "since", p->homes[0].begin);
	say_int(c, "contracts", p->home_count);
	say_time(c, "changed", changed);
	row_end(c);
}

/* The meter in place at the contract's end, or now. */
struct meter { const char *serial, *type; int placed; int64_t changed; };
static struct meter
meter_of(const struct synth *s, const struct person *p, const struct home *h)
{
	int placed = h->begin - 400 - (int)(p->n % 900);
	bool second = h->meter_changed != 0;

	if (second)
		placed = h->meter_changed;
	return (struct meter){ h->meter[second], h->fine_since == 0 || second ?
	    "SMART" : "ELECTRONIC", placed, office_hour(s, p, placed) };
}

static void
say_address(struct copy *c, const char *object, const struct home *h)
{
	struct postal a = { h->street, h->complement[0] ? h->complement : NULL,
	    communes[h->commune].postcode, communes[h->commune].city };

	say_postal(c, object, &a);
}

static int64_t
morning(int year, int month, int day, int hour)
{
	return (paris_midnight(day_of(year, month, day)) + hour * 3600) *
	    INT64_C(1000000);
}

static void
say_offer(struct copy *c, const struct home *h)
{
	static const char *const offers[][3] = {
		{ "VALB", "Valombre simple", "BASE" },
		{ "VALHC", "Valombre heures creuses", "OFF_PEAK" },
		{ "VALWE", "Valombre week-end", "OFF_PEAK_WEEKEND" } };

	say_text(c, "offer.code", offers[h->option][0]);
	say_text(c, "offer.name", offers[h->option][1]);
	say_text(c, "tariff_option", offers[h->option][2]);
}

static void
say_service(struct copy *c, const struct synth *s, const struct person *p,
    const struct home *h)
{
	struct draw who = draw_for(s, p->n, P_BILL, -2);

	draw_below(&who, 2);
	if (!draw_chance(&who, 0.25))
		return;
	say_list(c, "services");
	say_item(c);
	say_text(c, "name", "Dépannage électricité");
	say_date(c, "start", h->begin);
	say_list_end(c);
}

static void
contract_record(struct copy *c, const struct synth *s, const struct person *p,
    const struct home *h)
{
	struct meter m = meter_of(s, p, h);
	bool over = h->end != FOREVER;
	int64_t changed = later(later(contract_changed(s, p, h), m.changed),
	    later(client_changed(s, p), office_hour(s, p, h->begin)));

	changed = later(changed, h->option == OPT_WEEKEND ? morning(2019, 5, 6, 9) :
	    morning(2014, 3, 3, 10));
	say_text(c, "contract", h->contract);
	say_text(c, "vendor", vendor);
	say_text(c, "customer", p->ref);
	say_text(c, "energy", "ELECTRICITY");
	say_text(c, "usage_point", h->pdl);
	say_offer(c, h);
	say_scaled(c, "subscribed_power", h->power * 10, 1);
	say_date(c, "start", h->begin);
	say_date(c, "end", h->end);
	say_text(c, "status", over ? "ENDED" : "ACTIVE");
	say_text(c, "end_reason", !over ? NULL : p->traits & T_LEFT ?
	    "CHANGED_SUPPLIER" : "MOVED");
	say_title(c, "holder.title", p);
	say_text(c, "holder.given_name", p->given);
	say_text(c, "holder.family_name", p->family);
	say_text(c, "holder.email", p->n % 17 == 16 ? NULL : p->email);
	say_address(c, "supply_address", h);
	say_text(c, "meter.serial", m.serial);
	say_text(c, "meter.type", m.type);
	say_date(c, "meter.installed", m.placed);
	say_int(c, "meter.annual_consumption", year_kwh(h));
	say_text(c, "meter.off_peak_hours", off_peak_text(h));
	say_date(c, "next_reading", over ? FOREVER :
	    s->as_of + 20 + (int)(p->n % 40));
	say_service(c, s, p, h);
	say_time(c, "changed", changed);
	row_end(c);
}

static void
contracts(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++)
		contract_record(c, s, p, &p->homes[k]);
}

static void
delivery_points(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		struct meter m = meter_of(s, p, h);

		say_text(c, "usage_point", h->pdl);
		say_text(c, "segment", "C5");
		say_address(c, "address", h);
		say_scaled(c, "subscribed_power", h->power * 10, 1);
		say_text(c, "time_slot", off_peak_text(h));
		say_bool(c, "producer", h->solar_kw > 0);
		say_text(c, "meter.serial", m.serial);
		say_text(c, "meter.type", m.type);
		say_date(c, "meter.installed", m.placed);
		say_date(c, "held_from", h->begin);
		say_date(c, "held_to", h->end);
		say_time(c, "changed", later(later(contract_changed(s, p, h),
		    m.changed), office_hour(s, p, h->begin)));
		row_end(c);
	}
}

/* ---- bills ---- */

struct billing {
	struct copy *copy;
	const struct synth *synth;
	const struct person *person;
	const struct home *home;
	/* payment terms */
	int64_t balance, changed;
	struct bill last;
};

static int64_t
bill_changed(const struct billing *w, const struct bill *b)
{
	int64_t changed = office_hour(w->synth, w->person, b->date);

	return b->paid == 0 ? changed :
	    later(changed, office_hour(w->synth, w->person, b->paid));
}

static const char *
line_kind(const char *code)
{
	static const char *const kinds[][2] = { { "ABO", "SUBSCRIPTION" },
	    { "ENB", "ENERGY" }, { "EHP", "PEAK_ENERGY" },
	    { "EHC", "OFF_PEAK_ENERGY" }, { "SER", "SERVICE" },
	    { "CTA", "NETWORK_TAX" }, { "ACC", "EXCISE" },
	    { "TVR", "VAT_REDUCED" }, { "TVA", "VAT" } };
	size_t i = 0;

	while (strcmp(kinds[i][0], code) != 0)
		i++;
	return kinds[i][1];
}

static void
say_lines(struct copy *c, const struct bill *b)
{
	say_list(c, "lines");
	for (int i = 0; i < b->line_count; i++) {
		const struct bill_line *l = &b->lines[i];

		say_item(c);
		say_text(c, "kind", line_kind(l->code));
		say_text(c, "label", l->label);
		say_milli(c, "quantity", l->quantity_e3);
		say_micro(c, "price", l->price_e6);
		say_money(c, "amount", l->cents);
	}
	say_list_end(c);
}

static void
invoice(const struct bill *b, void *arg)
{
	struct billing *w = arg;
	struct copy *c = w->copy;

	say_text(c, "invoice", b->number);
	say_text(c, "vendor", vendor);
	say_text(c, "customer", w->person->ref);
	say_text(c, "contract", w->home->contract);
	say_text(c, "kind", b->kind[0] == 'R' ? "FINAL" : "CYCLIC");
	say_date(c, "date", b->date);
	say_date(c, "period.start", b->from);
	say_date(c, "period.end", b->to);
	say_text(c, "reading", b->estimated ? "ESTIMATED" : "MEASURED");
	say_milli(c, "consumption", b->wh);
	say_lines(c, b);
	say_money(c, "amount_without_tax", b->cents - b->tax_cents);
	say_money(c, "tax", b->tax_cents);
	say_money(c, "amount", b->cents);
	say_text(c, "currency", "EUR");
	say_date(c, "payment_due", b->due);
	say_date(c, "paid_on", b->paid == 0 ? FOREVER : b->paid);
	say_text(c, "payment_means", b->paid == 0 ? NULL :
	    energy_means_said(b->means));
	say_text(c, "status", b->paid == 0 ? "DUE" : "PAID");
	say_time(c, "changed", bill_changed(w, b));
	row_end(c);
}

static void
statement(const struct bill *b, void *arg)
{
	struct billing *w = arg;
	struct copy *c = w->copy;

	say_text(c, "usage_point", w->home->pdl);
	say_text(c, "contract", w->home->contract);
	say_text(c, "invoice", b->number);
	say_date(c, "start", b->from);
	say_date(c, "end", b->to);
	say_milli(c, "energy", b->wh);
	say_text(c, "reading", b->estimated ? "ESTIMATED" : "MEASURED");
	say_text(c, "reason", b->kind[0] == 'R' ? "END" : "PERIODIC");
	say_time(c, "changed", office_hour(w->synth, w->person, b->date));
	row_end(c);
}

static void
billing(struct copy *c, const struct synth *s, const struct person *p,
    bill_fn *fn)
{
	for (int k = 0; k < p->home_count; k++) {
		struct billing w = { .copy = c, .synth = s, .person = p,
		    .home = &p->homes[k] };

		bills_make(s, p, &p->homes[k], fn, &w);
	}
}

static void
invoices(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, invoice);
}

static void
statements(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, statement);
}

static void
sum_up(const struct bill *b, void *arg)
{
	struct billing *w = arg;

	w->changed = later(w->changed, bill_changed(w, b));
	if (b->paid == 0)
		w->balance += b->cents;
	else if (b->paid >= w->last.paid)
		w->last = *b;
}

static void
payment_terms(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		struct billing w = { .copy = c, .synth = s, .person = p,
		    .home = h, .changed = later(contract_changed(s, p, h),
		    office_hour(s, p, h->begin)) };

		bills_make(s, p, h, sum_up, &w);
		say_text(c, "contract", h->contract);
		say_text(c, "customer", p->ref);
		say_text(c, "vendor", vendor);
		say_text(c, "bill_frequency", "TWO_MONTHS");
		say_text(c, "payment_means",
		    energy_means_said(energy_means(s, p)));
		say_money(c, "balance", w.balance);
		if (w.last.paid != 0) {
			say_date(c, "last_payment.date", w.last.paid);
			say_money(c, "last_payment.amount", w.last.cents);
			say_text(c, "last_payment.means",
			    energy_means_said(w.last.means));
		}
		say_date(c, "next_bill", h->end != FOREVER ? FOREVER :
		    s->as_of + 20 + (int)(p->n % 40) + 12);
		say_text(c, "currency", "EUR");
		say_time(c, "changed", w.changed);
		row_end(c);
	}
}

/* ---- the load curve, and what is drawn from it ---- */

struct told_day {
	struct curve curve;
	const struct home *home;
	int day;
	bool corrected;
	int64_t changed;
};
typedef void day_fn(struct copy *, const struct told_day *);

static void
days(struct copy *c, const struct synth *s, const struct person *p, day_fn *fn)
{
	for (int k = 0; k < p->home_count; k++) {
		const struct home *h = &p->homes[k];
		struct told_day t = { .home = h };
		int last = last_day(s, h);

		for (t.day = first_day(s, h); t.day <= last; t.day++) {
			curve_make(&t.curve, s, p, h, t.day);
			t.corrected = t.curve.corrected > 0 &&
			    t.day + t.curve.corrected < s->as_of - 1;
			if (!t.corrected)
				curve_guess(&t.curve);
			t.changed = later(contract_changed(s, p, h),
			    reading_sent(s, p, t.corrected ?
			    t.day + t.curve.corrected : t.day + 1));
			fn(c, &t);
		}
	}
}

static const char *
quality(const struct told_day *t, int i)
{
	if (i < t->curve.lost_from || i >= t->curve.lost_to)
		return "MEASURED";
	return t->corrected ? "CORRECTED" : "ESTIMATED";
}

static int64_t
sum(const int32_t *v, int n)
{
	int64_t all = 0;

	for (int i = 0; i < n; i++)
		all += v[i];
	return all;
}

static void
say_slots(struct copy *c, const struct told_day *t)
{
	int64_t at = paris_midnight(t->day) * INT64_C(1000000);
	int64_t step = t->curve.step * INT64_C(60000000);

	say_list(c, "readings");
	for (int i = 0; i < t->curve.slots; i++) {
		say_item(c);
		say_time(c, "start", at + i * step);
		say_int(c, "energy", t->curve.wh[i]);
		if (t->curve.produces)
			say_int(c, "injected", t->curve.injected[i]);
		say_text(c, "quality", quality(t, i));
	}
	say_list_end(c);
}

static void
load_day(struct copy *c, const struct told_day *t)
{
	say_text(c, "usage_point", t->home->pdl);
	say_date(c, "day", t->day);
	say_text(c, "step", t->curve.step == 60 ? "PT60M" : "PT30M");
	say_int(c, "total", sum(t->curve.wh, t->curve.slots));
	say_slots(c, t);
	say_time(c, "changed", t->changed);
	row_end(c);
}

static void
energy_day(struct copy *c, const struct told_day *t)
{
	bool lost = t->curve.lost_to > t->curve.lost_from;

	say_text(c, "usage_point", t->home->pdl);
	say_date(c, "day", t->day);
	say_int(c, "energy", sum(t->curve.wh, t->curve.slots));
	if (t->curve.produces)
		say_int(c, "injected", sum(t->curve.injected, t->curve.slots));
	say_text(c, "quality", !lost ? "MEASURED" : quality(t, t->curve.lost_from));
	say_time(c, "changed", t->changed);
	row_end(c);
}

static void
power_day(struct copy *c, const struct told_day *t)
{
	int best = 0, step = t->curve.step;

	for (int i = 1; i < t->curve.slots; i++)
		if (t->curve.wh[i] > t->curve.wh[best])
			best = i;
	say_text(c, "usage_point", t->home->pdl);
	say_date(c, "day", t->day);
	say_int(c, "power", t->curve.wh[best] * (60 / step));
	say_time(c, "at", (paris_midnight(t->day) + best * step * 60) *
	    INT64_C(1000000));
	say_text(c, "step", step == 60 ? "PT60M" : "PT30M");
	say_time(c, "changed", t->changed);
	row_end(c);
}

static void
load_curve(struct copy *c, const struct synth *s, const struct person *p)
{
	days(c, s, p, load_day);
}

static void
daily_energy(struct copy *c, const struct synth *s, const struct person *p)
{
	days(c, s, p, energy_day);
}

static void
maximum_power(struct copy *c, const struct synth *s, const struct person *p)
{
	days(c, s, p, power_day);
}

const struct synth_set sets_energy[] = {
	{ "energy.contract", contracts },
	{ "energy.customer", customer },
	{ "energy.daily-energy", daily_energy },
	{ "energy.delivery-point", delivery_points },
	{ "energy.gas-daily", gas_days },
	{ "energy.home-profile", energy_profiles },
	{ "energy.invoice", invoices },
	{ "energy.load-curve", load_curve },
	{ "energy.maximum-power", maximum_power },
	{ "energy.meter-statement", statements },
	{ "energy.payment-terms", payment_terms },
	{ "energy.water", water_days },
	{ NULL, NULL }
};
