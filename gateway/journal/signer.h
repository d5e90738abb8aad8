/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - who signs the journal: a process of its own, with the only key.
 *
 * Whoever orders lines never sees the key, and cannot make the signer sign what
 * it likes. The signer keeps the last note of each log (keep.h), takes a next
 * one only with the proof that it continues the last, checks that itself, keeps
 * the new note flushed, and only then gives it away. It talks to no database
 * and to no network. A sequencer that lies (a shorter tree, another history, an
 * old request played again) gets no signature, and an error is logged here too.
 *
 * The same process keeps, on a host that does not lead, the notes that the
 * leader's signer made, each after the same proof: so whoever takes over knows
 * what was signed.
 *
 * On a socket of its own (AF_UNIX, SOCK_SEQPACKET), one message each way:
 *
 *     last LOG                        -> ok NOTE | none
 *     key LOG                         -> ok PUBLIC KEY (PEM)
 *     sign LOG HELD, advance, text    -> ok NOTE
 *     keep LOG, advance, NOTE         -> ok
 *     files LOG, SHA-256 (hex)        -> ok NOTE
 *
 * else `conflict SIZE` (the last note is of that size), `late`, `refused WHY`
 * or `broken WHY` (files cannot be read or written, a token does not sign). HELD is when the asker
 * last knew that it leads, in ms of CLOCK_BOOTTIME: a leader that was frozen
 * since may be none any more.
 */
#ifndef SIGNER_H
#define SIGNER_H
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/attr.h"
#include "journal/line.h"
#include "journal/note.h"
#include "journal/tree.h"

struct arena;
struct buf;
struct fault;
struct settings;
struct signer;

enum { SIGNER_LEASE_MS = 5000, SIGNER_MESSAGE_MAX = NOTE_MAX + 8192 };

/* ---- the signer ---- */
/* Its keys must be there; notes may be made. */
MUST_CHECK int signer_open(struct signer **out, const char *keys_dir,
    const char *notes_dir, struct fault *);
/* The same with keys in a token (crypto/hsm.h), labelled journal-<log>; it makes
 * none. */
MUST_CHECK int signer_open_hsm(struct signer **out, const char *uri,
    const char *notes_dir, struct fault *);
/* One request, one answer; nothing else ever happens. */
void signer_answer(struct signer *, const char *request, size_t n, struct buf *);
void signer_free(struct signer *);

/* ---- its process ---- */
/* A listening socket: at that path, or, when it is NULL, without a name in any
 * file system. *address is what signer_ask_at takes. -1: errno tells. */
enum { SIGNER_ADDRESS = 108 };
int signer_listen(const char *path, char address[SIGNER_ADDRESS]);
/* Gives up what a signer never needs: new programs, and, unless the module of a
 * token is there, which may need them, processes and connections. */
void signer_confine(bool hsm);
/* Answers that user, and root, until *stop; with a parent, until it is gone. */
void signer_serve(struct signer *, int listener, uid_t user, pid_t parent,
    const volatile sig_atomic_t *stop);

/* ---- whoever asks it; each waits, 10 s at most ---- */
struct signer_link;
struct signer_link *signer_ask_at(const char *address);	/* connects when asked */
void signer_hang_up(struct signer_link *);		/* NULL is welcome */
/* Why the last one failed, in one sentence. */
const char *signer_why(const struct signer_link *);

/* All: 0; E_UNAVAILABLE: no signer answers; E_DENIED: refused; E_SYSTEM: its
 * files are broken. What is given lives in the arena. */
/* E_NOT_FOUND: it keeps none. */
MUST_CHECK int signer_last(struct signer_link *, struct arena *,
    enum journal_log, char **note);
MUST_CHECK int signer_key(struct signer_link *, struct arena *,
    enum journal_log, char **pem);
/* E_CONFLICT: its last note is not of size `old`; E_EXPIRED: held too long ago. */
MUST_CHECK int signer_sign(struct signer_link *, struct arena *,
    enum journal_log, int64_t held_ms, uint64_t old, const struct proof *,
    const struct checkpoint *, char **note);
MUST_CHECK int signer_keep(struct signer_link *, struct arena *,
    enum journal_log, uint64_t old, const struct proof *, const char *note);
/* Public keys into keys_dir: made here with their secret halves, or, with a
 * signer of its own, as it says. */
MUST_CHECK int signer_keys_make(const struct settings *, struct fault *);
/* Signs the list of an export's files; it can never pass for a checkpoint. */
MUST_CHECK int signer_files(struct signer_link *, struct arena *,
    enum journal_log, const char *sha256, char **note);

#endif
