/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - one HTTP exchange: its request, its steps, its answer.
 *
 * A route is a table of steps. The runner calls them in order; a step returns
 * NEXT (go on at once), WAIT (asleep until an answer arrives; then the *next*
 * step runs and finds the answer in c->rows or c->failure), or DONE (answered).
 * Between two steps everything lives in the call. The runner alone deals with
 * deadlines, failed questions and clients who left: a step never runs for a
 * caller who is gone.
 */
#ifndef CALL_H
#define CALL_H
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"
#include "base/buf.h"
#include "db/db.h"
#include "http/house.h"
#include "http/trace.h"

struct arena;
struct call;

enum next { NEXT, WAIT, DONE };
typedef enum next step_fn(struct call *);
struct step { const char *name; step_fn *run; };

enum route_kind {
	ROUTE_API,	/* errors as problem+json (RFC 9457) */
	ROUTE_OAUTH,	/* errors as RFC 6749 5.2, Cache-Control: no-store */
	ROUTE_PAGE	/* errors as a calm page (hook set by pages/) */
};

struct route {
	const char *method;	/* a GET route answers HEAD too */
	const char *path;	/* "/v1/datasets/{id}": {name} is one segment,
				 * a last {name*} the rest of the path */
	const struct step *steps;	/* ends with { NULL, NULL } */
	size_t own_size;	/* zeroed private state at c->own */
	size_t body_max;	/* bytes; 0 = a body is refused (413) */
	enum route_kind kind;
};
/* All routes of a listener, NULL-terminated; routes/routes.c fills them, the
 * server is given one or the other (server_listen). */
extern const struct route *const routes[], *const admin_routes[];

struct field { const char *name, *value; };	/* header fields, names in lower case */

#define CALL_MAGIC 0x43a11u
struct call {
	uint32_t magic;
	char id[17];		/* 16 hex: in every log line and every refusal */
	struct arena *arena;
	struct house *house;
	const struct route *route;
	const struct step *step;	/* the one running or waited in */
	void *own;		/* route->own_size bytes, zeroed */

	/* the request */
	const char *method;	/* "GET": HEAD shows as GET with head set */
	bool head;
	const char *path;	/* decoded, without query */
	const char *query;	/* raw, "" when none */
	const struct field *fields;
	size_t field_count;
	const char *body;	/* "" when none */
	size_t body_n;
	char peer[64];		/* client address (through a trusted proxy: theirs) */
	bool secure;		/* came over TLS, ours or a trusted front's */
	const char *certificate;	/* base64url SHA-256 of the client's, or NULL */
	int64_t begun_us;	/* monotonic */
	struct trace trace;	/* the story it is part of, if its caller told */

	/* the answer to the last question; rows stay until the call ends */
	struct rows *rows;
	int failure;

	struct access *access;	/* who asks, under which grant (consent/access.h) */
	struct session *session;	/* the signed-in customer (consent/session.h) */
	struct staff *staff;		/* the signed-in colleague (consent/staff.h) */
};

/* ---- reading the request ---- */
const char *call_field(struct call *, const char *lower_name);	/* NULL; joined never */
size_t call_field_count(struct call *, const char *lower_name);
const char *call_path_arg(struct call *, const char *name);
/* Decoded; NULL when absent. A repeated name: call_args_repeated (RFC 6749 3.1). */
const char *call_query_arg(struct call *, const char *name);
const char *call_form_arg(struct call *, const char *name);	/* urlencoded body */
size_t call_form_args(struct call *, const char *name, const char **out, size_t max);
const char *call_args_repeated(struct call *);	/* a name given twice, or NULL */
const char *call_cookie(struct call *, const char *name);

/* ---- asking and waiting; each returns what the step returns ---- */
enum next call_ask(struct call *, struct db *, const struct statement *,
    const struct params *);
/* As above, but the next step also runs on failure and looks at c->failure.
 * Without it the runner answers 503 + Retry-After, or 500. */
enum next call_ask_anyway(struct call *, struct db *, const struct statement *,
    const struct params *);
/* Sleep until call_wake; forget(arg) is called if the client leaves first. */
enum next call_wait(struct call *, void (*forget)(void *), void *arg);
void call_wake(struct call *, int failure);
enum next call_goto(struct call *, const char *step);

/* ---- answering; each returns DONE ---- */
/* One field more. A route that sets none of its own gets Cache-Control:
 * no-store and, on pages, a strict Content-Security-Policy. */
void call_reply_field(struct call *, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The body is not copied: static, in the arena, or a buf_init_in. */
enum next call_answer(struct call *, int status, const char *type,
    const void *body, size_t n);
enum next call_answer_buf(struct call *, int status, const char *type,
    const struct buf *);
enum next call_redirect(struct call *, const char *url);	/* 303 */
/*
 * An answer that flows (chunked, RFC 9112 7.1; until the end of the connection
 * for HTTP/1.0): call_flow, then pieces, then call_flow_end. A piece belongs to
 * the asker until the next step runs, which is when the kernel has all of it:
 * so a slow reader slows us down, and memory stays flat. After call_flow
 * nothing may be refused any more. Trailer fields are those set by
 * call_reply_field after it.
 */
void call_flow(struct call *, int status, const char *type);
enum next call_flow_piece(struct call *, const struct buf *);	/* WAIT */
enum next call_flow_end(struct call *);				/* DONE */
/* Cut short: the connection ends without the end of the answer. */
enum next call_flow_break(struct call *);			/* DONE */
/* code: a stable word ("no_grant"); the detail is one calm sentence */
enum next call_refuse(struct call *, int status, const char *code,
    const char *detail, ...) PRINTF_LIKE(4, 5);
/* The word of the refusal and the status answered so far; NULL and 0: none. */
const char *call_refused(const struct call *);
int call_status(const struct call *);
/* Runs once, when the last byte was handed to the kernel (sent = true) or the
 * client left first. The call is still whole. At most four. */
void call_on_end(struct call *, void (*fn)(struct call *, bool sent));

/* pages/ sets this: how a refusal looks on ROUTE_PAGE routes. */
extern enum next (*call_refusal_page)(struct call *, int status,
    const char *code, const char *detail);

#endif
