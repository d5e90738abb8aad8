/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insurance.c - people as the Mutuelle du Roseau knows them. Days are
 * whole numbers there (20260304), 0 when there is none; what is deleted is only
 * marked; the database speaks WIN1252.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/attr.h"
#include "synth/synth_own.h"

static const char vendor[] = "Mutuelle du Roseau";

/* ---- what is insured ---- */

static int64_t
home_price(const struct home *h, struct draw *d)
{
	return 9000 + (int64_t)(2400 * h->people) + (h->complement[0] == '\0' ?
	    9500 : 0) + draw_below(d, 4000);
}

static bool
drives(const struct synth *s, const struct person *p)
{
	struct draw d = draw_for(s, p->n, P_COVER, -1);

	return p->traits & T_CAR || p->homes[0].car || draw_chance(&d, 0.55);
}

int
covers_make(struct cover out[COVERS_MAX], const struct synth *s,
    const struct person *p)
{
	static const char *const formulas[][2] = { { "HAB1", "Habitation essentiel" },
	    { "HAB2", "Habitation confort" }, { "HAB3", "Habitation sérénité" } };
	int n = 0;

	for (int k = 0; k < p->home_count; k++) {
		struct draw d = draw_for(s, p->n, P_COVER, k);
		int f = draw_below(&d, 3);
		struct cover *c = &out[n++];

		*c = (struct cover){ .kind = "HOME", .formula = formulas[f][0],
		    .formula_name = formulas[f][1], .home = &p->homes[k],
		    .begin = p->homes[k].begin, .end = p->homes[k].end,
		    .cents = home_price(&p->homes[k], &d) };
		snprintf(c->contract, sizeof(c->contract), "SYN-A-%08lld-H%d",
		    (long long)p->n, k + 1);
		snprintf(c->home_id, sizeof(c->home_id), "SYN-R-%08lld-%d",
		    (long long)p->n, k + 1);
	}
	if (n > 0 && drives(s, p)) {
		struct draw d = draw_for(s, p->n, P_COVER, 9);

		out[n] = (struct cover){ .kind = "CAR", .formula = "AUT2",
		    .formula_name = "Auto tous risques", .begin = out[0].begin + 90,
		    .end = out[n - 1].end, .cents = 38000 + draw_below(&d, 42000) };
		snprintf(out[n].contract, sizeof(out[n].contract),
		    "SYN-A-%08lld-V1", (long long)p->n);
		n += out[n].begin < s->as_of - 2;
	}
	return n;
}

int64_t
premium_of_month(const struct cover *c, int n, int first)
{
	int64_t cents = 0;

	for (int i = 0; i < n; i++)
		if (c[i].begin <= first && c[i].end >= first)
			cents += (c[i].cents + 6) / 12;
	return cents;
}

static int64_t
cover_changed(const struct synth *s, const struct person *p,
    const struct cover *c)
{
	return office_hour(s, p, c->end < s->as_of - 1 ? c->end + 1 : c->begin);
}

/* ---- members ---- */

static void
members(struct copy *c, const struct synth *s, const struct person *p)
{
	static const char *const jobs[][2] = { { "1", "EMPLOYEE" },
	    { "1", "EMPLOYEE" }, { "1", "EMPLOYEE" }, { "2", "SELF_EMPLOYED" },
	    { "9", "OTHER" } };
	struct draw d = draw_for(s, p->n, P_COVER, -2);
	int job = draw_below(&d, 5), age = date_of(s->as_of).year -
	    date_of(p->born).year;
	bool couple = partner_of(s, p->n) != 0 || p->homes[0].people >= 2;
	struct postal a = postal_of(p);

	if (p->home_count == 0)
		return;
	both_text(c, "customer", p->ref);
	say_text(c, "vendor", vendor);
	cell_text(c, p->n % 29 == 28 ? NULL : p->woman ? "2" : "1");
	say_title(c, "title", p);
	both_text(c, "given_name", p->given);
	both_text(c, "family_name", p->family);
	cell_ymd(c, p->born);
	say_date(c, "birth_date", p->born);
	both_code(c, "profession", age > 66 ? "7" : jobs[job][0], age > 66 ?
	    "RETIRED" : jobs[job][1]);
	both_code(c, "family_situation", couple ? "C" : "S", couple ? "COUPLE" :
	    "SINGLE");
	both_text(c, "email", p->n % 17 == 16 ? NULL : p->email);
	both_text(c, "phone", p->lines[0].number);
	cell_text(c, a.street);
	cell_text(c, a.complement);
	cell_text(c, a.postcode);
	cell_text(c, a.city);
	say_postal(c, "address", &a);
	cell_ymd(c, p->homes[0].begin);
	say_date(c, "since", p->homes[0].begin);
	cell_text(c, p->opposed ? "1" : "0");
	cell_text(c, p->guardian ? "1" : "0");
	both_changed(c, office_hour(s, p, p->homes[p->home_count - 1].begin));
	row_end(c);
}

/* ---- contracts ---- */

static void
contract(struct copy *c, const struct synth *s, const struct person *p,
    const struct cover *v)
{
	cell_text(c, v->contract);
	cell_text(c, p->ref);
	cell_text(c, v->formula);
	cell_int(c, v->cents);
	cell_ymd(c, v->begin);
	cell_ymd(c, v->end);
	cell_text(c, NULL);		/* not deleted */
	cell_time(c, cover_changed(s, p, v));
	row_end(c);
}

static void
contracts(struct copy *c, const struct synth *s, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p);

	for (int i = 0; i < n; i++)
		contract(c, s, p, &covers[i]);
	if (p->n % 23 != 11 || n == 0)
		return;
	/* one that was typed by mistake, and taken back */
	snprintf(covers[0].contract, sizeof(covers[0].contract),
	    "SYN-A-%08lld-X", (long long)p->n);
	cell_text(c, covers[0].contract);
	cell_text(c, p->ref);
	cell_text(c, covers[0].formula);
	cell_int(c, covers[0].cents);
	cell_ymd(c, covers[0].begin);
	cell_ymd(c, FOREVER);
	cell_time(c, office_hour(s, p, covers[0].begin + 1));
	cell_time(c, office_hour(s, p, covers[0].begin + 1));
	row_end(c);
}

static void
insured_label(char out[160], const struct cover *v)
{
	if (v->home != NULL)
		snprintf(out, 160, "%s, %s", v->home->street,
		    communes[v->home->commune].city);
	else
		snprintf(out, 160, "Véhicule ZZ-%03d-ZZ",
		    (int)(v->contract[12] - '0') * 100 + 7);
}

static void
insured(struct copy *c, const struct synth *s UNUSED, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p);
	char label[160];

	for (int i = 0; i < n; i++) {
		insured_label(label, &covers[i]);
		cell_text(c, covers[i].contract);
		cell_int(c, 1);
		cell_text(c, covers[i].home != NULL ? "H" : "V");
		cell_text(c, label);
		cell_ymd(c, covers[i].begin);
		row_end(c);
	}
}

static void
contract_records(struct copy *c, const struct synth *s, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p);
	char label[160];

	for (int i = 0; i < n; i++) {
		const struct cover *v = &covers[i];
		bool over = v->end != FOREVER;

		insured_label(label, v);
		say_text(c, "contract", v->contract);
		say_text(c, "customer", p->ref);
		say_text(c, "vendor", vendor);
		say_text(c, "kind", v->kind);
		say_text(c, "formula.code", v->formula);
		say_text(c, "formula.name", v->formula_name);
		say_money(c, "premium", v->cents);
		say_text(c, "currency", "EUR");
		say_date(c, "start", v->begin);
		say_date(c, "end", v->end);
		say_text(c, "status", over ? "ENDED" : "ACTIVE");
		say_list(c, "insured");
		say_item(c);
		say_text(c, "kind", v->home != NULL ? "HOME" : "VEHICLE");
		say_text(c, "label", label);
		say_date(c, "since", v->begin);
		say_list_end(c);
		say_time(c, "changed", cover_changed(s, p, v));
		row_end(c);
	}
}

/* ---- homes ---- */

static void
homes(struct copy *c, const struct synth *s, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p);

	for (int i = 0; i < n && covers[i].home != NULL; i++) {
		const struct cover *v = &covers[i];
		const struct home *h = v->home;
		struct draw d = draw_for(s, p->n, P_PROFILE, h - p->homes);
		bool house = h->complement[0] == '\0', owner = draw_chance(&d, 0.57);
		int rooms = 1 + (int)h->people + draw_below(&d, 2);
		struct postal a = { h->street, house ? NULL : h->complement,
		    communes[h->commune].postcode, communes[h->commune].city };

		both_text(c, "home", v->home_id);
		both_text(c, "contract", v->contract);
		both_code(c, "kind", house ? "M" : "A", house ? "HOUSE" : "FLAT");
		both_code(c, "tenure", owner ? "P" : "L", owner ? "OWNER" :
		    "TENANT");
		both_int(c, "rooms", rooms);
		cell_int(c, rooms * 8000);
		say_money(c, "contents", rooms * 800000);
		say_text(c, "currency", "EUR");
		cell_text(c, a.street);
		cell_text(c, a.complement);
		cell_text(c, a.postcode);
		cell_text(c, a.city);
		say_postal(c, "address", &a);
		cell_ymd(c, v->begin);
		say_date(c, "since", v->begin);
		cell_ymd(c, v->end);
		say_date(c, "until", v->end);
		both_changed(c, cover_changed(s, p, v));
		row_end(c);
	}
}

/* ---- household: the partner first, then children, oldest first ---- */

struct other { char relation; const char *said; int born; const char *given; };

static int
others_of(struct other out[6], const struct synth *s, const struct person *p)
{
	struct draw d = draw_for(s, p->n, P_COVER, -3);
	int people = (int)p->homes[p->home_count - 1].people, n = 0;
	int year = date_of(p->born).year;

	if (people >= 2)
		out[n++] = (struct other){ 'C', "PARTNER",
		    year + draw_between(&d, -6, 6), given_names[draw_below(&d,
		    given_name_count)].name };
	for (int k = 2; k < people; k++)
		out[n++] = (struct other){ 'E', "CHILD", 2008 + 3 * k +
		    draw_below(&d, 2), given_names[draw_below(&d,
		    given_name_count)].name };
	return n;
}

static void
household_id(char out[32], const struct person *p)
{
	snprintf(out, 32, "SYN-H-%08lld", (long long)p->n);
}

static void
households(struct copy *c, const struct synth *s, const struct person *p)
{
	struct other others[6];
	char id[32];
	int n;

	if (p->home_count == 0)
		return;
	n = others_of(others, s, p);
	household_id(id, p);
	both_text(c, "household", id);
	both_text(c, "customer", p->ref);
	both_int(c, "people", n + 1);
	if (c->mode != TO_TABLE && n > 0) {
		say_list(c, "members");
		for (int i = 0; i < n; i++) {
			say_item(c);
			say_text(c, "relation", others[i].said);
			say_int(c, "birth_year", others[i].born);
		}
		say_list_end(c);
	}
	both_changed(c, office_hour(s, p, p->homes[0].begin));
	row_end(c);
}

static void
household_members(struct copy *c, const struct synth *s, const struct person *p)
{
	struct other others[6];
	char id[32];
	int n = p->home_count == 0 ? 0 : others_of(others, s, p);

	household_id(id, p);
	for (int i = 0; i < n; i++) {
		const char relation[] = { others[i].relation, 0 };

		cell_text(c, id);
		cell_int(c, i + 1);
		cell_text(c, relation);
		cell_text(c, others[i].given);
		cell_int(c, others[i].born);
		row_end(c);
	}
}

/* ---- payment ---- */

static void
terms(struct copy *c, const struct synth *s, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p), last = month_first(s->as_of);
	int64_t cents = premium_of_month(covers, n, last);

	if (n == 0 || cents == 0)
		return;
	both_text(c, "customer", p->ref);
	say_text(c, "vendor", vendor);
	both_code(c, "means", "PRLV", "DIRECT_DEBIT");
	both_code(c, "frequency", "M", "MONTHLY");
	both_cents(c, "amount", cents);
	both_int(c, "day", PREMIUM_DAY);
	say_text(c, "currency", "EUR");
	cell_text(c, "FR76 0000 0000 0000 0000 0000 000");
	both_changed(c, office_hour(s, p, p->homes[p->home_count - 1].begin));
	row_end(c);
}

/* ---- claims ---- */

struct claim {
	char id[40];
	const char *kind, *legacy, *place, *place_legacy;
	int64_t at_s;
	int declared, settled;	/* settled 0 = open */
	int64_t cents;
};

/* Some years, one of these happens. */
static bool
claim_make(struct claim *c, const struct synth *s, const struct person *p,
    const struct cover *v, int year)
{
	static const struct { const char *kind, *legacy, *place, *code; int most; }
	    home[] = { { "WATER", "DDE", "HOME", "1", 3500 },
		{ "THEFT", "VOL", "HOME", "1", 5000 },
		{ "STORM", "TEM", "HOME", "1", 8000 } },
	    road[] = { { "GLASS", "BDG", "STREET", "2", 900 },
		{ "COLLISION", "COL", "STREET", "2", 6000 } };
	struct draw d = draw_for(s, p->n, P_CLAIM, year * 8 + v->contract[15] % 8);
	bool happens = draw_chance(&d, 0.14);
	int i = draw_below(&d, v->home != NULL ? 3 : 2);
	int day = day_of(year, 1, 1) + draw_below(&d, 365);

	c->kind = v->home != NULL ? home[i].kind : road[i].kind;
	c->legacy = v->home != NULL ? home[i].legacy : road[i].legacy;
	c->place = v->home != NULL ? home[i].place : road[i].place;
	c->place_legacy = v->home != NULL ? home[i].code : road[i].code;
	c->at_s = paris_midnight(day) + 300 * draw_between(&d, 72, 280);
	c->declared = day + draw_below(&d, 5);
	c->settled = c->declared + draw_between(&d, 12, 80);
	c->cents = draw_between(&d, 80, v->home != NULL ? home[i].most :
	    road[i].most) * 100;
	snprintf(c->id, sizeof(c->id), "SYN-S-%s-%02d", v->contract + 6, year % 100);
	return happens && day > v->begin && day <= v->end &&
	    c->declared < s->as_of - 2;
}

static void
claim_row(struct copy *c, const struct synth *s, const struct person *p,
    const struct cover *v, const struct claim *k)
{
	bool settled = k->settled < s->as_of - 1;
	struct postal a = postal_of(p);

	both_text(c, "claim", k->id);
	both_text(c, "contract", v->contract);
	both_code(c, "kind", k->legacy, k->kind);
	cell_paris(c, k->at_s);
	say_time(c, "occurred", k->at_s * 1000000);
	cell_ymd(c, k->declared);
	say_date(c, "declared", k->declared);
	both_code(c, "place", k->place_legacy, k->place);
	both_text(c, "city", a.city);
	both_code(c, "status", settled ? "R" : "O", settled ? "PAID" : "OPEN");
	if (settled)
		both_cents(c, "paid", k->cents);
	else
		cell_text(c, NULL);
	say_text(c, "currency", "EUR");
	cell_text(c, NULL);
	both_changed(c, office_hour(s, p, settled ? k->settled : k->declared));
	row_end(c);
}

static void
claims(struct copy *c, const struct synth *s, const struct person *p)
{
	struct cover covers[COVERS_MAX];
	int n = covers_make(covers, s, p), now = date_of(s->as_of).year;
	struct claim claim;

	for (int i = 0; i < n; i++)
		for (int year = now - 4; year <= now; year++)
			if (claim_make(&claim, s, p, &covers[i], year))
				claim_row(c, s, p, &covers[i], &claim);
}

const struct synth_table synth_insurance[] = {
	{ "prod.t_soc", members, NULL },
	{ "prod.t_ctr", contracts, NULL },
	{ "prod.t_obj", insured, NULL },
	{ "prod.t_hab", homes, NULL },
	{ "prod.t_foyer", households, NULL },
	{ "prod.t_memb", household_members, NULL },
	{ "prod.t_regl", terms, NULL },
	{ "prod.t_sin", claims, NULL },
	{ NULL, NULL, NULL }
};

const struct synth_set sets_insurance[] = {
	{ "insurance.claim", claims },
	{ "insurance.contract", contract_records },
	{ "insurance.home", homes },
	{ "insurance.household", households },
	{ "insurance.member", members },
	{ "insurance.payment-terms", terms },
	{ NULL, NULL }
};
