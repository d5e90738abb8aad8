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
#include "consent/session.h"
#include "http/call.h"
#include "push/connector.h"
#include "routes/clouds.h"
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
	struct callback *own = c->own;

	return own->failure == 0 ? call_redirect(c, "/me") :
	    clouds_refuse(c, own->failure, own->why);
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
