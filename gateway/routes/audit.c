/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /audit: the journal for auditors: what is looked for, sums, lines.
 *
 * The words that are looked for are matched with what the journal can say (events,
 * data sets, recipients, outcomes), never with records; a call's id finds its
 * lines. Only a DPO may look for a person.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "consent/session.h"
#include "consent/staff.h"
#include "journal/events.h"
#include "pages/audit_page.h"
#include "pages/layout.h"
#include "routes/audit_own.h"
#include "routes/routes.h"

enum { SHOWN = 50, DAYS = 30, EVENTS_MAX = 128 };

struct own {
	struct audit_wish wish;
	struct audit_reading reading;
	int64_t from_us, to_us;
	const char *events[EVENTS_MAX];
	size_t event_count;		/* 0: any */
	const char *call;
	const struct rows *sums;
};

static enum next
allow(struct call *c)
{
	return staff_allow(c, STAFF_AUDITOR | STAFF_DPO);
}

static const char *
arg(struct call *c, const char *name)
{
	const char *value = call_query_arg(c, name);

	return value == NULL ? "" : value;
}

/* ---- what is looked for ---- */

static bool
has_word(const char *text, const char *word)
{
	return text != NULL && strcasestr(text, word) != NULL;
}

static bool
event_speaks(const struct event_kind *k, const char *word)
{
	return has_word(k->name, word) || has_word(k->family, word) ||
	    has_word(k->said.in[LANG_FR], word) ||
	    has_word(k->said.in[LANG_EN], word);
}

static void
take_events(struct own *own)
{
	const char *ev = own->wish.ev, *q = own->wish.q;

	for (size_t i = 0; i < event_kind_count; i++) {
		const struct event_kind *k = &event_kinds[i];

		if (ev[0] != '\0' && strcmp(ev, k->name) != 0 &&
		    strcmp(ev, k->family) != 0)
			continue;
		if (q[0] != '\0' && own->call == NULL && !event_speaks(k, q))
			continue;
		if (own->event_count < EVENTS_MAX)
			own->events[own->event_count++] = k->name;
	}
	if (own->event_count == event_kind_count)
		own->event_count = 0;
	else if (own->event_count == 0)
		own->events[own->event_count++] = "-";	/* nothing speaks of it */
}

/* A data set whose title has the word narrows by it. */
static bool
take_dataset(struct call *c, struct own *own)
{
	size_t n = catalogue_count(c->house->catalogue);

	for (size_t i = 0; i < n && own->wish.ds[0] == '\0'; i++) {
		const struct schema *s = catalogue_at(c->house->catalogue, i)->schema;

		if (!has_word(s->id, own->wish.q) &&
		    !has_word(s->title.in[LANG_FR], own->wish.q) &&
		    !has_word(s->title.in[LANG_EN], own->wish.q))
			continue;
		own->wish.ds = arena_printf(c->arena, "%s@%d", s->id, s->version);
		own->wish.q = "";
		return true;
	}
	return false;
}

static bool
is_call(const char *q)
{
	return strlen(q) == 16 && strspn(q, "0123456789abcdef") == 16;
}

static void
take_words(struct call *c, struct own *own)
{
	if (is_call(own->wish.q))
		own->call = own->wish.q;
	else if (own->wish.q[0] != '\0')
		take_dataset(c, own);
	take_events(own);
}

static enum next
read_wish(struct call *c)
{
	struct own *own = c->own;
	struct audit_wish *w = &own->wish;
	int64_t now = clock_us();

	*w = (struct audit_wish){ arg(c, "from"), arg(c, "to"), arg(c, "client"),
	    arg(c, "ds"), arg(c, "ev"), arg(c, "oc"), arg(c, "q"),
	    c->staff->roles & STAFF_DPO ? arg(c, "customer") : "" };
	own->to_us = audit_day(w->to, 1, audit_day(audit_day_text(c->arena, now),
	    1, now));
	own->from_us = audit_day(w->from, 0, own->to_us -
	    DAYS * INT64_C(86400000000));
	w->from = audit_day_text(c->arena, own->from_us);
	w->to = audit_day_text(c->arena, own->to_us - 1);
	take_words(c, own);
	own->reading = (struct audit_reading){ .what = "lines",
	    .event = "access.read", .client = w->client[0] ? w->client : NULL,
	    .customer = w->customer[0] ? w->customer : NULL };
	return audit_read(c, &own->reading);
}

/* ---- the questions ---- */

static void
params_wish(struct params *p, struct call *c, struct own *own)
{
	const struct audit_wish *w = &own->wish;
	static const struct uuid nobody;
	const struct uuid *person = w->customer[0] == '\0' ? NULL :
	    own->reading.known ? &own->reading.subject : &nobody;

	params_init(p);
	params_time(p, own->from_us);
	params_time(p, own->to_us);
	if (own->event_count == 0)
		params_text(p, NULL);
	else
		params_texts(p, c->arena, own->events, own->event_count);
	params_text(p, w->client[0] ? w->client : NULL);
	params_text(p, w->ds[0] ? w->ds : NULL);
	params_text(p, w->oc[0] ? w->oc : NULL);
	params_uuid(p, person);
	params_text(p, own->call);
}

static enum next
ask_sums(struct call *c)
{
	struct own *own = c->own;
	struct params p;

	audit_read_answer(c, &own->reading);
	params_wish(&p, c, own);
	params_text(&p, c->house->settings->time_zone);
	return call_ask(c, c->house->db, SQL_AUDIT_SUMS, &p);
}

static enum next
ask_lines(struct call *c)
{
	struct own *own = c->own;
	const char *before = call_query_arg(c, "before");
	long long at = 0, seq = 0;
	struct params p;
	int log = 0;
	bool on = before != NULL &&
	    sscanf(before, "%18lld.%1d.%18lld", &at, &log, &seq) == 3;

	own->sums = c->rows;
	params_wish(&p, c, own);
	if (on) {
		params_time(&p, at);
		params_int(&p, log);
		params_int(&p, seq);
	} else
		for (int i = 0; i < 3; i++)
			params_text(&p, NULL);
	params_int(&p, SHOWN + 1);
	return call_ask(c, c->house->db, SQL_AUDIT_LINES, &p);
}

static enum next
show(struct call *c)
{
	struct own *own = c->own;
	struct audit_view v = {
		.wish = own->wish,
		.catalogue = c->house->catalogue,
		.sums = own->sums,
		.lines = c->rows,
		.lines_max = SHOWN,
		.dpo = c->staff->roles & STAFF_DPO,
		.unknown = own->wish.customer[0] != '\0' && !own->reading.known,
		.size = own->reading.size,
		.signed_us = own->reading.signed_us,
		.behind = own->reading.behind,
		.root = own->reading.root
	};
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "audit.title");
	audit_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "may she", allow },
	{ "note the reading", read_wish },
	{ "ask the sums", ask_sums },
	{ "ask the lines", ask_lines },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_audit = {
	.method = "GET", .path = "/audit", .steps = steps,
	.own_size = sizeof(struct own), .kind = ROUTE_PAGE
};
