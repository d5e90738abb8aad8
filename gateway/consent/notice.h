/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.h - what was shown before somebody decided, kept as it was.
 *
 * One row for each notice there ever was, by its SHA-256: a million people who
 * read the same one make no second. It names no customer. GET /notice/{sha256}
 * shows it to whoever holds a receipt.
 */
#ifndef NOTICE_H
#define NOTICE_H
#include "http/call.h"

struct buf;
struct pushed;

/* Keeps it, and gives its hash. A step's last word; the next one decides. */
enum next notice_keep(struct call *, const struct buf *text, const char *lang,
    uint8_t sha256[32]);
/* It is about to be shown to the signed-in customer: kept, and the line
 * "consent.shown", once for each language of a request. The same. */
enum next notice_shown(struct call *, const struct buf *text, const char *lang,
    const struct pushed *);

#endif
