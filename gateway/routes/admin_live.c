/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /live: does this process turn its loop? For whoever would restart it;
 * databases that are away are no reason to (see /ready).
 */
#include "routes/routes.h"

static enum next
say(struct call *c)
{
	static const char alive[] = "{\"live\":true}\n";

	return call_answer(c, 200, "application/json", alive, sizeof(alive) - 1);
}

static const struct step steps[] = { { "say", say }, { NULL, NULL } };

const struct route route_admin_live = { "GET", "/live", steps };
