/* SPDX-License-Identifier: Apache-2.0 */
/* chores.h - small things done now and then by one process of a host. */
#ifndef CHORES_H
#define CHORES_H

struct chores;
struct db;
struct event_base;

/*
 * The flow tables (tokens, codes, sessions...) are partitioned by the hour:
 * every ten minutes the next ones are made and those long past are dropped.
 * What stands still (late subscriptions, unordered lines, clocks that differ) is
 * looked at every ten seconds, for /metrics. Grants whose time has come are marked as expired, and their lines written.
 * Safe on any number of hosts.
 */
struct chores *chores_new(struct event_base *, struct db *);
void chores_free(struct chores *);

#endif
