/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /oauth/register (RFC 7591), GET, PUT and DELETE /oauth/register/{id}
 * (RFC 7592): a PIMS registers by itself, looks at what is known of it, changes
 * it, leaves.
 *
 * Closed unless [registration] mode says so, and open in a sandbox; else behind an invitation (an
 * initial access token of ours) or a software statement signed by somebody
 * trusted. Whoever registers waits for a person's review, unless the invitation
 * says otherwise; what customers read is reviewed anew when it is changed.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/pace.h"
#include "consent/registration.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "journal/line.h"
#include "routes/oauth_register.h"
#include "routes/routes.h"

/* ---- the token (RFC 6750) ---- */

static enum next
refuse_token(struct call *c)
{
	call_reply_field(c, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
	return call_refuse(c, 401, "invalid_token", "show the invitation, or "
	    "the registration_access_token, as a Bearer token");
}

static enum next
take_token(struct call *c)
{
	static struct pace pace = { .per_second = 5, .burst = 20 };
	struct registering *own = c->own;
	const char *field = call_field(c, "authorization");

	if (strcmp(c->house->settings->registration_mode, "off") == 0 &&
	    !c->house->settings->sandbox)
		return call_refuse(c, 404, "not_found",
		    "recipients are registered by people here: write to us");
	if (!pace_allows(&pace, c->peer)) {
		call_reply_field(c, "Retry-After", "20");
		return call_refuse(c, 429, "temporarily_unavailable",
		    "too many registrations from this address; please slow down");
	}
	if (field == NULL)
		return NEXT;
	if (strncasecmp(field, "Bearer ", 7) != 0 ||
	    call_field_count(c, "authorization") > 1)
		return refuse_token(c);
	field += 7;
	sha256(own->hash, field, strlen(field));
	own->shown = true;
	return NEXT;
}

static enum next
need_token(struct call *c)
{
	struct registering *own = c->own;
	enum next next = take_token(c);
	const char *id = call_path_arg(c, "id");

	if (next != NEXT)
		return next;
	if (!own->shown || strlen(id) >= sizeof(own->id))
		return refuse_token(c);
	snprintf(own->id, sizeof(own->id), "%s", id);
	return NEXT;
}

/* ---- its words ---- */

static json_t *
trusted(const struct settings *s)
{
	return s->registration_statement_keys[0] == '\0' ? NULL :
	    json_load_file(s->registration_statement_keys,
	    JSON_REJECT_DUPLICATES, NULL);
}

static enum next
read_words(struct call *c)
{
	struct registering *own = c->own;
	json_t *keys = trusted(c->house->settings);
	struct registration_ask ask = { c->arena, c->house->catalogue, keys };
	const char *code, *why;
	int rc = registration_read(&own->r, &ask, c->body, &code, &why);

	json_decref(keys);
	if (rc < 0)
		return call_refuse(c, 400, code, "%s", why);
	return own->shown || own->r.stated || c->house->settings->sandbox ?
	    NEXT : refuse_token(c);
}

static void
fill_line(struct params *p, struct call *c, const struct registering *own,
    const char *event)
{
	struct line line = { .event = event, .to = own->id, .records = -1,
	    .bytes = -1, .actor = "recipient", .call = c->id };
	struct line_row *row = arena_alloc(c->arena, sizeof(*row));

	line_make(row, c->arena, &line);
	line_params(p, row);
}

/* ---- registering ---- */

enum next
registering_store(struct call *c, struct registering *own)
{
	uint8_t bytes[8], *hash = arena_alloc(c->arena, SHA256_SIZE);
	struct params p;

	random_bytes(bytes, sizeof(bytes));
	memcpy(own->id, "pims-", 5);
	hex_encode(own->id + 5, bytes, sizeof(bytes));
	random_token(own->token, 32);
	sha256(hash, own->token, strlen(own->token));
	params_init(&p);
	params_text(&p, own->id);
	registration_params(&p, c->arena, &own->r);
	params_bytes(&p, hash, SHA256_SIZE);
	params_int(&p, c->house->settings->sandbox ? 2 : own->r.stated);
	if (own->shown)
		params_bytes(&p, own->hash, sizeof(own->hash));
	else
		params_text(&p, NULL);
	fill_line(&p, c, own, "client.registered");
	return call_ask(c, c->house->db, SQL_CLIENT_REGISTER, &p);
}

static enum next
store(struct call *c)
{
	return registering_store(c, c->own);
}

static enum next
tell(struct call *c, int status)
{
	struct registering *own = c->own;
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "client_id", own->id);
	jw_int_member(&w, "client_id_issued_at",
	    row_time(c->rows, 0, "created") / 1000000);
	jw_str_member(&w, "registration_client_uri", arena_printf(c->arena,
	    "%s/oauth/register/%s", c->house->settings->public_url, own->id));
	if (own->token[0] != '\0')
		jw_str_member(&w, "registration_access_token", own->token);
	jw_str_member(&w, "status", row_text(c->rows, 0, "state"));
	registration_write(&w, c->arena, &own->r);
	jw_end_object(&w);
	return call_answer_buf(c, status, "application/json", &out);
}

static enum next
answer_new(struct call *c)
{
	return rows_count(c->rows) == 0 ? refuse_token(c) : tell(c, 201);
}

static const struct step register_steps[] = {
	{ "take token", take_token },
	{ "read", read_words },
	{ "store", store },
	{ "answer", answer_new },
	{ NULL, NULL }
};

const struct route route_oauth_register = {
	.method = "POST", .path = "/oauth/register", .steps = register_steps,
	.own_size = sizeof(struct registering), .body_max = 65536,
	.kind = ROUTE_OAUTH
};

/* ---- looking ---- */

static enum next
look(struct call *c)
{
	struct registering *own = c->own;
	struct params p;

	params_init(&p);
	params_text(&p, own->id);
	params_bytes(&p, own->hash, sizeof(own->hash));
	return call_ask(c, c->house->db, SQL_CLIENT_REGISTERED, &p);
}

static enum next
answer_look(struct call *c)
{
	struct registering *own = c->own;

	if (rows_count(c->rows) == 0)
		return refuse_token(c);
	registration_take(&own->r, c->rows, c->arena);
	return tell(c, 200);
}

static const struct step look_steps[] = {
	{ "need token", need_token },
	{ "look", look },
	{ "answer", answer_look },
	{ NULL, NULL }
};

const struct route route_oauth_register_get = {
	.method = "GET", .path = "/oauth/register/{id}", .steps = look_steps,
	.own_size = sizeof(struct registering), .kind = ROUTE_OAUTH
};

/* ---- changing ---- */

static enum next
change(struct call *c)
{
	struct registering *own = c->own;
	struct params p;

	params_init(&p);
	params_text(&p, own->id);
	registration_params(&p, c->arena, &own->r);
	params_bytes(&p, own->hash, sizeof(own->hash));
	fill_line(&p, c, own, "client.changed");
	return call_ask(c, c->house->db, SQL_CLIENT_REREGISTER, &p);
}

static enum next
answer_change(struct call *c)
{
	return rows_count(c->rows) == 0 ? refuse_token(c) : tell(c, 200);
}

static const struct step change_steps[] = {
	{ "need token", need_token },
	{ "read", read_words },
	{ "change", change },
	{ "answer", answer_change },
	{ NULL, NULL }
};

const struct route route_oauth_register_put = {
	.method = "PUT", .path = "/oauth/register/{id}", .steps = change_steps,
	.own_size = sizeof(struct registering), .body_max = 65536,
	.kind = ROUTE_OAUTH
};

/* ---- leaving ---- */

static enum next
leave(struct call *c)
{
	struct registering *own = c->own;
	struct params p;

	params_init(&p);
	params_text(&p, own->id);
	params_bytes(&p, own->hash, sizeof(own->hash));
	fill_line(&p, c, own, "client.left");
	return call_ask(c, c->house->db, SQL_CLIENT_LEAVE, &p);
}

static enum next
answer_leave(struct call *c)
{
	return rows_count(c->rows) == 0 ? refuse_token(c) :
	    call_answer(c, 204, NULL, NULL, 0);
}

static const struct step leave_steps[] = {
	{ "need token", need_token },
	{ "leave", leave },
	{ "answer", answer_leave },
	{ NULL, NULL }
};

const struct route route_oauth_register_delete = {
	.method = "DELETE", .path = "/oauth/register/{id}",
	.steps = leave_steps, .own_size = sizeof(struct registering),
	.kind = ROUTE_OAUTH
};
