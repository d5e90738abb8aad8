/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect.c - a customer connects her cloud: knock, write down, approve, open.
 *
 * Consent is given on our page; the grant is written pending and becomes live
 * only when the cloud has opened. Whatever stops half way leaves a pending grant
 * that delivers nothing: she may take it up again, at the same cloud.
 */
#include <event2/event.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "consent/grant.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/house.h"
#include "push/connector.h"
#include "push/destination.h"
#include "push/errand.h"

enum { LOOK_AGAIN_MS = 4000 };		/* has she approved there? */

struct connecting {
	struct house *house;
	struct arena *arena;
	struct errand errand;
	struct destination *to;
	const struct connect_ask *ask;	/* copied; NULL when completing */
	struct connect_back back;	/* copied */
	struct question *question;
	connector_on_told *on_told;	/* NULL: she left the page */
	void *arg;
};

static const char *
copy(struct connecting *c, const char *text)
{
	return arena_strdup(c->arena, text);
}

static struct connecting *
connecting_new(struct house *h, connector_on_told *on_told, void *arg)
{
	struct arena *a = arena_new();
	struct connecting *c = arena_alloc(a, sizeof(*c));

	c->arena = a;
	c->house = h;
	c->on_told = on_told;
	c->arg = arg;
	return c;
}

void
connector_forget(struct connecting *c)
{
	c->on_told = NULL;
}

/* The last thing that happens. */
static void
tell(struct connecting *c, const struct connect_told *told)
{
	if (c->on_told != NULL)
		c->on_told(told, c->arg);
	arena_free(c->arena);
}

static void
fail(struct connecting *c, int failure, const char *why)
{
	struct connect_told told = { .failure = failure, .why = why,
	    .host = c->to == NULL ? NULL : c->to->host };

	if (c->to != NULL)
		told.grant = c->to->grant;
	tell(c, &told);
}

static const char *
acl_text(struct connecting *c)
{
	return arena_printf(c->arena,
	    "@prefix acl: <http://www.w3.org/ns/auth/acl#>.\n"
	    "<#guichet> a acl:Authorization;\n"
	    "    acl:agent <%s>;\n"
	    "    acl:accessTo <./>; acl:default <./>;\n"
	    "    acl:mode acl:Read, acl:Append, acl:Write.\n",
	    c->house->settings->push_webid);
}

static void
succeed(struct connecting *c, bool open)
{
	bool solid = strcmp(c->to->kind, "solid") == 0;
	const struct connect_told told = {
		.why = "",
		.host = c->to->host,
		.url = c->errand.url,
		.webid = solid ? c->house->settings->push_webid : NULL,
		.container = solid ? c->to->address : NULL,
		.acl = solid ? acl_text(c) : NULL,
		.waits = connector_find(c->to->kind)->waits,
		.open = open,
		.grant = c->to->grant,
	};

	tell(c, &told);
}

static const struct { enum outcome outcome; int failure; const char *why; }
knocks[] = {
	{ CONFLICT, E_UNAVAILABLE, "your cloud is busy; try again" },
	{ LATER, E_UNAVAILABLE, "your cloud does not answer as it should now" },
	{ REAUTH, E_DENIED, "your cloud did not let us in" },
	{ GONE, E_DENIED, "your cloud did not let us in" },
	{ MOVED, E_BAD_INPUT, "your cloud has moved to another address" },
	{ REFUSED, E_BAD_INPUT, "no such cloud answers at this address" },
};

static void
fail_as(struct connecting *c, const struct errand *e)
{
	log_info("call=%s kind=%s personal cloud not linked outcome=%s why=\"%s\"",
	    e->tag, c->to->kind, outcome_name(e->outcome), e->why);
	if (strcmp(e->why, NOT_YET) == 0) {
		fail(c, E_CONFLICT, "you have not let us in there yet");
		return;
	}
	for (size_t i = 0; i < countof(knocks); i++)
		if (knocks[i].outcome == e->outcome) {
			fail(c, knocks[i].failure, knocks[i].why);
			return;
		}
}

static void
run(struct connecting *c, enum errand_kind kind, const char *call,
    void (*on_end)(struct errand *))
{
	c->errand = (struct errand){
		.house = c->house,
		.arena = c->arena,
		.to = c->to,
		.tag = call,
		.code = c->back.code,
		.until_us = clock_mono_us() +
		    c->house->settings->push_deadline_ms * 1000,
		.saves = kind == ERRAND_COMPLETE,
		.on_end = on_end,
		.arg = c
	};
	errand_run(&c->errand, kind);
}

static void
put_line(struct params *p, struct connecting *c, const char *event,
    const char *outcome, const char *call)
{
	const struct line line = {
		.event = event,
		.to = c->to->client_id,
		.outcome = outcome,
		.records = -1,
		.bytes = -1,
		.actor = "customer",
		.subject = &c->to->subject,
		.grant = &c->to->grant,
		.call = call
	};
	struct line_row *row = arena_alloc(c->arena, sizeof(*row));

	line_make(row, c->arena, &line);
	params_init(p);
	line_params(p, row);		/* borrowed until it is asked */
}

static void
ask(struct connecting *c, const struct statement *s, const struct params *p,
    db_on_rows *on_rows)
{
	c->question = db_ask(c->house->db, s, p, on_rows, c);
	if (c->question == NULL)
		fail(c, E_FULL, "the counter is busy; try again");
}

/* ---- begin ---- */

static void on_approved(struct errand *);

/* Some clouds need no approval beside what she has typed here. */
static void
begun(struct connecting *c)
{
	if (c->errand.url != NULL || strcmp(c->to->kind, "solid") == 0)
		succeed(c, false);
	else
		run(c, ERRAND_COMPLETE, c->back.call, on_approved);
}

static void
on_begun(struct rows *rows, int failure, void *arg)
{
	struct connecting *c = arg;

	if (failure < 0)
		fail(c, failure, "the counter is busy; try again");
	else if (rows_count(rows) == 0)
		fail(c, E_DENIED, "this kind of cloud is not served at present");
	else
		begun(c);
}

static void
on_waits_again(struct rows *rows, int failure, void *arg)
{
	struct connecting *c = arg;

	if (failure < 0)
		fail(c, failure, "the counter is busy; try again");
	else if (rows_count(rows) == 0)
		fail(c, E_EXPIRED, "this connection waits for nothing any more");
	else
		begun(c);
}

/* When we look by ourselves whether she has approved there; -1: never. */
static int64_t
look_ms(const struct connecting *c)
{
	bool looked = connector_find(c->to->kind)->waits;

	return looked && (c->errand.url != NULL || strcmp(c->to->kind,
	    "solid") == 0) ? LOOK_AGAIN_MS : -1;
}

static void
write_down(struct connecting *c)
{
	const struct connect_ask *k = c->ask;
	char pairwise[44];
	struct params p;

	grant_pairwise(pairwise, k->subject, k->client_id);
	put_line(&p, c, k->others->awaited > 0 ? "consent.awaiting" :
	    "consent.given", NULL, k->call);
	params_uuid(&p, &c->to->grant);
	params_text(&p, k->client_id);
	params_uuid(&p, &k->subject->id);
	params_text(&p, pairwise);
	params_texts(&p, c->arena, k->datasets, k->dataset_count);
	params_text(&p, k->details);
	params_text(&p, k->purpose);
	params_text(&p, k->language);
	params_bytes(&p, k->notice_sha256, sizeof(k->notice_sha256));
	params_time(&p, k->expires_us);
	params_text(&p, c->to->kind);
	params_text(&p, c->to->address);
	params_text(&p, c->to->host);
	params_text(&p, destination_state(c->to, c->arena));
	params_text(&p, destination_sealed(c->to, c->house->keys, c->arena));
	params_int(&p, look_ms(c));
	agreement_params(&p, c->arena, k->others, c->house->settings);
	ask(c, SQL_SUBSCRIPTION_BEGIN, &p, on_begun);
}

static void
on_knocked(struct errand *e)
{
	struct connecting *c = e->arg;

	if (e->outcome != DELIVERED)
		fail_as(c, e);
	else
		write_down(c);
}

static const struct agreement *
copy_agreement(struct connecting *c, const struct agreement *g)
{
	struct agreement *own = arena_memdup(c->arena, g, sizeof(*g));

	for (size_t i = 0; i < own->n; i++)
		own->customers[i] = copy(c, g->customers[i]);
	return own;
}

static const struct connect_ask *
copy_ask(struct connecting *c, const struct connect_ask *k)
{
	struct connect_ask *own = arena_memdup(c->arena, k, sizeof(*k));
	const char **ids = arena_alloc(c->arena,
	    (k->dataset_count + 1) * sizeof(*ids));

	for (size_t i = 0; i < k->dataset_count; i++)
		ids[i] = copy(c, k->datasets[i]);
	own->datasets = ids;
	own->client_id = copy(c, k->client_id);
	own->kind = copy(c, k->kind);
	own->address = copy(c, k->address);
	own->login = copy(c, k->login);
	own->password = copy(c, k->password);
	own->subject = arena_memdup(c->arena, k->subject, sizeof(*k->subject));
	own->details = copy(c, k->details);
	own->purpose = copy(c, k->purpose);
	own->language = copy(c, k->language);
	own->call = copy(c, k->call);
	own->others = copy_agreement(c, k->others);
	return own;
}

static void
begin_now(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct connecting *c = arg;

	if (c->to->address == NULL)
		fail(c, E_BAD_INPUT, "this is not an address of a cloud");
	else
		run(c, ERRAND_BEGIN, c->ask->call, on_knocked);
}

/* Later, once: also when there is nothing to wait for. */
static void
soon(struct connecting *c, event_callback_fn then)
{
	const struct timeval now = { 0, 0 };

	event_base_once(c->house->base, -1, EV_TIMEOUT, then, c, &now);
}

/* A PIMS that receives at an address of its own: she types no address, but
 * perhaps the code it showed her. */
static void
take_code(struct connecting *c)
{
	c->to->address = "";
	c->to->host = "";
	if (c->ask->address[0] != '\0' && strlen(c->ask->address) <= 200)
		c->back.code = c->ask->address;
}

struct connecting *
connector_begin(struct house *h, const struct connect_ask *k,
    connector_on_told *on_told, void *arg)
{
	struct connecting *c = connecting_new(h, on_told, arg);
	struct destination *d = c->to = destination_new(c->arena);

	c->ask = copy_ask(c, k);
	uuid_make(&d->grant);
	uuid_text(d->grant_text, &d->grant);
	d->kind = c->ask->kind;
	d->client_id = c->ask->client_id;
	d->datasets = c->ask->datasets;
	d->subject = *k->subject;
	c->back.call = c->ask->call;
	if (strcmp(d->kind, "webhook") == 0)
		take_code(c);
	else if (connector_find(d->kind) == NULL ||
	    destination_take_address(d, c->arena, c->ask->address) < 0)
		d->address = NULL;
	if (strcmp(d->kind, "webdav") == 0 && c->ask->login != NULL &&
	    c->ask->login[0] != '\0' && c->ask->password != NULL) {
		destination_set_secret(d, "login", c->ask->login);
		destination_set_secret(d, "password", c->ask->password);
	}
	soon(c, begin_now);
	return c;
}

/* ---- complete ---- */

static void
on_opened(struct rows *rows, int failure, void *arg)
{
	struct connecting *c = arg;

	if (failure < 0)
		fail(c, failure, "the counter is busy; try again");
	else if (rows_count(rows) == 0)
		fail(c, E_EXPIRED, "this connection was ended meanwhile");
	else
		succeed(c, true);
}

static void
on_approved(struct errand *e)
{
	struct connecting *c = e->arg;
	struct params p;

	if (e->outcome != DELIVERED) {
		fail_as(c, e);
		return;
	}
	put_line(&p, c, "destination.linked", NULL, c->back.call);
	params_uuid(&p, &c->to->grant);
	params_text(&p, destination_state(c->to, c->arena));
	params_text(&p, destination_sealed(c->to, c->house->keys, c->arena));
	ask(c, SQL_DESTINATION_OPEN, &p, on_opened);
}

static void
on_refused(struct rows *rows UNUSED, int failure, void *arg)
{
	struct connecting *c = arg;

	fail(c, failure < 0 ? failure : E_DENIED,
	    "you refused at your cloud: nothing will be sent");
}

static void
refuse(struct connecting *c)
{
	struct params p;

	put_line(&p, c, "destination.refused", "refused", c->back.call);
	params_uuid(&p, &c->to->grant);
	ask(c, SQL_DESTINATION_REFUSE, &p, on_refused);
}

/* The state we sent with her must be the one that comes back (RFC 6749 10.12);
 * where none was sent, no code may come either. */
static bool
state_right(const struct connecting *c)
{
	const char *sent = destination_text(c->to->secret, "redirect_state");
	const char *got = c->back.state;

	if (sent == NULL)
		return c->back.code == NULL;
	return got != NULL && strlen(sent) == strlen(got) &&
	    same_bytes(sent, got, strlen(sent));
}

/* Hers, or it is nobody's: false, and told. */
static bool
take_found(struct connecting *c, const struct rows *rows, int failure)
{
	struct destination *d = destination_new(c->arena);

	if (failure < 0) {
		fail(c, failure, "the counter is busy; try again");
		return false;
	}
	if (rows_count(rows) == 0 || destination_read(d, c->house->keys, rows, 0,
	    c->arena) < 0 || !same_bytes(&d->subject.id, &c->back.subject->id,
	    sizeof(d->subject.id))) {
		fail(c, E_NOT_FOUND, "there is no such connection of yours");
		return false;
	}
	c->to = d;
	return true;
}

static void
on_found(struct rows *rows, int failure, void *arg)
{
	struct connecting *c = arg;
	const char *state;

	if (!take_found(c, rows, failure))
		return;
	state = row_text(rows, 0, "grant_state");
	if (strcmp(state, "active") == 0 || (strcmp(state, "pending") == 0 &&
	    row_bool(rows, 0, "opened")))
		succeed(c, true);	/* the page was loaded again */
	else if (strcmp(state, "pending") != 0)
		fail(c, E_EXPIRED, "this connection has ended");
	else if (c->back.error != NULL)
		refuse(c);
	else if (!state_right(c))
		fail(c, E_DENIED, "this answer is not for what you asked");
	else
		run(c, ERRAND_COMPLETE, c->back.call, on_approved);
}

static void
find(struct connecting *c, db_on_rows *on_rows)
{
	struct uuid id;
	struct params p;

	if (uuid_parse(&id, c->back.grant) < 0) {
		fail(c, E_NOT_FOUND, "there is no such connection of yours");
		return;
	}
	params_init(&p);
	params_uuid(&p, &id);
	ask(c, SQL_DESTINATION_FIND, &p, on_rows);
}

static void
complete_now(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	find(arg, on_found);
}

static struct connecting *
come_back(struct house *h, const struct connect_back *back,
    connector_on_told *on_told, void *arg)
{
	struct connecting *c = connecting_new(h, on_told, arg);

	c->back = (struct connect_back){
		.grant = copy(c, back->grant),
		.code = copy(c, back->code),
		.state = copy(c, back->state),
		.error = copy(c, back->error),
		.subject = arena_memdup(c->arena, back->subject,
		    sizeof(*back->subject)),
		.call = copy(c, back->call)
	};
	return c;
}

struct connecting *
connector_complete(struct house *h, const struct connect_back *back,
    connector_on_told *on_told, void *arg)
{
	struct connecting *c = come_back(h, back, on_told, arg);

	soon(c, complete_now);
	return c;
}

/* ---- taken up again ---- */

static void
on_knocked_again(struct errand *e)
{
	struct connecting *c = e->arg;
	struct params p;

	if (e->outcome != DELIVERED) {
		fail_as(c, e);
		return;
	}
	params_init(&p);
	params_uuid(&p, &c->to->grant);
	params_uuid(&p, &c->to->subject.id);
	params_text(&p, destination_state(c->to, c->arena));
	params_text(&p, destination_sealed(c->to, c->house->keys, c->arena));
	params_int(&p, look_ms(c));
	ask(c, SQL_DESTINATION_AGAIN, &p, on_waits_again);
}

static void
on_half_way(struct rows *rows, int failure, void *arg)
{
	struct connecting *c = arg;

	if (!take_found(c, rows, failure))
		return;
	if (strcmp(row_text(rows, 0, "grant_state"), "pending") != 0 ||
	    row_bool(rows, 0, "opened"))
		fail(c, E_EXPIRED, "this connection waits for nothing any more");
	else
		run(c, ERRAND_BEGIN, c->back.call, on_knocked_again);
}

static void
again_now(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	find(arg, on_half_way);
}

struct connecting *
connector_again(struct house *h, const struct connect_back *back,
    connector_on_told *on_told, void *arg)
{
	struct connecting *c = come_back(h, back, on_told, arg);

	soon(c, again_now);
	return c;
}
