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
	int64_t auth_time_us;		/* when she proved who she is */
	const char *acr;		/* how strongly, or NULL */
};

/* Steps: { "find session", session_find }, { "know customer", session_know };
 * c->session stays NULL for a stranger: session_require redirects to /login and
 * comes back. session_form refuses a POST whose csrf or Origin is not ours. */
enum next session_find(struct call *);
enum next session_know(struct call *);
enum next session_require(struct call *);
enum next session_form(struct call *);

/* After session_require: has she proved who she is no longer ago than max_age_s
 * (-1 = does not matter), and as strongly as acr (NULL = does not matter)?
 * NEXT, or a redirect to /login that comes back here (GET) or to /me. */
enum next session_strong(struct call *, int64_t max_age_s, const char *acr);

/* ---- what colleagues' sessions (staff.h) do alike ---- */
/* A form for whoever is not signed in yet: its token, and the cookie that must
 * come back with it. */
void session_form_token(struct call *, const char *cookie, char token[44]);

/* SHA-256 of a session cookie; false when there is none of the right shape. */
bool session_cookie_hash(struct call *, const char *name, uint8_t hash[32]);
void session_csrf(char out[44], const char *cookie);
enum next session_form_is(struct call *, const char *csrf);
/* To that page of ours, to come back here (or to home, after a form). */
enum next session_login(struct call *, const char *login, const char *home);
/* A path of ours, or home: never a way to another site. */
const char *session_next(const char *next, const char *home);

/* ?lang= or cookie or ui_locales or Accept-Language */
enum lang call_lang(struct call *);

#endif
