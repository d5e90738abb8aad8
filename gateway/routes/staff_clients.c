/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /staff/clients: recipients' lives, by the colleagues who may let
 * them in: agree first (four eyes), admit, decline, suspend, admit again.
 *
 * Each act is one statement with its journal line, which names the person; a
 * trigger tells every worker, within the second. Reasons are asked for where
 * somebody is kept out.
 */
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "consent/session.h"
#include "consent/staff.h"
#include "http/call.h"
#include "journal/line.h"
#include "pages/clients_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

enum { SHOWN_MAX = 500, REASON_MAX = 200 };

static enum next
may_she(struct call *c)
{
	return staff_allow(c, STAFF_ADMISSION);
}

/* ---- what can be done to whom ---- */

static const struct act {
	const char *name, *to, *event;
	const char *from[5];
	bool reason;
} acts[] = {
	{ "review", "reviewed", "client.reviewed", { "requested" }, false },
	{ "admit", "admitted", "client.admitted", { "requested", "reviewed",
	    "suspended", "refused" }, false },
	{ "decline", "refused", "client.declined", { "requested", "reviewed" },
	    true },
	{ "suspend", "suspended", "client.suspended", { "admitted" }, true },
};

/* With four eyes nobody goes from requested to admitted, without them nobody
 * stops in between. */
static bool
is_open(const struct act *act, const char *state, bool four_eyes)
{
	bool review = act == &acts[0], admit = act == &acts[1];

	if ((review && !four_eyes) || (admit && four_eyes &&
	    (strcmp(state, "requested") == 0 || strcmp(state, "refused") == 0)))
		return false;
	for (size_t i = 0; act->from[i] != NULL; i++)
		if (strcmp(act->from[i], state) == 0)
			return true;
	return false;
}

/* ---- the page ---- */

static enum next
ask_list(struct call *c)
{
	return call_ask(c, c->house->db, SQL_CLIENT_LIST, PARAMS_NONE);
}

static const char *const *
acts_of(struct call *c, const struct client_card *card)
{
	const char **list = arena_alloc(c->arena, (countof(acts) + 1) *
	    sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < countof(acts); i++)
		if (is_open(&acts[i], card->state,
		    c->house->settings->registration_four_eyes) &&
		    !(card->mine && i == 1))
			list[n++] = acts[i].name;
	return list;
}

static bool
reviewed_by_me(struct call *c, int i)
{
	struct uuid id;

	if (row_null(c->rows, i, "reviewed_by"))
		return false;
	row_uuid(c->rows, i, "reviewed_by", &id);
	return memcmp(&id, &c->staff->id, sizeof(id)) == 0;
}

static void
read_card(struct client_card *card, struct call *c, int i)
{
	const struct rows *r = c->rows;
	size_t n;

	*card = (struct client_card){
		.id = row_text(r, i, "id"),
		.name = row_text(r, i, "name"),
		.kind = row_text(r, i, "kind"),
		.state = row_text(r, i, "state"),
		.reason = row_text(r, i, "state_reason"),
		.uri = row_text(r, i, "uri"),
		.contact = row_text(r, i, "contact"),
		.purpose = { { [LANG_EN] = row_text(r, i, "purpose_en"),
		    [LANG_FR] = row_text(r, i, "purpose_fr") } },
		.datasets = row_texts(r, i, "datasets", c->arena, &n),
		.redirects = row_texts(r, i, "redirect_uris", c->arena, &n),
		.created_us = row_time(r, i, "created"),
		.grants = row_int(r, i, "grants"),
		.mine = reviewed_by_me(c, i)
	};
	card->acts = acts_of(c, card);
}

static enum next
show(struct call *c)
{
	int n = rows_count(c->rows) < SHOWN_MAX ? rows_count(c->rows) :
	    SHOWN_MAX;
	struct client_card *cards = arena_alloc(c->arena,
	    (size_t)(n + 1) * sizeof(*cards));
	struct clients_view v = { .catalogue = c->house->catalogue,
	    .cards = cards, .n = (size_t)n, .csrf = c->staff->csrf };
	struct layout l;

	for (int i = 0; i < n; i++)
		read_card(&cards[i], c, i);
	if (call_query_arg(c, "fault") != NULL)
		v.fault = strcmp(call_query_arg(c, "fault"), "reason") == 0 ?
		    "clients.fault.reason" : "clients.fault.late";
	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "clients.title");
	clients_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step show_steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "may she", may_she },
	{ "ask list", ask_list },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_staff_clients = {
	.method = "GET", .path = "/staff/clients", .steps = show_steps,
	.kind = ROUTE_PAGE
};

/* ---- an act ---- */

static const struct act *
find_act(const char *name)
{
	for (size_t i = 0; name != NULL && i < countof(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			return &acts[i];
	return NULL;
}

static void
params_from(struct params *p, struct call *c, const struct act *act)
{
	const char *from[countof(act->from)];
	size_t n = 0;

	for (size_t i = 0; act->from[i] != NULL; i++)
		if (is_open(act, act->from[i],
		    c->house->settings->registration_four_eyes))
			from[n++] = act->from[i];
	params_texts(p, c->arena, from, n);
}

static enum next
decide(struct call *c)
{
	const char *id = call_form_arg(c, "client");
	const char *reason = call_form_arg(c, "reason");
	const struct act *act = find_act(call_form_arg(c, "act"));
	struct line line = { .records = -1, .bytes = -1, .actor = "operator",
	    .to = id, .call = c->id };
	struct line_row row;
	struct params p;

	if (reason != NULL && reason[0] == '\0')
		reason = NULL;
	if (id == NULL || act == NULL ||
	    (reason != NULL && strlen(reason) > REASON_MAX))
		return call_refuse(c, 400, "bad_form",
		    "this form is not one of ours");
	if (act->reason && reason == NULL)
		return call_redirect(c, "/staff/clients?fault=reason");
	line.event = act->event;
	line.reason = reason;
	line.by = c->staff->id_text;
	line_make(&row, c->arena, &line);
	params_init(&p);
	params_text(&p, id);
	params_text(&p, act->to);
	params_text(&p, reason);
	params_uuid(&p, &c->staff->id);
	params_from(&p, c, act);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_CLIENT_DECIDE, &p);
}

/* Somebody was quicker, or it needs another person: the page shows it. */
static enum next
go_back(struct call *c)
{
	return call_redirect(c, rows_count(c->rows) == 1 ? "/staff/clients" :
	    "/staff/clients?fault=late");
}

static const struct step decide_steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "is it ours", staff_form },
	{ "may she", may_she },
	{ "decide", decide },
	{ "go back", go_back },
	{ NULL, NULL }
};

const struct route route_staff_clients_post = {
	.method = "POST", .path = "/staff/clients", .steps = decide_steps,
	.body_max = 4096, .kind = ROUTE_PAGE
};
