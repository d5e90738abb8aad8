/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewal.h - refreshes that come together are committed together.
 *
 * Each refresh must be on the disk before its answer leaves. One commit for
 * each makes them queue for the disk, and whatever the same connection is asked
 * queues with them; while one batch commits the next gathers, so that a lone
 * refresh waits for nobody and a crowd for two commits at most.
 */
#ifndef RENEWAL_H
#define RENEWAL_H
#include "base/attr.h"

struct db;
struct event_base;
struct params;
struct renewals;
struct renewal_wait;

struct renewals *renewals_new(struct event_base *, struct db *);
void renewals_free(struct renewals *);		/* NULL is welcome */

/*
 * verdict 0: committed. E_DENIED: not written, as its grant is not live or
 * somebody is just changing it; refresh_use.sql, alone, knows. E_UNAVAILABLE,
 * E_FULL... as db.h says. Called once, from the loop. NULL, and never called,
 * when too many wait (E_FULL).
 */
typedef void renewal_on_verdict(int verdict, void *arg);
/* The parameters of refresh_use.sql: the caller's until the verdict, or until
 * it forgets. */
struct renewal_wait *renewal_ask(struct renewals *, const struct params *,
    renewal_on_verdict *, void *arg);
void renewal_forget(struct renewal_wait *);

#endif
