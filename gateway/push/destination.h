/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination.h - where a grant's records go: one customer's cloud, and our
 * keys to it. The keys are sealed for their grant; in the clear they live only
 * as long as an errand.
 */
#ifndef DESTINATION_H
#define DESTINATION_H
#include <jansson.h>
#include <stdbool.h>
#include "base/attr.h"
#include "journal/line.h"

struct arena;
struct house;
struct keys;
struct params;
struct rows;

struct destination {
	struct uuid grant;
	char grant_text[UUID_TEXT];
	const char *kind, *address, *host;
	const char *client_id;
	const char *const *datasets;	/* of the grant, NULL-terminated */
	struct subject_ref subject;
	const char *customer;		/* the organisation's reference: never logged */
	json_t *state;			/* the connector's, no secret; an object */
	json_t *secret;			/* its keys; an object */
	bool changed;			/* by the connector: to be saved */
	bool departed;			/* we gave the keys back */
};

/* A new one: empty state and secrets, in the arena. */
struct destination *destination_new(struct arena *);
/* From a row of destination_find.sql or subscription_claim.sql. E_DENIED: its
 * keys cannot be unsealed (another installation's, or altered). */
MUST_CHECK int destination_read(struct destination *, const struct keys *,
    const struct rows *, int row, struct arena *);

/* The address as she typed it: "alice.mycozy.cloud",
 * "https://Alice.mycozy.cloud/#/home" -> the origin of a Cozy; a container of a
 * pod keeps its path and ends with a slash. kind is set before. 0, or
 * E_BAD_INPUT. */
MUST_CHECK int destination_take_address(struct destination *, struct arena *,
    const char *typed);

/* What is stored: the state as JSON, the secrets as JSON, sealed. */
const char *destination_state(const struct destination *, struct arena *);
const char *destination_sealed(const struct destination *, const struct keys *,
    struct arena *);
/* Saves what the connector changed; quick, its failure costs one refresh. */
void destination_save(struct destination *, struct house *);

/* Is it told only that there is news (and pulls it then)? */
bool destination_notice(const struct destination *);
/* Texts of state and secrets; NULL when absent. The setters mark the change. */
const char *destination_text(const json_t *, const char *name);
void destination_set_state(struct destination *, const char *name, const char *);
void destination_set_secret(struct destination *, const char *name, const char *);

#endif
