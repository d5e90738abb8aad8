/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /metrics: the figures of every process of this host, whichever web
 * worker is asked (OpenMetrics 1.0 text). Nothing in them is about a person.
 */
#include "base/arena.h"
#include "http/counters.h"
#include "routes/routes.h"

static enum next
say(struct call *c)
{
	struct buf *body = c->own;

	buf_init_in(body, c->arena);
	counters_write(body);
	return call_answer_buf(c, 200, "application/openmetrics-text; "
	    "version=1.0.0; charset=utf-8", body);
}

static const struct step steps[] = { { "say", say }, { NULL, NULL } };

const struct route route_admin_metrics = {
	"GET", "/metrics", steps, .own_size = sizeof(struct buf)
};
