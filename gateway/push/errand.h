/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand.h - one thing a connector does at one cloud, from question to outcome.
 *
 * A connector's function asks over HTTP (errand_ask), each answer wakes the
 * next function of the connector, and one of them ends it. What every cloud
 * shares is decided here: a refused address, silence, 5xx, Retry-After, moves.
 */
#ifndef ERRAND_H
#define ERRAND_H
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"
#include "http/client.h"
#include "push/connector.h"

struct arena;
struct destination;
struct house;
struct parcel;

typedef void errand_then(struct errand *, const struct http_answer *);

struct errand {
	struct house *house;
	struct arena *arena;
	struct destination *to;
	const char *tag;		/* for the log: delivery or call id */
	const struct parcel *parcel;	/* deliver: what to hand over */
	const char *code;		/* complete: from the redirect, or NULL */
	int64_t until_us;		/* monotonic: all of it ends before */
	bool saves;			/* renewed keys are saved at its end */
	void (*on_end)(struct errand *);	/* once; may free the arena */
	void *arg;

	/* what came of it */
	enum outcome outcome;
	const char *why;		/* a steady word: "http 503", "timeout" */
	int wait_s;			/* Retry-After, 0 = none said */
	int done;			/* deliver: items received, from the first */
	int64_t expected;		/* deliver: the sequence it waits for; 0 =
					 * it said nothing (webhook) */
	int asked_n;			/* answers that came, and how long the */
	int64_t took_us;		/* cloud took for all of them */
	const char *url;		/* begin: where to approve, or NULL */

	/* under way */
	const struct connector *connector;
	struct http_job *job;
	const char *asked;		/* the URL */
	errand_then *then;
	void *own;			/* the connector's */
	int tries;
	bool ended;
};

enum errand_kind { ERRAND_BEGIN, ERRAND_COMPLETE, ERRAND_DELIVER, ERRAND_CHECK,
    ERRAND_LEAVE };
/* Runs it; on_end comes later, from the loop, or at once. */
void errand_run(struct errand *, enum errand_kind);
/* Nobody waits any longer: on_end is never called. */
void errand_forget(struct errand *);

/* Why, when a customer has not approved at her cloud yet (LATER). */
#define NOT_YET "not let in yet"

/* ---- for connectors ---- */
/* Asks within the time left. then is called with an answer that has a status;
 * without one the errand ends here (LATER, or REFUSED for a bad address). */
void errand_ask(struct errand *, const struct http_request *, errand_then *);
void errand_end(struct errand *, enum outcome, const char *why);
/* What any cloud means by such a status; LATER when nothing better is known. */
void errand_end_by_status(struct errand *, const struct http_answer *);
/* As that, but with this outcome. */
void errand_end_as(struct errand *, const struct http_answer *, enum outcome);
int64_t errand_left_ms(const struct errand *);
/* "Name: value" in the arena */
const char *errand_field(struct errand *, const char *name, const char *value);
/* The answer as a JSON object, kept by the arena; NULL when it is not one. */
json_t *errand_json(struct errand *, const struct http_answer *);

/* Seconds of a Retry-After field: a number, or an HTTP date; 0 when absent or
 * nonsense, an hour at most. */
int retry_after_s(const char *field, int64_t now_s);

#endif
