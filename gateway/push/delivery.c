/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - one subscription's turn: horizon, page, gate, cloud, settle.
 *
 * The line "attempted" is committed by the gate, with the grant locked and live,
 * before the first byte leaves; what is sent, is sent at once after the verdict,
 * and only while the lease outlasts the deadline: so no other worker can be
 * sending the same records meanwhile. What was received is acknowledged by the
 * statement that moves the cursor.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "catalogue/budget.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "consent/details.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/counters.h"
#include "http/house.h"
#include "journal/gate.h"
#include "push/destination.h"
#include "push/hosts.h"
#include "push/push_own.h"
#include "push/retry.h"

/* ---- how it ends ---- */

static const char *
versioned(const struct delivery *d)
{
	return d->dataset == NULL ? d->dataset_id : arena_printf(d->arena,
	    "%s@%d", d->dataset_id, d->dataset->schema->version);
}

/* From the change at the source, or from when the customer last decided about her
 * consent: what was there before is not late. */
static int64_t
lag_ms(const struct delivery *d)
{
	int64_t changed = parcel_changed_us(&d->parcel, d->errand.done,
	    d->decided_us);
	int64_t lag = changed == 0 ? 0 : (clock_us() - changed) / 1000;

	return changed == 0 ? 0 : lag < 1 ? 1 : lag;
}

void
delivery_line(struct delivery *d, struct line_row *row, const char *event,
    const char *outcome, const char *reason)
{
	bool sent = d->parcel.n > 0 && strncmp(event, "delivery.", 9) == 0;
	bool acked = strcmp(event, "delivery.acked") == 0;
	bool notice = destination_notice(d->to);	/* no record leaves */
	char covers[COVERED_TEXT];
	struct covered covered;
	struct line line = {
		.event = event,
		.dataset = sent || d->dataset != NULL ? versioned(d) : NULL,
		.to = d->to->client_id,
		.outcome = outcome,
		.records = sent && notice ? 0 : acked ? d->errand.done :
		    sent ? d->parcel.n : -1,
		.bytes = sent && !notice ? (int64_t)d->parcel.bytes : -1,
		.attempt = sent ? d->attempts + 1 : 0,
		.lag_ms = acked && !notice ? lag_ms(d) : 0,
		.actor = "system",
		.subject = &d->to->subject,
		.grant = &d->to->grant,
		.digest = sent && !notice ? d->parcel.digest : NULL,
		.reason = reason,
		.call = d->id,
		.of = d->attempted[0] == '\0' ? NULL : d->attempted
	};

	parcel_covered(&d->parcel, acked ? d->errand.done : d->parcel.n, &covered);
	line.covers = sent && !notice ? covered_text(covers, &covered) : NULL;
	line_make(row, d->arena, &line);
}

void
delivery_held(struct delivery *d)
{
	const struct line line = { .event = "record.rejected",
	    .dataset = versioned(d), .to = d->to->client_id,
	    .records = d->parcel.held, .bytes = -1, .actor = "system",
	    .subject = &d->to->subject, .grant = &d->to->grant,
	    .reason = RECORD_UNWRITABLE, .call = d->id };
	struct line_row row;

	if (d->parcel.held == 0 || d->attempts > 0)
		return;			/* none, or it was told */
	line_make(&row, d->arena, &line);
	gate_note(d->push->house->gate, &row);
}

static void
on_settled(bool held, void *arg)
{
	struct delivery *d = arg;
	const struct settlement *s = &d->settlement;

	if (!held)
		log_warning("delivery=%s settled too late: it was taken over",
		    d->id);
	push_over(d->push, d, s->wait_ms == 0);
}

void
delivery_settle(struct delivery *d, int64_t wait_ms, const char *reason,
    const char *event, const char *outcome)
{
	d->settlement.wait_ms = wait_ms;
	d->settlement.reason = reason;
	d->settlement.horizon_us = d->ask.until_us;
	if (event != NULL) {
		delivery_line(d, &d->line, event, outcome, reason);
		d->settlement.line = &d->line;
	}
	settler_give(d->push->settler, &d->settlement, on_settled, d);
}

void
delivery_postpone(struct delivery *d, const char *reason, int64_t ms)
{
	delivery_settle(d, ms, reason, NULL, NULL);
}

/* ---- what came back from the cloud ---- */

static void
set_aside(struct delivery *d, const char *reason)
{
	d->settlement.state = "dead";
	d->settlement.refused = true;
	log_warning("delivery=%s pims=%s deliveries set aside reason=\"%s\" "
	    "cure=\"guichet subscription list\"", d->id, d->to->client_id, reason);
	delivery_settle(d, -1, reason, "delivery.dead",
	    outcome_name(d->errand.outcome));
}

static bool
hopeless(const struct delivery *d)
{
	int most = (int)d->push->house->settings->push_attempts_max;

	switch (d->errand.outcome) {
	case REAUTH:
	case GONE:
	case MOVED:
		return true;
	case REFUSED:
		return d->attempts + 1 >= REFUSED_MAX;
	default:
		return d->attempts + 1 >= most;
	}
}

/* The recipient misses some, or has more than we know of (our database was
 * restored): it says which number it waits for, and that is where we go on. It has
 * received nothing: so one that always says so is tried with patience, and set
 * aside in the end. */
static void
go_back(struct delivery *d)
{
	d->settlement.has = d->errand.expected - 1;
	d->settlement.refused = true;
	log_info("delivery=%s pims=%s the recipient waits for another number "
	    "dataset=%s from=%lld sent=%lld", d->id, d->to->client_id,
	    d->dataset_id, (long long)d->errand.expected,
	    (long long)d->parcel.sequence);
	delivery_settle(d, d->attempts == 0 ? 0 :
	    retry_wait_ms(d->attempts + 1, 0), "the recipient misses some",
	    "delivery.rewound", outcome_name(CONFLICT));
}

static void
failed(struct delivery *d)
{
	const struct errand *e = &d->errand;
	int64_t wait = retry_wait_ms(d->attempts + 1, e->wait_s);

	counter_add(COUNTER_DELIVERY_FAILED, 1);
	log_info("delivery=%s pims=%s records not received dataset=%s "
	    "outcome=%s why=\"%s\" attempt=%d retry_ms=%lld", d->id,
	    d->to->client_id, d->dataset_id, outcome_name(e->outcome), e->why,
	    d->attempts + 1, (long long)wait);
	if (hopeless(d)) {
		set_aside(d, arena_printf(d->arena, "%s: %s",
		    outcome_name(e->outcome), e->why));
		return;
	}
	if (e->expected > 0) {
		go_back(d);
		return;
	}
	d->settlement.refused = true;
	delivery_settle(d, wait, e->why,
	    e->wait_s > 0 ? "delivery.deferred" : "delivery.failed",
	    outcome_name(e->outcome));
}

static void
received(struct delivery *d)
{
	const struct errand *e = &d->errand;
	bool good = e->outcome == DELIVERED || e->outcome == ALREADY;
	bool whole = e->done == d->parcel.n, more = d->parcel.more || !whole ||
	    d->walk != NULL;

	reading_received(d, e->done);
	counter_add(COUNTER_DELIVERED, 1);
	counter_add(COUNTER_RECORDS, (uint64_t)e->done);
	log_info("delivery=%s pims=%s records received dataset=%s rows=%d "
	    "bytes=%zu ms=%lld", d->id, d->to->client_id, d->dataset_id,
	    e->done, d->parcel.bytes,
	    (long long)(clock_mono_us() - d->begun_us) / 1000);
	delivery_settle(d, !good ? retry_wait_ms(1, e->wait_s) : more ? 0 : -1,
	    NULL, "delivery.acked", e->outcome == ALREADY ? "already" :
	    whole ? "complete" : "partial");
}

static void
judge_host(struct delivery *d)
{
	const struct errand *e = &d->errand;
	struct hosts *hs = d->push->hosts;

	if (e->outcome == LATER)
		hosts_failed(hs, d->host, clock_mono_us(), e->wait_s);
	else
		hosts_answered(hs, d->host, clock_mono_us(), e->asked_n == 0 ?
		    0 : e->took_us / e->asked_n);
}

static void
on_delivered(struct errand *e)
{
	struct delivery *d = e->arg;

	judge_host(d);
	if (e->done > 0)
		received(d);
	else
		failed(d);
}

void
delivery_run(struct delivery *d, enum errand_kind kind,
    void (*on_end)(struct errand *))
{
	struct house *h = d->push->house;

	d->errand = (struct errand){
		.house = h,
		.arena = d->arena,
		.to = d->to,
		.tag = d->id,
		.parcel = kind == ERRAND_DELIVER ? &d->parcel : NULL,
		.until_us = clock_mono_us() +
		    h->settings->push_deadline_ms * 1000,
		.saves = true,
		.on_end = on_end,
		.arg = d
	};
	errand_run(&d->errand, kind);
}

/* ---- the gate ---- */

static void
on_verdict(int verdict, void *arg)
{
	struct delivery *d = arg;
	int64_t left_us = d->lease_end_us - clock_mono_us();

	d->pass = NULL;
	if (verdict == E_DENIED)
		delivery_settle(d, 5000, "no live consent",
		    "delivery.cancelled", NULL);
	else if (verdict < 0)
		delivery_postpone(d, "journal away", 1000);
	else if (left_us <= d->push->house->settings->push_deadline_ms * 1000)
		delivery_settle(d, 0, "lease too short", "delivery.failed",
		    "later");
	else
		delivery_run(d, ERRAND_DELIVER, on_delivered);
}

void
delivery_send(struct delivery *d)
{
	struct line_row row;

	delivery_line(d, &row, "delivery.attempted", NULL, NULL);
	uuid_text(d->attempted, &row.id);
	d->pass = gate_admit(d->push->house->gate, &row, on_verdict, d);
}

/* ---- beginning ---- */

static struct delivery *
take(struct push *p, const struct rows *rows, int row)
{
	struct arena *a = arena_new();
	struct delivery *d = arena_alloc(a, sizeof(*d));
	uint8_t id[8];

	d->arena = a;
	d->push = p;
	random_bytes(id, sizeof(id));
	hex_encode(d->id, id, sizeof(id));
	row_uuid(rows, row, "id", &d->settlement.subscription);
	uuid_text(d->subscription, &d->settlement.subscription);
	d->settlement.attempt = row_int(rows, row, "attempt");
	d->settlement.changed = row_int(rows, row, "changed");
	d->dataset_id = arena_strdup(a, row_text(rows, row, "dataset"));
	d->dataset = dataset_spoken(p->house->catalogue, d->dataset_id);
	d->host = arena_strdup(a, row_text(rows, row, "host"));
	d->state = arena_strdup(a, row_text(rows, row, "state"));
	d->cursor = arena_strdup(a, row_text(rows, row, "cursor"));
	d->walk = arena_strdup(a, row_text(rows, row, "walk"));
	d->round = row_int(rows, row, "walk_round");
	d->details = arena_strdup(a, row_text(rows, row, "details"));
	d->sequence = row_int(rows, row, "sequence");
	d->decided_us = row_time(rows, row, "decided");
	d->attempts = (int)row_int(rows, row, "attempts");
	d->crashes = (int)row_int(rows, row, "crashes");
	d->alone = row_bool(rows, row, "alone");
	d->given = row_bool(rows, row, "given");
	d->settlement.has = -1;
	d->begun_us = clock_mono_us();
	d->lease_end_us = p->claimed_us +
	    p->house->settings->push_lease_s * 1000000;
	return d;
}

void
delivery_begin(struct push *p, const struct rows *rows, int row)
{
	struct delivery *d = take(p, rows, row);
	int rc;

	LIST_INSERT_HEAD(&p->deliveries, d, link);
	p->under_way++;
	hosts_begun(p->hosts, d->host);
	d->to = destination_new(d->arena);
	rc = destination_read(d->to, p->house->keys, rows, row, d->arena);
	if (d->crashes >= CRASHES_MAX || rc < 0) {
		d->errand.outcome = REFUSED;
		set_aside(d, rc < 0 ? "its keys cannot be unsealed" :
		    "the worker died each time");
	} else if (strcmp(d->state, "active") == 0)
		reading_begin(d);
	else
		visit_begin(d);
}

/* What was cut off may have been received: a repeat is harmless. */
void
delivery_cancel(struct delivery *d)
{
	struct errand *e = &d->errand;

	if (e->parcel == NULL || e->ended)
		return;
	errand_forget(e);
	e->outcome = LATER;
	if (e->done > 0)
		received(d);
	else
		delivery_settle(d, 0, "consent changed", "delivery.cancelled",
		    NULL);
}

void
delivery_forget(struct delivery *d)
{
	budget_forget(d->turn);
	if (d->horizon != NULL)
		horizon_forget(d->horizon);
	if (d->question != NULL)
		db_forget(d->question);
	if (d->pass != NULL)
		gate_forget(d->pass);
	rows_free(d->rows);
	errand_forget(&d->errand);
}
