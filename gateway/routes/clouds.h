/* SPDX-License-Identifier: Apache-2.0 */
/* clouds.h - what a customer may have her records sent to, for two routes. */
#ifndef CLOUDS_H
#define CLOUDS_H
#include "http/call.h"
#include "pages/connect_page.h"

enum { CLOUDS_MAX = 24 };

struct clouds {
	struct connect_kind list[CLOUDS_MAX];
	size_t n;
};

/* A step's last word; the next step takes what came. */
enum next clouds_ask(struct call *);
void clouds_take(struct call *, struct clouds *);
const struct connect_kind *clouds_find(const struct clouds *, const char *id);

/* What came of knocking at one: what to do there (texts in the arena), its page,
 * or why not. */
struct connect_told;
struct connect_next_view clouds_next(struct call *, const struct connect_told *,
    const char *name);
enum next clouds_go_on(struct call *, const struct connect_next_view *,
    enum lang);
enum next clouds_refuse(struct call *, int failure, const char *why);

#endif
