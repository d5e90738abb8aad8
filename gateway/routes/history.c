/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/datasets/{id}/history: all there is of a data set, in one answer.
 *
 * The same question as GET /v1/datasets/{id}, without its limit: the answer
 * flows page by page (routes/pull_stream.h), each recorded before it leaves. It
 * tells what there is, not what is gone: where a source tells removals, an
 * older cursor goes on by pages, so that none is passed over.
 */
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/refusal.h"
#include "routes/limits.h"
#include "routes/pull_stream.h"
#include "routes/routes.h"
#include "routes/sandbox.h"

static enum next
understand(struct call *c)
{
	const struct pull *p = c->own;

	if (c->head) {
		call_reply_field(c, "Allow", "GET");
		return call_refuse(c, 405, "method_not_allowed",
		    "an answer that flows has no length to tell beforehand");
	}
	if (pull_understand(c) == DONE)
		return DONE;
	if (p->cursor_text != NULL && p->ask.dataset->removed != NULL)
		return call_refuse(c, 400, "bad_cursor", "what was removed is "
		    "told page by page: go on with /v1/datasets/%s?cursor=",
		    p->ask.dataset->schema->id);
	return NEXT;
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "count",		limits_count },
	SANDBOX_STEPS,
	{ "understand",		understand },
	{ "know the horizon",	pull_horizon },
	STREAM_STEPS,
	{ NULL,			NULL }
};

const struct route route_history = {
	"GET", "/v1/datasets/{id}/history", steps,
	.own_size = sizeof(struct stream), .kind = ROUTE_API
};
