/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/grant: the consent behind this token, as it stands now.
 */
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "consent/access.h"
#include "http/call.h"
#include "routes/routes.h"

static void
write_time(struct jw *w, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(text, us);
	jw_str_member(w, key, text);
}

static enum next
tell(struct call *c)
{
	const struct access *a = c->access;
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "grant_id", a->grant_text);
	jw_str_member(&w, "client_id", a->client_id);
	jw_str_member(&w, "status", a->awaiting ? "pending" :
	    a->paused ? "paused" : "active");
	jw_key(&w, "datasets");
	jw_array(&w);
	for (const char **d = a->datasets; *d != NULL; d++)
		jw_string(&w, *d);
	jw_end_array(&w);
	jw_key(&w, "authorization_details");
	jw_raw(&w, a->details, strlen(a->details));
	write_time(&w, "expires", a->grant_expires_us);
	write_time(&w, "token_expires", a->token_expires_us);
	jw_end_object(&w);
	call_reply_field(c, "Cache-Control", "no-store");
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check_even_paused },
	{ "tell",		tell },
	{ NULL,			NULL }
};

const struct route route_grant = {
	"GET", "/v1/grant", steps, .kind = ROUTE_API
};
