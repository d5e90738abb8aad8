/* SPDX-License-Identifier: Apache-2.0 */
/* init.h - what `guichet init` makes in a database, and tells at its end. */
#ifndef INIT_H
#define INIT_H
#include "base/attr.h"

struct fault;
struct settings;

/* As the administrator of `admin`, makes the role and the database that `own`
 * names, those that are missing. 0, or the fault. */
MUST_CHECK int init_database(const char *admin, const char *own, struct fault *);

/* What a source's DBA has to grant, and what to do next, on stdout. */
void init_next(const struct settings *, const char *config);

#endif
