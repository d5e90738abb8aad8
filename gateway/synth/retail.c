/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retail.c - what people buy at the Coopérative du Grand Pré. Articles are
 * invented; their barcodes begin with 2, which shops keep for themselves (GS1).
 */
#include <stdio.h>
#include "base/attr.h"
#include "synth/synth_own.h"

const struct article articles[] = {
	{ "Lait demi-écrémé 1 L", "FRESH", "10", 109, false },
	{ "Yaourts nature x8", "FRESH", "10", 189, false },
	{ "Beurre doux 250 g", "FRESH", "10", 245, false },
	{ "Comté affiné", "FRESH", "10", 1890, true },
	{ "Oeufs plein air x6", "FRESH", "10", 199, false },
	{ "Pommes du verger", "FRESH", "10", 279, true },
	{ "Bananes", "FRESH", "10", 189, true },
	{ "Carottes", "FRESH", "10", 149, true },
	{ "Salade verte", "FRESH", "10", 119, false },
	{ "Filet de poulet", "FRESH", "10", 1390, true },
	{ "Jambon cuit 4 tranches", "FRESH", "10", 329, false },
	{ "Pâtes coquillettes 500 g", "GROCERY", "20", 99, false },
	{ "Riz long 1 kg", "GROCERY", "20", 215, false },
	{ "Huile d'olive 75 cl", "GROCERY", "20", 899, false },
	{ "Farine de blé 1 kg", "GROCERY", "20", 105, false },
	{ "Café moulu 250 g", "GROCERY", "20", 369, false },
	{ "Chocolat noir 100 g", "GROCERY", "20", 179, false },
	{ "Lentilles vertes 500 g", "GROCERY", "20", 209, false },
	{ "Confiture de prunes", "GROCERY", "20", 285, false },
	{ "Eau de source 6 x 1,5 L", "DRINKS", "30", 159, false },
	{ "Jus de pomme 1 L", "DRINKS", "30", 229, false },
	{ "Vin de pays 75 cl", "DRINKS", "30", 459, false },
	{ "Bière blonde 6 x 25 cl", "DRINKS", "30", 419, false },
	{ "Baguette tradition", "BAKERY", "40", 120, false },
	{ "Pain complet", "BAKERY", "40", 265, false },
	{ "Brioche tranchée", "BAKERY", "40", 249, false },
	{ "Lessive 2 L", "HOME", "50", 799, false },
	{ "Papier toilette x12", "HOME", "50", 459, false },
	{ "Savon doux", "HOME", "50", 219, false },
	{ "Dentifrice", "HOME", "50", 259, false }
};

bool
has_loyalty_card(const struct synth *s, const struct person *p)
{
	struct draw d = draw_for(s, p->n, P_SHOP, -1);

	return p->home_count > 0 && (draw_chance(&d, 0.7) || p->story != NULL);
}

static void
fill_basket(struct basket *b, struct draw *d)
{
	for (int i = 0; i < b->count; i++) {
		int k = draw_below(d, countof(articles));
		const struct article *a = &articles[k];
		int64_t qty = a->by_weight ? draw_between(d, 180, 2200) :
		    1000 * (1 + (draw_chance(d, 0.25) ? draw_below(d, 3) : 0));

		b->lines[i].article = k;
		b->lines[i].qty_e3 = qty;
		b->lines[i].cents = (qty * a->cents + 500) / 1000;
		b->total += b->lines[i].cents;
		b->items += a->by_weight ? 1 : (int)(qty / 1000);
	}
}

bool
basket_make(struct basket *b, const struct synth *s, const struct person *p,
    int day)
{
	struct draw d = draw_for(s, p->n, P_SHOP, day);
	bool saturday = weekday_of(day) == 5;
	struct date when = date_of(day);

	if (!has_loyalty_card(s, p) || person_where(s, p, day) != -1 ||
	    weekday_of(day) == 6 || !draw_chance(&d, saturday ? 0.6 : 0.17))
		return false;
	*b = (struct basket){ .till = draw_between(&d, 1, 9) };
	snprintf(b->id, sizeof(b->id), "SYN-T-%08lld-%02d%02d%02d",
	    (long long)p->n, when.year % 100, when.month, when.day);
	b->online = draw_chance(&d, 0.08);
	b->count = saturday ? draw_between(&d, 9, 26) : draw_between(&d, 2, 9);
	b->time_s = paris_midnight(day) + (saturday ? 10 : 17) * 3600 +
	    draw_below(&d, 9000);
	fill_basket(b, &d);
	if (draw_chance(&d, 0.06) && b->total > 2000)
		b->discount = 500;
	b->points = (int)(b->total / 100);
	b->cancelled = draw_chance(&d, 0.004);
	return true;
}

/* Tills hand over in the night; what is cancelled is so the day after. */
static int64_t
basket_changed(const struct basket *b, int day)
{
	return (paris_midnight(day + 1 + b->cancelled) + 2 * 3600) *
	    INT64_C(1000000) + b->till * 1000;
}

static int
since_of(const struct person *p)
{
	return p->homes[0].begin + 40;
}

static void
card_number(char out[32], const struct person *p)
{
	snprintf(out, 32, "SYN-C-%010lld", (long long)p->n);
}

/* ---- the card ---- */

static int
points_held(const struct synth *s, const struct person *p)
{
	int points = (int)(p->n % 90);
	struct basket b;

	for (int day = s->as_of - 60; day < s->as_of - 2; day++)
		if (day > since_of(p) && basket_make(&b, s, p, day) &&
		    !b.cancelled)
			points += b.points - (b.discount > 0 ? 50 : 0);
	return points < 0 ? 0 : points;
}

static void
cards(struct copy *c, const struct synth *s, const struct person *p)
{
	struct draw d = draw_for(s, p->n, P_SHOP, -2);
	bool mail = draw_chance(&d, 0.55), phone = draw_chance(&d, 0.15);
	bool often = draw_chance(&d, 0.6);
	char number[32];

	if (!has_loyalty_card(s, p) || since_of(p) >= s->as_of - 3)
		return;
	card_number(number, p);
	both_text(c, "card", number);
	both_text(c, "customer", p->ref);
	say_text(c, "vendor", "Coopérative du Grand Pré");
	cell_text(c, p->family);
	cell_text(c, p->given);
	cell_date(c, p->born);
	both_code(c, "status", "A", "ACTIVE");
	both_date(c, "since", since_of(p));
	both_int(c, "points", points_held(s, p));
	cell_text(c, mail ? "O" : "N");
	say_bool(c, "by_email", mail);
	cell_text(c, phone ? "O" : "N");
	say_bool(c, "by_phone", phone);
	both_code(c, "segment", often ? "1" : "2", often ? "REGULAR" : "OCCASIONAL");
	cell_bool(c, p->opposed);
	cell_text(c, NULL);
	both_changed(c, (paris_midnight(s->as_of - 1) + 3 * 3600) *
	    INT64_C(1000000));
	row_end(c);
}

/* ---- receipts ---- */

static void
receipt(struct copy *c, const struct person *p, const struct basket *b, int day)
{
	struct postal a = postal_of(p);
	char number[32], store[80];

	card_number(number, p);
	snprintf(store, sizeof(store), "Grand Pré %s", a.city);
	both_text(c, "receipt", b->id);
	cell_text(c, number);
	both_text(c, "store", store);
	both_int(c, "till", b->till);
	cell_text(c, "HT07");			/* who was at the till */
	cell_paris(c, b->time_s);
	say_time(c, "time", b->time_s * 1000000);
	both_int(c, "articles", b->items);
	both_cents(c, "total", b->total);
	both_cents(c, "discount", b->discount);
	say_money(c, "paid", b->total - b->discount);
	say_text(c, "currency", "EUR");
	cell_text(c, b->online ? "W" : "M");
	say_bool(c, "online", b->online);
	both_int(c, "points", b->points);
	if (b->cancelled)
		cell_time(c, basket_changed(b, day));
	else
		cell_text(c, NULL);
	say_text(c, "status", b->cancelled ? "CANCELLED" : "VALID");
	both_changed(c, basket_changed(b, day));
	row_end(c);
}

static void
receipt_lines(struct copy *c, const struct person *p UNUSED,
    const struct basket *b, int day)
{
	char ean[32];

	for (int i = 0; i < b->count; i++) {
		const struct article *a = &articles[b->lines[i].article];

		snprintf(ean, sizeof(ean), "20000000%05d",
		    b->lines[i].article * 11 + 42);
		both_text(c, "receipt", b->id);
		both_int(c, "line", i + 1);
		say_time(c, "time", b->time_s * 1000000);
		both_text(c, "barcode", ean);
		both_text(c, "label", a->label);
		cell_milli(c, b->lines[i].qty_e3);
		say_milli(c, "quantity", b->lines[i].qty_e3);
		both_code(c, "unit", a->by_weight ? "K" : "P", a->by_weight ?
		    "KG" : "ITEM");
		both_cents(c, "price", a->cents);
		both_cents(c, "amount", b->lines[i].cents);
		both_code(c, "section", a->rayon, a->section);
		say_time(c, "changed", basket_changed(b, day));
		row_end(c);
	}
}

static void
baskets(struct copy *c, const struct synth *s, const struct person *p,
    void (*write)(struct copy *, const struct person *, const struct basket *,
    int))
{
	struct basket b;

	for (int day = s->as_of - s->days; day < s->as_of - 2; day++)
		if (p->home_count > 0 && day > since_of(p) &&
		    basket_make(&b, s, p, day))
			write(c, p, &b, day);
}

static void
receipts(struct copy *c, const struct synth *s, const struct person *p)
{
	baskets(c, s, p, receipt);
}

static void
lines(struct copy *c, const struct synth *s, const struct person *p)
{
	baskets(c, s, p, receipt_lines);
}

const struct synth_table synth_retail[] = {
	{ "fid.carte", cards, NULL },
	{ "caisse.ticket", receipts, NULL },
	{ "caisse.ligne", lines, NULL },
	{ NULL, NULL, NULL }
};

const struct synth_set sets_retail[] = {
	{ "retail.loyalty", cards },
	{ "retail.receipt", receipts },
	{ "retail.receipt-line", lines },
	{ NULL, NULL }
};
