/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /staff/logout: the session ends on our side, whatever the browser keeps,
 * then at the provider, if it was there that she signed in.
 */
#include "consent/oidc.h"
#include "consent/staff.h"
#include "journal/line.h"
#include "routes/routes.h"

static enum next
leave(struct call *c)
{
	struct line line = { .event = "staff.logout", .records = -1,
	    .bytes = -1, .actor = staff_actor(c->staff->roles),
	    .by = c->staff->id_text, .call = c->id };
	struct line_row row;
	struct params p;

	line_make(&row, c->arena, &line);
	params_init(&p);
	params_bytes(&p, c->staff->hash, sizeof(c->staff->hash));
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_STAFF_LEAVE, &p);
}

static enum next
go_home(struct call *c)
{
	const char *there = oidc_logout_url(c, c->house->staff_login);

	call_reply_field(c, "Set-Cookie", STAFF_COOKIE "=; Path=/; Secure; "
	    "HttpOnly; SameSite=Lax; Max-Age=0");
	return call_redirect(c, there == NULL ? "/" : there);
}

static const struct step steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "is it ours", staff_form },
	{ "leave", leave },
	{ "go home", go_home },
	{ NULL, NULL }
};

const struct route route_staff_logout = {
	.method = "POST", .path = "/staff/logout", .steps = steps,
	.body_max = 1024, .kind = ROUTE_PAGE
};
