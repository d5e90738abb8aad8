/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and DELETE /oauth/grants/{grant_id}: Grant Management for OAuth 2.0
 * (FAPI WG, draft 03): a PIMS looks at a consent it holds, or gives it back.
 *
 * It shows an access token of that very grant, bound to its key or certificate
 * as everywhere: whoever may read the records may read what allows them. A
 * grant that is not the token's is nobody's: 404.
 */
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "consent/access.h"
#include "consent/grant.h"
#include "http/call.h"
#include "routes/routes.h"

static enum next
find(struct call *c)
{
	struct uuid id;

	if (uuid_parse(&id, call_path_arg(c, "id")) < 0 ||
	    memcmp(&id, &c->access->grant, sizeof(id)) != 0)
		return call_refuse(c, 404, "no_such_grant",
		    "this token belongs to no such consent");
	return grant_find(c, &id);
}

/* ---- what it allows ---- */

static void
write_time(struct jw *w, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(text, us);
	jw_str_member(w, key, text);
}

static void
write_scopes(struct jw *w, struct arena *a, const struct details *d)
{
	jw_key(w, "scopes");
	jw_array(w);
	jw_object(w);
	jw_str_member(w, "scope", details_scope(a, d));
	jw_end_object(w);
	jw_end_array(w);
	jw_key(w, "claims");
	jw_array(w);
	jw_end_array(w);
}

static void
write(struct jw *w, struct call *c, const struct grant *g,
    const struct details *d)
{
	const char *details = details_text(c->arena, d);

	jw_object(w);
	jw_str_member(w, "grant_id", g->id_text);
	jw_str_member(w, "status", g->state);
	write_scopes(w, c->arena, d);
	jw_key(w, "authorization_details");
	jw_raw(w, details, strlen(details));
	write_time(w, "created_at", g->created_us);
	write_time(w, "last_updated_at", row_time(c->rows, 0, "changed"));
	write_time(w, "expires_at", g->expires_us);
	jw_end_object(w);
}

static enum next
tell(struct call *c)
{
	const struct grant *g = grant_found(c);
	struct details d;
	const char *why;
	struct buf out;
	struct jw w;

	if (g == NULL || grant_ended(g) ||
	    details_read(&d, c->arena, NULL, g->details, &why) < 0)
		return call_refuse(c, 404, "no_such_grant",
		    "this consent has ended");
	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	write(&w, c, g, &d);
	call_reply_field(c, "Cache-Control", "no-store");
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step query_steps[] = {
	{ "find token", access_find },
	{ "check token", access_check_even_paused },
	{ "find grant", find },
	{ "tell", tell },
	{ NULL, NULL }
};

const struct route route_oauth_grant = {
	.method = "GET", .path = "/oauth/grants/{id}", .steps = query_steps,
	.kind = ROUTE_OAUTH
};

/* ---- giving it back ---- */

static enum next
revoke(struct call *c)
{
	const struct grant *g = grant_found(c);

	if (g == NULL || grant_ended(g))
		return call_refuse(c, 404, "no_such_grant",
		    "this consent has ended");
	return grant_end(c, g, "recipient", NULL);
}

static enum next
done(struct call *c)
{
	return call_answer(c, 204, NULL, NULL, 0);
}

static const struct step revoke_steps[] = {
	{ "find token", access_find },
	{ "check token", access_check_even_paused },
	{ "find grant", find },
	{ "revoke", revoke },
	{ "done", done },
	{ NULL, NULL }
};

const struct route route_oauth_grant_delete = {
	.method = "DELETE", .path = "/oauth/grants/{id}",
	.steps = revoke_steps, .kind = ROUTE_OAUTH
};
