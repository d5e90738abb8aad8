/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - where a recipient hears of us (guichet.endpoint): its address,
 * the keys that sign what it hears, and how a message is made: a CloudEvent
 * (1.0, structured JSON) signed as Standard Webhooks 1.0.0.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H
#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/jw.h"
#include "crypto/webhook.h"
#include "http/client.h"

struct arena;
struct house;
struct keys;
struct rows;

struct endpoint {
	const char *url, *host;
	const char *link;		/* where customers approve; or NULL */
	const char *state;		/* unproven, open, disabled */
	bool notice;			/* it is told that there is news, then pulls */
	struct webhook_keys keys;
};

/* A row of endpoint_find.sql, in the arena. E_DENIED: not our seal. */
MUST_CHECK int endpoint_read(struct endpoint *, const struct keys *,
    const struct rows *, int row, const char *client_id, struct arena *);
const char *endpoint_seal(const struct keys *, struct arena *,
    const char *client_id, const struct webhook_keys *);

/*
 * Asks for a client's endpoint: remembered for a second, so that a change is
 * known within that time. on_known comes at once or later, once; NULL: it has
 * none, or the database is away (failure). The asked one lives until then.
 */
struct endpoint_wait;
typedef void endpoint_known(const struct endpoint *, int failure, void *arg);
/* NULL when on_known was called already. */
struct endpoint_wait *endpoint_ask(struct house *, const char *client_id,
    endpoint_known *, void *arg);
void endpoint_forget(struct endpoint_wait *);

/* ---- messages ---- */
struct message {
	const char *id;			/* the same for every attempt */
	const char *type;		/* "guichet.records" */
	const char *source;		/* our public URL */
	const char *subject;		/* the pairwise customer; NULL = none */
	struct buf body;
	struct jw w;			/* inside "data" after message_begin */
};
/* Opens the event and its "data"; members are added through w. */
void message_begin(struct message *, struct arena *);
/* Closes it and signs it: a POST to the endpoint, in the arena. */
void message_end(struct message *, struct http_request *,
    const struct endpoint *, struct arena *);

#endif
