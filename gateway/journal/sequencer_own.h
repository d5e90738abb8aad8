/* SPDX-License-Identifier: Apache-2.0 */
/* sequencer_own.h - what the sequencer's own files share. */
#ifndef SEQUENCER_OWN_H
#define SEQUENCER_OWN_H
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/line.h"
#include "journal/note.h"
#include "journal/tree.h"

struct arena;
struct db_now;
struct params;
struct rows;
struct settings;
struct signer_link;
struct statement;

enum {
	ORDER_MAX	= 1000,		/* lines read at once */
	TILES_MAX	= 64,		/* touched by so many lines */
	WHY_MAX		= 256,
	REST_MS		= 200,		/* longest sleep without a look around */
	HALT_MS		= 10000		/* a forked history is looked at again */
};

struct ordered {
	enum journal_log log;
	EVP_PKEY *key;			/* public */
	struct note_key verifier;
	char origin[NOTE_NAME];
	int64_t epoch;
	uint64_t stored;		/* size of the committed tree */
	struct tree tree;		/* as it will be when we commit */
	int64_t published;		/* size of the last note, -1: none */
	bool asked, keeps;		/* the signer: asked, and it keeps a note */
	struct checkpoint kept;
	bool stands_still;
};

struct touched {			/* tiles to store */
	int64_t log[TILES_MAX], level[TILES_MAX], n[TILES_MAX];
	int width[TILES_MAX];
	struct hash hashes[TILES_MAX][TILE_WIDTH];
	size_t count;
	enum journal_log current;
};

struct placed {				/* lines that got their places */
	int64_t log[ORDER_MAX], seq[ORDER_MAX], n[ORDER_MAX];
	struct uuid id[ORDER_MAX];
};

struct sequencer {
	const struct settings *settings;
	struct db_now *db;		/* NULL: away */
	struct signer_link *signer;
	bool leads;
	struct ordered logs[JOURNAL_LOGS];
	struct touched touched;
	struct placed placed;
};

/* A question; NULL when it failed, which is logged. */
struct rows *sequencer_ask(struct sequencer *, const struct statement *,
    const struct params *);

/* Connects, takes the leader's lock. 0; E_CONFLICT; E_UNAVAILABLE. */
MUST_CHECK int sequencer_begin(struct sequencer *);
/* The tree as it is stored; E_CONFLICT: its head says another frontier. */
MUST_CHECK int sequencer_load(struct sequencer *, struct ordered *,
    const void *frontier, size_t n);
/* Do we still lead, and is all as we left it? 0; E_CONFLICT; E_UNAVAILABLE. */
MUST_CHECK int sequencer_fence(struct sequencer *);

/* ---- order.c ---- */
/* Gives every line that committed since the last turn its place. How many, or
 * E_...: then the trees in memory are not what is stored. */
MUST_CHECK int64_t order_lines(struct sequencer *);
/* Within the caller's transaction: these lines (log, n, id, leaf) come next. */
MUST_CHECK int order_rows(struct sequencer *, struct ordered *,
    const struct rows *, struct arena *);

/* ---- sign.c ---- */
/* Knows what was signed and published. 0; E_DENIED: what we hold is not its
 * continuation (logged, journalled); E_UNAVAILABLE. */
MUST_CHECK int sign_begin(struct sequencer *, struct ordered *, struct arena *);
/* Has a checkpoint signed and publishes it, unless that size has one. */
MUST_CHECK int sign_checkpoint(struct sequencer *, struct ordered *,
    struct arena *);
/* Told, counted, journalled once: E_DENIED. code: of `guichet explain`. */
int sign_stand_still(struct sequencer *, struct ordered *, struct arena *,
    const char *code, const char *why);
/* Another host leads: what it published is kept here too. */
void sign_follow(struct sequencer *);

#endif
