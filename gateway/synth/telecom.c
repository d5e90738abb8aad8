/* SPDX-License-Identifier: Apache-2.0 */
/* telecom.c - people as the telecom database knows them. */
#include <stdio.h>
#include "base/attr.h"
#include "synth/telecom.h"

/* When something about the subscriber last changed. */
int64_t
subscriber_changed(const struct synth *s, const struct person *p)
{
	const struct home *h = &p->homes[p->home_count > 1];
	int first = p->lines[0].begin;

	if (p->home_count > 1 && h->begin > first)
		first = h->begin + 2;
	return shop_hour(s, &p->lines[0], first < s->as_of - 1 ? first :
	    s->as_of - 2);
}

int64_t
shop_hour(const struct synth *s, const struct line_of *l, int day)
{
	struct draw d = draw_for(s, l->id, P_CHANGE, day);

	return moment_of(day, 10, 19, &d);
}

/* Bills go to the last home; who has none lives in the story's town. */
static void
subscribers(struct copy *c, const struct synth *s, const struct person *p)
{
	const struct home *h = &p->homes[p->home_count > 1];
	int commune = h->street[0] ? h->commune :
	    p->story != NULL ? p->story->commune : 0;

	cell_text(c, p->ref);
	if (p->n % 29 == 28)
		cell_text(c, NULL);
	else
		cell_int(c, p->woman ? 1 : 2);
	cell_text(c, p->family);
	cell_text(c, p->given);
	cell_date(c, p->born);
	cell_text(c, p->n % 17 == 16 ? NULL : p->email);
	cell_text(c, h->street[0] ? h->street : "3 rue de l'Avatar");
	cell_text(c, h->complement[0] ? h->complement : NULL);
	cell_text(c, communes[commune].postcode);
	cell_text(c, communes[commune].city);
	cell_text(c, "FR");
	cell_text(c, p->lang);
	cell_bool(c, p->opposed);
	cell_time(c, subscriber_changed(s, p));
	row_end(c);
}

static void
lines(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->line_count; k++) {
		const struct line_of *l = &p->lines[k];
		bool over = l->end != FOREVER, bound = l->id % 3 == 0;

		cell_int(c, l->id);
		cell_text(c, p->ref);
		cell_text(c, l->contract);
		cell_text(c, l->number);
		cell_text(c, l->mobile ? "M" : "B");
		cell_text(c, plans[l->plan].code);
		cell_int(c, plans[l->plan].cents);
		cell_date(c, l->begin);
		if (bound)
			cell_date(c, l->begin + 730);
		else
			cell_text(c, NULL);
		if (over)
			cell_date(c, l->end);
		else
			cell_text(c, NULL);
		cell_int(c, over ? 9 : 1);
		cell_time(c, shop_hour(s, l, over ? l->end : l->begin));
		row_end(c);
	}
}

static void
options(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->line_count; k++) {
		const struct line_of *l = &p->lines[k];
		struct phone_option have[PHONE_OPTIONS_MAX];
		int n = phone_options(have, s, l);

		for (int i = 0; i < n; i++) {
			cell_int(c, l->id);
			cell_text(c, have[i].name);
			cell_int(c, have[i].cents);
			cell_date(c, have[i].since);
			cell_time(c, shop_hour(s, l, have[i].since));
			row_end(c);
		}
	}
}

static void
cell_row(struct copy *c, int id, double lat, double lon)
{
	cell_int(c, id);
	cell_milli(c, (int64_t)(lat * 100) * 10);
	cell_milli(c, (int64_t)(lon * 100) * 10);
	row_end(c);
}

static void
cells(struct copy *c, const struct synth *s UNUSED)
{
	static const double north[] = { 0.01, -0.01, 0.03 };
	static const double east[] = { 0.005, 0.02, -0.03 };

	for (int i = 0; i < commune_count; i++)
		for (int k = 0; k < CELLS_PER_COMMUNE; k++)
			cell_row(c, i * CELLS_PER_COMMUNE + k,
			    communes[i].lat + north[k], communes[i].lon + east[k]);
	for (int i = 0; i < place_count; i++)
		cell_row(c, CELLS_ABROAD + i, places[i].lat, places[i].lon);
}

static void
call_row(struct copy *c, const struct line_of *l, const struct phone_call *call,
    const char *id)
{
	const char kind[] = { call->kind, 0 }, corr[] = { call->partner_kind, 0 };
	const char network[] = { call->network, 0 };

	cell_text(c, id);
	cell_int(c, l->id);
	cell_wall(c, call->start_s + call->offset_min * 60);
	cell_int(c, call->offset_min);
	cell_text(c, call->outgoing ? "S" : "E");
	cell_text(c, kind);
	cell_text(c, call->partner);
	cell_text(c, corr);
	if (call->length_s < 0)
		cell_text(c, NULL);
	else
		cell_int(c, call->length_s);
	cell_text(c, network);
	if (call->cell < 0)
		cell_text(c, NULL);
	else
		cell_int(c, call->cell);
	cell_text(c, call->country);
	cell_int(c, call->cause);
	cell_int(c, call->cost_cents);
	cell_int(c, call->changed_us / 1000000 / 3600);
	cell_time(c, call->changed_us);
	row_end(c);
}

static void
line_calls(struct copy *c, const struct synth *s, const struct person *p,
    const struct line_of *l)
{
	int window = s->as_of - s->days, end = l->end < s->as_of ? l->end : s->as_of;
	struct phone_call calls[CALLS_MAX];
	char id[64];

	for (int day = l->begin > window ? l->begin : window; day < end; day++) {
		int n = calls_make(calls, s, p, l, day);

		for (int i = 0; i < n; i++) {
			if (calls[i].changed_us >= paris_midnight(s->as_of) * 1000000)
				continue;	/* not told yet */
			snprintf(id, sizeof(id), "SYN-%09lld-%05d-%03d",
			    (long long)l->id, day, i);
			call_row(c, l, &calls[i], id);
		}
	}
}

static void
calls(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->line_count; k++)
		line_calls(c, s, p, &p->lines[k]);
}

const struct synth_table synth_telecom[] = {
	{ "abo.abonne", subscribers, NULL },
	{ "abo.ligne", lines, NULL },
	{ "abo.option_ligne", options, NULL },
	{ "cdr.cellule", NULL, cells },
	{ "cdr.appel", calls, NULL },
	{ "cdr.position", phone_sights, NULL },
	{ "tv.visionnage", phone_videos, NULL },
	{ "fac.facture", phone_bills, NULL },
	{ "fac.ligne", phone_bill_lines, NULL },
	{ NULL, NULL, NULL }
};
