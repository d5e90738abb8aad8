/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - the signed-in customer on our own pages.
 *
 * A random cookie (__Host-guichet, Secure, HttpOnly, SameSite=Lax), stored as a
 * hash; forms carry a token derived from it (CSRF). Signing in changes the
 * cookie (no fixation).
 */
#ifndef SESSION_H
#define SESSION_H
#include "catalogue/catalogue.h"	/* enum lang */
#include "http/call.h"
#include "journal/line.h"

#define SESSION_COOKIE "__Host-guichet"

struct session {
	uint8_t hash[32];
	const char *customer;
	const char *name;		/* to greet: never logged */
	struct subject_ref subject;
	char csrf[44];			/* expected in the form field "csrf" */
	int64_t begun_us, expires_us;
};

/* Steps: { "find session", session_find }, { "know customer", session_know };
 * c->session stays NULL for a stranger: session_require redirects to /login and
 * comes back. session_form refuses a POST whose csrf or Origin is not ours. */
enum next session_find(struct call *);
enum next session_know(struct call *);
enum next session_require(struct call *);
enum next session_form(struct call *);

/* ?lang= or cookie or ui_locales or Accept-Language */
enum lang call_lang(struct call *);

#endif
