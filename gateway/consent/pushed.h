/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pushed.h - an authorisation request as the PIMS pushed it (RFC 9126).
 *
 * Its request_uri opens the consent page within 90 seconds; once opened, the
 * customer has a quarter of an hour to sign in, read and decide. Looking does
 * not use it up (a preview must not burn it): deciding does, once.
 */
#ifndef PUSHED_H
#define PUSHED_H
#include "consent/client.h"
#include "consent/details.h"
#include "base/text.h"
#include "http/call.h"

#define PUSHED_PREFIX	"urn:ietf:params:oauth:request_uri:"
#define PUSHED_LIFE_S	90
#define PUSHED_READ_S	900

/* Grant Management: a new consent, or one that is widened or replaced. */
enum pushed_action { PUSHED_CREATE, PUSHED_MERGE, PUSHED_REPLACE };

struct pushed {
	uint8_t hash[32];		/* of the request_uri */
	const char *client_id;
	const char *redirect_uri;
	const char *state;		/* NULL when none was given */
	const char *challenge;		/* S256 */
	const char *dpop_jkt;		/* NULL when none */
	const char *ui_locales;		/* NULL when none */
	struct details details;		/* what is asked */
	enum pushed_action action;
	struct uuid grant;		/* to merge into or to replace */
	const char *grant_details;	/* what it allows now, NULL = gone */
	int64_t grant_expires_us;
	int64_t expires_us;		/* of the reading time */
};

/* A step's last word; the next one takes what was found: NULL when unknown,
 * decided, too old, or of another client than client_id. */
enum next pushed_find(struct call *, const char *request_uri,
    const char *client_id);
struct pushed *pushed_found(struct call *);

/* Stores it: the request_uri is out (arena). A step's last word; the next one
 * runs only if it is stored. */
enum next pushed_store(struct call *, const struct client *,
    struct pushed *, const char **request_uri);

/* The redirect that carries an answer: name/value pairs, ended by NULL; state
 * and iss are added (RFC 9207). In the arena. */
const char *pushed_answer(struct call *, const struct pushed *, ...)
    __attribute__((sentinel));

#endif
