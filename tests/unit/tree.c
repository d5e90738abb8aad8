/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.c against RFC 6962's own definition, written naively here, and against
 * the constants every Certificate Transparency implementation carries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/error.h"
#include "base/text.h"
#include "journal/tree.h"

enum { LEAVES = 1100 };

static struct hash leaves[LEAVES];
static struct hash roots[LEAVES + 1];
static struct hash stored[3][8][TILE_WIDTH];	/* level, tile */

static void
keep_tile(int level, uint64_t n, const struct hash *h, int width, void *arg UNUSED)
{
	assert_true(level < 3 && n < 8);
	memcpy(stored[level][n], h, (size_t)width * sizeof(*h));
}

static int
read_tile(const struct hash **out, int level, uint64_t n, int width, void *arg UNUSED)
{
	assert_true(level < 3 && n < 8 && width <= TILE_WIDTH);
	*out = stored[level][n];
	return 0;
}
static const struct tiles tiles = { read_tile, NULL, LEAVES };

/* MTH(D[first:first+n]) as the RFC defines it. */
static void
defined(struct hash *out, size_t first, size_t n)
{
	struct hash left, right;
	size_t k = 1;

	if (n == 1) {
		*out = leaves[first];
		return;
	}
	while (k * 2 < n)
		k *= 2;
	defined(&left, first, k);
	defined(&right, first + k, n - k);
	tree_node(out, &left, &right);
}

static int
grow(void **state UNUSED)
{
	static struct tree t;

	tree_init(&t);
	tree_root(&t, &roots[0]);
	for (size_t i = 0; i < LEAVES; i++) {
		tree_leaf(&leaves[i], &i, sizeof(i));
		tree_append(&t, &leaves[i], keep_tile, NULL);
		tree_root(&t, &roots[i + 1]);
	}
	/* the last, unfinished tile of level 0, as journal_line has it */
	memcpy(stored[0][LEAVES / 256], t.edge[0].hashes,
	    (size_t)t.edge[0].n * sizeof(struct hash));
	return 0;
}

static void
same_hash(const struct hash *h, const char *hex)
{
	char text[2 * SHA256_SIZE + 1];

	hex_encode(text, h, sizeof(*h));
	assert_string_equal(text, hex);
}

static void
constants_of_the_rfc(void **state UNUSED)
{
	uint8_t both[65] = { 1 };
	struct hash h, l, r, direct;

	same_hash(&roots[0], "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	tree_leaf(&h, "", 0);
	same_hash(&h, "6e340b9cffb37a989ca544e6bb780a2c"
	    "78901d3fb33738768511a30617afa01d");
	tree_leaf(&h, "L123456", 7);
	same_hash(&h, "395aa064aa4c29f7010acfe3f25db948"
	    "5bbd4b91897b6ad7ad547639252b4d56");
	memset(&l, 1, sizeof(l));
	memset(&r, 2, sizeof(r));
	memset(both + 1, 1, 32);
	memset(both + 33, 2, 32);
	tree_node(&h, &l, &r);
	sha256(direct.bytes, both, sizeof(both));
	assert_memory_equal(&h, &direct, sizeof(direct));
}

static void
every_root_is_as_defined(void **state UNUSED)
{
	struct hash h;

	for (size_t n = 1; n <= LEAVES; n++) {
		defined(&h, 0, n);
		assert_memory_equal(&h, &roots[n], sizeof(h));
		assert_int_equal(tree_root_at(&h, &tiles, n), 0);
		assert_memory_equal(&h, &roots[n], sizeof(h));
	}
	assert_int_equal(tree_root_at(&h, &tiles, LEAVES + 1), E_NOT_FOUND);
}

static void
a_loaded_edge_grows_alike(void **state UNUSED)
{
	static struct tree t;

	for (size_t n = 0; n < LEAVES; n += 37) {
		struct tiles then = { read_tile, NULL, n };
		struct hash h;

		assert_int_equal(tree_load(&t, &then), 0);
		tree_root(&t, &h);
		assert_memory_equal(&h, &roots[n], sizeof(h));
		tree_append(&t, &leaves[n], NULL, NULL);
		tree_root(&t, &h);
		assert_memory_equal(&h, &roots[n + 1], sizeof(h));
	}
}

static void
the_frontier_counts_bits(void **state UNUSED)
{
	static struct tree t;
	struct hash f[PROOF_MAX], h;

	for (size_t n = 1; n < LEAVES; n += 13) {
		struct tiles then = { read_tile, NULL, n };
		size_t k;

		assert_int_equal(tree_load(&t, &then), 0);
		k = tree_frontier(&t, f);
		assert_int_equal(k, __builtin_popcountll(n));
		h = f[k - 1];
		while (--k > 0)
			tree_node(&h, &f[k - 1], &h);
		assert_memory_equal(&h, &roots[n], sizeof(h));
	}
}

/* A proof holds for what it was made for, and for nothing near it. */
static void
inclusion(void **state UNUSED)
{
	struct proof p;

	for (size_t size = 1; size <= LEAVES; size += size < 70 ? 1 : 103)
		for (size_t i = 0; i < size; i += size < 70 ? 1 : 31) {
			struct hash wrong = leaves[i];

			assert_int_equal(tree_prove_inclusion(&p, &tiles, i,
			    size), 0);
			assert_int_equal(tree_check_inclusion(&p, i,
			    &leaves[i], size, &roots[size]), 0);
			wrong.bytes[i % 32] ^= 1;
			assert_int_equal(tree_check_inclusion(&p, i, &wrong,
			    size, &roots[size]), E_DENIED);
			assert_int_equal(tree_check_inclusion(&p, i + 1,
			    &leaves[i], size, &roots[size]), E_DENIED);
			assert_int_equal(tree_check_inclusion(&p, i,
			    &leaves[i], size, &roots[size - 1]), E_DENIED);
			if (p.n == 0)
				continue;
			p.n--;
			assert_int_equal(tree_check_inclusion(&p, i,
			    &leaves[i], size, &roots[size]), E_DENIED);
		}
	assert_int_equal(tree_prove_inclusion(&p, &tiles, 5, 5), E_NOT_FOUND);
}

static void
consistency(void **state UNUSED)
{
	struct proof p;

	for (size_t size = 1; size <= LEAVES; size += size < 70 ? 1 : 103)
		for (size_t old = 0; old <= size; old += size < 70 ? 1 : 29) {
			struct hash wrong = roots[old];

			assert_int_equal(tree_prove_consistency(&p, &tiles,
			    old, size), 0);
			assert_int_equal(tree_check_consistency(&p, old,
			    &roots[old], size, &roots[size]), 0);
			wrong.bytes[old % 32] ^= 0x80;
			assert_int_equal(tree_check_consistency(&p, old,
			    &wrong, size, &roots[size]), E_DENIED);
			if (p.n == 0)
				continue;
			p.hashes[p.n / 2].bytes[3] ^= 4;
			assert_int_equal(tree_check_consistency(&p, old,
			    &roots[old], size, &roots[size]), E_DENIED);
			p.hashes[p.n / 2].bytes[3] ^= 4;
			p.n--;
			assert_int_equal(tree_check_consistency(&p, old,
			    &roots[old], size, &roots[size]), E_DENIED);
		}
	assert_int_equal(tree_prove_consistency(&p, &tiles, 6, 5), E_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_of_the_rfc),
		cmocka_unit_test(every_root_is_as_defined),
		cmocka_unit_test(a_loaded_edge_grows_alike),
		cmocka_unit_test(the_frontier_counts_bits),
		cmocka_unit_test(inclusion),
		cmocka_unit_test(consistency),
	};

	return cmocka_run_group_tests(tests, grow, NULL);
}
