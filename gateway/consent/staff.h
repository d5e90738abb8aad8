/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staff.h - the signed-in colleague: people of the organisation, with roles.
 *
 * Like session.h for customers, with a cookie and a table of its own: nobody
 * is both at once by accident. Roles are read anew with each page, so that one
 * taken away is gone at once. Who signs somebody in (a password in demo mode,
 * the organisation's OpenID provider else) ends with staff_enter.
 */
#ifndef STAFF_H
#define STAFF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "http/call.h"

struct settings;

#define STAFF_COOKIE "__Host-guichet-staff"

enum staff_role {
	STAFF_AUDITOR	= 1,	/* reads the journal and its reports, no names */
	STAFF_DPO	= 2,	/* and whose lines they are; holds, erasures */
	STAFF_OPERATOR	= 4,	/* deliveries, subscriptions, failures */
	STAFF_ADMISSION	= 8,	/* which recipients are let in */
	STAFF_ADMIN	= 16	/* settings; no line of any customer */
};
/* "auditor" -> STAFF_AUDITOR; 0: no such role */
unsigned staff_role_parse(const char *word);
/* What a claim of hers gives by [staff] auditor, dpo...: a text, or a list. */
struct json_t;
unsigned staff_roles_in(const struct settings *, const struct json_t *claim);
extern const char *const staff_role_words[];	/* in the order of the bits, NULL */
/* "auditor" or "operator": what a journal line calls people of these roles */
const char *staff_actor(unsigned roles);

struct staff {
	uint8_t hash[32];
	struct uuid id;
	char id_text[UUID_TEXT];	/* what a journal line calls her (line.by) */
	const char *name;		/* to greet: never logged */
	unsigned roles;
	char csrf[44];			/* expected in the form field "csrf" */
	int64_t begun_us, expires_us;
};

/* Steps, as in session.h: { "find staff", staff_find }, { "know staff",
 * staff_know }; c->staff stays NULL for a stranger, whom staff_require sends to
 * /staff/login and back. staff_form refuses a POST that is not ours. */
enum next staff_find(struct call *);
enum next staff_know(struct call *);
enum next staff_require(struct call *);
enum next staff_form(struct call *);
/* NEXT when she has one of these roles; else refuses (403, no_role). */
enum next staff_allow(struct call *, unsigned roles);

/*
 * Signing in, once somebody vouched for her:
 *
 *     { "who is it",	ask }		staff_seek(c, issuer, subject)
 *     { "enter",	enter }		staff_arrive, then staff_enter(c, &a)
 *     { "land",	land }		staff_land(c, &a)
 *
 * All texts of the arrival must live in the call's arena. An older session of
 * the same browser ends, and the cookie is new (no fixation).
 */
struct staff_arrival {
	const char *issuer, *subject, *name;
	unsigned roles;		/* 0: nobody without a role comes in */
	const char *next;	/* where she was going; staff_next() */
	/* staff_arrive fills these from the answer to staff_seek */
	struct uuid id;
	bool known, disabled;
	const uint8_t *password_hash;	/* demo only */
	size_t password_hash_n;
	char cookie[44];
};
enum next staff_seek(struct call *, const char *issuer, const char *subject);
void staff_arrive(struct call *, struct staff_arrival *);
enum next staff_enter(struct call *, struct staff_arrival *);
enum next staff_land(struct call *, struct staff_arrival *);
/* A sign-in that failed, as a journal line (the next step follows). reason: one
 * word; id NULL when nobody of that name is known. */
enum next staff_refused(struct call *, const struct uuid *id, const char *reason);
/* A path of ours to come back to, or "/staff". */
const char *staff_next(const char *next);

#endif
