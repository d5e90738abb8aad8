/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /me/receipt/{grant}: what the customer keeps of her decision, signed.
 *
 * A compact JWS (typ JWT, ES256) that /oauth/jwks verifies, or with ?form=json
 * the same statement in the clear.
 */
#include <string.h>
#include "base/text.h"
#include "consent/grant.h"
#include "consent/receipt.h"
#include "consent/session.h"
#include "http/call.h"
#include "routes/routes.h"

static enum next
refuse_unknown(struct call *c)
{
	return call_refuse(c, 404, "no_such_grant",
	    "there is no such permission among yours");
}

static enum next
ask_grant(struct call *c)
{
	struct uuid id;

	if (uuid_parse(&id, call_path_arg(c, "grant")) < 0)
		return refuse_unknown(c);
	return grant_find(c, &id);
}

static bool
is_hers(const struct call *c, const struct grant *g)
{
	return memcmp(g->subject.id.bytes, c->session->subject.id.bytes,
	    sizeof(g->subject.id.bytes)) == 0;
}

static enum next
send_receipt(struct call *c)
{
	const struct grant *g = grant_found(c);
	const char *form = call_query_arg(c, "form"), *text;
	bool clear = form != NULL && strcmp(form, "json") == 0;

	if (g == NULL || !is_hers(c, g))
		return refuse_unknown(c);
	text = receipt_text(c->arena, c->house->settings, c->house->catalogue, g);
	if (!clear)
		text = receipt_sign(c->arena, c->house->keys, text);
	if (text == NULL)
		return call_refuse(c, 500, "internal_error",
		    "the receipt could not be signed");
	call_reply_field(c, "Content-Disposition",
	    "attachment; filename=\"receipt-%.8s.%s\"", g->id_text,
	    clear ? "json" : "jwt");
	return call_answer(c, 200, clear ? "application/json" :
	    "application/jwt", text, strlen(text));
}

static const struct step receipt_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "ask grant", ask_grant },
	{ "send", send_receipt },
	{ NULL, NULL }
};

const struct route route_receipt = {
	.method = "GET", .path = "/me/receipt/{grant}", .steps = receipt_steps,
	.kind = ROUTE_PAGE
};
