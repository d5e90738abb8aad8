/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - the journal's lines are decoded for auditors' pages and reports.
 *
 * In batches, behind the log: about a second while it is quiet. Safe on any
 * number of hosts, which take turns.
 */
#ifndef FACTS_H
#define FACTS_H

struct db;
struct event_base;
struct facts;

/* zone: whose days are summed up; it must last. */
struct facts *facts_new(struct event_base *, struct db *, const char *zone);
void facts_free(struct facts *);

#endif
