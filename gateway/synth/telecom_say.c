/* SPDX-License-Identifier: Apache-2.0 */
/* telecom_say.c - what adapters/telecom makes of its tables, directly. */
#include <stdio.h>
#include <string.h>
#include "synth/telecom.h"

static int64_t
plan_changed(int plan)
{
	static const int days[][4] = { { 2019, 2, 4, 8 }, { 2021, 5, 3, 8 },
	    { 2022, 9, 5, 8 }, { 2020, 1, 6, 8 }, { 2018, 3, 5, 8 } };
	const int *d = days[plan];

	return (paris_midnight(day_of(d[0], d[1], d[2])) + d[3] * 3600) *
	    INT64_C(1000000);
}

static int
option_order(const struct phone_option *a, const struct phone_option *b)
{
	return a->since != b->since ? a->since - b->since :
	    strcmp(a->name, b->name);
}

/* In the order of the adapter's array_agg: by date, then by name. */
static int64_t
say_options(struct copy *c, const struct synth *s, const struct line_of *l)
{
	struct phone_option have[PHONE_OPTIONS_MAX];
	int n = phone_options(have, s, l);
	int64_t changed = 0;

	for (int i = 1; i < n; i++)
		for (int k = i; k > 0 && option_order(&have[k - 1], &have[k]) > 0; k--) {
			struct phone_option swap = have[k];

			have[k] = have[k - 1];
			have[k - 1] = swap;
		}
	if (n == 0)
		return 0;
	say_list(c, "options");
	for (int i = 0; i < n; i++) {
		say_item(c);
		say_text(c, "name", have[i].name);
		say_money(c, "monthly_price", have[i].cents);
		say_date(c, "start", have[i].since);
		changed = later(changed, shop_hour(s, l, have[i].since));
	}
	say_list_end(c);
	return changed;
}

static void
contract(struct copy *c, const struct synth *s, const struct person *p,
    const struct line_of *l)
{
	const struct plan *plan = &plans[l->plan];
	bool over = l->end != FOREVER;
	struct postal a = postal_of(p);
	int64_t changed = later(subscriber_changed(s, p), plan_changed(l->plan));

	say_text(c, "contract", l->contract);
	say_text(c, "vendor", "Régie de Valombre");
	say_text(c, "customer", p->ref);
	say_text(c, "line", l->number);
	say_text(c, "kind", l->mobile ? "MOBILE" : "INTERNET");
	say_text(c, "plan.code", plan->code);
	say_text(c, "plan.name", plan->name);
	if (plan->data_go != 0)
		say_int(c, "plan.data_allowance", plan->data_go);
	say_money(c, "monthly_price", plan->cents);
	say_text(c, "currency", "EUR");
	say_date(c, "start", l->begin);
	say_date(c, "commitment_end", l->id % 3 == 0 ? l->begin + 730 : FOREVER);
	say_date(c, "end", l->end);
	say_text(c, "status", over ? "ENDED" : "ACTIVE");
	say_title(c, "holder.title", p);
	say_text(c, "holder.given_name", p->given);
	say_text(c, "holder.family_name", p->family);
	say_text(c, "holder.email", p->n % 17 == 16 ? NULL : p->email);
	say_postal(c, "billing_address", &a);
	changed = later(changed, say_options(c, s, l));
	say_time(c, "changed", later(changed, shop_hour(s, l, over ? l->end :
	    l->begin)));
	row_end(c);
}

static void
contracts(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->line_count; k++)
		contract(c, s, p, &p->lines[k]);
}

/* ---- calls ---- */

static void
say_partner(struct copy *c, const struct phone_call *call)
{
	static const char *const kinds[] = { ['M'] = "MOBILE", ['F'] = "FIXED",
	    ['E'] = "ABROAD", ['S'] = "SERVICE", ['R'] = "VOICE_MAIL" };
	size_t n = strlen(call->partner);
	char masked[32];

	if (strchr("SR", call->partner_kind) != NULL)
		say_text(c, "partner", call->partner);
	else {
		snprintf(masked, sizeof(masked), "%.*sXXXX", (int)n - 4,
		    call->partner);
		say_text(c, "partner", masked);
	}
	say_text(c, "partner_kind", kinds[(unsigned char)call->partner_kind]);
}

static void
say_cell(struct copy *c, int cell)
{
	static const double north[] = { 0.01, -0.01, 0.03 };
	static const double east[] = { 0.005, 0.02, -0.03 };
	int i = cell / CELLS_PER_COMMUNE, k = cell % CELLS_PER_COMMUNE;
	double lat, lon;

	if (cell < 0)
		return;
	if (cell >= CELLS_ABROAD) {
		lat = places[cell - CELLS_ABROAD].lat;
		lon = places[cell - CELLS_ABROAD].lon;
	} else {
		lat = communes[i].lat + north[k];
		lon = communes[i].lon + east[k];
	}
	say_money(c, "cell.latitude", (int64_t)(lat * 100));
	say_money(c, "cell.longitude", (int64_t)(lon * 100));
}

static const char *
cause_said(int cause)
{
	static const struct { int code; const char *said; } causes[] = {
		{ 16, "NORMAL" }, { 17, "BUSY" }, { 19, "NO_ANSWER" },
		{ 20, "VOICE_MAIL" }, { 41, "DROPPED" }, { 200, "DELIVERED" },
		{ 201, "FAILED" } };
	size_t i = 0;

	while (causes[i].code != cause)
		i++;
	return causes[i].said;
}

static const char *
network_said(char network)
{
	return network == 'W' ? "WIFI" : network == 'F' ? "FIXED" :
	    network == '4' ? "4G" : "5G";
}

static void
call_record(struct copy *c, const struct line_of *l,
    const struct phone_call *call, const char *id, int64_t changed)
{
	say_text(c, "call", id);
	say_text(c, "line", l->number);
	say_time(c, "start", call->start_s * 1000000);
	say_text(c, "direction", call->outgoing ? "OUTGOING" : "INCOMING");
	say_text(c, "kind", call->kind == 'V' ? "VOICE" : call->kind == 'S' ?
	    "SMS" : "MMS");
	say_partner(c, call);
	if (call->length_s >= 0)
		say_int(c, "duration", call->length_s);
	say_text(c, "network", network_said(call->network));
	say_cell(c, call->cell);
	say_text(c, "country", call->country);
	say_text(c, "end_cause", cause_said(call->cause));
	say_money(c, "cost", call->cost_cents);
	say_text(c, "currency", "EUR");
	say_time(c, "changed", later(call->changed_us, changed));
	row_end(c);
}

static void
line_calls(struct copy *c, const struct synth *s, const struct person *p,
    const struct line_of *l)
{
	int window = s->as_of - s->days, end = l->end < s->as_of ? l->end : s->as_of;
	int64_t line = shop_hour(s, l, l->end != FOREVER ? l->end : l->begin);
	struct phone_call calls[CALLS_MAX];
	char id[64];

	for (int day = l->begin > window ? l->begin : window; day < end; day++) {
		int n = calls_make(calls, s, p, l, day);

		for (int i = 0; i < n; i++) {
			if (calls[i].changed_us >= paris_midnight(s->as_of) * 1000000)
				continue;	/* not told yet */
			snprintf(id, sizeof(id), "SYN-%09lld-%05d-%03d",
			    (long long)l->id, day, i);
			call_record(c, l, &calls[i], id, line);
		}
	}
}

static void
calls(struct copy *c, const struct synth *s, const struct person *p)
{
	for (int k = 0; k < p->line_count; k++)
		line_calls(c, s, p, &p->lines[k]);
}

const struct synth_set sets_telecom[] = {
	{ "telecom.bill", phone_invoices },
	{ "telecom.call-detail", calls },
	{ "telecom.contract", contracts },
	{ "telecom.location", phone_sights },
	{ "telecom.vod-history", phone_videos },
	{ NULL, NULL }
};
