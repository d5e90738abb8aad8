/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt.h - what the customer keeps: a signed statement of what she allowed.
 *
 * Shaped after ISO/IEC TS 27560:2023, signed as a JWS (ES256, typ JWT) that our
 * /oauth/jwks verifies. It names no customer: the principal is the pairwise
 * pseudonym of that PIMS.
 */
#ifndef RECEIPT_H
#define RECEIPT_H
#include "consent/grant.h"

struct keys;
struct settings;

struct row_tiles;

enum { RECEIPT_PROOFS = 50, RECEIPT_MAX = 256 * 1024 };
/* The places to ask proofs for (journal_proof.sql): of the first so many. */
size_t receipt_places(int64_t places[RECEIPT_PROOFS], const struct rows *events);

/* events: of grant_events.sql; tiles: what proves them, or NULL (then the receipt
 * says where its lines are to be looked for). The JSON, and the same signed
 * (compact JWS). In the arena; the signed one is NULL if signing failed. */
const char *receipt_text(struct arena *, const struct settings *,
    const struct catalogue *, const struct grant *, const struct rows *events,
    struct row_tiles *tiles);
const char *receipt_sign(struct arena *, const struct keys *, const char *text);

/* The same in other shapes, from the JSON: "kantara" (Consent Receipt 1.1.0) or
 * "dpv" (JSON-LD of w3id.org/dpv). In the arena; NULL: no such shape. */
const char *receipt_as(struct arena *, const char *shape, const char *text);

#endif
