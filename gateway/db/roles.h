/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles.h - roles apart in guichet's own database: NAME_app for web, push and
 * watch, NAME_sequencer for the journal, NAME_auditor and NAME_dpo for people.
 * What each may do is in migrations/0011-roles.sql.
 */
#ifndef ROLES_H
#define ROLES_H
#include "base/attr.h"

struct fault;
struct settings;

/* The same database as NAME_what; to free. */
char *roles_url(const char *url, const char *name, const char *what);
/* After a migration: grants anew. Nothing when [database] roles is empty. 0, or
 * the fault: a role is not there. */
MUST_CHECK int roles_grant(const struct settings *, struct fault *);
/* Can the processes connect as them, and may not do what they should not? */
MUST_CHECK int roles_check(const struct settings *, struct fault *);
/* In a process of its own: everything it opens from now on is as that role;
 * NULL: it opens none. */
void roles_become(struct settings *, const char *what);

#endif
