/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /developers/sandbox: a developer's bench, without an account.
 *
 * One registers a client of one's own, admitted at once; whoever shows its
 * registration token sees its consents, makes things happen to them
 * (routes/sandbox.h), registers an endpoint and sends it signed samples. The
 * token travels in the forms: there is no session, and no cookie to abuse.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "consent/pace.h"
#include "consent/session.h"
#include "journal/line.h"
#include "pages/layout.h"
#include "pages/sandbox_page.h"
#include "push/endpoint.h"
#include "routes/oauth_register.h"
#include "routes/routes.h"
#include "routes/sandbox.h"
#include "routes/sandbox_sets.h"

enum { ANSWER_SHOWN = 2000 };

struct bench {
	struct trigger t;
	struct registering reg;
	const char *action, *token;
	struct sandbox_view view;
	/* what an endpoint hears */
	struct endpoint endpoint;
	struct sandbox_sent sent;
	struct http_job *job;
	const char *challenge;
	int64_t begun_us;
	bool tried, opened;
};

static bool
does(const struct bench *b, const char *action)
{
	return b->view.fault == NULL && b->action != NULL &&
	    strcmp(b->action, action) == 0;
}

/* ---- showing ---- */

static enum next
show(struct call *c)
{
	struct bench *b = c->own;
	struct layout l;

	b->view.public_url = c->house->settings->public_url;
	b->view.set_n = sandbox_sets(c, &b->view.sets);
	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "sandbox.h1");
	sandbox_page(&l.h, &b->view);
	return layout_end(&l, b->view.fault == NULL ? 200 : 422);
}

static const struct step get_steps[] = {
	{ "is it one",	sandbox_only },
	{ "show",	show },
	{ NULL,		NULL }
};

const struct route route_sandbox = {
	"GET", "/developers/sandbox", get_steps, .own_size = sizeof(struct bench),
	.kind = ROUTE_PAGE
};

/* ---- registering ---- */

static const char *
all_datasets(struct call *c)
{
	const char *out = "";

	for (size_t i = 0; i < catalogue_count(c->house->catalogue) && i <
	    REGISTRATION_LIST_MAX; i++)
		out = arena_printf(c->arena, "%s%s%s", out, i > 0 ? " " : "",
		    catalogue_at(c->house->catalogue, i)->schema->id);
	return out;
}

/* The form, as the words a program would send. */
static const char *
as_json(struct call *c, const char *jwks)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "client_name", call_form_arg(c, "client_name"));
	jw_str_member(&w, "purpose#en", "Trying this counter");
	jw_str_member(&w, "purpose#fr", "Essayer ce guichet");
	jw_str_member(&w, "scope", all_datasets(c));
	jw_key(&w, "redirect_uris");
	jw_array(&w);
	jw_string(&w, call_form_arg(c, "redirect_uri"));
	jw_end_array(&w);
	jw_key(&w, "jwks");
	jw_raw(&w, jwks, strlen(jwks));
	jw_end_object(&w);
	return out.data;
}

static enum next
begin(struct call *c)
{
	static struct pace pace = { .per_second = 2, .burst = 20 };
	struct bench *b = c->own;
	struct registration_ask ask = { c->arena, c->house->catalogue, NULL };
	const char *code, *jwks = call_form_arg(c, "jwks");

	if (!pace_allows(&pace, c->peer)) {
		call_reply_field(c, "Retry-After", "10");
		return call_refuse(c, 429, "temporarily_unavailable",
		    "too many at once from this address; please slow down");
	}
	b->action = call_form_arg(c, "action");
	b->token = call_form_arg(c, "registration_token");
	if (!does(b, "register"))
		return NEXT;
	b->view.jwks = jwks;
	if (jwks == NULL || registration_read(&b->reg.r, &ask, as_json(c, jwks),
	    &code, &b->view.fault) < 0) {
		if (jwks == NULL)
			b->view.fault = "jwks is missing";
		return call_goto(c, "show");
	}
	return registering_store(c, &b->reg);
}

static enum next
find(struct call *c)
{
	struct bench *b = c->own;

	if (does(b, "register")) {
		b->token = b->reg.token;
		b->view.said = "sandbox.registered";
	}
	if (b->token == NULL)
		b->token = "";
	sha256(b->t.hash, b->token, strlen(b->token));
	b->t.grant = call_form_arg(c, "grant_id");
	return trigger_find(c, &b->t);
}

static enum next
know(struct call *c)
{
	struct bench *b = c->own;

	if (!trigger_found(c, &b->t)) {
		b->view.fault = "this is the registration token of no client here";
		return call_goto(c, "show");
	}
	b->view.client = b->t.client;
	b->view.name = row_text(b->t.mine, 0, "name");
	b->view.token = b->token;
	b->view.grants = b->t.mine;
	return NEXT;
}

/* ---- making things happen ---- */

static int64_t
number(struct call *c, const char *name)
{
	const char *text = call_form_arg(c, name);
	int64_t n;

	return text == NULL || parse_int(&n, text, 1, 1000000) < 0 ? 1 : n;
}

static enum next
act(struct call *c)
{
	struct bench *b = c->own;

	if (!does(b, "trigger"))
		return NEXT;
	b->t.event = call_form_arg(c, "event");
	b->t.days = number(c, "days");
	b->t.calls = number(c, "calls");
	b->t.ms = number(c, "ms");
	if (trigger_act(c, &b->t, "act") == WAIT)
		return WAIT;
	b->view.fault = b->t.refused;
	if (b->view.fault == NULL)
		b->view.said = "sandbox.done";
	return NEXT;
}

/* ---- an endpoint ---- */

static void
line_of(struct call *c, struct params *p, const char *event)
{
	const struct bench *b = c->own;
	struct line_row *row = arena_alloc(c->arena, sizeof(*row));

	line_make(row, c->arena, &(struct line){ .event = event,
	    .to = b->t.client, .records = -1, .bytes = -1,
	    .actor = "recipient", .call = c->id });
	params_init(p);
	line_params(p, row);
	params_text(p, b->t.client);
}

static enum next
put_endpoint(struct call *c)
{
	struct bench *b = c->own;
	const char *url = call_form_arg(c, "url"), *why;
	struct webhook_keys fresh = { .n = 0 };
	struct params p;

	if (!does(b, "endpoint"))
		return NEXT;
	if (url == NULL || http_url_check(url, &why) < 0) {
		b->view.fault = url == NULL ? "an address is needed" : why;
		return NEXT;
	}
	webhook_keys_rotate(&fresh, 0);
	line_of(c, &p, "endpoint.changed");
	params_text(&p, url);
	params_text(&p, http_url_host(c->arena, url));
	params_text(&p, NULL);
	params_text(&p, "records");
	params_text(&p, endpoint_seal(c->house->keys, c->arena, b->t.client,
	    &fresh));
	explicit_bzero(&fresh, sizeof(fresh));
	return call_ask(c, c->house->db, SQL_ENDPOINT_PUT, &p);
}

static enum next
look_endpoint(struct call *c)
{
	const struct bench *b = c->own;
	struct params p;

	params_init(&p);
	params_text(&p, b->t.client);
	return call_ask(c, c->house->db, SQL_ENDPOINT_FIND, &p);
}

/* One record as its schema shows it: each field's example. */
static void
write_example(struct jw *w, const struct schema *s)
{
	jw_key(w, "record");
	jw_object(w);
	for (size_t i = 0; i < s->field_count; i++) {
		const struct schema_field *f = &s->fields[i];
		char *text = f->example == NULL || strpbrk(f->path, ".[") != NULL ?
		    NULL : json_dumps(f->example, JSON_COMPACT | JSON_ENCODE_ANY);

		if (text != NULL) {
			jw_key(w, f->path);
			jw_raw(w, text, strlen(text));
		}
		free(text);
	}
	jw_end_object(w);
}

/* In the shape of the real ones (push/pims_webhook.c), about a consent that
 * there is not. */
static void
write_sample(struct jw *w, const struct bench *b, const struct schema *s,
    const char *type)
{
	if (b->challenge != NULL) {
		jw_str_member(w, "challenge", b->challenge);
		return;
	}
	jw_str_member(w, "grant", "00000000-0000-4000-8000-000000000000");
	if (strcmp(type, "connection.ended") == 0)
		return;
	jw_str_member(w, "dataset", s->id);
	jw_int_member(w, "version", s->version);
	jw_str_member(w, "subscription", "00000000-0000-4000-8000-000000000001");
	if (strcmp(type, "records") != 0)
		return;
	jw_key(w, "records");
	jw_array(w);
	jw_object(w);
	jw_str_member(w, "id", "sample");
	jw_int_member(w, "sequence", 0);
	write_example(w, s);
	jw_end_object(w);
	jw_end_array(w);
	jw_bool_member(w, "more", false);
}

static bool
known_sample(const char *type)
{
	static const char *const all[] = { "challenge", "records", "notice",
	    "connection.ended" };

	for (size_t i = 0; type != NULL && i < countof(all); i++)
		if (strcmp(all[i], type) == 0)
			return true;
	return false;
}

static void
on_answer(const struct http_answer *a, void *arg)
{
	struct call *c = arg;
	struct bench *b = c->own;
	json_t *json = json_loadb(a->body, a->body_n, JSON_REJECT_DUPLICATES,
	    NULL);
	const char *said = json_string_value(json_object_get(json, "challenge"));

	b->job = NULL;
	b->tried = true;
	b->sent.ms = (clock_mono_us() - b->begun_us) / 1000;
	b->sent.status = a->status;
	b->sent.why = a->failure == 0 ? NULL : arena_strdup(c->arena, a->why);
	b->sent.answer = a->body == NULL ? NULL : arena_strndup(c->arena,
	    a->body, a->body_n < ANSWER_SHOWN ? a->body_n : ANSWER_SHOWN);
	b->opened = b->challenge != NULL && said != NULL &&
	    a->status / 100 == 2 && strcmp(said, b->challenge) == 0;
	b->sent.verdict = a->failure != 0 ? "sandbox.unreached" : b->opened ?
	    "sandbox.proven" : a->status / 100 != 2 ? "sandbox.not_taken" :
	    b->challenge != NULL ? "sandbox.not_proven" : "sandbox.taken";
	json_decref(json);
	call_wake(c, 0);
}

static void
forget_job(void *arg)
{
	struct bench *b = arg;

	if (b->job != NULL)
		http_forget(b->job);
}

/* A proven address hears samples, another one the challenge alone: so nobody
 * can point us at somebody else. */
static enum next
send_sample(struct call *c)
{
	struct bench *b = c->own;
	const char *type = call_form_arg(c, "type");
	struct message m = { .source = c->house->settings->public_url,
	    .subject = NULL };
	struct http_request r;
	char random[48];

	if (!known_sample(type) || strcmp(b->endpoint.state, "open") != 0)
		type = "challenge";
	random_token(random, 24);
	m.id = arena_printf(c->arena, "try_%s", random);
	m.type = arena_printf(c->arena, "guichet.%s", type);
	if (strcmp(type, "challenge") == 0)
		b->challenge = arena_strdup(c->arena, random);
	message_begin(&m, c->arena);
	write_sample(&m.w, b, catalogue_at(c->house->catalogue, 0)->schema, type);
	message_end(&m, &r, &b->endpoint, c->arena);
	r.tag = c->id;
	r.trace = &c->trace;
	b->sent.url = b->endpoint.url;
	b->sent.body = m.body.data;
	b->sent.head = "";
	for (const char *const *f = r.fields; *f != NULL; f++)
		b->sent.head = arena_printf(c->arena, "%s%s\n", b->sent.head, *f);
	b->begun_us = clock_mono_us();
	b->job = http_ask(c->house->client, &r, on_answer, c);
	return call_wait(c, forget_job, b);
}

static enum next
know_endpoint(struct call *c)
{
	struct bench *b = c->own;

	if (rows_count(c->rows) == 0 || endpoint_read(&b->endpoint,
	    c->house->keys, c->rows, 0, b->t.client, c->arena) < 0)
		return NEXT;
	b->view.endpoint = b->endpoint.url;
	if (does(b, "endpoint")) {
		b->sent.secret = arena_printf(c->arena, "%s\n%s",
		    webhook_secret(&b->endpoint.keys.list[0], c->arena),
		    webhook_public(&b->endpoint.keys.list[0], c->arena));
		b->view.sent = &b->sent;
		b->view.said = "sandbox.endpoint.done";
	}
	if (!does(b, "send"))
		return NEXT;
	b->view.sent = &b->sent;
	return send_sample(c);
}

static enum next
keep_proof(struct call *c)
{
	struct bench *b = c->own;
	struct params p;

	explicit_bzero(&b->endpoint.keys, sizeof(b->endpoint.keys));
	if (!b->opened || strcmp(b->endpoint.state, "open") == 0)
		return NEXT;
	line_of(c, &p, "endpoint.opened");
	params_text(&p, "open");
	params_text(&p, NULL);
	params_text(&p, b->endpoint.url);
	return call_ask(c, c->house->db, SQL_ENDPOINT_STATE, &p);
}

/* After what happened, the consents as they are now. */
static enum next
look_again(struct call *c)
{
	struct bench *b = c->own;

	return trigger_find(c, &b->t);
}

static enum next
see_again(struct call *c)
{
	struct bench *b = c->own;

	if (trigger_found(c, &b->t))
		b->view.grants = b->t.mine;
	return NEXT;
}

static const struct step post_steps[] = {
	{ "is it one",		sandbox_only },
	{ "begin",		begin },
	{ "find",		find },
	{ "know",		know },
	{ "act",		act },
	{ "put endpoint",	put_endpoint },
	{ "look for endpoint",	look_endpoint },
	{ "know endpoint",	know_endpoint },
	{ "keep proof",		keep_proof },
	{ "look again",		look_again },
	{ "see again",		see_again },
	{ "show",		show },
	{ NULL,			NULL }
};

const struct route route_sandbox_post = {
	"POST", "/developers/sandbox", post_steps,
	.own_size = sizeof(struct bench), .body_max = 32768, .kind = ROUTE_PAGE
};
