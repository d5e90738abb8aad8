/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recheck.h - the journal reads itself again, a piece at a time.
 *
 * When somebody asks on the auditors' page, and once a day: every line is read,
 * the tree is grown anew and its root held against the signed note, and, on the
 * way, against the note this host keeps outside the database. A piece lasts a
 * fraction of a turn, so that signing never waits for it.
 */
#ifndef RECHECK_H
#define RECHECK_H
#include "base/attr.h"

struct recheck;
struct sequencer;

struct recheck *recheck_new(struct sequencer *);
/* One piece; whoever does not lead does nothing. */
void recheck_turn(struct recheck *);
void recheck_free(struct recheck *);

#endif
