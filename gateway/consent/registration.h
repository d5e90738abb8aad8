/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registration.h - what a PIMS says of itself (RFC 7591 client metadata).
 *
 * Beside the members of the RFC there are "purpose#en" and "purpose#fr": the
 * sentences customers read. `scope` names the data sets it may ask for. A
 * software statement is signed by somebody we trust; what it says counts more
 * than what stands beside it.
 */
#ifndef REGISTRATION_H
#define REGISTRATION_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/attr.h"

struct arena;
struct catalogue;
struct jw;
struct params;
struct rows;

enum { REGISTRATION_LIST_MAX = 32 };

struct registration {
	const char *name, *uri, *contact;	/* uri, contact: or NULL */
	const char *purpose_en, *purpose_fr;
	const char *jwks, *jwks_uri;		/* one of them */
	const char *auth, *binding;		/* as in guichet.client */
	const char *software_id;		/* or NULL */
	const char *redirects[REGISTRATION_LIST_MAX];
	size_t redirects_n;
	const char *datasets[REGISTRATION_LIST_MAX];
	size_t datasets_n;
	bool stated;		/* a software statement vouched for it */
};

struct registration_ask {
	struct arena *arena;
	const struct catalogue *catalogue;
	const json_t *trusted;	/* JWKS of who signs statements; NULL = nobody */
};
/* 0, or E_BAD_INPUT, the RFC's error code and one sentence. */
MUST_CHECK int registration_read(struct registration *,
    const struct registration_ask *, const char *json, const char **code,
    const char **why);
/* From a row of client_registered.sql. */
void registration_take(struct registration *, const struct rows *,
    struct arena *);
/* name ... jwks_uri, software_id: 12 parameters. */
void registration_params(struct params *, struct arena *,
    const struct registration *);
/* The members of the RFC, into an open object. */
void registration_write(struct jw *, struct arena *,
    const struct registration *);

/* https, a host, no fragment, nobody's name in it (FAPI 2.0 5.3.2.2) */
bool redirect_fits(const char *uri);

#endif
