/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /sandbox/events: a developer makes something happen (routes/sandbox.h).
 *
 *     Authorization: Bearer <registration_access_token>
 *     {"event": "clock", "days": 30}
 *     {"event": "delay", "grant_id": "...", "calls": 3, "ms": 2000}
 */
#include <jansson.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/jw.h"
#include "routes/routes.h"
#include "routes/sandbox.h"

static void
forget(void *doc)
{
	json_decref(doc);
}

static int64_t
number(const json_t *doc, const char *name, int64_t otherwise)
{
	const json_t *v = json_object_get(doc, name);

	return v == NULL ? otherwise :
	    json_is_integer(v) ? json_integer_value(v) : -1;
}

static enum next
read_event(struct call *c)
{
	struct trigger *t = c->own;
	const char *field = call_field(c, "authorization");
	json_t *doc;

	if (field == NULL || strncasecmp(field, "Bearer ", 7) != 0) {
		call_reply_field(c, "WWW-Authenticate", "Bearer");
		return call_refuse(c, 401, "invalid_token", "show the "
		    "registration_access_token of your client as a Bearer token");
	}
	sha256(t->hash, field + 7, strlen(field + 7));
	doc = json_loadb(c->body, c->body_n, JSON_REJECT_DUPLICATES, NULL);
	arena_defer(c->arena, forget, doc);
	if (!json_is_object(doc))
		return call_refuse(c, 400, "bad_request",
		    "the body is one JSON object");
	t->event = json_string_value(json_object_get(doc, "event"));
	t->grant = json_string_value(json_object_get(doc, "grant_id"));
	t->days = number(doc, "days", 0);
	t->calls = number(doc, "calls", 1);
	t->ms = number(doc, "ms", 0);
	return trigger_find(c, t);
}

static enum next
know(struct call *c)
{
	if (trigger_found(c, c->own))
		return NEXT;
	call_reply_field(c, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
	return call_refuse(c, 401, "invalid_token",
	    "this is the registration_access_token of no client here");
}

static enum next
act(struct call *c)
{
	return trigger_act(c, c->own, "act");
}

static enum next
tell(struct call *c)
{
	const struct trigger *t = c->own;
	struct buf out;
	struct jw w;

	if (t->refused != NULL)
		return call_refuse(c, 400, "bad_request", "%s", t->refused);
	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "event", t->event);
	if (t->grant != NULL)
		jw_str_member(&w, "grant_id", t->grant);
	if (t->dataset != NULL)
		jw_str_member(&w, "dataset", t->dataset);
	jw_bool_member(&w, "done", true);
	jw_end_object(&w);
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step steps[] = {
	{ "is it one",	sandbox_only },
	{ "read",	read_event },
	{ "know",	know },
	{ "act",	act },
	{ "tell",	tell },
	{ NULL,		NULL }
};

const struct route route_sandbox_events = {
	"POST", "/sandbox/events", steps, .own_size = sizeof(struct trigger),
	.body_max = 4096, .kind = ROUTE_API
};
