/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - which version of a data set is spoken, and for how long.
 *
 * The asker may say the highest version it understands (Guichet-Version) and
 * the lowest (Guichet-Version-Min); it is answered with the highest between,
 * or 406. Who names none is given the oldest still served, so that a new one
 * breaks nobody. A version on its way out says so in Deprecation (RFC 9745) and
 * Sunset (RFC 8594), from x-deprecated and x-sunset of its schema.
 */
#ifndef VERSION_H
#define VERSION_H
#include "http/call.h"

struct dataset;

/* NEXT and *out, or refused: 404, 406. */
enum next version_choose(struct call *, const struct dataset **out,
    const char *id);
/* Guichet-Version, and Deprecation and Sunset when there is something to say. */
void version_tell(struct call *, const struct dataset *);

#endif
