/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /staff/login/callback: a colleague comes back from the organisation's
 * provider ([login] mode = oidc).
 *
 * What came is checked as for customers (consent/oidc.h); then a claim of hers
 * ([staff] role_claim) tells which roles she has, anew each time she comes.
 * Nobody comes in without one. A person who proved who she is and is not let in
 * is a line of the journal; what proved nothing is in the log alone.
 */
#include <string.h>
#include "base/arena.h"
#include "base/log.h"
#include "base/settings.h"
#include "consent/oidc.h"
#include "consent/pace.h"
#include "consent/staff.h"
#include "routes/routes.h"

struct callback {
	struct oidc_visit visit;
	struct staff_arrival who;
	const char *refused;		/* why she is not let in; NULL = she is */
};

static enum next
know_provider(struct call *c)
{
	static struct pace pace = { .per_second = 5, .burst = 60 };

	if (c->house->staff_login == NULL)
		return call_refuse(c, 404, "login_off",
		    "nobody comes back from a provider here");
	if (!pace_allows(&pace, c->peer))
		return call_refuse(c, 429, "login_paused",
		    "too many sign-ins from this address: please wait");
	return oidc_know(c, c->house->staff_login);
}

static enum next
take(struct call *c)
{
	struct callback *own = c->own;

	return oidc_take(c, c->house->staff_login, &own->visit);
}

static enum next
check(struct call *c)
{
	struct callback *own = c->own;

	return oidc_check(c, &own->visit, "check identity");
}

static enum next
refuse_visit(struct call *c, const char *why)
{
	log_warning("call=%s a colleague's sign-in was refused cause=\"%s\"",
	    c->id, why);
	if (strcmp(why, "refused") == 0)
		return call_refuse(c, 403, "login_refused",
		    "you did not sign in there");
	if (strcmp(why, "away") == 0)
		return call_refuse(c, 503, "login_away",
		    "the organisation's sign-in cannot be reached");
	return call_refuse(c, 400, "login_failed",
	    "signing in did not work: please try again");
}

static enum next
seek(struct call *c)
{
	const struct settings *s = c->house->settings;
	struct callback *own = c->own;
	struct staff_arrival *who = &own->who;

	if (own->visit.why != NULL)
		return refuse_visit(c, own->visit.why);
	who->issuer = s->staff_issuer[0] != '\0' ? s->staff_issuer :
	    s->login_issuer;
	who->subject = oidc_claim_text(c->arena, &own->visit, "sub");
	who->name = oidc_claim_text(c->arena, &own->visit, s->login_name_claim);
	if (who->name == NULL)
		who->name = who->subject;
	who->roles = staff_roles_in(s, oidc_claim(&own->visit,
	    s->staff_role_claim));
	who->next = staff_next(own->visit.next);
	return staff_seek(c, who->issuer, who->subject);
}

static enum next
let_in(struct call *c)
{
	struct callback *own = c->own;
	struct staff_arrival *who = &own->who;

	staff_arrive(c, who);
	own->refused = who->disabled ? "disabled" :
	    who->roles == 0 ? "no role" : NULL;
	if (own->refused != NULL)
		return staff_refused(c, who->known ? &who->id : NULL,
		    own->refused);
	return NEXT;
}

static enum next
enter(struct call *c)
{
	struct callback *own = c->own;

	if (own->refused != NULL)
		return call_refuse(c, 403, "staff_nobody", "this account has no "
		    "role at this counter, or was shut out");
	return staff_enter(c, &own->who);
}

static enum next
land(struct call *c)
{
	struct callback *own = c->own;

	return staff_land(c, &own->who);
}

static const struct step callback_steps[] = {
	{ "know provider", know_provider },
	{ "take code", take },
	{ "check identity", check },
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "who is it", seek },
	{ "let in", let_in },
	{ "enter", enter },
	{ "land", land },
	{ NULL, NULL }
};

const struct route route_staff_callback = {
	.method = "GET", .path = "/staff/login/callback",
	.steps = callback_steps, .own_size = sizeof(struct callback),
	.kind = ROUTE_PAGE
};
