/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_own.h - one small machine per data set, whatever tells it of changes.
 *
 * A machine asks one question at a time and each answer asks the next.
 * Whatever fails ends the turn, is told once in the log, and the next turn
 * begins from the mark.
 */
#ifndef WATCH_OWN_H
#define WATCH_OWN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "db/db.h"
#include "watch/seen.h"

struct feed;
struct house;
struct watch;

/* A source that tells when there is something new. */
struct ear { struct watch *watch; struct source *source;
    struct listener *listener; };

struct watch {
	struct house *house;
	char owner[UUID_TEXT];
	struct machine *machines;	/* one for each data set */
	size_t n;
	struct ear *ears;
	size_t ear_n;
	struct feed **feeds;		/* by replication, one for each source */
	size_t feed_n;
};

struct machine {
	struct watch *watch;
	const struct dataset *dataset;
	struct event *turn;
	struct budget_wait *turn_wait;	/* for its turn at the source */
	bool failing;			/* told already */
	bool asking;
	bool again;			/* woken while asking */
	int64_t compared_us;		/* when we last looked what is due */
	struct question *comparing;
	struct horizon_wait *wait;
	struct question *question;

	/* by_time.c: [since, until) is asked about, up to the horizon */
	int64_t horizon_us, since_us, until_us;
	/* by overlap, everything above since too, again and again */
	struct seen seen;
	int64_t asked_us;
	/* by_trigger.c: the place reached in the change table, and the next */
	int64_t at, at_n, to, to_n;
	bool pending;			/* some may not be read yet */
	/* by_replication.c: the same, at and to, in the stream of its feed */
	struct feed *feed;
};

void machine_rest(struct machine *, int64_t ms);	/* the turn is over */
void machine_rest_long(struct machine *);	/* [watch] interval_ms */
void machine_fail(struct machine *, const char *doing, int failure);
void machine_ask(struct machine *, struct db *, const struct statement *,
    const struct params *, db_on_rows *, const char *doing);
/* A dead watcher's data sets are another's after so long. */
int64_t machine_lease_s(const struct machine *);
/* Is this data set ours to watch? then: watch_claim's row, or none. */
void machine_claim(struct machine *, int64_t horizon_us, db_on_rows *then);
/* The subscriptions were woken: "moved" and "woken". false: it failed. */
bool machine_woken(struct machine *, const struct rows *, int failure);

void by_time_turn(struct machine *);
void by_trigger_turn(struct machine *);

/* by_replication.c: the stream of a source, for all data sets it changes. */
struct feed *feed_new(struct watch *, const struct source *);
void feed_free(struct feed *);
void by_replication_turn(struct machine *);	/* ours as long as we stream */

#endif
