/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - the counter's gate: nothing leaves without passing here.
 *
 * A call about to send records hands over its line; lines of concurrent calls
 * are committed together (while one batch commits the next gathers, 100 lines
 * at most) by one statement, on a connection of its own, that locks the live
 * grants FOR SHARE in id order, admits only lines whose grant is still live,
 * and writes them. Pull and push pass the same gate (laws 1 and 2). A verdict
 * that comes more than a second after its question is given as E_UNAVAILABLE;
 * one that was kept for a second must not be used: ask again.
 */
#ifndef GATE_H
#define GATE_H
#include <stdbool.h>
#include "journal/line.h"

struct event_base;
struct gate;
struct gate_pass;
struct settings;

struct gate *gate_new(struct event_base *, const struct settings *);
void gate_free(struct gate *);		/* NULL is welcome */

/* verdict 0: committed, send now. E_DENIED: the grant is no longer live.
 * E_UNAVAILABLE / E_FULL: nothing may be sent. Called once, from the loop. The
 * row is copied. */
typedef void gate_on_verdict(int verdict, void *arg);
struct gate_pass *gate_admit(struct gate *, const struct line_row *,
    gate_on_verdict *, void *arg);		/* row->grant is required */
void gate_forget(struct gate_pass *);	/* the line may be committed all the same */

/* A line that needs no verdict (pull.ended): committed with the next batch,
 * kept and tried again while the database is away (10,000 at most). A repeat of
 * a batch whose answer was lost does no harm: an id is written once. */
void gate_note(struct gate *, const struct line_row *);

/* Before a worker ends: calls done(arg) once, from the loop, when all notes are
 * committed or so long has passed. */
void gate_drain(struct gate *, int deadline_ms, void (*done)(void *), void *arg);
bool gate_idle(const struct gate *);	/* are they? */

struct gate_counts {
	unsigned long lines, batches, denied, failed, lost;
	size_t waiting;
};
void gate_count(const struct gate *, struct gate_counts *);

#endif
