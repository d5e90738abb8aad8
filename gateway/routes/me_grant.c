/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /me/grant/{grant}: she pauses, resumes or extends what she allowed.
 *
 * Paused is as good as withdrawn for whoever receives, until she resumes: the
 * trigger on grants tells every worker. Extending counts from today, within the
 * longest that the organisation lets her grant, and never shortens.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/line.h"
#include "routes/mine.h"
#include "routes/routes.h"

#define DAY_US INT64_C(86400000000)

static const struct act { const char *name, *event; } acts[] = {
	{ "pause", "consent.paused" },
	{ "resume", "consent.resumed" },
	{ "extend", "consent.renewed" },
};

static const struct act *
act_of(struct call *c)
{
	const char *name = call_form_arg(c, "do");

	for (size_t i = 0; name != NULL && i < countof(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			return &acts[i];
	return NULL;
}

static enum next
ask_grant(struct call *c)
{
	if (act_of(c) == NULL)
		return call_refuse(c, 400, "bad_form",
		    "this form is not one of ours");
	return mine_ask(c, true);
}

/* Today and so many days; 0 = not said, or too many for these data. */
static int64_t
extended_us(struct call *c, const struct me_grant *g)
{
	const char *days = call_form_arg(c, "days");
	int64_t n;

	if (days == NULL || parse_int(&n, days, 1, g->days_max) < 0)
		return 0;
	return clock_us() + n * DAY_US;
}

static enum next
turn(struct call *c)
{
	const struct act *act = act_of(c);
	int64_t expires_us;
	char text[TIME_TEXT_MAX];
	struct me_grant *g;
	struct uuid id;
	struct line line = { .event = act->event, .records = -1, .bytes = -1,
	    .actor = "customer", .subject = &c->session->subject, .grant = &id,
	    .call = c->id };
	struct line_row row;
	struct params p;
	size_t n;

	g = mine_read(c, &n);
	if (n == 0 || uuid_parse(&id, g->id) < 0)
		return mine_unknown(c);
	expires_us = extended_us(c, g);
	if (strcmp(act->name, "extend") == 0 && expires_us == 0)
		return call_refuse(c, 400, "bad_form", "no end was chosen");
	line.to = g->client_id;
	line_make(&row, c->arena, &line);
	time_text_ms(text, expires_us);
	params_init(&p);
	params_uuid(&p, &id);
	params_uuid(&p, &c->session->subject.id);
	params_text(&p, act->name);
	params_time(&p, expires_us);
	params_text(&p, text);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_GRANT_TURN, &p);
}

/* Twice is as good as once; what was not done is not announced. */
static enum next
go_back(struct call *c)
{
	if (rows_count(c->rows) == 0)
		return call_redirect(c, "/me");
	return call_redirect(c, arena_printf(c->arena, "/me?done=%s&grant=%s",
	    act_of(c)->name, call_path_arg(c, "grant")));
}

static const struct step me_grant_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "ask grant", ask_grant },
	{ "turn", turn },
	{ "go back", go_back },
	{ NULL, NULL }
};

const struct route route_me_grant = {
	.method = "POST", .path = "/me/grant/{grant}", .steps = me_grant_steps,
	.body_max = 1024, .kind = ROUTE_PAGE
};
