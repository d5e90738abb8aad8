/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.c - the Merkle tree of a log.
 *
 * Appending costs one leaf hash and, on average, one node: a tile is folded
 * when it is full. The root of an unfinished tree folds its edge from right to
 * left, as the largest power of two is always on the left.
 */
#include "journal/tree.h"
#include <assert.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"

void
tree_leaf(struct hash *out, const void *leaf, size_t n)
{
	const struct piece pieces[] = { { "\x00", 1 }, { leaf, n } };

	sha256_pieces(out->bytes, pieces, countof(pieces));
}

void
tree_node(struct hash *out, const struct hash *left, const struct hash *right)
{
	uint8_t both[1 + 2 * SHA256_SIZE] = { 1 };

	memcpy(both + 1, left, SHA256_SIZE);
	memcpy(both + 1 + SHA256_SIZE, right, SHA256_SIZE);
	sha256(out->bytes, both, sizeof(both));
}

/* Largest power of two smaller than n (n >= 2). */
static uint64_t
split(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

void
tree_fold(struct hash *out, const struct hash *h, size_t n)
{
	struct hash left, right;
	size_t k;

	assert(n > 0);
	if (n == 1) {
		*out = *h;
		return;
	}
	k = split(n);
	tree_fold(&left, h, k);
	tree_fold(&right, h + k, n - k);
	tree_node(out, &left, &right);
}

/* ---- growing ---- */

void
tree_init(struct tree *t)
{
	t->size = 0;
	for (int level = 0; level < TILE_LEVELS; level++)
		t->edge[level].n = 0;
}

/* n: of the new hash, at its level. */
static void
append_at(struct tree *t, int level, uint64_t n, const struct hash *h,
    tree_on_tile *on_tile, void *arg)
{
	struct hash up = *h;

	for (; level < TILE_LEVELS; level++) {
		struct edge *e = &t->edge[level];

		e->hashes[e->n++] = up;
		n /= TILE_WIDTH;	/* the tile it stands in */
		if (on_tile != NULL && (level > 0 || e->n == TILE_WIDTH))
			on_tile(level, n, e->hashes, e->n, arg);
		if (e->n < TILE_WIDTH)
			return;
		tree_fold(&up, e->hashes, TILE_WIDTH);
		e->n = 0;
	}
}

void
tree_append(struct tree *t, const struct hash *leaf, tree_on_tile *on_tile,
    void *arg)
{
	append_at(t, 0, t->size++, leaf, on_tile, arg);
}

void
tree_append_block(struct tree *t, const struct hash *h)
{
	assert(t->size % TILE_WIDTH == 0);
	append_at(t, 1, t->size / TILE_WIDTH, h, NULL, NULL);
	t->size += TILE_WIDTH;
}

/* Adds the perfect subtrees of an edge, right to left. */
static size_t
edge_ranges(const struct edge *e, struct hash *out)
{
	size_t found = 0;
	int end = e->n;

	for (int width = 1; width <= end; width *= 2) {
		if ((e->n & width) == 0)
			continue;
		end -= width;
		tree_fold(&out[found++], e->hashes + end, width);
	}
	return found;
}

size_t
tree_frontier(const struct tree *t, struct hash out[PROOF_MAX])
{
	struct hash swap;
	size_t n = 0;

	for (int level = 0; level < TILE_LEVELS; level++)
		n += edge_ranges(&t->edge[level], out + n);
	for (size_t i = 0; i < n / 2; i++) {
		swap = out[i];
		out[i] = out[n - 1 - i];
		out[n - 1 - i] = swap;
	}
	return n;
}

void
tree_root(const struct tree *t, struct hash *out)
{
	struct hash ranges[PROOF_MAX];
	size_t n = tree_frontier(t, ranges);

	if (n == 0) {
		sha256(out->bytes, "", 0);
		return;
	}
	*out = ranges[n - 1];
	for (size_t i = n - 1; i > 0; i--)
		tree_node(out, &ranges[i - 1], out);
}

/* ---- reading a stored tree ---- */

/* How many hashes the tile holds in a tree of that size; 256 when full. */
static int
tile_width(uint64_t size, int level, uint64_t n)
{
	uint64_t hashes = size >> (8 * level);

	assert(n * TILE_WIDTH < hashes);
	return hashes - n * TILE_WIDTH >= TILE_WIDTH ? TILE_WIDTH
	    : (int)(hashes - n * TILE_WIDTH);
}

int
tree_load(struct tree *t, const struct tiles *tiles)
{
	tree_init(t);
	t->size = tiles->size;
	for (int level = 0; level < TILE_LEVELS; level++) {
		uint64_t hashes = tiles->size >> (8 * level);
		int width = hashes % TILE_WIDTH;
		const struct hash *h;
		int rc;

		if (width == 0)
			continue;
		rc = tiles->read(&h, level, hashes / TILE_WIDTH, width,
		    tiles->arg);
		if (rc < 0)
			return rc;
		memcpy(t->edge[level].hashes, h, width * sizeof(*h));
		t->edge[level].n = width;
	}
	return 0;
}

int
tree_subtree(struct hash *out, const struct tiles *t, int height, uint64_t i)
{
	int level = height / 8, rest = height % 8, rc;
	uint64_t first = i << rest;	/* of its hashes, at that level */
	uint64_t n = first / TILE_WIDTH;
	const struct hash *h;

	rc = t->read(&h, level, n, tile_width(t->size, level, n), t->arg);
	if (rc < 0)
		return rc;
	tree_fold(out, h + first % TILE_WIDTH, (size_t)1 << rest);
	return 0;
}

/* MTH(D[first:first+n]); first is a multiple of a power of two >= n. */
static int
range_root(struct hash *out, const struct tiles *t, uint64_t first, uint64_t n)
{
	struct hash left, right;
	uint64_t k;
	int rc;

	if ((n & (n - 1)) == 0) {
		int height = __builtin_ctzll(n);

		return tree_subtree(out, t, height, first >> height);
	}
	k = split(n);
	if ((rc = range_root(&left, t, first, k)) < 0 ||
	    (rc = range_root(&right, t, first + k, n - k)) < 0)
		return rc;
	tree_node(out, &left, &right);
	return 0;
}

int
tree_root_at(struct hash *out, const struct tiles *t, uint64_t size)
{
	if (size > t->size)
		return E_NOT_FOUND;
	if (size == 0) {
		sha256(out->bytes, "", 0);
		return 0;
	}
	return range_root(out, t, 0, size);
}

/* ---- proofs ---- */

static int
add(struct proof *p, const struct tiles *t, uint64_t first, uint64_t n)
{
	assert(p->n < countof(p->hashes));
	return range_root(&p->hashes[p->n++], t, first, n);
}

/* PATH(m, D[first:first+n]) of RFC 6962 2.1.1. */
static int
path(struct proof *p, const struct tiles *t, uint64_t m, uint64_t first,
    uint64_t n)
{
	uint64_t k;
	int rc;

	if (n == 1)
		return 0;
	k = split(n);
	if (m < k)
		rc = path(p, t, m, first, k);
	else
		rc = path(p, t, m - k, first + k, n - k);
	if (rc < 0)
		return rc;
	return m < k ? add(p, t, first + k, n - k) : add(p, t, first, k);
}

int
tree_prove_inclusion(struct proof *p, const struct tiles *t, uint64_t index,
    uint64_t size)
{
	p->n = 0;
	if (size > t->size || index >= size)
		return E_NOT_FOUND;
	return path(p, t, index, 0, size);
}

/* SUBPROOF(m, D[first:first+n], known) of RFC 6962 2.1.2. */
static int
subproof(struct proof *p, const struct tiles *t, uint64_t m, uint64_t first,
    uint64_t n, int known)
{
	uint64_t k;
	int rc;

	if (m == n)
		return known ? 0 : add(p, t, first, n);
	k = split(n);
	if (m <= k) {
		rc = subproof(p, t, m, first, k, known);
		return rc < 0 ? rc : add(p, t, first + k, n - k);
	}
	rc = subproof(p, t, m - k, first + k, n - k, 0);
	return rc < 0 ? rc : add(p, t, first, k);
}

int
tree_prove_consistency(struct proof *p, const struct tiles *t, uint64_t old,
    uint64_t size)
{
	p->n = 0;
	if (size > t->size || old > size)
		return E_NOT_FOUND;
	if (old == 0 || old == size)
		return 0;
	return subproof(p, t, old, 0, size, 1);
}

static int
verdict(bool proved)
{
	return proved ? 0 : E_DENIED;
}

int
tree_check_inclusion(const struct proof *p, uint64_t index,
    const struct hash *leaf, uint64_t size, const struct hash *root)
{
	uint64_t fn = index, sn = size - 1;
	struct hash r = *leaf;

	if (index >= size)
		return E_DENIED;
	for (size_t i = 0; i < p->n; i++) {
		if (sn == 0)
			return E_DENIED;
		if ((fn & 1) != 0 || fn == sn) {
			tree_node(&r, &p->hashes[i], &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			tree_node(&r, &r, &p->hashes[i]);
		fn >>= 1;
		sn >>= 1;
	}
	return verdict(sn == 0 && same_bytes(&r, root, sizeof(r)));
}

/* RFC 9162 2.1.4.2, from its step 3; old is not a corner case here. */
static int
check_growth(const struct hash *h, size_t n, uint64_t old,
    const struct hash *old_root, uint64_t size, const struct hash *root)
{
	uint64_t fn = old - 1, sn = size - 1;
	struct hash fr, sr;

	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	fr = sr = h[0];
	for (size_t i = 1; i < n; i++) {
		if (sn == 0)
			return E_DENIED;
		if ((fn & 1) != 0 || fn == sn) {
			tree_node(&fr, &h[i], &fr);
			tree_node(&sr, &h[i], &sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			tree_node(&sr, &sr, &h[i]);
		fn >>= 1;
		sn >>= 1;
	}
	return verdict(sn == 0 && same_bytes(&fr, old_root, sizeof(fr)) &&
	    same_bytes(&sr, root, sizeof(sr)));
}

int
tree_check_consistency(const struct proof *p, uint64_t old,
    const struct hash *old_root, uint64_t size, const struct hash *root)
{
	struct hash h[countof(p->hashes) + 1], empty;
	size_t n = 0;

	if (old > size)
		return E_DENIED;
	if (old == size)
		return verdict(p->n == 0 &&
		    same_bytes(old_root, root, sizeof(*root)));
	if (old == 0) {
		sha256(empty.bytes, "", 0);
		return verdict(p->n == 0 &&
		    same_bytes(old_root, &empty, sizeof(empty)));
	}
	if (p->n == 0)
		return E_DENIED;
	if ((old & (old - 1)) == 0)	/* the old root is implied */
		h[n++] = *old_root;
	memcpy(h + n, p->hashes, p->n * sizeof(h[0]));
	return check_growth(h, n + p->n, old, old_root, size, root);
}
