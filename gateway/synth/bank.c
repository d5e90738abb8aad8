/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank.c - people's accounts at the Banque de l'Estuaire: what they earn,
 * and what the other sectors' bills, receipts and passes cost them, to the cent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "base/mem.h"
#include "synth/synth_own.h"

static const char vendor[] = "Banque de l'Estuaire";

/* ---- accounts ---- */

enum { CURRENT, SAVINGS, JOINT, ACCOUNTS };
struct account {
	char id[40], number[40];
	const char *kind, *legacy, *label;
	bool shared, mine;	/* mine: this person comes first on it */
	int opened;
	int64_t start_cents;
};

static int
opened_on(const struct synth *s, int64_t n)
{
	struct draw d = draw_for(s, n, P_BANK, -1);

	return day_of(2009, 1, 1) + draw_below(&d, 4500);
}

static int
accounts_make(struct account out[ACCOUNTS], const struct synth *s,
    const struct person *p)
{
	static const char *const names[][3] = {
		{ "CHECKING", "CC", "Compte courant" },
		{ "SAVINGS", "LI", "Livret Estuaire" },
		{ "CHECKING", "CJ", "Compte commun" } };
	struct draw d = draw_for(s, p->n, P_BANK, -2);
	int64_t partner = partner_of(s, p->n), first = p->n;
	bool saves = draw_chance(&d, 0.65);
	int n = 0;

	if (!adult(s, p) || p->home_count == 0)
		return 0;
	if (partner != 0 && partner < first)
		first = partner;
	for (int k = 0; k < ACCOUNTS; k++) {
		struct account *a = &out[n];
		int64_t owner = k == JOINT ? first : p->n;
		struct draw start = draw_for(s, owner, P_BANK, -10 - k);

		if ((k == SAVINGS && !saves) || (k == JOINT && partner == 0))
			continue;
		*a = (struct account){ .kind = names[k][0], .legacy = names[k][1],
		    .label = names[k][2], .shared = k == JOINT,
		    .mine = owner == p->n, .opened = opened_on(s, owner) + k * 30 };
		a->start_cents = 60000 + draw_below(&start, 250000) +
		    (k == SAVINGS ? 400000 : 0);
		snprintf(a->id, sizeof(a->id), "SYN-B-%08lld-%c",
		    (long long)owner, k == JOINT ? 'J' : '1' + k);
		snprintf(a->number, sizeof(a->number),
		    "FR7600000000000000000%06lld%c", (long long)(owner % 1000000),
		    'A' + k);
		n++;
	}
	return n;
}

/* ---- operations ---- */

struct op {
	int day;
	int64_t cents, time_s;	/* time 0: not known */
	char account;		/* index in accounts */
	short code;		/* of ref.code_op */
	char label[64];
	bool cancelled;
	int seq;		/* keeps the order of the day steady */
};
struct ops {
	struct op *at;
	int n, size;
	const struct synth *synth;
	const struct person *person;
	int account, from, to;
};
enum { OP_CARD = 11, OP_DEBIT = 21, OP_TRANSFER = 31, OP_SALARY = 35,
    OP_CASH = 41, OP_FEE = 51, OP_CHEQUE = 61 };

static struct op *
add(struct ops *o, int day, int64_t cents, int code, const char *label)
{
	static struct op spare;

	if (day < o->from || day > o->to)
		return &spare;
	if (o->n == o->size) {
		o->size = o->size == 0 ? 256 : o->size * 2;
		o->at = xrealloc(o->at, (size_t)o->size * sizeof(*o->at));
	}
	o->at[o->n] = (struct op){ .day = day, .cents = cents,
	    .account = (char)o->account, .code = (short)code, .seq = o->n };
	snprintf(o->at[o->n].label, sizeof(o->at[o->n].label), "%s", label);
	return &o->at[o->n++];
}

static void
energy_bill(const struct bill *b, void *arg)
{
	int code = b->means[0] == 'P' ? OP_DEBIT : b->means[0] == 'V' ?
	    OP_TRANSFER : b->means[1] == 'B' ? OP_CARD : OP_CHEQUE;

	if (b->paid != 0)
		add(arg, b->paid, -b->cents, code, "REGIE DE VALOMBRE ENERGIE");
}

static void
phone_bill(const struct phone_bill *b, void *arg)
{
	if (b->paid != 0)
		add(arg, b->paid, -b->cents, OP_DEBIT, "REGIE DE VALOMBRE TELECOM");
}

static void
add_bills(struct ops *o)
{
	const struct synth *s = o->synth;
	const struct person *p = o->person;

	for (int k = 0; k < p->home_count; k++)
		bills_make(s, p, &p->homes[k], energy_bill, o);
	for (int k = 0; k < p->line_count; k++)
		phone_bills_make(s, p, &p->lines[k], phone_bill, o);
}

/* The card's slip says the day it was used; it is booked the day after. */
static void
add_card(struct ops *o, int day, int64_t cents, int64_t time_s, const char *where,
    bool cancelled)
{
	struct date d = date_of(day);
	struct op *op;
	char label[64];

	snprintf(label, sizeof(label), "CARTE %02d/%02d %s", d.day, d.month, where);
	op = add(o, day + 1, -cents, OP_CARD, label);
	op->time_s = time_s;
	op->cancelled = cancelled;
}

static void
add_month(struct ops *o, int first)
{
	const struct synth *s = o->synth;
	const struct person *p = o->person;
	struct draw who = draw_for(s, p->n, P_SALARY, 0);
	struct cover covers[COVERS_MAX];
	int64_t premium = premium_of_month(covers, covers_make(covers, s, p),
	    first);
	bool retired = date_of(s->as_of).year - date_of(p->born).year > 66;
	int64_t pay = 100 * draw_between(&who, retired ? 1100 : 1450,
	    retired ? 2300 : 3600);
	int payday = month_next(first) - 3;
	struct pass pass;

	add(o, payday, pay, OP_SALARY, retired ? "VIR PENSION CAISSE DU MODELE" :
	    "VIR SALAIRE ATELIER DE L EBAUCHE");
	if (premium > 0)
		add(o, first + PREMIUM_DAY - 1, -premium, OP_DEBIT,
		    "MUTUELLE DU ROSEAU");
	if (pass_make(&pass, s, p, first))
		add_card(o, pass.bought, pass.cents, 0, "RESEAU HIRONDELLE", false);
	add(o, first + 1, -350, OP_FEE, "COTISATION CARTE ESTUAIRE");
	if (partner_of(s, p->n) == 0)
		add(o, first + 4, -pay / 4, OP_DEBIT, "LOYER AGENCE DE LA FABLE");
	else
		add(o, first + 3, -45000, OP_TRANSFER, "VIR COMPTE COMMUN");
}

static void
add_day(struct ops *o, int day)
{
	struct draw d = draw_for(o->synth, o->person->n, P_BANK, day);
	struct basket b;

	if (basket_make(&b, o->synth, o->person, day) &&
	    day > o->person->homes[0].begin + 40)
		add_card(o, day, b.total - b.discount, b.time_s,
		    "COOP GRAND PRE", b.cancelled);
	if (draw_chance(&d, 0.045))
		add(o, day, -2000 * draw_between(&d, 1, 5), OP_CASH,
		    "RETRAIT DISTRIBUTEUR");
}

/* The common account knows two transfers in and one rent a month. */
static void
joint_month(struct ops *o, int first, const struct account *a)
{
	struct draw d = draw_for(o->synth, atoll(a->id + 6), P_BANK, -20);
	int64_t rent = 100 * draw_between(&d, 500, 860);

	add(o, first + 3, 45000, OP_TRANSFER, "VIR DE L UN DES TITULAIRES");
	add(o, first + 3, 45000, OP_TRANSFER, "VIR DE L AUTRE TITULAIRE");
	add(o, first + 4, -rent, OP_DEBIT, "LOYER AGENCE DE LA FABLE");
}

static int
by_day(const void *a, const void *b)
{
	const struct op *x = a, *y = b;

	if (x->account != y->account)
		return x->account - y->account;
	return x->day != y->day ? x->day - y->day : x->seq - y->seq;
}

static struct ops
ops_make(const struct synth *s, const struct person *p,
    const struct account *accounts, int n)
{
	struct ops o = { .synth = s, .person = p, .to = s->as_of - 3 };
	int first;

	for (int k = 0; k < n; k++) {
		o.account = k;
		o.from = month_next(s->as_of - s->days);
		first = month_next(accounts[k].shared ? accounts[k].opened :
		    p->homes[0].begin);
		o.from = o.from > first ? o.from : first;
		for (int m = o.from; m <= o.to; m = month_next(m))
			if (accounts[k].shared)
				joint_month(&o, m, &accounts[k]);
			else if (accounts[k].legacy[0] == 'C')
				add_month(&o, m);
			else
				add(&o, m + 6, 5000, OP_TRANSFER, "VIR EPARGNE");
		if (accounts[k].shared || accounts[k].legacy[0] != 'C')
			continue;
		add_bills(&o);
		for (int day = o.from; day <= o.to; day++)
			add_day(&o, day);
	}
	qsort(o.at, (size_t)o.n, sizeof(*o.at), by_day);
	return o;
}

/* ---- rows ---- */

static void
people(struct copy *c, const struct synth *s, const struct person *p)
{
	struct account a[ACCOUNTS];

	if (accounts_make(a, s, p) == 0)
		return;
	cell_text(c, p->ref);
	cell_text(c, p->woman ? "MME" : "M");
	cell_text(c, p->family);
	cell_text(c, p->given);
	cell_date(c, p->born);
	cell_text(c, p->n % 17 == 16 ? NULL : p->email);
	cell_text(c, p->lang);
	cell_bool(c, p->opposed);
	cell_bool(c, p->guardian);
	cell_time(c, office_hour(s, p, opened_on(s, p->n)));
	row_end(c);
}

/* The balance is struck in the night before the reference date. */
static int64_t
struck(const struct synth *s)
{
	return (paris_midnight(s->as_of - 2) + 22 * 3600) * INT64_C(1000000);
}

static void
account_row(struct copy *c, const struct synth *s, const struct person *p,
    const struct account *a, int64_t balance)
{
	both_text(c, "account", a->id);
	say_text(c, "customer", p->ref);
	say_text(c, "vendor", vendor);
	both_code(c, "kind", a->legacy, a->kind);
	both_text(c, "label", a->label);
	cell_text(c, a->number);
	say_text(c, "number_end", a->number + strlen(a->number) - 4);
	say_bool(c, "shared", a->shared);
	both_date(c, "opened", a->opened);
	cell_text(c, NULL);
	cell_money(c, balance);
	say_money(c, "balance", balance);
	both_date(c, "balance_on", s->as_of - 3);
	say_text(c, "currency", "EUR");
	both_changed(c, struck(s));
	row_end(c);
}

static void
accounts(struct copy *c, const struct synth *s, const struct person *p)
{
	struct account a[ACCOUNTS];
	int n = accounts_make(a, s, p);
	struct ops o;

	if (n == 0)
		return;
	o = ops_make(s, p, a, n);
	for (int i = 0; i < o.n; i++)
		a[(int)o.at[i].account].start_cents += o.at[i].cents *
		    !o.at[i].cancelled;
	for (int k = 0; k < n; k++)
		if (a[k].mine || c->mode != TO_TABLE)	/* a table holds it once */
			account_row(c, s, p, &a[k], a[k].start_cents);
	free(o.at);
}

static void
holders(struct copy *c, const struct synth *s, const struct person *p)
{
	struct account a[ACCOUNTS];
	int n = accounts_make(a, s, p);

	for (int k = 0; k < n; k++) {
		cell_text(c, a[k].id);
		cell_text(c, p->ref);
		cell_int(c, a[k].mine ? 1 : 2);
		cell_time(c, office_hour(s, p, a[k].opened));
		row_end(c);
	}
}

static const char *
code_said(int code)
{
	switch (code) {
	case OP_CARD:
		return "CARD";
	case OP_DEBIT:
		return "DIRECT_DEBIT";
	case OP_SALARY:
		return "SALARY";
	case OP_CASH:
		return "CASH";
	case OP_FEE:
		return "FEE";
	case OP_CHEQUE:
		return "CHEQUE";
	default:
		return "TRANSFER";
	}
}

static int64_t
op_changed(const struct op *op, int k)
{
	return (paris_midnight(op->day + (op->cancelled ? 2 : 0)) + 21 * 3600) *
	    INT64_C(1000000) + k * 1000;
}

static void
op_row(struct copy *c, const struct account *a, const struct op *op, int k)
{
	struct date d = date_of(op->day);
	int64_t size = op->cents < 0 ? -op->cents : op->cents;
	char id[64];

	snprintf(id, sizeof(id), "%s-%02d%02d%02d-%03d", a->id, d.year % 100,
	    d.month, d.day, k);
	both_text(c, "transaction", id);
	both_text(c, "account", a->id);
	both_date(c, "date", op->day);
	both_date(c, "value_date", op->day + (op->code == OP_CHEQUE));
	cell_money(c, size);
	cell_text(c, op->cents < 0 ? "D" : "C");
	say_money(c, "amount", op->cents);
	say_text(c, "currency", "EUR");
	cell_int(c, op->code);
	say_text(c, "kind", code_said(op->code));
	both_text(c, "label", op->label);
	if (op->time_s != 0) {
		cell_paris(c, op->time_s);
		say_time(c, "time", op->time_s * 1000000);
	} else {
		cell_text(c, NULL);
		cell_text(c, NULL);
	}
	cell_bool(c, op->cancelled);
	say_text(c, "status", op->cancelled ? "CANCELLED" : "BOOKED");
	both_changed(c, op_changed(op, k));
	row_end(c);
}

static void
operations(struct copy *c, const struct synth *s, const struct person *p)
{
	struct account a[ACCOUNTS];
	int n = accounts_make(a, s, p), k = 0;
	struct ops o;

	if (n == 0)
		return;
	o = ops_make(s, p, a, n);
	for (int i = 0; i < o.n; i++) {
		const struct op *op = &o.at[i];

		k = i > 0 && op[-1].day == op->day &&
		    op[-1].account == op->account ? k + 1 : 1;
		if (a[(int)op->account].mine || c->mode != TO_TABLE)
			op_row(c, &a[(int)op->account], op, k);
	}
	free(o.at);
}

static void
product(struct copy *c, const struct synth *s, const struct person *p,
    const char *id, const char *label, const char *legacy, const char *family,
    const struct account *a, int64_t fee)
{
	both_text(c, "product", id);
	both_text(c, "customer", p->ref);
	both_text(c, "label", label);
	both_code(c, "family", legacy, family);
	both_code(c, "role", a->mine ? "T" : "C", a->mine ? "HOLDER" : "CO_HOLDER");
	both_date(c, "opened", a->opened);
	cell_text(c, NULL);
	both_cents(c, "fee", fee);
	say_text(c, "currency", "EUR");
	both_changed(c, office_hour(s, p, a->opened));
	row_end(c);
}

static void
products(struct copy *c, const struct synth *s, const struct person *p)
{
	struct account a[ACCOUNTS];
	int n = accounts_make(a, s, p);
	char id[48];

	for (int k = 0; k < n; k++) {
		bool savings = a[k].legacy[0] == 'L';

		snprintf(id, sizeof(id), "SYN-P-%08lld-%s", (long long)p->n,
		    a[k].legacy);
		product(c, s, p, id, a[k].label, savings ? "EP" : "CO", savings ?
		    "SAVINGS" : "ACCOUNT", &a[k], 0);
		if (k > 0)
			continue;
		snprintf(id, sizeof(id), "SYN-P-%08lld-CB", (long long)p->n);
		product(c, s, p, id, "Carte Estuaire", "CB", "CARD", &a[k], 350);
	}
}

const struct synth_table synth_bank[] = {
	{ "tit.personne", people, NULL },
	{ "cpt.compte", accounts, NULL },
	{ "cpt.titulaire", holders, NULL },
	{ "mvt.mouvement", operations, NULL },
	{ "prod.produit", products, NULL },
	{ NULL, NULL, NULL }
};

const struct synth_set sets_bank[] = {
	{ "bank.account", accounts },
	{ "bank.product", products },
	{ "bank.transaction", operations },
	{ NULL, NULL }
};
