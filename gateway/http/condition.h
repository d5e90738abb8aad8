/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.h - what the asker already has, and in which coding to answer.
 *
 * Conditional requests (RFC 9110 13.1.2, weak comparison) and gzip (RFC 9110
 * 12.5.3, RFC 1952). Only answers that say so are packed: a route calls
 * call_answer_packed where it would call call_answer_buf.
 */
#ifndef CONDITION_H
#define CONDITION_H
#include <stdbool.h>
#include <stddef.h>
#include "http/call.h"

#define ETAG_MAX 48

/* W/"..." of a digest: two answers with this tag say the same. */
void etag_make(char out[ETAG_MAX], const void *digest, size_t n);
/* Does If-None-Match name it, or everything? */
bool call_has(struct call *, const char *etag);
/* 304 with the tag when the asker has it, else NEXT. */
enum next call_unless_had(struct call *, const char *etag);

/* Does Accept-Encoding allow gzip? */
bool call_takes_gzip(struct call *);
/* The same as call_answer_buf, packed when it is worth it and allowed. */
enum next call_answer_packed(struct call *, int status, const char *type,
    const struct buf *);

/* ---- piece by piece, for answers that flow ---- */
struct pack;
struct pack *pack_new(struct arena *);		/* ends with the arena */
/* Appends to out what packing these bytes gives; all of it, so that the
 * reader need not wait. last: nothing comes after. */
void pack_add(struct pack *, struct buf *out, const void *, size_t n, bool last);

#endif
