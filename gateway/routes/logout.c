/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /logout: the session ends on our side, whatever the browser keeps, then
 * at the organisation's provider, where she confirms it.
 */
#include "consent/oidc.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/line.h"
#include "routes/routes.h"

static enum next
leave(struct call *c)
{
	struct line line = { .event = "customer.logout", .records = -1,
	    .bytes = -1, .actor = "customer", .subject = &c->session->subject,
	    .call = c->id };
	struct line_row row;
	struct params p;

	line_make(&row, c->arena, &line);
	params_init(&p);
	params_bytes(&p, c->session->hash, sizeof(c->session->hash));
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_CUSTOMER_LEAVE, &p);
}

static enum next
go_home(struct call *c)
{
	const char *there;

	call_reply_field(c, "Set-Cookie", SESSION_COOKIE "=; Path=/; Secure; "
	    "HttpOnly; SameSite=Lax; Max-Age=0");
	there = oidc_logout_url(c, c->house->login);
	return call_redirect(c, there == NULL ? "/" : there);
}

static const struct step logout_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "leave", leave },
	{ "go home", go_home },
	{ NULL, NULL }
};

const struct route route_logout = {
	.method = "POST", .path = "/logout", .steps = logout_steps,
	.body_max = 1024, .kind = ROUTE_PAGE
};
