/* SPDX-License-Identifier: Apache-2.0 */
/* init.h - what `guichet init` makes in a database, and tells at its end. */
#ifndef INIT_H
#define INIT_H
#include <stdbool.h>
#include "base/attr.h"

struct fault;
struct settings;

/* As the administrator of `admin`, makes the role and the database that `own`
 * names, those that are missing. 0, or the fault. */
MUST_CHECK int init_database(const char *admin, const char *own, struct fault *);

/* The roles apart of the role that `own` names, those that are missing, with
 * passwords in `passfile` when they need one. *name: how they begin, or NULL when
 * this PostgreSQL does not let us be them (told); *url: `own`, perhaps with the
 * password file. In the arena. 0, or the fault. */
struct arena;
MUST_CHECK int init_roles(struct arena *, const char *admin, const char *own,
    const char *passfile, const char **name, const char **url, struct fault *);

/* A folder with a source.conf for each source of the settings that has none;
 * synthetic: nobody real is in them. 0, or the fault. */
MUST_CHECK int init_adapters(const struct settings *, bool synthetic,
    struct fault *);

/* What a source's DBA has to grant, and what to do next, on stdout. */
void init_next(const struct settings *, const char *config);

#endif
