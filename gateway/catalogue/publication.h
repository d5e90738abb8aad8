/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publication.h - the DDL that makes a source stream its changes.
 *
 * For the owner of the tables to read and run: what each table must tell of an
 * old row, a publication of the columns that lead to a customer, and the slot.
 */
#ifndef PUBLICATION_H
#define PUBLICATION_H
#include <stdbool.h>
#include "base/attr.h"

struct buf;
struct catalogue;
struct db_now;
struct fault;
struct source;

/* drop: the DDL that takes it all away again. 0, or the fault. */
MUST_CHECK int publication_write(struct buf *, struct db_now *,
    const struct catalogue *, const struct source *, bool drop,
    struct fault *);

#endif
