/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone_bill.c - a line's bill each month: its plan, its options, what
 * was called beyond them, films. Lines are told with VAT, as they are printed.
 */
#include <stdio.h>
#include "base/attr.h"
#include "synth/telecom.h"

enum { BILL_AFTER = 3, DUE_AFTER = 12, VAT_PERCENT = 20 };

const struct plan plans[] = {
	{ "MOB2", "Mobile 2 heures", 299, 1 },
	{ "MOB40", "Mobile 40 Go", 1299, 40 },
	{ "MOB100", "Mobile 100 Go", 1999, 100 },
	{ "BOX", "Box fibre", 3499, 0 },
	{ "PREP", "Mobile sans facture", 0, 2 }
};

int
phone_options(struct phone_option out[PHONE_OPTIONS_MAX], const struct synth *s,
    const struct line_of *l)
{
	static const struct { const char *name; int cents; } offered[] = {
		{ "Appels vers l'international", 500 },
		{ "Assurance du téléphone", 899 }, { "Bouquet de séries", 799 } };
	struct draw d = draw_for(s, l->id, P_LINE, 100);
	int n = 0;

	for (size_t i = 0; i < countof(offered); i++) {
		int since = l->begin + draw_below(&d, 400);

		if (draw_chance(&d, 0.15) && since < s->as_of - 1 &&
		    since < l->end && l->plan != PLAN_PREPAID)
			out[n++] = (struct phone_option){ offered[i].name,
			    offered[i].cents, since };
	}
	return n;
}

static void
add_line(struct phone_bill *b, const char *kind, const char *legacy,
    const char *label, int64_t n, int64_t cents)
{
	int i = b->line_count;

	if (n == 0)
		return;
	b->lines[i].kind = kind;
	b->lines[i].legacy = legacy;
	b->lines[i].label = label;
	b->lines[i].n = n;
	b->lines[i].cents = cents;
	b->line_count++;
	b->cents += cents;
}

/* What the period's calls cost, as they are valued when the bill is made. */
static void
add_calls(struct phone_bill *b, const struct synth *s, const struct person *p,
    const struct line_of *l)
{
	struct phone_call calls[CALLS_MAX];
	int64_t n = 0, cents = 0;

	for (int day = b->from; day <= b->to; day++) {
		int found = calls_make(calls, s, p, l, day);

		for (int i = 0; i < found; i++) {
			n += calls[i].cost_cents > 0;
			cents += calls[i].cost_cents;
		}
	}
	add_line(b, "CALLS", "HF", "Appels et messages hors forfait", n, cents);
}

static void
add_lines(struct phone_bill *b, const struct synth *s, const struct person *p,
    const struct line_of *l)
{
	struct phone_option have[PHONE_OPTIONS_MAX];
	int n = phone_options(have, s, l);
	int64_t films, cents;

	add_line(b, "PLAN", "FO", plans[l->plan].name, 1, plans[l->plan].cents);
	for (int i = 0; i < n; i++)
		if (have[i].since <= b->from)
			add_line(b, "OPTION", "OP", have[i].name, 1,
			    have[i].cents);
	add_calls(b, s, p, l);
	cents = videos_cost(s, l, b->from, b->to, &films);
	add_line(b, "VIDEO", "VD", "Films commandés", films, cents);
	b->tax_cents = (b->cents * VAT_PERCENT + (100 + VAT_PERCENT) / 2) /
	    (100 + VAT_PERCENT);
}

static void
date_bill(struct phone_bill *b, const struct synth *s, const struct line_of *l)
{
	struct date d = date_of(b->from);

	b->date = b->to + BILL_AFTER;
	b->due = b->date + DUE_AFTER;
	b->paid = b->due < s->as_of - 1 ? b->due : 0;
	snprintf(b->number, sizeof(b->number), "SYN-FT-%s-%02d%02d",
	    l->contract + 6, d.year % 100, d.month);
	b->changed_us = shop_hour(s, l, b->paid != 0 ? b->paid : b->date);
}

void
phone_bills_make(const struct synth *s, const struct person *p,
    const struct line_of *l, phone_bill_fn *fn, void *arg)
{
	int window = s->as_of - s->days, from = month_first(l->begin);

	if (l->plan == PLAN_PREPAID)
		return;
	if (from < window)
		from = month_next(window);
	for (; ; from = month_next(from)) {
		struct phone_bill b = { .from = from > l->begin ? from : l->begin,
		    .to = month_next(from) - 1 };

		if (b.to + BILL_AFTER >= s->as_of - 1 || b.from > l->end)
			return;
		add_lines(&b, s, p, l);
		date_bill(&b, s, l);
		fn(&b, arg);
	}
}

/* ---- tables and records ---- */

struct billing {
	struct copy *copy;
	const struct person *person;
	const struct line_of *line;
};

static void
bill_row(const struct phone_bill *b, void *arg)
{
	struct billing *w = arg;
	struct copy *c = w->copy;

	cell_text(c, b->number);
	cell_int(c, w->line->id);
	cell_date(c, b->date);
	cell_date(c, b->from);
	cell_date(c, b->to);
	cell_int(c, b->tax_cents);
	cell_int(c, b->cents);
	cell_date(c, b->due);
	cell_date_or_null(c, b->paid == 0 ? FOREVER : b->paid);
	cell_time(c, b->changed_us);
	row_end(c);
}

static void
bill_line_rows(const struct phone_bill *b, void *arg)
{
	struct copy *c = ((struct billing *)arg)->copy;

	for (int i = 0; i < b->line_count; i++) {
		cell_text(c, b->number);
		cell_int(c, i + 1);
		cell_text(c, b->lines[i].legacy);
		cell_text(c, b->lines[i].label);
		cell_int(c, b->lines[i].n);
		cell_int(c, b->lines[i].cents);
		row_end(c);
	}
}

static void
say_lines(struct copy *c, const struct phone_bill *b)
{
	say_list(c, "lines");
	for (int i = 0; i < b->line_count; i++) {
		say_item(c);
		say_text(c, "kind", b->lines[i].kind);
		say_text(c, "label", b->lines[i].label);
		say_int(c, "quantity", b->lines[i].n);
		say_money(c, "amount", b->lines[i].cents);
	}
	say_list_end(c);
}

static void
bill_record(const struct phone_bill *b, void *arg)
{
	struct billing *w = arg;
	struct copy *c = w->copy;

	say_text(c, "invoice", b->number);
	say_text(c, "vendor", "Régie de Valombre");
	say_text(c, "customer", w->person->ref);
	say_text(c, "contract", w->line->contract);
	say_date(c, "date", b->date);
	say_date(c, "period.start", b->from);
	say_date(c, "period.end", b->to);
	say_lines(c, b);
	say_money(c, "amount_without_tax", b->cents - b->tax_cents);
	say_money(c, "tax", b->tax_cents);
	say_money(c, "amount", b->cents);
	say_text(c, "currency", "EUR");
	say_date(c, "due", b->due);
	say_date(c, "paid_on", b->paid == 0 ? FOREVER : b->paid);
	say_text(c, "status", b->paid == 0 ? "DUE" : "PAID");
	say_time(c, "changed", b->changed_us);
	row_end(c);
}

static void
billing(struct copy *c, const struct synth *s, const struct person *p,
    phone_bill_fn *fn)
{
	for (int k = 0; k < p->line_count; k++) {
		struct billing w = { c, p, &p->lines[k] };

		phone_bills_make(s, p, &p->lines[k], fn, &w);
	}
}

void
phone_bills(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, bill_row);
}

void
phone_bill_lines(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, bill_line_rows);
}

void
phone_invoices(struct copy *c, const struct synth *s, const struct person *p)
{
	billing(c, s, p, bill_record);
}
