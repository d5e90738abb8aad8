/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy.h - what a front in [server] trusted_proxies says of its client.
 */
#ifndef PROXY_H
#define PROXY_H
#include "base/attr.h"

struct call;
struct fault;
struct proxies;
struct settings;

MUST_CHECK int proxies_load(struct proxies **out, const struct settings *,
    struct fault *);
void proxies_free(struct proxies *);
/* From a trusted peer: X-Forwarded-For, X-Forwarded-Proto and the client
 * certificate's header count. From any other these fields are taken away. */
void proxies_take(struct proxies *, struct call *);

#endif
