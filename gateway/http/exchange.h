/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - what stands behind a struct call; for this room alone.
 *
 * The connection makes it, the runner runs it, the connection sends what came
 * of it. It lives in its own arena.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H
#include <stdbool.h>
#include <stddef.h>
#include "http/call.h"

struct buf;
struct request;

enum { PATH_ARGS_MAX = 6, ON_END_MAX = 4, ARGS_MAX = 256 };

struct reply_field {
	struct reply_field *next;
	const char *name, *value;
};

struct arg { const char *name, *value; };
struct args { struct arg *list; size_t n; };

enum sleep { AWAKE, STEPPING, ASLEEP };

struct exchange {
	struct call call;		/* first: a call is its exchange */
	const struct route *const *table;	/* of its listener */
	struct arg path_args[PATH_ARGS_MAX];
	struct args query, form;

	/* how far it is */
	enum sleep sleep;
	bool waiting, woken, anyway;
	void (*forget)(void *);		/* the question pending, or NULL */
	void *forget_arg;
	const struct step *jump;	/* call_goto */

	/* the answer */
	int status;			/* 0 until there is one */
	const char *type;
	const void *body;
	size_t body_n, sent_n;
	struct reply_field *fields, **fields_end;
	const char *why;		/* of a refusal: a word for the log */
	bool close;			/* the connection ends with it */
	bool flows;			/* its length is not known before */
	bool broken;			/* it is cut short: no last chunk */
	bool begun;			/* the head of one that flows has left */
	struct reply_field **head_end;	/* what comes after is a trailer */
	void (*on_end[ON_END_MAX])(struct call *, bool sent);
	size_t on_end_count;

	void (*on_answer)(struct exchange *);	/* set by the connection */
	/* the next piece of an answer that flows; call_wake when it is gone */
	void (*on_piece)(struct exchange *, const struct buf *);
	void *owner;
};

static inline struct exchange *
exchange_of(struct call *c)
{
	return (struct exchange *)c;
}

struct exchange *exchange_new(struct house *);
/* Fills the call from the head; texts are in the arena already. */
void exchange_take(struct exchange *, const struct request *);
/* Reads query and form. False: refused (400), answered. */
bool exchange_args(struct exchange *);
/* Ends it: on_end, the access log, the memory. */
void exchange_end(struct exchange *, bool sent);

/* Runs the steps of c->route from the first; on_answer tells the end. */
void runner_start(struct exchange *);
/* The client left, or time is up: the question pending is forgotten. */
void runner_forget(struct exchange *);

/* The head of the answer, and the body with it when it is small. */
void answer_write(struct buf *out, struct exchange *, size_t with_body_max);
/* What goes before a piece, the head with the first; and after the last. */
void answer_piece(struct buf *out, struct exchange *, size_t n, bool chunked);
void answer_last(struct buf *out, struct exchange *, bool chunked);
const char *answer_reason(int status);

#endif
