/* SPDX-License-Identifier: Apache-2.0 */
/* push_own.h - between the push role and its deliveries. */
#ifndef PUSH_OWN_H
#define PUSH_OWN_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include "catalogue/page.h"
#include "push/errand.h"
#include "push/parcel.h"
#include "push/push.h"
#include "push/settle.h"

struct hosts;

enum {
	CRASHES_MAX	= 5,	/* while alone: then it is set aside */
	REFUSED_MAX	= 3,	/* "never" is believed the third time */
	LOOKS_MAX	= 40,	/* has she opened her pod? */
	HOSTS_WALKED	= 500,
	PARCELS_BYTES	= 32 << 20	/* under way at once, about */
};

struct push {
	struct house *house;
	char owner[128];
	struct event *turn, *look;	/* claim; look for the dead */
	struct listener *listener;	/* grants that change */
	struct settler *settler;
	struct hosts *hosts;
	struct question *question;	/* the claim under way */
	int64_t claimed_us;		/* when it was asked, monotonic */
	char after_host[300];		/* where the walk ended */
	LIST_HEAD(, delivery) deliveries;
	int under_way, asked_n;		/* asked_n: room of the claim under way */
	bool found;			/* the last claim found something */
	int64_t mean_bytes;		/* of a parcel, of late */
	int suspects;			/* expired leases: drain, then alone */
	bool alone;			/* one of them is being tried */
	bool stopping;
	void (*done)(void *);
	void *arg;
};

/* One claimed subscription, until it is settled. */
struct delivery {
	LIST_ENTRY(delivery) link;
	struct push *push;
	struct arena *arena;
	char id[17];			/* in log lines and the journal */
	struct destination *to;
	const struct dataset *dataset;	/* NULL: not served here any more */
	const char *dataset_id;
	const char *host;		/* as claimed */
	const char *state;		/* waiting active ended */
	const char *cursor, *details;
	const char *walk;		/* a comparison, or NULL (reading.c) */
	int64_t round;
	char subscription[UUID_TEXT];
	int64_t sequence, lease_end_us, begun_us;
	int64_t decided_us;		/* when her consent was last decided */
	int attempts, crashes;
	bool alone, ever;
	bool given, once;		/* all was given once; and that is all */

	struct cursor after;
	struct page_ask ask, gone_ask;
	struct rows *rows;		/* of the page, while removals are read */
	int64_t safe_us;		/* the horizon: cursors stay below it */
	int pages;			/* read in this turn */
	bool walking;
	struct parcel parcel;
	struct errand errand;
	char attempted[UUID_TEXT];	/* id of the line written before */

	/* what is awaited, one at a time */
	struct budget_wait *turn;
	struct horizon_wait *horizon;
	struct question *question;
	struct gate_pass *pass;

	struct line_row line;
	struct settlement settlement;
};

/* delivery.c: takes a claimed row and goes its way; push_over at its end. */
void delivery_begin(struct push *, const struct rows *, int row);
/* reading.c: finds what is to be sent; delivery_send, or settles. */
void reading_begin(struct delivery *);
/* So many of the parcel were received: the settlement says how far one is. */
void reading_received(struct delivery *, int done);
/* delivery.c: the gate, then the cloud. */
void delivery_send(struct delivery *);
/* Nothing was sent; no cloud is to blame. */
void delivery_postpone(struct delivery *, const char *reason, int64_t ms);
/* visit.c: the errands that carry no records (waiting, ended). */
void visit_begin(struct delivery *);
/* Settles; wait_ms, -1 = nothing left. event NULL = no line. */
void delivery_settle(struct delivery *, int64_t wait_ms, const char *reason,
    const char *event, const char *outcome);
/* Records of its parcel that were held back: a line of its own, once. */
void delivery_held(struct delivery *);
void delivery_line(struct delivery *, struct line_row *, const char *event,
    const char *outcome, const char *reason);
void delivery_run(struct delivery *, enum errand_kind,
    void (*on_end)(struct errand *));
void delivery_forget(struct delivery *);
/* Its grant changed: what is being sent is cut off; it is claimed again, if the
 * grant is still live. */
void delivery_cancel(struct delivery *);
/* push.c */
void push_over(struct push *, struct delivery *, bool again);

#endif
