/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /me/receipt/{grant}: what the customer keeps of her decision, signed.
 *
 * A compact JWS (typ JWT, ES256) that /oauth/jwks verifies; with ?form=json the
 * same statement in the clear, with kantara or dpv in a shape that others read.
 */
#include <string.h>
#include "base/text.h"
#include "consent/grant.h"
#include "consent/receipt.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/proof.h"
#include "routes/routes.h"

struct receipt_call {
	struct grant *grant;
	struct rows *events;
	struct row_tiles tiles;
};

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
ask_events(struct call *c)
{
	struct receipt_call *own = c->own;
	struct params p;

	own->grant = grant_found(c);
	if (own->grant == NULL || !is_hers(c, own->grant))
		return refuse_unknown(c);
	params_init(&p);
	params_uuid(&p, &own->grant->id);
	return call_ask(c, c->house->db, SQL_GRANT_EVENTS, &p);
}

/* What ?form= asks for: the signed one when nothing. */
static const struct form { const char *name, *type, *end; } forms[] = {
	{ "signed", "application/jwt", "jwt" },
	{ "json", "application/json", "json" },
	{ "kantara", "application/json", "kantara.json" },
	{ "dpv", "application/ld+json", "jsonld" },
};

static const struct form *
form_of(struct call *c)
{
	const char *name = call_query_arg(c, "form");

	for (size_t i = 0; name != NULL && i < countof(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return &forms[0];
}

static enum next
ask_proofs(struct call *c)
{
	struct receipt_call *own = c->own;
	int64_t places[RECEIPT_PROOFS];
	size_t n = receipt_places(places, c->rows);
	struct params p;

	own->events = c->rows;
	params_init(&p);
	params_int(&p, LOG_CONSENT_ADMIN);
	params_ints(&p, c->arena, places, n);
	return call_ask(c, c->house->db, SQL_JOURNAL_PROOF, &p);
}

static enum next
send_receipt(struct call *c)
{
	struct receipt_call *own = c->own;
	bool proven = row_tiles_init(&own->tiles, c->rows);
	const struct form *form = form_of(c);
	const char *text = receipt_text(c->arena, c->house->settings,
	    c->house->catalogue, own->grant, own->events,
	    proven ? &own->tiles : NULL);

	if (form == &forms[0])
		text = receipt_sign(c->arena, c->house->keys, text);
	else if (form != &forms[1])
		text = receipt_as(c->arena, form->name, text);
	if (text == NULL)
		return call_refuse(c, 500, "internal_error",
		    "the receipt could not be made");
	call_reply_field(c, "Content-Disposition",
	    "attachment; filename=\"receipt-%.8s.%s\"", own->grant->id_text,
	    form->end);
	return call_answer(c, 200, form->type, text, strlen(text));
}

static const struct step receipt_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "ask grant", ask_grant },
	{ "ask events", ask_events },
	{ "ask proofs", ask_proofs },
	{ "send", send_receipt },
	{ NULL, NULL }
};

const struct route route_receipt = {
	.method = "GET", .path = "/me/receipt/{grant}", .steps = receipt_steps,
	.own_size = sizeof(struct receipt_call), .kind = ROUTE_PAGE
};
