/*
 * sequencer.h - the journal's role: orders staged lines, grows the trees,
 * signs their checkpoints. One leader among all hosts.
 *
 * It is a process of its own and simply waits for its database: nothing else
 * depends on its loop.
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
/* Orders all that is staged and signs. 0; E_CONFLICT: another one leads;
 * E_DENIED: this history is not the one that was signed (logged);
 * E_UNAVAILABLE. *lines, when given, is what was ordered. */
MUST_CHECK int sequencer_turn(struct sequencer *, const volatile sig_atomic_t *stop,
    int64_t *lines);
void sequencer_free(struct sequencer *);

#endif
