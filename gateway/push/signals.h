/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h - tells recipients what became of the consents they hold.
 *
 * A signal is a row of guichet.signal, put there by the statement that changed the
 * grant, for recipients that said where they hear of it (`guichet client signals`).
 * Each is signed and sent (set.h) until it is received, refused for good or given
 * up; one at a time for each recipient, in order, at least once.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

struct house;
struct signals;

struct signals *signals_new(struct house *);
void signals_stop(struct signals *);	/* claims no more */
void signals_free(struct signals *);	/* NULL is welcome */

#endif
