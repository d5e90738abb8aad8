/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate.h - guichet's own tables, made and changed by numbered SQL files.
 *
 * Forward only, one transaction each, under an advisory lock; the checksum of
 * each applied file is kept and compared. A binary accepts a range of schema
 * versions; outside it `serve` refuses and names the command.
 */
#ifndef MIGRATE_H
#define MIGRATE_H
#include "base/attr.h"

struct fault;

#define SCHEMA_OLDEST	1	/* the range this binary can run on: from here */
int schema_newest(void);	/* to the last migration it carries */

/* Applies what is missing and prints each step on stdout. The url must lead
 * to a role that may create tables. 0, or the fault (never half a step). */
MUST_CHECK int migrate_run(const char *url, struct fault *);

/* Can this binary run on that database? 0; E_CONFLICT: out of range, or a
 * migration differs from ours; E_UNAVAILABLE: no answer. */
MUST_CHECK int migrate_check(const char *url, struct fault *);

#endif
