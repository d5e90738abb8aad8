/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - counts calls of a grant, and says how many are left. */
#include "routes/limits.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "consent/access.h"
#include "consent/quota.h"

void
limits_of(const struct house *h, int64_t out[QUOTA_WINDOWS])
{
	out[QUOTA_MINUTE] = h->settings->pull_calls_per_minute;
	out[QUOTA_DAY] = h->settings->pull_calls_per_day;
}

/* The policy never changes while we run: one text for all answers. */
static const char *
policy(const int64_t limits[QUOTA_WINDOWS])
{
	static char text[96];
	size_t n = strlen(text);

	for (int w = n > 0 ? QUOTA_WINDOWS : 0; w < QUOTA_WINDOWS; w++)
		if (limits[w] != 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s\"%s\";q=%lld;w=%d", n > 0 ? ", " : "",
			    quota_names[w], (long long)limits[w],
			    quota_seconds[w]);
	return text;
}

enum next
limits_count(struct call *c)
{
	int64_t limits[QUOTA_WINDOWS], left;
	struct quota q;

	limits_of(c->house, limits);
	if (limits[QUOTA_MINUTE] == 0 && limits[QUOTA_DAY] == 0)
		return NEXT;
	quota_take(&q, &c->access->grant, limits);
	left = q.of[q.nearest].limit - q.of[q.nearest].used;
	call_reply_field(c, "RateLimit-Policy", "%s", policy(limits));
	call_reply_field(c, "RateLimit", "\"%s\";r=%lld;t=%lld",
	    quota_names[q.nearest], (long long)(left < 0 ? 0 : left),
	    (long long)q.of[q.nearest].reset_s);
	if (!q.over)
		return NEXT;
	call_reply_field(c, "Retry-After", "%lld",
	    (long long)q.of[q.nearest].reset_s);
	return call_refuse(c, 429, "too_many_calls", "this consent was used for "
	    "%lld calls this %s, which is what it allows; see Retry-After",
	    (long long)q.of[q.nearest].limit, quota_names[q.nearest]);
}
