/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_sets.h - the synthetic sets of [sandbox] sets, with their hashes. */
#ifndef SANDBOX_SETS_H
#define SANDBOX_SETS_H
#include <stddef.h>
#include "pages/sandbox_page.h"

struct call;

/* Those there are, in the call's arena. A file is hashed once, and again when
 * it changed. */
size_t sandbox_sets(struct call *, const struct sandbox_set **);

#endif
