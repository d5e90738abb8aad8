/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - one GET after the other, for commands that may wait.
 *
 * A connection is kept; no redirect is followed; an answer that is larger than
 * allowed or that takes too long is none. TLS trusts what the system trusts, or
 * what SSL_CERT_FILE names.
 */
#ifndef FETCH_H
#define FETCH_H
#include <stddef.h>
#include "base/attr.h"

struct buf;
struct fetch;

struct fetch *fetch_new(void);
void fetch_free(struct fetch *);	/* NULL is welcome */
/* The status, with the body in out (which is reset); or E_UNAVAILABLE after three
 * tries, or E_FULL: larger than that. why is one sentence then. */
MUST_CHECK int fetch_get(struct fetch *, struct buf *out, const char *url,
    size_t max, char why[256]);

#endif
