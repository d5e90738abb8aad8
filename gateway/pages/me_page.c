/* SPDX-License-Identifier: Apache-2.0 */
/* me_page.c - the customer's own pages: who receives what, and what left. */
#include "pages/me_page.h"
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "journal/events.h"
#include "pages/parts.h"
#include "pages/shared_page.h"

/* "Contract, Load curve": the titles of what was allowed. */
static const char *
titles(struct html *h, const struct catalogue *catalogue, const char **ids)
{
	struct buf out;
	const char *text;

	buf_init(&out);
	for (size_t i = 0; ids[i] != NULL; i++)
		buf_printf(&out, "%s%s", i > 0 ? ", " : "",
		    part_title(h, catalogue, ids[i]));
	text = arena_strdup(h->arena, out.data == NULL ? "" : out.data);
	buf_clear(&out);
	return text;
}

/* The dates of what was handed over; NULL: not told. */
static const char *
dates(struct html *h, int64_t first_us, int64_t last_us)
{
	if (last_us == 0)
		return NULL;
	return first_us == last_us ? h_fill(h, "dates.day", "day",
	    h_day(h, first_us), NULL) : h_fill(h, "dates.days", "from",
	    h_day(h, first_us), "to", h_day(h, last_us), NULL);
}

static const char *
received(struct html *h, const struct me_grant *g)
{
	if (g->beginning && g->records > 0)
		return h_fill(h, "grant.beginning", "records",
		    h_count(h, "records", g->records, NULL), NULL);
	if (g->last_us == 0)
		return h_word(h, "grant.nothing");
	return h_fill(h, "grant.last", "records",
	    h_count(h, "records", g->records, NULL), "date",
	    h_date(h, g->last_us), "time", h_clock(h, g->last_us), NULL);
}

bool
me_grant_live(const struct me_grant *g)
{
	return strcmp(g->state, "active") == 0 ||
	    strcmp(g->state, "pending") == 0 || strcmp(g->state, "paused") == 0;
}

/* Her cloud has opened, or none is needed: others must agree first. */
static bool
awaiting(const struct me_grant *g)
{
	return strcmp(g->state, "pending") == 0 && g->awaits > 0 &&
	    (g->opened || g->answer != NULL);
}

/* Her cloud has not let us in yet. */
static bool
half_way(const struct me_grant *g)
{
	return strcmp(g->state, "pending") == 0 && !g->opened &&
	    g->answer == NULL;
}

static const char *
state_text(struct html *h, const struct me_grant *g)
{
	bool asked = g->answer != NULL && strcmp(g->answer, "awaited") == 0;
	const char *id = !awaiting(g) ? arena_printf(h->arena, "state.%s",
	    g->state) : asked ? "state.asked" : "state.awaiting";
	const char *ended = h_date(h, g->ended_us);

	return h_fill(h, id, "date", ended, NULL);
}

/* The dates of what may be received, where she bounded them. */
static void
covers(struct html *h, const struct me_grant *g)
{
	const char *id = g->from_us == 0 ? "grant.covers.to" : g->to_us == 0 ?
	    "grant.covers.from" : "grant.covers.both";

	if (g->from_us != 0 || g->to_us != 0)
		part_fact(h, "grant.covers", h_fill(h, id, "from",
		    h_day(h, g->from_us), "to", h_day(h, g->to_us), NULL));
}

void
me_grant_facts(struct html *h, const struct catalogue *all,
    const struct me_grant *g)
{
	const char *about;

	h_open(h, "dl", "class", "facts", NULL);
	part_fact(h, "grant.data", titles(h, all, g->datasets));
	covers(h, g);
	if (g->purpose != NULL)
		part_fact(h, "grant.purpose", g->purpose);
	if (g->address != NULL)
		part_fact(h, "grant.address", g->address);
	part_fact(h, "grant.since", h_date(h, g->created_us));
	if (me_grant_live(g))
		part_fact(h, "grant.until", h_date(h, g->expires_us));
	part_fact(h, "grant.received", received(h, g));
	if ((about = dates(h, g->first_day_us, g->last_day_us)) != NULL)
		part_fact(h, "grant.dates", about);
	h_close(h, "dl");
}

/* One button that is a form of its own. */
static void
act(struct html *h, const struct me_view *v, const struct me_grant *g,
    const char *name)
{
	h_open(h, "form", "method", "post", "action",
	    arena_printf(h->arena, "/me/grant/%s", g->id), NULL);
	part_hidden(h, "csrf", v->csrf);
	h_say(h, "button", arena_printf(h->arena, "grant.%s", name), "class",
	    "link", "type", "submit", "name", "do", "value", name,
	    "aria-describedby", arena_printf(h->arena, "g-%s", g->id), NULL);
	h_close(h, "form");
}

/* Lengths from today that end later than now allowed; none: nothing shown. */
static void
extend(struct html *h, const struct me_view *v, const struct me_grant *g)
{
	static const int64_t lengths[] = { 90, 365, 730, 1095 };
	const char *id = arena_printf(h->arena, "x-%s", g->id);
	size_t n = 0;

	for (size_t i = 0; i < countof(lengths); i++) {
		int64_t until = v->now_us + lengths[i] * INT64_C(86400000000);

		if (lengths[i] > g->days_max || until <= g->expires_us)
			continue;
		if (n++ == 0) {
			h_open(h, "details", "class", "extend", NULL);
			h_say(h, "summary", "grant.extend", NULL);
			h_open(h, "form", "method", "post", "action",
			    arena_printf(h->arena, "/me/grant/%s", g->id), NULL);
			part_hidden(h, "csrf", v->csrf);
			h_say(h, "label", "grant.extend.until", "for", id, NULL);
			h_open(h, "select", "id", id, "name", "days", NULL);
		}
		h_element(h, "option", h_date(h, until), "value",
		    arena_printf(h->arena, "%lld", (long long)lengths[i]), NULL);
	}
	if (n == 0)
		return;
	h_close(h, "select");
	h_say(h, "button", "grant.extend.do", "class", "button", "type",
	    "submit", "name", "do", "value", "extend", NULL);
	h_close(h, "form");
	h_close(h, "details");
}

/* Where she may begin again: her cloud's own page here, or the service. */
static void
again(struct html *h, const struct me_grant *g)
{
	bool oauth = strcmp(g->kind, "oauth") == 0;
	const char *to = oauth ? g->client_uri : arena_printf(h->arena,
	    "/me/connect?client=%s", g->client_id);

	if (to == NULL || me_grant_live(g))
		return;
	h_element(h, "a", h_fill(h, oauth ? "grant.restart" :
	    "grant.restart.here", "client", g->client_name, NULL), "class",
	    "link", "href", to, "rel", oauth ? "noopener noreferrer" : NULL,
	    NULL);
}

/* A cloud that was left half-way: on with it, as it was. */
static void
go_on(struct html *h, const struct me_view *v, const struct me_grant *g)
{
	if (!half_way(g))
		return;
	h_open(h, "form", "method", "post", "action",
	    arena_printf(h->arena, "/me/connect/%s", g->id), NULL);
	part_hidden(h, "csrf", v->csrf);
	h_say(h, "button", "grant.continue", "class", "button", "type",
	    "submit", "aria-describedby", arena_printf(h->arena, "g-%s", g->id),
	    NULL);
	h_close(h, "form");
}

/* One click: it can be begun again, and nobody is asked why. The page that asks
 * first is for links in receipts and letters. */
static void
stop(struct html *h, const struct me_view *v, const struct me_grant *g)
{
	h_open(h, "form", "method", "post", "action",
	    arena_printf(h->arena, "/me/withdraw/%s", g->id), NULL);
	part_hidden(h, "csrf", v->csrf);
	h_say(h, "button", half_way(g) ? "grant.giveup" : "grant.stop", "class",
	    "button", "type", "submit", "aria-describedby",
	    arena_printf(h->arena, "g-%s", g->id), NULL);
	h_close(h, "form");
}

static void
grant_actions(struct html *h, const struct me_view *v, const struct me_grant *g)
{
	const char *heading = arena_printf(h->arena, "g-%s", g->id);

	h_open(h, "div", "class", "actions", NULL);
	go_on(h, v, g);
	if (me_grant_live(g))
		stop(h, v, g);
	if (strcmp(g->state, "active") == 0)
		act(h, v, g, "pause");
	else if (strcmp(g->state, "paused") == 0)
		act(h, v, g, "resume");
	again(h, g);
	h_say(h, "a", "grant.receipt", "class", "link", "href",
	    arena_printf(h->arena, "/me/receipt/%s", g->id),
	    "aria-describedby", heading, "download", "", NULL);
	h_close(h, "div");
	if (me_grant_live(g) && strcmp(g->state, "pending") != 0)
		extend(h, v, g);
}

/* Deliveries have failed for good: why, and what she can do. */
static void
stuck(struct html *h, const struct me_grant *g)
{
	static const char *const known[] = { "gone", "reauth", "moved",
	    "refused" };
	const char *id = "grant.stuck";

	for (size_t i = 0; i < countof(known); i++)
		if (strncmp(g->stuck, known[i], strlen(known[i])) == 0)
			id = arena_printf(h->arena, "grant.stuck.%s", known[i]);
	h_open(h, "p", "class", "fault", NULL);
	h_say(h, "span", id, NULL);
	h_text(h, " ");
	h_say(h, "a", "grant.again", "href", arena_printf(h->arena,
	    "/me/connect?client=%s", g->client_id), NULL);
	h_close(h, "p");
}

/* Others hold it too: they were told, or are still awaited. */
static void
holders(struct html *h, const struct me_grant *g)
{
	if (!me_grant_live(g) || g->holders == 0)
		return;
	h_element(h, "p", g->awaits > 0 ? h_count(h, "grant.awaits", g->awaits,
	    "date", h_date(h, g->awaits_until_us), NULL) :
	    h_count(h, "grant.holders", g->holders, NULL), "class", "held",
	    NULL);
}

void
me_grant_head(struct html *h, const struct me_grant *g)
{
	h_open(h, "div", "class", "head", NULL);
	h_element(h, "h3", g->client_name, "id",
	    arena_printf(h->arena, "g-%s", g->id), NULL);
	h_element(h, "span", state_text(h, g), "class",
	    arena_printf(h->arena, "state %s", g->state), NULL);
	h_close(h, "div");
}

static void
grant_card(struct html *h, const struct me_view *v, const struct me_grant *g)
{
	h_open(h, "li", "class", "card", NULL);
	me_grant_head(h, g);
	holders(h, g);
	if (g->stuck != NULL)
		stuck(h, g);
	me_grant_facts(h, v->catalogue, g);
	grant_actions(h, v, g);
	h_close(h, "li");
}

/* The live grants, or those that ended. Returns how many there were. */
static size_t
grant_list(struct html *h, const struct me_view *v, bool live)
{
	size_t n = 0;

	for (size_t i = 0; i < v->grant_count; i++) {
		if (me_grant_live(&v->grants[i]) != live)
			continue;
		if (n++ == 0)
			h_open(h, "ul", "class", "cards", NULL);
		grant_card(h, v, &v->grants[i]);
	}
	if (n > 0)
		h_close(h, "ul");
	return n;
}

/* ---- what left ---- */

/* Said to her; what has no words of its own is said as the journal says it. */
static const char *
event_title(struct html *h, const struct me_event *e)
{
	const char *id = arena_printf(h->arena, "event.%s", e->event), *said;

	if (e->outcome != NULL) {	/* said apart, where it matters to her */
		const char *apart = arena_printf(h->arena, "%s.%s", id,
		    e->outcome);

		if ((said = h_word(h, apart)) != apart)
			return said;
	}
	said = h_word(h, id);

	if (said != id)
		return said;
	return e->kind == NULL ? e->event : h_wording(h, &e->kind->said);
}

static const char *
event_details(struct html *h, const struct me_event *e)
{
	const char *text, *about = dates(h, e->first_day_us, e->last_day_us);
	struct buf out;

	buf_init(&out);
	if (e->to != NULL)
		buf_str(&out, e->to);
	if (e->dataset != NULL)
		buf_printf(&out, "%s%s", out.len > 0 ? " \u00b7 " : "",
		    h_wording(h, e->dataset));
	if (e->records >= 0)
		buf_printf(&out, "%s%s", out.len > 0 ? " \u00b7 " : "",
		    h_count(h, "records", e->records, NULL));
	if (about != NULL)
		buf_printf(&out, " \u00b7 %s", about);
	if (e->times > 1)
		buf_printf(&out, "%s%s", out.len > 0 ? " \u00b7 " : "",
		    h_count(h, "times", e->times, NULL));
	text = arena_strdup(h->arena, out.data == NULL ? "" : out.data);
	buf_clear(&out);
	return text;
}

static void
history(struct html *h, const struct me_view *v)
{
	const char *day = "";

	for (size_t i = 0; i < v->event_count; i++) {
		const struct me_event *e = &v->events[i];
		const char *today = h_date(h, e->at_us);

		if (strcmp(day, today) != 0) {
			if (i > 0)
				h_close(h, "ol");
			h_element(h, "h3", today, "class", "day", NULL);
			h_open(h, "ol", "class", "history", NULL);
		}
		day = today;
		h_open(h, "li", NULL);
		h_element(h, "span", h_clock(h, e->at_us), "class", "time", NULL);
		h_open(h, "div", NULL);
		h_element(h, "strong", event_title(h, e), NULL);
		h_element(h, "p", event_details(h, e), NULL);
		h_close(h, "div");
		h_close(h, "li");
	}
	if (v->event_count > 0)
		h_close(h, "ol");
	else
		h_say(h, "p", "history.none", "class", "empty", NULL);
	if (v->older != NULL)
		h_say(h, "a", "history.older", "class", "link", "href",
		    v->older, NULL);
}

void
me_page(struct html *h, const struct me_view *v)
{
	h_element(h, "h1", h_fill(h, "me.h1", "name", v->name, NULL), NULL);
	h_say(h, "p", "me.lead", "class", "lead", NULL);
	if (v->withdrawn != NULL)
		h_element(h, "p", h_fill(h, "me.withdrawn", "client",
		    v->withdrawn, NULL), "class", "done", "role", "status", NULL);
	if (v->done != NULL)
		h_element(h, "p", h_fill(h, arena_printf(h->arena, "me.done.%s",
		    v->done), "client", v->done_to, NULL), "class", "done",
		    "role", "status", NULL);
	h_say(h, "h2", "me.now", NULL);
	if (grant_list(h, v, true) == 0)
		h_say(h, "p", "me.none", "class", "empty", NULL);
	shared_list(h, v);
	h_open(h, "div", "class", "actions", NULL);
	h_say(h, "a", "me.connect", "class", "button", "href", "/connect",
	    NULL);
	h_say(h, "a", "me.data", "class", "button", "href", "/me/data", NULL);
	h_say(h, "a", "me.verify", "class", "link", "href", "/verify", NULL);
	h_close(h, "div");
	h_say(h, "h2", "me.history", "id", "history", NULL);
	h_say(h, "p", "me.history.hint", "class", "hint", NULL);
	history(h, v);
	h_say(h, "h2", "me.past", NULL);
	if (grant_list(h, v, false) == 0)
		h_say(h, "p", "me.past.none", "class", "empty", NULL);
}

void
withdraw_page(struct html *h, const struct withdraw_view *v)
{
	const struct me_grant *g = v->grant;

	h_element(h, "h1", h_fill(h, "withdraw.h1", "client", g->client_name,
	    NULL), NULL);
	h_element(h, "p", titles(h, v->catalogue, g->datasets), "class", "lead",
	    NULL);
	h_open(h, "ul", "class", "plain", NULL);
	h_say(h, "li", "withdraw.at_once", NULL);
	h_element(h, "li", h_fill(h, "withdraw.received", "received",
	    received(h, g), NULL), NULL);
	h_element(h, "li", h_fill(h, "withdraw.kept", "client", g->client_name,
	    NULL), NULL);
	h_close(h, "ul");
	h_open(h, "form", "method", "post", "action",
	    arena_printf(h->arena, "/me/withdraw/%s", g->id), NULL);
	part_hidden(h, "csrf", v->csrf);
	h_open(h, "div", "class", "two", NULL);
	h_say(h, "a", "withdraw.keep", "class", "button", "href", "/me", NULL);
	h_say(h, "button", "withdraw.stop", "class", "button", "type", "submit",
	    NULL);
	h_close(h, "div");
	h_close(h, "form");
}
