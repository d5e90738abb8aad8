/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.h - the processes of the house: started, watched, asked to go.
 *
 * A child belongs to a generation. A reload starts the next one and asks the
 * previous to drain only when the new one can work, so that both serve for a
 * moment and no call is dropped.
 */
#ifndef CREW_H
#define CREW_H
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"

struct plan;
struct role_kind;
struct sockets;

enum { CREW_MAX = 256 };

struct child {
	pid_t pid;			/* 0: dead, to be started at at_ms */
	const struct role_kind *kind;
	int index;
	int generation;
	int page;			/* of the counters' book and of beats */
	bool ready;
	int64_t started_ms, at_ms;
	int64_t kill_ms;		/* asked to go: not later; 0 = not asked */
	int backoff_ms;
};

struct crew {
	const struct plan *plan;	/* the supervisor's, of this generation */
	struct sockets *sockets;
	struct counters_book *book;
	volatile int64_t *beats;	/* by page, shared: when its loop last ran */
	struct child children[CREW_MAX];
	int n, generation;
	sigset_t before;		/* the signal mask children get back */
	int ready[2];			/* a pipe of pids */
};

MUST_CHECK int crew_prepare(struct crew *);	/* 0, or E_SYSTEM */
void crew_next_generation(struct crew *);	/* starts every role anew */
void crew_reap(struct crew *);			/* buries, plans restarts */
void crew_restart_due(struct crew *);
/* Hears who is ready; true when the whole generation is. */
bool crew_hear_ready(struct crew *);
void crew_retire_older(struct crew *);
void crew_retire_all(struct crew *);
bool crew_has_older(const struct crew *);
void crew_kill_late(struct crew *);
/* slept: the whole machine did, so that nobody is to blame. */
void crew_kill_stuck(struct crew *, bool slept);
/* When something must be done next: ms, monotonic. */
int64_t crew_next_ms(const struct crew *);

#endif
