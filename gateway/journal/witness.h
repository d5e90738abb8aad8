/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness.h - somebody else who remembers: a witness of c2sp.org/tlog-witness.
 *
 * A witness keeps the last checkpoint of each log it knows, and cosigns the next
 * one (c2sp.org/tlog-cosignature) only with the proof that it continues that one.
 * So whoever trusts it knows that everybody is shown one history.
 */
#ifndef WITNESS_H
#define WITNESS_H
#include <signal.h>
#include <stddef.h>
#include "base/attr.h"
#include "journal/note.h"

struct buf;
struct fault;
struct settings;
struct witness;

enum { WITNESS_LOGS_MAX = 32 };

/* ---- being one ---- */
/* dir: its key (made when there is none) and what it remembers. logs: verifier
 * keys of the logs it knows, NULL-terminated. */
MUST_CHECK int witness_open(struct witness **out, const char *dir,
    const char *name, const char *const *logs, struct fault *);
void witness_free(struct witness *);
/* Its own verifier key, for whoever trusts it. */
char *witness_vkey(const struct witness *, struct arena *);
/* POST add-checkpoint: the status; *type and the body of the answer. */
int witness_add_checkpoint(struct witness *, const char *body, size_t n,
    struct buf *answer, const char **type);

/* ---- asking some ---- */
/* Hands every published checkpoint to the witnesses of [journal] witnesses, and
 * keeps their cosignatures with it, until *stop. An exit code. */
MUST_CHECK int witness_ask_all(const struct settings *,
    const volatile sig_atomic_t *stop);
/* Are there any? 0, or the fault in the file that names them. */
MUST_CHECK int witness_check(const struct settings *, struct fault *);

#endif
