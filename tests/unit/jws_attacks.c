/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate of signed objects, attacked where its first table (crypto.c) leaves
 * off: signatures of another shape or padding, bytes that only look the same,
 * numbers and depths beyond measure, keys that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/jws.h"

static const char *const any_typ[] = { "", "JWT", NULL };
static struct arena *arena;
static EVP_PKEY *ec, *rsa;

static int
set_up(void **state UNUSED)
{
	arena = arena_new();
	ec = EVP_EC_gen("P-256");
	rsa = EVP_RSA_gen(2048);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
	arena_free(arena);
	return 0;
}

static char *
part(const char *text)
{
	return b64url_text(arena, text, strlen(text));
}

/* header.claims of this alg */
static char *
unsigned_of(const char *alg, const char *claims)
{
	return arena_printf(arena, "%s.%s", part(arena_printf(arena,
	    "{\"alg\":\"%s\"}", alg)), part(claims));
}

static char *
joined(const char *text, const void *signature, size_t n)
{
	return arena_printf(arena, "%s.%s", text,
	    b64url_text(arena, signature, n));
}

/* What our own signer makes: the good token that the attacks start from. */
static char *
good(void)
{
	json_t *claims = json_pack("{s:s}", "iss", "joe");
	char *token = jws_sign(arena, ec, "JWT", NULL, claims);

	json_decref(claims);
	return token;
}

/* E_BAD_INPUT: not even taken apart; else what the signature is worth. */
static int
judge(const char *token, enum jws_alg alg, EVP_PKEY *key)
{
	struct jwk k = { .alg = alg, .key = key };
	const char *why = NULL;
	struct jws j;
	int rc = jws_parse(&j, token, strlen(token), any_typ, &why);

	if (rc < 0) {
		assert_non_null(why);
		return rc;
	}
	rc = jws_verify(&j, &k);
	jws_clear(&j);
	return rc;
}

static void
the_good_one_passes(void **state UNUSED)
{
	assert_int_equal(judge(good(), JWS_ES256, ec), 0);
}

/* 64 bytes leave four bits of the last letter: they must be zero, or one token
 * has sixteen spellings. */
static void
bytes_have_one_spelling(void **state UNUSED)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
	    "pqrstuvwxyz0123456789-_";
	char *token = good();
	char *last = token + strlen(token) - 1;
	size_t value = (size_t)(strchr(letters, *last) - letters);

	assert_int_equal(value % 16, 0);
	for (size_t low = 1; low < 16; low++) {
		*last = letters[value + low];
		assert_int_equal(judge(token, JWS_ES256, ec), E_BAD_INPUT);
	}
}

static void
nothing_is_skipped(void **state UNUSED)
{
	static const char *const strewn[] = { " ", "\n", "\r\n", "\t", "=", "+",
	    "/", "%41", "\xc3\xa9" };

	for (size_t i = 0; i < countof(strewn); i++) {
		char *token = good();
		size_t n = strlen(token);
		const size_t places[] = { 0, 5, n / 2, n };

		for (size_t k = 0; k < countof(places); k++)
			assert_int_equal(judge(arena_printf(arena, "%.*s%s%s",
			    (int)places[k], token, strewn[i],
			    token + places[k]), JWS_ES256, ec), E_BAD_INPUT);
	}
	assert_int_equal(judge(arena_printf(arena, "%s.AA.AA", good()),
	    JWS_ES256, ec), E_BAD_INPUT);	/* the five parts of a JWE */
}

/* ---- ES256 ---- */

static void
a_signature_in_der_is_none(void **state UNUSED)
{
	char *text = unsigned_of("ES256", "{\"iss\":\"joe\"}");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	size_t n = sizeof(der);

	EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, ec, NULL);
	EVP_DigestSign(ctx, der, &n, (const uint8_t *)text, strlen(text));
	EVP_MD_CTX_free(ctx);
	assert_int_equal(judge(joined(text, der, n), JWS_ES256, ec), E_DENIED);
}

/* r or s of 0, of the order of the group and of more: never right, no crash. */
static void
numbers_out_of_range(void **state UNUSED)
{
	static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
	    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
	    0x25, 0x51 };
	char *text = unsigned_of("ES256", "{\"iss\":\"joe\"}");
	uint8_t values[4][32] = { { 0 }, { 0 }, { 0 }, { 0 } }, sig[64];

	values[1][31] = 1;
	memcpy(values[2], order, 32);
	memset(values[3], 0xff, 32);
	for (int r = 0; r < 4; r++)
		for (int s = 0; s < 4; s++) {
			memcpy(sig, values[r], 32);
			memcpy(sig + 32, values[s], 32);
			assert_int_equal(judge(joined(text, sig, 64), JWS_ES256,
			    ec), E_DENIED);
		}
	for (size_t n = 1; n < 64; n += 31)	/* cut */
		assert_int_equal(judge(joined(text, sig, n), JWS_ES256, ec),
		    E_DENIED);
}

/* ---- RSA ---- */

static char *
rsa_signed(const char *text, int padding, int salt)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[512];
	size_t n = sizeof(sig);
	EVP_PKEY_CTX *pss;

	EVP_DigestSignInit_ex(ctx, &pss, "SHA256", NULL, NULL, rsa, NULL);
	EVP_PKEY_CTX_set_rsa_padding(pss, padding);
	if (padding == RSA_PKCS1_PSS_PADDING)
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, salt);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, (const uint8_t *)text,
	    strlen(text)), 1);
	EVP_MD_CTX_free(ctx);
	return joined(text, sig, n);
}

static void
rsa_is_padded_as_ps256_says(void **state UNUSED)
{
	const char *text = unsigned_of("PS256", "{\"iss\":\"joe\"}");

	assert_int_equal(judge(rsa_signed(text, RSA_PKCS1_PSS_PADDING, 32),
	    JWS_PS256, rsa), 0);
	assert_int_equal(judge(rsa_signed(text, RSA_PKCS1_PSS_PADDING, 0),
	    JWS_PS256, rsa), E_DENIED);
	assert_int_equal(judge(rsa_signed(text, RSA_PKCS1_PSS_PADDING, 20),
	    JWS_PS256, rsa), E_DENIED);
	assert_int_equal(judge(rsa_signed(text, RSA_PKCS1_PADDING, 0),
	    JWS_PS256, rsa), E_DENIED);
	/* RS256 is no algorithm of a PIMS, however right */
	assert_int_equal(judge(rsa_signed(unsigned_of("RS256", "{}"),
	    RSA_PKCS1_PADDING, 0), JWS_RS256, rsa), E_BAD_INPUT);
}

/* ---- JSON ---- */

static void
json_is_bounded(void **state UNUSED)
{
	char deep[5001];
	const char *claims[] = { NULL, "{\"exp\":1e999}", "{\"exp\":99999999999999999999}", "{\"exp\":NaN}",
	    "{\"exp\":01}", "{'a':1}", "{\"a\":1,}", "\xef\xbb\xbf{}",
	    "{\"a\":\"\\ud800\"}", "{}{}" };

	memset(deep, '[', 2500);
	memset(deep + 2500, ']', 2500);
	deep[5000] = '\0';
	claims[0] = arena_printf(arena, "{\"a\":%s}", deep);
	for (size_t i = 0; i < countof(claims); i++) {
		assert_int_equal(judge(joined(unsigned_of("ES256", claims[i]),
		    "x", 1), JWS_ES256, ec), E_BAD_INPUT);
		assert_int_equal(judge(joined(arena_printf(arena, "%s.%s",
		    part(claims[i]), part("{}")), "x", 1), JWS_ES256, ec),
		    E_BAD_INPUT);
	}
}

/* ---- keys ---- */

static const char *
numbers(size_t n, uint8_t first, uint8_t last)
{
	uint8_t *bytes = arena_alloc(arena, n);

	memset(bytes, 0x55, n);
	bytes[0] = first;
	bytes[n - 1] = last;
	return b64url_text(arena, bytes, n);
}

static void
keys_that_are_none(void **state UNUSED)
{
	static const char prime[] =	/* of P-256: a coordinate is below it */
	    "_____wAAAAEAAAAAAAAAAAAAAAD_______________8";
	const char *zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	const char *list[] = {
	    arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
	    "\"y\":\"%s\"}", zero, zero),
	    arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
	    "\"y\":\"%s\"}", prime, zero),
	    arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
	    "\"y\":\"%s\"}", numbers(33, 0, 7), zero),
	    arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"secp256k1\","
	    "\"x\":\"%s\",\"y\":\"%s\"}", zero, zero),
	    arena_printf(arena, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}",
	    numbers(513, 0x80, 1)),		/* over 4096 bits */
	    arena_printf(arena, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}",
	    numbers(256, 0x7f, 1)),		/* 2047 bits */
	    arena_printf(arena, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}",
	    numbers(256, 0x80, 2)),		/* even */
	    arena_printf(arena, "{\"kty\":\"RSA\",\"e\":\"%s\",\"n\":\"%s\"}",
	    numbers(8, 1, 1), numbers(256, 0x80, 1)),	/* a huge exponent */
	    arena_printf(arena, "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"%s\"}",
	    zero),
	    arena_printf(arena, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"%s\"}", numbers(33, 1, 1)) };

	for (size_t i = 0; i < countof(list); i++) {
		json_t *jwk = json_loads(list[i], 0, NULL);
		const char *why = NULL;
		struct jwk k;

		assert_non_null(jwk);
		assert_int_equal(jwk_read(&k, jwk, &why), E_BAD_INPUT);
		assert_non_null(why);
		json_decref(jwk);
	}
}

static void
each_private_member_is_refused(void **state UNUSED)
{
	static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi",
	    "oth", "k" };

	for (size_t i = 0; i < countof(members); i++) {
		json_t *jwk = jwk_public(ec);
		const char *why;
		struct jwk k;

		json_object_set_new(jwk, members[i], json_null());
		assert_int_equal(jwk_read(&k, jwk, &why), E_BAD_INPUT);
		assert_non_null(strstr(why, "private"));
		json_decref(jwk);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_one_passes),
		cmocka_unit_test(bytes_have_one_spelling),
		cmocka_unit_test(nothing_is_skipped),
		cmocka_unit_test(a_signature_in_der_is_none),
		cmocka_unit_test(numbers_out_of_range),
		cmocka_unit_test(rsa_is_padded_as_ps256_says),
		cmocka_unit_test(json_is_bounded),
		cmocka_unit_test(keys_that_are_none),
		cmocka_unit_test(each_private_member_is_refused),
	};

	return cmocka_run_group_tests_name("jws attacks", tests, set_up,
	    tear_down);
}
