/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stamp.h - time-stamps of checkpoints (RFC 3161), optional.
 *
 * A time-stamping authority signs the digest of a checkpoint with its own time: so
 * whoever trusts it knows that what is in the tree was there then. A reply is kept
 * only when it answers what was asked (digest, nonce) and its signature leads to the
 * authority that the settings name. `openssl ts -verify` judges what we keep.
 */
#ifndef STAMP_H
#define STAMP_H
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct buf;
struct db_now;
struct fault;
struct settings;

enum { STAMP_MAX = 32768 };		/* bytes of a reply, certificates included */

/* ---- one stamp ---- */
struct stamp;
/* A request for these bytes, in DER after out; stamp_free when answered. */
struct stamp *stamp_ask(struct buf *out, const void *data, size_t n);
/* Is that reply the answer to it, by an authority under the certificates of that
 * file? 0 and the authority's time; E_DENIED with one sentence. */
MUST_CHECK int stamp_check(const struct stamp *, const void *reply, size_t n,
    const char *ca_file, int64_t *at_us, char why[200]);
void stamp_free(struct stamp *);	/* NULL is welcome */

/* ---- asking for some ---- */
/* Are the settings good? 0, or the fault. */
MUST_CHECK int stamp_settings_check(const struct settings *, struct fault *);
struct stamps;
struct stamps *stamps_new(const struct settings *);	/* NULL: none are wanted */
/* The newest checkpoint of each log, at most one in timestamp_every_s. */
void stamps_round(struct stamps *, struct db_now *, struct arena *);
void stamps_free(struct stamps *);

#endif
