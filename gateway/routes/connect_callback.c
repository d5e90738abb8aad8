/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /connect/callback/{grant}: the customer comes back from her cloud, or says
 * that she has opened her pod.
 *
 * The address names the grant, because a Cozy's refusal comes back without its
 * state. Only its owner, signed in here, moves it on; a live one stays as it is.
 * The code in the query is used at once and never shown: we redirect.
 */
#include "base/arena.h"
#include "base/error.h"
#include "consent/session.h"
#include "http/call.h"
#include "push/connector.h"
#include "routes/routes.h"

struct callback {
	struct connecting *connecting;
	int failure;
	const char *why;
};

static void
on_told(const struct connect_told *told, void *arg)
{
	struct call *c = arg;
	struct callback *own = c->own;

	own->failure = told->failure;
	own->why = arena_strdup(c->arena, told->why);
	call_wake(c, 0);
}

static void
forget(void *connecting)
{
	connector_forget(connecting);
}

static enum next
complete(struct call *c)
{
	struct callback *own = c->own;
	const struct connect_back back = {
		.grant = call_path_arg(c, "grant"),
		.code = call_query_arg(c, "code"),
		.state = call_query_arg(c, "state"),
		.error = call_query_arg(c, "error"),
		.subject = &c->session->subject,
		.call = c->id
	};

	if (call_args_repeated(c) != NULL)
		return call_refuse(c, 400, "repeated_argument",
		    "this address says the same thing twice");
	own->connecting = connector_complete(c->house, &back, on_told, c);
	return call_wait(c, forget, own->connecting);
}

static enum next
tell(struct call *c)
{
	static const struct { int failure, status; const char *code; } told[] = {
	    { E_DENIED, 403, "not_approved" },
	    { E_NOT_FOUND, 404, "no_such_connection" },
	    { E_EXPIRED, 410, "connection_ended" },
	    { E_BAD_INPUT, 502, "cloud_refused" } };
	struct callback *own = c->own;

	if (own->failure == 0)
		return call_redirect(c, "/me");
	for (size_t i = 0; i < countof(told); i++)
		if (told[i].failure == own->failure)
			return call_refuse(c, told[i].status, told[i].code,
			    "%s", own->why);
	call_reply_field(c, "Retry-After", "10");
	if (own->failure == E_CONFLICT)
		return call_refuse(c, 503, "not_yet", "%s", own->why);
	return call_refuse(c, 503, "cloud_away", "%s", own->why);
}

static const struct step callback_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "complete", complete },
	{ "tell", tell },
	{ NULL, NULL }
};

const struct route route_connect_callback = {
	.method = "GET", .path = "/connect/callback/{grant}",
	.steps = callback_steps, .own_size = sizeof(struct callback),
	.kind = ROUTE_PAGE
};
