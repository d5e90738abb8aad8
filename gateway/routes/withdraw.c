/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /me/withdraw/{grant}: it is over, by one click on /me; GET asks first, for
 * links in receipts and letters.
 *
 * One statement ends the grant, its keys and its deliveries, and writes the
 * line; the trigger on grants tells every worker at once.
 */
#include "base/arena.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/line.h"
#include "pages/layout.h"
#include "pages/me_page.h"
#include "routes/mine.h"
#include "routes/routes.h"

static enum next
ask_grant(struct call *c)
{
	return mine_ask(c, true);
}

static enum next
show(struct call *c)
{
	struct withdraw_view v = { .csrf = c->session->csrf,
	    .catalogue = c->house->catalogue };
	struct layout l;
	size_t n;

	v.grant = mine_read(c, &n);
	if (n == 0)
		return mine_unknown(c);
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "withdraw.title");
	withdraw_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step withdraw_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "ask grant", ask_grant },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_withdraw = {
	.method = "GET", .path = "/me/withdraw/{grant}",
	.steps = withdraw_steps, .kind = ROUTE_PAGE
};

static enum next
withdraw(struct call *c)
{
	struct me_grant *g;
	struct uuid id;
	struct line line = { .event = "consent.withdrawn", .records = -1,
	    .bytes = -1, .actor = "customer", .subject = &c->session->subject,
	    .grant = &id, .call = c->id };
	struct line_row row;
	struct params p;
	size_t n;

	g = mine_read(c, &n);
	if (n == 0 || uuid_parse(&id, g->id) < 0)
		return mine_unknown(c);
	line.to = g->client_id;
	line_make(&row, c->arena, &line);
	params_init(&p);
	params_uuid(&p, &id);
	params_uuid(&p, &c->session->subject.id);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_GRANT_WITHDRAW, &p);
}

/* Twice is as good as once: the page then shows it as over. */
static enum next
go_back(struct call *c)
{
	return call_redirect(c, arena_printf(c->arena, "/me?withdrawn=%s",
	    call_path_arg(c, "grant")));
}

static const struct step withdraw_post_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "ask grant", ask_grant },
	{ "withdraw", withdraw },
	{ "go back", go_back },
	{ NULL, NULL }
};

const struct route route_withdraw_post = {
	.method = "POST", .path = "/me/withdraw/{grant}",
	.steps = withdraw_post_steps, .body_max = 1024, .kind = ROUTE_PAGE
};
