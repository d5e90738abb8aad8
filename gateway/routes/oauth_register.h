/* SPDX-License-Identifier: Apache-2.0 */
/* oauth_register.h - registering, for the route and for the sandbox's page. */
#ifndef OAUTH_REGISTER_H
#define OAUTH_REGISTER_H
#include "consent/registration.h"
#include "crypto/hash.h"
#include "http/call.h"

struct registering {
	struct registration r;
	uint8_t hash[SHA256_SIZE];	/* of the token shown */
	bool shown;
	char id[32];
	char token[44];			/* a new one; "" = none */
};

/* Keeps what was read in r, under an id and a token that it makes; one row when
 * it was let in. */
enum next registering_store(struct call *, struct registering *);

#endif
