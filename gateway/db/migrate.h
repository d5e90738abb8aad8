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

#define SCHEMA_OLDEST	1	/* the range this binary can run on */
extern const int schema_newest;

MUST_CHECK int migrate_run(const char *url, struct fault *);	/* prints each step */
MUST_CHECK int migrate_check(const char *url, struct fault *);	/* E_CONFLICT: out of range */

#endif
