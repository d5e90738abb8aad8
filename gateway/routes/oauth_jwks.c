/* SPDX-License-Identifier: Apache-2.0 */
/* GET /oauth/jwks: our public keys, with which receipts are verified. */
#include <string.h>
#include "crypto/keys.h"
#include "http/call.h"
#include "routes/routes.h"

static enum next
tell(struct call *c)
{
	const char *jwks = keys_jwks(c->house->keys);

	call_reply_field(c, "Cache-Control", "public, max-age=3600");
	return call_answer(c, 200, "application/jwk-set+json", jwks,
	    strlen(jwks));
}

static const struct step jwks_steps[] = {
	{ "tell", tell },
	{ NULL, NULL }
};

const struct route route_oauth_jwks = {
	.method = "GET", .path = "/oauth/jwks", .steps = jwks_steps,
	.kind = ROUTE_OAUTH
};
