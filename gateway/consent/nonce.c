/* SPDX-License-Identifier: Apache-2.0 */
/* nonce.c - DPoP nonces, made and recognised without a memory. */
#include "consent/nonce.h"
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/keys.h"

enum { NONCE_BYTES = 16, NONCE_TEXT = 25 };

static void
make(char out[NONCE_TEXT], const struct keys *keys, int64_t window)
{
	uint8_t mac[SHA256_SIZE];
	char what[64];

	snprintf(what, sizeof(what), "guichet/dpop-nonce/v1\n%lld",
	    (long long)window);
	hmac_sha256(mac, keys_ticket(keys), 32, what, strlen(what));
	b64url_encode(out, mac, NONCE_BYTES);
}

bool
nonce_wanted(const struct call *c)
{
	return c->house->settings->dpop_nonce;
}

bool
nonce_fits(struct call *c, const char *nonce)
{
	int64_t window = clock_s() / NONCE_S;
	char text[NONCE_TEXT];

	if (nonce == NULL)
		return false;
	make(text, c->house->keys, window);
	if (strcmp(text, nonce) == 0)
		return true;
	make(text, c->house->keys, window - 1);
	if (strcmp(text, nonce) != 0)
		return false;
	nonce_tell(c);		/* it is getting old */
	return true;
}

void
nonce_tell(struct call *c)
{
	char text[NONCE_TEXT];

	make(text, c->house->keys, clock_s() / NONCE_S);
	call_reply_field(c, "DPoP-Nonce", "%s", text);
}
