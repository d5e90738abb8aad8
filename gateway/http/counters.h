/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - figures of all processes, in memory they share.
 *
 * The supervisor makes the book before it forks; each process takes its own
 * page and alone writes there. Whoever answers /metrics reads all pages.
 */
#ifndef COUNTERS_H
#define COUNTERS_H
#include <stddef.h>
#include <stdint.h>

struct buf;
struct route;

/* A counter only grows (name ends with _total); a gauge is set. */
enum counter {
	COUNTER_CONNECTIONS,		/* gauge: open now */
	COUNTER_CALLS,			/* gauge: under way */
	COUNTER_ACCEPTED,
	COUNTER_REFUSED,		/* beyond the cap */
	COUNTER_HANDSHAKES,		/* TLS, full */
	COUNTER_RESUMED,		/* TLS, by ticket */
	COUNTER_DB_CONNECTIONS,		/* gauge: to guichet's database */
	COUNTER_DB_WAITING,		/* gauge: questions to it */
	COUNTER_DB_ASKED, COUNTER_DB_FAILED,
	COUNTER_DB_LOST,		/* connections */
	COUNTER_GATE_WAITING,		/* gauge: lines and notes */
	COUNTER_GATE_LINES, COUNTER_GATE_BATCHES, COUNTER_GATE_DENIED,
	COUNTER_DELIVERED, COUNTER_DELIVERY_FAILED,	/* push */
	COUNTER_RECORDS,		/* that were acknowledged */
	COUNTER_HOSTS_OPEN,		/* gauge: breakers */
	COUNTER_LETTERS, COUNTER_LETTERS_FAILED,	/* to customers */
	COUNTER_SIGNALS, COUNTER_SIGNALS_FAILED,	/* to recipients */
	COUNTER_DUE, COUNTER_LATE_S, COUNTER_DEAD, /* gauges: subscriptions */
	COUNTER_STAGED,			/* gauge: lines without a place yet */
	COUNTER_STILL,			/* gauge: 1, the journal is not signed */
	COUNTER_CLOCK_MS,		/* gauge: ours against the database's */
	COUNTER_CERTIFICATE,		/* gauge: when ours expires */
	COUNTER_SOURCE_ASKED, COUNTER_SOURCE_WAITED_MS,	/* budget.h */
	COUNTER_STREAMS,		/* gauge: of changes, being read */
	COUNTER_SLOT_LAG,		/* gauge: bytes, of the furthest behind */
	COUNTER_SLOTS_LOST,		/* gauge: so many sources' */
	COUNTER_COUNT
};

struct counters_book;

/* For so many processes (web, push, watch, journal together). */
struct counters_book *counters_make(int pages);
/* This process writes page n from now on, as "web" 0, "push" 1... A process
 * restarted on the same page goes on counting; its gauges start at 0. */
void counters_take(struct counters_book *, int page, const char *role);

/* Harmless before counters_take: they go nowhere. */
void counter_add(enum counter, uint64_t n);
void counter_set(enum counter, uint64_t value);
void counters_call(const struct route *, int status, int64_t us);

/* All pages as OpenMetrics text. */
void counters_write(struct buf *out);
/* What it may hold, as JSON (an array): name, kind, help, labels. */
struct jw;
void counters_json(struct jw *);

#endif
