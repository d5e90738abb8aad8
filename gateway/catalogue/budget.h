/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - so many questions a second to a source, by the time of day, from
 * whatever works in the background: the watch, pushes, exports. Pulls do not wait.
 *
 * Counted by all workers of this host together, in memory they share: one word
 * says when the next question is due, and whoever takes a turn moves it on. Those
 * who wait are served in the order they came; beyond two seconds of waiting
 * nobody is let in.
 */
#ifndef BUDGET_H
#define BUDGET_H
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct budget;
struct budget_wait;
struct event_base;
struct source;

/* "50 22:00-06:00=500": the rule, and exceptions; 0 is no bound. Before the
 * first fork. NULL text: none. */
MUST_CHECK int budget_new(struct budget **out, struct arena *, const char *text);
void budget_free(struct budget *);	/* its memory; NULL is welcome */

/* A second, now, there; 0: as many as one likes. */
int64_t budget_rate(const struct source *);
/* May so many be asked now? true: yes. false: `go` comes when they may, unless
 * *wait is NULL: too many wait, come back later. */
bool budget_take(struct budget_wait **wait, struct source *, struct event_base *,
    int questions, void (*go)(void *), void *arg);
/* One more, without waiting: whoever is next waits for it. */
void budget_add(struct source *);
void budget_forget(struct budget_wait *);	/* NULL is welcome */

struct budget_counts { uint64_t asked, waited_us; };	/* since the start */
void budget_count(const struct source *, struct budget_counts *);

#endif
