/* SPDX-License-Identifier: Apache-2.0 */
/*
 * triggers.h - the DDL that makes a source tell of its changes.
 *
 * For the owner of the tables to read and run: one change table, and on each
 * table that an adapter reads, triggers that leave a row there.
 */
#ifndef TRIGGERS_H
#define TRIGGERS_H
#include <stdbool.h>
#include "base/attr.h"

struct buf;
struct catalogue;
struct db_now;
struct fault;
struct source;

/* drop: the DDL that takes it all away again. deletions: those of rows that go
 * alone, for a source that streams the rest. 0, or the fault. */
MUST_CHECK int triggers_write(struct buf *, struct db_now *,
    const struct catalogue *, const struct source *, bool drop,
    bool deletions, struct fault *);

#endif
