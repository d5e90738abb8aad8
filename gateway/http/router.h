/* SPDX-License-Identifier: Apache-2.0 */
/* router.h - which route answers this method and path? */
#ifndef ROUTER_H
#define ROUTER_H
#include "http/call.h"

/* 0 and c->route; E_NOT_FOUND (404); E_DENIED: the path exists, the method does
 * not (405), and allow holds the Allow field's value. */
MUST_CHECK int router_find(struct call *, char allow[64]);

#endif
