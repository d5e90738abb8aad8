/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequencer.h - the journal's role: orders lines, grows the trees, signs their
 * checkpoints. One leader among all hosts.
 *
 * It is a process of its own and simply waits for its database: nothing else
 * depends on its loop.
 *
 * Lines are written once, by whatever statement changed something; here they
 * get their places. Why nothing is lost, doubled or forked:
 *
 * - A turn takes what its snapshot sees and that of the last turn did not, not
 *   what lies above a mark: a line that commits late is taken by a later turn.
 *   Places, tiles, the head's new size and the snapshot are one transaction:
 *   all of it or nothing.
 * - Two lines about one grant are numbered under that grant's row lock, each
 *   after the other committed, so that the order of the numbers is the order in
 *   which they came true. No pull stands behind the withdrawal of its grant.
 * - One leads: an advisory lock of its session says who. A leader that was
 *   cut off or stopped may not know that its session is gone; the fence does:
 *   a new leader raises the epoch, and every commit requires it.
 * - A failure of any kind, an answer lost while committing above all, throws
 *   the trees in memory away: they are loaded again from what is stored.
 * - A note is signed after its lines are committed, and not here: by a process
 *   with the only key (signer.h), which keeps the last note outside the database
 *   and signs what provably continues it. A history that does not is neither
 *   ordered nor signed: its lines wait until a person looked. Who does not lead
 *   has its own signer keep what is published, so that taking over is not blind.
 * - A leader that was frozen gets no signature five seconds after it last knew
 *   that it leads, and can publish none.
 */
#ifndef SEQUENCER_H
#define SEQUENCER_H
#include <signal.h>
#include <stdint.h>
#include "base/attr.h"

struct keys;
struct sequencer;
struct settings;

/* Orders and signs every interval until *stop, or until the parent process is
 * gone. Returns an exit code of sysexits(3). Signals that set *stop must be
 * installed without SA_RESTART. */
MUST_CHECK int sequencer_run(const struct settings *, const struct keys *,
    const volatile sig_atomic_t *stop);

/* The same in pieces, for tools and tests. */
struct sequencer *sequencer_new(const struct settings *, const struct keys *);
/* Orders all that committed and signs. 0; E_CONFLICT: another one leads;
 * E_DENIED: this history is not the one that was signed (logged);
 * E_UNAVAILABLE. *lines, when given, is what was ordered. */
MUST_CHECK int sequencer_turn(struct sequencer *, int64_t *lines);
void sequencer_free(struct sequencer *);

/*
 * The database lost the end of what was signed, for good: both logs go on under
 * the origin of the settings. The first line that each gets is `reason`, quoting
 * the last note its signer kept; what lay in the tree before stays in it, so
 * that every note up to then still verifies. 0; E_CONFLICT: a gateway leads, or
 * the database has that origin already; other failures. why: one sentence.
 */
MUST_CHECK int sequencer_begin_anew(struct sequencer *, const char *reason,
    char why[256]);

#endif
