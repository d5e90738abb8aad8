/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/quota: how often this consent was used, and may be. Looking does not
 * count.
 */
#include "base/jw.h"
#include "consent/access.h"
#include "consent/quota.h"
#include "http/call.h"
#include "routes/limits.h"
#include "routes/routes.h"

static enum next
tell(struct call *c)
{
	int64_t limits[QUOTA_WINDOWS];
	struct quota q;
	struct buf out;
	struct jw w;

	limits_of(c->house, limits);
	quota_look(&q, &c->access->grant, limits);
	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "grant_id", c->access->grant_text);
	jw_key(&w, "windows");
	jw_array(&w);
	for (int i = 0; i < QUOTA_WINDOWS; i++) {
		jw_object(&w);
		jw_str_member(&w, "window", quota_names[i]);
		jw_int_member(&w, "seconds", quota_seconds[i]);
		jw_int_member(&w, "used", q.of[i].used);
		if (limits[i] != 0)
			jw_int_member(&w, "limit", limits[i]);
		jw_int_member(&w, "resets_in", q.of[i].reset_s);
		jw_end_object(&w);
	}
	jw_end_array(&w);
	jw_end_object(&w);
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "tell",		tell },
	{ NULL,			NULL }
};

const struct route route_quota = {
	"GET", "/v1/quota", steps, .kind = ROUTE_API
};
