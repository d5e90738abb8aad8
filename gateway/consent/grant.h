/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.h - what a customer allowed, to whom, until when.
 *
 * Each change is one statement that also writes its journal line. An ended
 * grant is never revived; ending it ends its subscriptions and forgets its
 * refresh token, and tells every worker by NOTIFY (a trigger).
 */
#ifndef GRANT_H
#define GRANT_H
#include "catalogue/catalogue.h"	/* enum lang */
#include "consent/agreement.h"
#include "consent/client.h"
#include "consent/details.h"
#include "consent/pushed.h"
#include "consent/session.h"
#include "journal/line.h"

struct grant {
	struct uuid id;
	char id_text[UUID_TEXT];
	const char *client_id, *client_name, *kind;
	const char *client_uri, *client_contact;	/* NULL: not said */
	struct subject_ref subject;
	const char *pairwise;		/* the subject as this PIMS knows it */
	const char **datasets;		/* NULL-terminated */
	const char *details;		/* as granted, JSON */
	const char *purpose, *language;
	uint8_t notice_sha256[32];
	const char *state;		/* pending active paused withdrawn expired */
	const char *ended_by;		/* customer coholder recipient operator
					 * system time */
	int64_t created_us, expires_us, ended_us;	/* ended 0 = not */
};
bool grant_ended(const struct grant *);

/* ---- deciding, on the consent page (signed in) ---- */
struct decision {
	const struct pushed *pushed;
	const struct client *client;
	const struct details *details;	/* as narrowed by the customer */
	const char *purpose;		/* as shown */
	enum lang language;
	uint8_t notice_sha256[32];	/* of the notice shown */
	int64_t expires_us;
	const struct coholders *others;	/* who holds with her, as told */
};
/* Yes. A step's last word; *answer (arena) is the redirect that carries the
 * code. The next step sends it only if grant_decided: otherwise the request
 * was decided before, or is too old. */
enum next grant_give(struct call *, const struct decision *,
    const char **answer);
/* No: the same, with access_denied. */
enum next grant_refuse(struct call *, const struct pushed *,
    const char **answer);
bool grant_decided(struct call *);

/* ---- ending ---- */
/* Asks for one, whoever's it is: the next step takes it, or NULL. */
enum next grant_find(struct call *, const struct uuid *);
struct grant *grant_found(struct call *);
/* Ends it. by: "recipient", "operator", "system" (a customer withdraws on her
 * own page). One row if so; none: somebody was first. */
enum next grant_end(struct call *, const struct grant *, const char *by,
    const char *reason);

/* ---- for others who make, end or show grants ---- */
/* The subject as a PIMS knows it: 43 characters, another for each PIMS. */
void grant_pairwise(char out[44], const struct subject_ref *,
    const char *client_id);
/* One grant from a row of grant_find.sql or grant_list.sql. */
void grant_read(struct grant *, const struct rows *, int row, struct arena *);
/* The parameters of grant_end.sql; p is initialised. */
void grant_end_params(struct params *, struct arena *, const struct grant *,
    const char *by, const char *reason, const char *call);

/*
 * Ends those whose time has come, every ten seconds, a hundred at once, and tells
 * of withdrawals that have taken effect everywhere. One
 * process of the house is enough, more do no harm: the gate looks at the time
 * itself, this only says so in the books.
 */
struct grant_sweep;
struct grant_sweep *grant_sweep_new(struct event_base *, struct db *);
void grant_sweep_free(struct grant_sweep *);

#endif
