/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.c against the published pair of golang.org/x/mod/sumdb/note (its
 * example_test.go): the same key must give the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "journal/note.h"

#define VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define TEXT "If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define SIG "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8" \
	"pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define OTHER "\xe2\x80\x94 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtC" \
	"OXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

static struct arena *a;

static int
open_arena(void **state UNUSED)
{
	a = arena_new();
	return 0;
}

static int
close_arena(void **state UNUSED)
{
	arena_free(a);
	return 0;
}

static void
published_note_is_accepted(void **state UNUSED)
{
	static const char *const wholes[] = {
		TEXT "\n" SIG, TEXT "\n" SIG OTHER, TEXT "\n" OTHER SIG,
	};
	struct note_key key;
	struct note n;

	assert_int_equal(note_key_parse(&key, VKEY), 0);
	assert_string_equal(note_key_text(a, &key), VKEY);
	for (size_t i = 0; i < countof(wholes); i++) {
		assert_int_equal(note_parse(&n, a, wholes[i],
		    strlen(wholes[i])), 0);
		assert_string_equal(n.text, TEXT);
		assert_int_equal(note_verify(&n, &key), 0);
	}
	assert_int_equal(note_parse(&n, a, TEXT "\n" OTHER,
	    strlen(TEXT "\n" OTHER)), 0);
	assert_int_equal(note_verify(&n, &key), E_NOT_FOUND);
}

static void
same_key_gives_the_same_bytes(void **state UNUSED)
{
	uint8_t seed[33];
	EVP_PKEY *key;
	struct note_key k;

	assert_int_equal(b64_decode(seed, sizeof(seed), SEED, strlen(SEED)), 33);
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed + 1, 32);
	assert_non_null(key);
	note_key_of(&k, "PeterNeumann", key);
	assert_string_equal(note_key_text(a, &k), VKEY);
	assert_string_equal(note_sign(a, TEXT, "PeterNeumann", key),
	    TEXT "\n" SIG);
	EVP_PKEY_free(key);
}

/* Each byte of the text and of the signature counts. */
static void
any_flipped_bit_is_refused(void **state UNUSED)
{
	char whole[] = TEXT "\n" SIG;
	struct note_key key;
	struct note n;

	assert_int_equal(note_key_parse(&key, VKEY), 0);
	for (size_t i = 0; i < sizeof(whole) - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			bool good;

			whole[i] ^= (char)(1 << bit);
			good = note_parse(&n, a, whole, sizeof(whole) - 1) == 0
			    && note_verify(&n, &key) == 0;
			whole[i] ^= (char)(1 << bit);
			assert_false(good);
		}
}

static void
malformed_notes_are_refused(void **state UNUSED)
{
	static const struct { const char *what, *note; } cases[] = {
		{ "empty", "" },
		{ "no newline", "a" },
		{ "no signature", "a\n" },
		{ "empty line, no signature", "a\n\n" },
		{ "no empty line", "a\n" SIG },
		{ "text after the signatures", TEXT "\n" SIG "b\n" },
		{ "hyphen", "a\n\n- PeterNeumann x08go/ZJkg==\n" },
		{ "no name", "a\n\n\xe2\x80\x94  x08go/ZJkg==\n" },
		{ "plus in a name", "a\n\n\xe2\x80\x94 P+N x08go/ZJkg==\n" },
		{ "no base64", "a\n\n\xe2\x80\x94 PN ?8go\n" },
		{ "no signature bytes", "a\n\n\xe2\x80\x94 PN x08gow==\n" },
		{ "two spaces", "a\n\n\xe2\x80\x94 PN  x08go/ZJkg==\n" },
		{ "control character", "a\tb\n\n" SIG },
		{ "carriage return", "a\r\n\n" SIG },
		{ "not UTF-8", "a\xff\n\n" SIG },
	};
	struct note n;

	for (size_t i = 0; i < countof(cases); i++)
		if (note_parse(&n, a, cases[i].note, strlen(cases[i].note)) == 0)
			fail_msg("%s: accepted", cases[i].what);
	assert_true(note_parse(&n, a, "a\0\n\n" SIG, 4 + strlen(SIG)) < 0);
}

static void
malformed_keys_are_refused(void **state UNUSED)
{
	static const char *const cases[] = {
		"", "PeterNeumann", "PeterNeumann+c74f20a3",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10",
	};
	struct note_key key;

	for (size_t i = 0; i < countof(cases); i++)
		assert_true(note_key_parse(&key, cases[i]) < 0);
}

static void
checkpoints(void **state UNUSED)
{
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	static const struct { const char *text; int ok; uint64_t size; } cases[] = {
		{ "o.example/log\n0\n" ROOT "\n", 1, 0 },
		{ "o.example/log\n1234\n" ROOT "\n", 1, 1234 },
		{ "o.example/log\n1234\n" ROOT "\nmore\n", 1, 1234 },
		{ "o.example/log\n01\n" ROOT "\n", 0, 0 },
		{ "o.example/log\n-1\n" ROOT "\n", 0, 0 },
		{ "o.example/log\n+1\n" ROOT "\n", 0, 0 },
		{ "o.example/log\n99999999999999999999\n" ROOT "\n", 0, 0 },
		{ "o.example/log\n\n" ROOT "\n", 0, 0 },
		{ "\n1\n" ROOT "\n", 0, 0 },
		{ "o.example/log\n1\n" ROOT, 0, 0 },
		{ "o.example/log\n1\n47DEQpj8HBSa\n", 0, 0 },
		{ "o.example/log\n1\n", 0, 0 },
	};
	struct checkpoint c;

	for (size_t i = 0; i < countof(cases); i++) {
		struct note n = { .text = cases[i].text,
		    .text_n = strlen(cases[i].text) };

		assert_int_equal(checkpoint_parse(&c, &n) == 0, cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(c.size, cases[i].size);
	}
	assert_int_equal(checkpoint_parse(&c, &(struct note){
	    .text = cases[1].text, .text_n = strlen(cases[1].text) }), 0);
	assert_string_equal(checkpoint_text(a, &c), cases[1].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_note_is_accepted),
		cmocka_unit_test(same_key_gives_the_same_bytes),
		cmocka_unit_test(any_flipped_bit_is_refused),
		cmocka_unit_test(malformed_notes_are_refused),
		cmocka_unit_test(malformed_keys_are_refused),
		cmocka_unit_test(checkpoints),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
