/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /me/shared/{grant}: what somebody allowed who holds the data with
 * her. She agrees, where all must; refuses; or objects, as long as it lives.
 *
 * One statement takes her answer, what it makes of the consent and both lines.
 * Refusing asks nothing more of her; agreeing asks what giving does: that her
 * sources do not say she may not decide.
 */
#include <string.h>
#include "base/arena.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/line.h"
#include "pages/layout.h"
#include "pages/shared_page.h"
#include "routes/choices.h"
#include "routes/eligible.h"
#include "routes/mine.h"
#include "routes/routes.h"

struct me_shared {
	struct me_grant *grant;
	struct subject_ref giver;
	struct choices choices;		/* of what it concerns: may she? */
	struct eligible eligible;
};

static enum next
ask_grant(struct call *c)
{
	return mine_shared_ask(c, true);
}

static void
take_giver(struct call *c, struct subject_ref *s)
{
	size_t n;
	const uint8_t *key = row_bytes(c->rows, 0, "key", &n);

	row_uuid(c->rows, 0, "subject", &s->id);
	if (n == sizeof(s->key))
		memcpy(s->key, key, n);
}

static enum next
take_grant(struct call *c)
{
	struct me_shared *own = c->own;
	size_t n;

	own->grant = mine_shared_read(c, &n);
	if (n == 0)
		return mine_unknown(c);
	take_giver(c, &own->giver);
	for (const char **id = own->grant->datasets; *id != NULL; id++) {
		const struct dataset *d = dataset_find(c->house->catalogue, *id);

		if (d != NULL)
			choices_add(&own->choices, c->arena, d->schema, NULL);
	}
	return NEXT;
}

static enum next
may_she(struct call *c)
{
	struct me_shared *own = c->own;

	return eligible_ask(c, &own->eligible, &own->choices, NULL, "may she");
}

/* Why she may not agree, by any of it; NULL: she may. */
static const char *
closed(const struct me_shared *own)
{
	for (size_t i = 0; i < own->choices.n; i++)
		if (own->choices.list[i].closed != NULL)
			return own->choices.list[i].closed;
	return NULL;
}

static enum next
show(struct call *c)
{
	struct me_shared *own = c->own;
	struct shared_view v = { .grant = own->grant, .closed = closed(own),
	    .csrf = c->session->csrf, .catalogue = c->house->catalogue };
	struct layout l;

	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "shared.title");
	shared_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step shared_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "ask grant", ask_grant },
	{ "take grant", take_grant },
	{ "may she", may_she },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_me_shared = {
	.method = "GET", .path = "/me/shared/{grant}", .steps = shared_steps,
	.own_size = sizeof(struct me_shared), .kind = ROUTE_PAGE
};

/* ---- her answer ---- */

/* Her own line, and that of the consent: given at the last yes, or withdrawn. */
static void
add_lines(struct params *p, struct call *c, const struct uuid *grant, bool agree)
{
	struct me_shared *own = c->own;
	struct line said = { .event = agree ? "consent.agreed" :
	    "consent.objected", .to = own->grant->client_id, .records = -1,
	    .bytes = -1, .actor = "customer",
	    .subject = &c->session->subject, .grant = grant, .call = c->id };
	struct line told = said;
	struct line_row *rows = arena_alloc(c->arena, 2 * sizeof(*rows));

	told.event = agree ? "consent.given" : "consent.withdrawn";
	told.outcome = agree ? "agreed" : "coholder";
	told.subject = &own->giver;
	line_make(&rows[0], c->arena, &said);
	line_make(&rows[1], c->arena, &told);
	line_params(p, &rows[0]);
	line_params(p, &rows[1]);
}

static enum next
answer(struct call *c)
{
	struct me_shared *own = c->own;
	const char *decision = call_form_arg(c, "decision");
	bool agree = decision != NULL && strcmp(decision, "allow") == 0;
	struct uuid id;
	struct params p;

	if (!agree && (decision == NULL || strcmp(decision, "refuse") != 0))
		return call_refuse(c, 400, "bad_form",
		    "this form is not one of ours");
	if (agree && closed(own) != NULL)
		return show(c);
	if (uuid_parse(&id, own->grant->id) < 0)
		return mine_unknown(c);
	params_init(&p);
	params_uuid(&p, &id);
	params_uuid(&p, &c->session->subject.id);
	params_text(&p, agree ? "agreed" : "refused");
	add_lines(&p, c, &id, agree);
	return call_ask(c, c->house->db, SQL_COHOLDER_ANSWER, &p);
}

/* Twice is as good as once; what was not done is not announced. */
static enum next
go_back(struct call *c)
{
	bool agree = strcmp(call_form_arg(c, "decision"), "allow") == 0;

	if (rows_count(c->rows) == 0)
		return call_redirect(c, "/me");
	return call_redirect(c, arena_printf(c->arena, "/me?done=%s&grant=%s",
	    agree ? "agree" : "refuse", call_path_arg(c, "grant")));
}

static const struct step shared_post_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "ask grant", ask_grant },
	{ "take grant", take_grant },
	{ "may she", may_she },
	{ "answer", answer },
	{ "go back", go_back },
	{ NULL, NULL }
};

const struct route route_me_shared_post = {
	.method = "POST", .path = "/me/shared/{grant}",
	.steps = shared_post_steps, .own_size = sizeof(struct me_shared),
	.body_max = 1024, .kind = ROUTE_PAGE
};
