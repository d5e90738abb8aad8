/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way.h - the way out: the proxy that the settings name, and the certificate that
 * we show to a recipient. The environment has no say.
 *
 * Behind a proxy it is the proxy that resolves names, so that addresses cannot be
 * judged here: what is written as an address is, and so are names that only a
 * network of one's own knows; the rest is the proxy's to refuse.
 */
#ifndef WAY_H
#define WAY_H
#include <curl/curl.h>
#include <stdbool.h>
#include "base/attr.h"

struct fault;
struct networks;
struct settings;
struct way;

/* Are those settings good? 0, or E_BAD_INPUT and *fault. */
MUST_CHECK int way_check(const struct settings *, struct fault *);
struct way *way_new(const struct settings *);
void way_free(struct way *);			/* NULL is welcome */
bool way_has_proxy(const struct way *);		/* NULL: no */

/* May this URL be asked for by the proxy? True as well when there is none. */
bool way_may(const struct way *, const struct networks *allow, const char *url);
/* to: the recipient (a row of guichet.client), or NULL. True: a certificate of ours
 * is shown. */
bool way_set(const struct way *, CURL *, const char *to);

#endif
