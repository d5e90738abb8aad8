/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /me/connect/{grant}: she goes on with a cloud that was left half-way, at the
 * address she gave. Her consent stands as it is; only the cloud has not said yes yet.
 */
#include "base/arena.h"
#include "base/error.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/layout.h"
#include "push/connector.h"
#include "routes/clouds.h"
#include "routes/mine.h"
#include "routes/routes.h"

struct again {
	struct connecting *connecting;
	const char *name;
	struct connect_next_view next;
	int failure;
	const char *why;
	bool open;
};

static enum next
ask_grant(struct call *c)
{
	return mine_ask(c, true);
}

static void
on_told(const struct connect_told *t, void *arg)
{
	struct call *c = arg;
	struct again *own = c->own;

	own->failure = t->failure;
	own->why = arena_strdup(c->arena, t->why);
	own->open = t->open;
	own->next = clouds_next(c, t, own->name);
	call_wake(c, 0);
}

static void
forget(void *connecting)
{
	connector_forget(connecting);
}

static enum next
knock(struct call *c)
{
	struct again *own = c->own;
	const struct connect_back back = {
		.grant = call_path_arg(c, "grant"),
		.subject = &c->session->subject,
		.call = c->id
	};
	struct me_grant *g;
	size_t n;

	g = mine_read(c, &n);
	if (n == 0)
		return mine_unknown(c);
	own->name = g->client_name;
	own->connecting = connector_again(c->house, &back, on_told, c);
	return call_wait(c, forget, own->connecting);
}

/* What waits for nothing any more is shown as it stands. */
static enum next
tell(struct call *c)
{
	struct again *own = c->own;

	if (own->open || own->failure == E_EXPIRED)
		return call_redirect(c, "/me");
	if (own->failure != 0)
		return clouds_refuse(c, own->failure, own->why);
	return clouds_go_on(c, &own->next, call_lang(c));
}

static const struct step again_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "ask grant", ask_grant },
	{ "knock", knock },
	{ "tell", tell },
	{ NULL, NULL }
};

const struct route route_connect_again = {
	.method = "POST", .path = "/me/connect/{grant}", .steps = again_steps,
	.own_size = sizeof(struct again), .body_max = 1024, .kind = ROUTE_PAGE
};
