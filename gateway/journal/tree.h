/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - the Merkle tree of a log (RFC 6962 section 2.1, SHA-256).
 *
 * A growing tree is its right edge: of each level of tiles (256 hashes, eight
 * levels of the binary tree; c2sp.org/tlog-tiles) only the last, unfinished
 * one. Full tiles are handed out as they come, are never changed, and prove
 * everything else.
 */
#ifndef TREE_H
#define TREE_H
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "crypto/hash.h"

enum { TILE_WIDTH = 256, TILE_LEVELS = 8, PROOF_MAX = 64 };

struct hash { uint8_t bytes[SHA256_SIZE]; };

void tree_leaf(struct hash *out, const void *leaf, size_t n);
void tree_node(struct hash *out, const struct hash *left,
    const struct hash *right);
/* The root over n hashes that stand side by side (n >= 1). */
void tree_fold(struct hash *out, const struct hash *, size_t n);

/* ---- growing ---- */
struct tree {
	uint64_t size;		/* leaves */
	struct edge {
		int n;		/* hashes in the last tile, 0..255 */
		struct hash hashes[TILE_WIDTH];
	} edge[TILE_LEVELS];
};
/* A tile of level 0 is full, or one above got its next hash: width says how
 * many it holds now. */
typedef void tree_on_tile(int level, uint64_t n, const struct hash *,
    int width, void *arg);

void tree_init(struct tree *);		/* empty */
void tree_append(struct tree *, const struct hash *leaf, tree_on_tile *,
    void *arg);				/* on_tile may be NULL */
/* 256 leaves at once, by their root; the size is a multiple of 256. */
void tree_append_block(struct tree *, const struct hash *);
void tree_root(const struct tree *, struct hash *out);
/* Its compact range: the roots of its perfect subtrees, left to right. */
size_t tree_frontier(const struct tree *, struct hash out[PROOF_MAX]);

/* ---- reading a stored tree ---- */
/*
 * Gives `width` hashes of a tile, 0 or E_...; what it gives stays valid until
 * it is asked again.
 */
typedef int tile_read(const struct hash **out, int level, uint64_t n,
    int width, void *arg);
struct tiles { tile_read *read; void *arg; uint64_t size; };

/* The edge of a tree of that size, from its tiles. */
MUST_CHECK int tree_load(struct tree *, const struct tiles *);
/* The root of the perfect subtree number i of 2^height leaves. */
MUST_CHECK int tree_subtree(struct hash *out, const struct tiles *, int height,
    uint64_t i);
/* The root it had when it was that large (size <= tiles->size). */
MUST_CHECK int tree_root_at(struct hash *out, const struct tiles *,
    uint64_t size);

/* ---- proofs (RFC 6962 2.1.1, 2.1.2), checked as RFC 9162 2.1.3.2, 2.1.4.2 ---- */
struct proof { size_t n; struct hash hashes[PROOF_MAX * 2]; };

MUST_CHECK int tree_prove_inclusion(struct proof *, const struct tiles *,
    uint64_t index, uint64_t size);
MUST_CHECK int tree_prove_consistency(struct proof *, const struct tiles *,
    uint64_t old, uint64_t size);
/* 0, or E_DENIED: it does not prove that. */
MUST_CHECK int tree_check_inclusion(const struct proof *, uint64_t index,
    const struct hash *leaf, uint64_t size, const struct hash *root);
MUST_CHECK int tree_check_consistency(const struct proof *, uint64_t old,
    const struct hash *old_root, uint64_t size, const struct hash *root);

#endif
