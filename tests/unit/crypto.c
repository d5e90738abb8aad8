/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.c - hashes, keys, sealing, and the gate for signed objects, against
 * the RFCs' own examples and against the known attacks.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/keys.h"

static struct arena *arena;

static int
set_up(void **state UNUSED)
{
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	arena_free(arena);
	return 0;
}

/* ---- hashes (FIPS 180-2, RFC 4231) ---- */

static void
hashes_match_their_standards(void **state UNUSED)
{
	static const uint8_t key[20] = { 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
	    0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
	    0x0b, 0x0b };
	struct piece pieces[] = { { "a", 1 }, { "", 0 }, { "bc", 2 } };
	uint8_t out[SHA256_SIZE], again[SHA256_SIZE];
	char hex[65];

	sha256(out, "abc", 3);
	hex_encode(hex, out, sizeof(out));
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	sha256_pieces(again, pieces, countof(pieces));
	assert_true(same_bytes(out, again, sizeof(out)));
	for (int i = 0; i < 2; i++) {	/* the second on a used context */
		hmac_sha256(out, key, sizeof(key), "Hi There", 8);
		hex_encode(hex, out, sizeof(out));
		assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b"
		    "881dc200c9833da726e9376c2e32cff7");
		hmac_sha256(out, (const uint8_t *)"Jefe", 4,
		    "what do ya want for nothing?", 28);
		hex_encode(hex, out, sizeof(out));
		assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843");
	}
	hmac_sha256(out, NULL, 0, "", 0);
	hex_encode(hex, out, sizeof(out));
	assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5"
	    "ff1697c493715653c6c712144292c5ad");
}

/* ---- random bytes ---- */

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* None comes twice, of ten thousand and over the edge of what OpenSSL gave at
 * once; nor in a child, which begins where its parent was. */
static void
random_bytes_never_repeat(void **state UNUSED)
{
	enum { MANY = 10000, OF_CHILD = 40 };
	static uint8_t all[MANY + OF_CHILD][16];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	for (int i = 0; i < MANY; i++) {
		if (i == MANY / 2 + 3 && fork() == 0) {
			for (int k = 0; k < OF_CHILD; k++)
				random_bytes(all[k], 16);
			_exit(write(ends[1], all, OF_CHILD * 16) < 0);
		}
		random_bytes(all[i], 16);
	}
	for (int k = 0; k < OF_CHILD; k++)
		assert_int_equal(read(ends[0], all[MANY + k], 16), 16);
	qsort(all, MANY + OF_CHILD, 16, by_bytes);
	for (int i = 1; i < MANY + OF_CHILD; i++)
		assert_memory_not_equal(all[i - 1], all[i], 16);
	close(ends[0]);
	close(ends[1]);
}

/* ---- JWK ---- */

#define RSA_N "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86" \
    "zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9" \
    "yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9" \
    "c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF" \
    "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define OKP_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define EC_JWK "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"," \
    "\"y\":\"" EC_Y "\"}"

static int
read_jwk(struct jwk *out, const char *text, const char **why)
{
	json_t *jwk = json_loads(text, 0, NULL);
	int rc;

	assert_non_null(jwk);
	rc = jwk_read(out, jwk, why);
	json_decref(jwk);
	return rc;
}

static void
thumbprints_match_the_rfcs(void **state UNUSED)
{
	static const struct { const char *jwk, *thumbprint; enum jws_alg alg; }
	t[] = {
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"kid\":\"2011-04-29\",\"n\":\"" RSA_N
	  "\"}", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", JWS_PS256 },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" OKP_X "\"}",
	  "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", JWS_EDDSA },
	{ EC_JWK, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", JWS_ES256 } };
	const char *why;

	for (int round = 0; round < 2; round++)		/* built, then kept */
		for (size_t i = 0; i < countof(t); i++) {
			struct jwk k;

			assert_int_equal(read_jwk(&k, t[i].jwk, &why), 0);
			assert_int_equal(k.alg, t[i].alg);
			assert_string_equal(k.thumbprint, t[i].thumbprint);
			jwk_clear(&k);
		}
}

static void
bad_keys_are_refused(void **state UNUSED)
{
	static const struct { const char *jwk, *why; } t[] = {
	{ "{}", "type EC, RSA or OKP" },
	{ "[]", "type EC, RSA or OKP" },
	{ "{\"kty\":\"oct\"}", "type EC, RSA or OKP" },
	{ "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "private" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
	  "\",\"d\":\"AA\"}", "private" },
	/* y of another point */
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X
	  "\"}", "P-256" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
	  "\"}", "P-256" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"" EC_Y "\"}",
	  "P-256" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "=\",\"y\":\"" EC_Y
	  "\"}", "P-256" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":\"" EC_Y "\"}",
	  "P-256" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}", "P-256" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"HS256\",\"x\":\"" EC_X
	  "\",\"y\":\"" EC_Y "\"}", "another algorithm" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"enc\",\"x\":\"" EC_X
	  "\",\"y\":\"" EC_Y "\"}", "another algorithm or use" },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\",\"alg\":\"RS256\"}",
	  "another algorithm" },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"}", "2048" },
	{ "{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RSA_N "\"}", "odd exponent" },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAA\",\"n\":\"" RSA_N "\"}", "odd exponent" },
	{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" OKP_X "\"}", "Ed25519" },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}", "Ed25519" } };
	const char *why;
	struct jwk k;

	for (size_t i = 0; i < countof(t); i++) {
		assert_int_equal(read_jwk(&k, t[i].jwk, &why), E_BAD_INPUT);
		assert_non_null(strstr(why, t[i].why));
	}
}

/* More keys than are kept: those thrown out still serve who holds them. */
static void
the_store_of_keys_is_bounded(void **state UNUSED)
{
	static struct jwk held[1500];
	const char *why;

	for (size_t i = 0; i < countof(held); i++) {
		uint8_t x[32] = { (uint8_t)i, (uint8_t)(i >> 8), 7 };
		json_t *jwk = json_pack("{s:s,s:s,s:s}", "kty", "OKP", "crv",
		    "Ed25519", "x", b64url_text(arena, x, sizeof(x)));

		assert_int_equal(jwk_read(&held[i], jwk, &why), 0);
		json_decref(jwk);
	}
	for (size_t i = 0; i < countof(held); i++) {
		uint8_t x[32];
		size_t n = sizeof(x);

		assert_int_equal(EVP_PKEY_get_raw_public_key(held[i].key, x, &n), 1);
		assert_int_equal(x[0] | x[1] << 8, (int)i);
		jwk_clear(&held[i]);
	}
}

/* ---- JWS: the RFCs' examples ---- */

static const char *const any_typ[] = { "", "JWT", NULL };
static const char *const dpop_typ[] = { "dpop+jwt", NULL };

static void
rfc7515_es256_verifies(void **state UNUSED)
{
	static const char token[] = "eyJhbGciOiJFUzI1NiJ9."
	    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
	    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
	    "pmWQxfKTUJqPP3-Kg6NU1Q";
	const char *why;
	struct jws j;
	struct jwk k;

	assert_int_equal(read_jwk(&k, EC_JWK, &why), 0);
	assert_int_equal(jws_parse(&j, token, strlen(token), any_typ, &why), 0);
	assert_string_equal(json_string_value(json_object_get(j.claims, "iss")),
	    "joe");
	assert_int_equal(jws_verify(&j, &k), 0);
	j.signature[40] ^= 1;
	assert_int_equal(jws_verify(&j, &k), E_DENIED);
	memset(j.signature, 0, sizeof(j.signature));	/* CVE-2022-21449 */
	assert_int_equal(jws_verify(&j, &k), E_DENIED);
	jws_clear(&j);
	jwk_clear(&k);
}

/* Its payload is no JSON: only the signature can be judged. */
static void
rfc8037_eddsa_verifies(void **state UNUSED)
{
	static const char text[] = "eyJhbGciOiJFZERTQSJ9."
	    "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
	static const char sig[] = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWb"
	    "hijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
	struct jws j = { .alg = JWS_EDDSA, .signed_part = text,
	    .signed_n = strlen(text) };
	const char *why;
	struct jwk k;

	assert_int_equal(read_jwk(&k, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"" OKP_X "\"}", &why), 0);
	j.signature_n = (size_t)b64url_decode(j.signature, 512, sig, strlen(sig));
	assert_int_equal(jws_verify(&j, &k), 0);
	j.signed_n--;
	assert_int_equal(jws_verify(&j, &k), E_DENIED);
	jwk_clear(&k);
}

static char *
ps256_sign(EVP_PKEY *key, const char *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[512];
	size_t n = sizeof(sig);
	EVP_PKEY_CTX *pss;

	EVP_DigestSignInit_ex(ctx, &pss, "SHA256", NULL, NULL, key, NULL);
	EVP_PKEY_CTX_set_rsa_padding(pss, RSA_PKCS1_PSS_PADDING);
	EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, RSA_PSS_SALTLEN_DIGEST);
	EVP_DigestSign(ctx, sig, &n, (const uint8_t *)text, strlen(text));
	EVP_MD_CTX_free(ctx);
	return b64url_text(arena, sig, n);
}

static char *
b64(const char *text)
{
	return b64url_text(arena, text, strlen(text));
}

static void
ps256_verifies(void **state UNUSED)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct jwk k = { .alg = JWS_PS256, .key = key };
	char *part = arena_printf(arena, "%s.%s", b64("{\"alg\":\"PS256\"}"),
	    b64("{\"a\":1}"));
	char *token = arena_printf(arena, "%s.%s", part, ps256_sign(key, part));
	const char *why;
	struct jws j;

	assert_int_equal(jws_parse(&j, token, strlen(token), any_typ, &why), 0);
	assert_int_equal(jws_verify(&j, &k), 0);
	j.signature[9] ^= 4;
	assert_int_equal(jws_verify(&j, &k), E_DENIED);
	jws_clear(&j);
	EVP_PKEY_free(key);
}

/* ---- JWS: what must not pass ---- */

static EVP_PKEY *ec;

static char *
es256_sign(EVP_PKEY *key, const char *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80], raw[64];
	const uint8_t *p = der;
	size_t n = sizeof(der);
	ECDSA_SIG *sig;

	EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL);
	EVP_DigestSign(ctx, der, &n, (const uint8_t *)text, strlen(text));
	sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return b64url_text(arena, raw, sizeof(raw));
}

/* A token whose signature is right: only what is examined can be wrong. */
static char *
token_of(const char *header, const char *claims)
{
	char *text = arena_printf(arena, "%s.%s", b64(header), b64(claims));

	return arena_printf(arena, "%s.%s", text, es256_sign(ec, text));
}

static char *
public_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem, *out;
	long n;

	PEM_write_bio_PUBKEY(bio, key);
	n = BIO_get_mem_data(bio, &pem);
	out = arena_strndup(arena, pem, (size_t)n);
	BIO_free(bio);
	return out;
}

/* HS256 keyed with our public PEM: libjwt takes it, the gate does not. */
static char *
forged_hs256(void)
{
	char *pem = public_pem(ec);
	char *text = arena_printf(arena, "%s.%s", b64("{\"alg\":\"HS256\"}"),
	    b64("{\"iss\":\"joe\"}"));
	uint8_t mac[SHA256_SIZE];
	char *token;
	jwt_t *jwt;

	hmac_sha256(mac, (uint8_t *)pem, strlen(pem), text, strlen(text));
	token = arena_printf(arena, "%s.%s", text, b64url_text(arena, mac, 32));
	/* the control: this token is truly a forgery that works elsewhere */
	assert_int_equal(jwt_decode(&jwt, token, (uint8_t *)pem,
	    (int)strlen(pem)), 0);
	jwt_free(jwt);
	return token;
}

#define GOOD_CLAIMS "{\"iss\":\"joe\"}"

static void
the_gate_refuses(void **state UNUSED)
{
	const struct { const char *token, *why; } t[] = {
	{ "", "three parts" },
	{ "a", "three parts" },
	{ "a.b", "three parts" },
	{ "..", "strict base64url" },
	{ arena_printf(arena, "%s.x", token_of("{\"alg\":\"ES256\"}", "{}")),
	  "strict base64url" },
	{ arena_printf(arena, "%s=", token_of("{\"alg\":\"ES256\"}", "{}")),
	  "strict base64url" },
	{ arena_printf(arena, "%s.%s.", b64("{\"alg\":\"none\"}"), b64("{}")),
	  "strict base64url" },
	{ arena_printf(arena, "%s.%s.AA", b64("{\"alg\":\"none\"}"), b64("{}")),
	  "alg is not" },
	{ forged_hs256(), "alg is not" },
	{ token_of("{\"alg\":\"RS256\"}", GOOD_CLAIMS), "alg is not" },
	{ token_of("{\"alg\":\"es256\"}", GOOD_CLAIMS), "alg is not" },
	{ token_of("{\"alg\":1}", GOOD_CLAIMS), "alg is not" },
	{ token_of("{}", GOOD_CLAIMS), "alg is not" },
	{ token_of("{\"alg\":\"ES256\",\"alg\":\"ES256\"}", GOOD_CLAIMS),
	  "repeated members" },
	{ token_of("{\"alg\":\"ES256\"}", "{\"iss\":\"a\",\"iss\":\"b\"}"),
	  "repeated members" },
	{ token_of("{\"alg\":\"ES256\"}", "{\"a\":{\"b\":1,\"b\":2}}"),
	  "repeated members" },
	{ token_of("[]", GOOD_CLAIMS), "JSON objects" },
	{ token_of("{\"alg\":\"ES256\"}", "[]"), "JSON objects" },
	{ token_of("{\"alg\":\"ES256\"}", "1"), "JSON objects" },
	{ token_of("{\"alg\":\"ES256\"}", "{\"a\":1} x"), "JSON objects" },
	{ token_of("{\"alg\":\"ES256\"}", "{\"a\":\"\\u0000\"}"), "JSON objects" },
	{ token_of("{\"alg\":\"ES256\"}", "{\"a\":\"\xff\"}"), "JSON objects" },
	{ token_of("{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}", "{}"),
	  "member we refuse" },
	{ token_of("{\"alg\":\"ES256\",\"crit\":[]}", "{}"), "member we refuse" },
	{ token_of("{\"alg\":\"ES256\",\"jku\":\"https://evil.example/\"}", "{}"),
	  "member we refuse" },
	{ token_of("{\"alg\":\"ES256\",\"x5u\":\"https://evil.example/\"}", "{}"),
	  "member we refuse" },
	{ token_of("{\"alg\":\"ES256\",\"zip\":\"DEF\"}", "{}"),
	  "member we refuse" },
	{ token_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}", "{}"), "typ" },
	{ token_of("{\"alg\":\"ES256\",\"typ\":\"\"}", "{}"), "typ" },
	{ token_of("{\"alg\":\"ES256\",\"typ\":null}", "{}"), "typ" },
	{ token_of("{\"alg\":\"ES256\",\"typ\":7}", "{}"), "typ" } };
	const char *why;
	struct jws j;

	for (size_t i = 0; i < countof(t); i++) {
		assert_int_equal(jws_parse(&j, t[i].token, strlen(t[i].token),
		    any_typ, &why), E_BAD_INPUT);
		assert_non_null(strstr(why, t[i].why));
	}
}

static void
typ_is_the_expected_one(void **state UNUSED)
{
	char *dpop = token_of("{\"alg\":\"ES256\",\"typ\":\"DPoP+jwt\"}", "{}");
	char *jwt = token_of("{\"alg\":\"ES256\",\"typ\":\"jwt\"}", "{}");
	char *none = token_of("{\"alg\":\"ES256\"}", "{}");
	const struct { const char *token, *const *typs; int rc; } t[] = {
	    { dpop, dpop_typ, 0 }, { jwt, dpop_typ, E_BAD_INPUT },
	    { none, dpop_typ, E_BAD_INPUT }, { jwt, any_typ, 0 },
	    { none, any_typ, 0 }, { dpop, any_typ, E_BAD_INPUT } };
	const char *why;
	struct jws j;

	for (size_t i = 0; i < countof(t); i++) {
		assert_int_equal(jws_parse(&j, t[i].token, strlen(t[i].token),
		    t[i].typs, &why), t[i].rc);
		if (t[i].rc == 0)
			jws_clear(&j);
	}
}

static void
size_is_bounded(void **state UNUSED)
{
	char *filler = arena_alloc(arena, 9000), *token;
	const char *why;
	struct jws j;

	memset(filler, 'x', 5900);
	token = token_of("{\"alg\":\"ES256\"}",
	    arena_printf(arena, "{\"a\":\"%s\"}", filler));
	assert_true(strlen(token) < JWS_MAX);
	assert_int_equal(jws_parse(&j, token, strlen(token), any_typ, &why), 0);
	jws_clear(&j);
	memset(filler, 'x', 6100);
	token = token_of("{\"alg\":\"ES256\"}",
	    arena_printf(arena, "{\"a\":\"%s\"}", filler));
	assert_true(strlen(token) > JWS_MAX);
	assert_int_equal(jws_parse(&j, token, strlen(token), any_typ, &why),
	    E_TOO_LARGE);
}

/* The alg follows the key: a right signature under a wrong claim of alg. */
static void
alg_is_the_key_s(void **state UNUSED)
{
	EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct jwk ed = { .alg = JWS_EDDSA, .key = other };
	struct jwk p256 = { .alg = JWS_ES256, .key = ec };
	char *es = token_of("{\"alg\":\"ES256\"}", "{}");
	char *lies = token_of("{\"alg\":\"EdDSA\"}", "{}");
	const char *why;
	struct jws j;

	assert_int_equal(jws_parse(&j, es, strlen(es), any_typ, &why), 0);
	assert_int_equal(jws_verify(&j, &p256), 0);
	assert_int_equal(jws_verify(&j, &ed), E_DENIED);
	jws_clear(&j);
	assert_int_equal(jws_parse(&j, lies, strlen(lies), any_typ, &why), 0);
	assert_int_equal(jws_verify(&j, &p256), E_DENIED);
	assert_int_equal(jws_verify(&j, &ed), E_DENIED);
	jws_clear(&j);
	EVP_PKEY_free(other);
}

/* ---- signing: read back by our gate and, for JWT, by libjwt ---- */

static void
what_we_sign_verifies(void **state UNUSED)
{
	EVP_PKEY *keys[] = { ec, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	json_t *claims = json_pack("{s:s,s:I}", "iss", "é", "iat",
	    (json_int_t)1800000000);
	char *pem = public_pem(ec), *token;
	json_t *header = json_pack("{s:s,s:s}", "kid", "k1", "alg", "none");
	const char *why;
	jwt_t *jwt;

	for (size_t i = 0; i < countof(keys); i++)
		for (int n = 0; n < 40; n++) {	/* r and s of every length */
			json_t *public = jwk_public(keys[i]);
			struct jws j;
			struct jwk k;

			json_object_set_new(claims, "n", json_integer(n));
			token = jws_sign(arena, keys[i], "JWT", header, claims);
			assert_int_equal(jwk_read(&k, public, &why), 0);
			assert_int_equal(jws_parse(&j, token, strlen(token),
			    any_typ, &why), 0);
			assert_int_equal(jws_verify(&j, &k), 0);
			assert_true(json_equal(j.claims, claims));
			jws_clear(&j);
			jwk_clear(&k);
			json_decref(public);
			if (i > 0)
				continue;
			assert_int_equal(jwt_decode(&jwt, token, (uint8_t *)pem,
			    (int)strlen(pem)), 0);
			assert_int_equal(jwt_get_alg(jwt), JWT_ALG_ES256);
			assert_string_equal(jwt_get_grant(jwt, "iss"), "é");
			jwt_free(jwt);
		}
	json_decref(claims);
	json_decref(header);
	EVP_PKEY_free(keys[1]);
}

/* ---- the keys directory, and sealing ---- */

static char dir[] = "/tmp/guichet-keys-XXXXXX";
static struct keys *keys;

static int
make_keys(void **state)
{
	struct fault f;
	int out = dup(1);

	set_up(state);
	ec = EVP_EC_gen("P-256");
	assert_non_null(mkdtemp(dir));
	assert_non_null(freopen("/dev/null", "w", stdout));
	assert_int_equal(keys_make(dir, &f), 0);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	assert_int_equal(keys_load(&keys, dir, &f), 0);
	return 0;
}

static int
remove_keys(void **state)
{
	char command[64];

	keys_free(keys);
	EVP_PKEY_free(ec);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return tear_down(state) + system(command);
}

static void
keys_are_made_once(void **state UNUSED)
{
	json_t *jwks = json_loads(keys_jwks(keys), JSON_REJECT_DUPLICATES, NULL);
	json_t *public = json_array_get(json_object_get(jwks, "keys"), 0);
	char *kid = arena_strdup(arena, keys_signing_kid(keys));
	struct keys *again;
	const char *why;
	struct fault f;
	struct jwk k;
	EVP_PKEY *secret;
	uint8_t raw[32];
	size_t n = sizeof(raw);

	assert_int_equal(keys_make(dir, &f), 0);
	assert_int_equal(keys_load(&again, dir, &f), 0);
	assert_string_equal(keys_signing_kid(again), kid);
	assert_memory_equal(keys_ticket(again), keys_ticket(keys), 32);
	assert_null(keys_journal(again, "restitution"));
	keys_free(again);
	assert_int_equal(keys_make_signer(dir, dir, &f), 0);
	assert_int_equal(keys_make_signer(dir, dir, &f), 0);
	assert_int_equal(keys_load(&again, dir, &f), 0);
	assert_int_equal(jwk_read(&k, public, &why), 0);
	assert_string_equal(k.thumbprint, kid);
	assert_string_equal(k.kid, kid);
	jwk_clear(&k);
	json_decref(jwks);
	/* everybody has the public half, and the public half only */
	assert_true(EVP_PKEY_is_a(keys_journal(again, "restitution"), "ED25519"));
	assert_int_equal(EVP_PKEY_get_raw_private_key(keys_journal(again,
	    "restitution"), raw, &n), 0);
	assert_int_equal(keys_signer(&secret, dir, "restitution", &f), 0);
	assert_int_equal(EVP_PKEY_get_raw_private_key(secret, raw, &n), 1);
	assert_int_equal(EVP_PKEY_eq(secret, keys_journal(again, "restitution")), 1);
	EVP_PKEY_free(secret);
	assert_non_null(keys_journal(again, "consent-admin"));
	assert_null(keys_journal(again, "other"));
	keys_free(again);
}

static void
open_files_are_refused(void **state UNUSED)
{
	char *path = arena_printf(arena, "%s/ticket.key", dir);
	struct keys *k;
	struct fault f;

	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(keys_load(&k, dir, &f), E_BAD_INPUT);
	assert_string_equal(f.code, "E122");
	assert_string_equal(f.file, path);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 31), 0);
	assert_int_equal(keys_load(&k, dir, &f), E_BAD_INPUT);
	assert_string_equal(f.code, "E123");
	assert_int_equal(keys_load(&k, "/none", &f), E_BAD_INPUT);
	assert_string_equal(f.code, "E121");
	assert_non_null(strstr(f.cure, "guichet key new"));
}

static void
sealed_texts_open_in_their_place_only(void **state UNUSED)
{
	char *text = seal(keys, arena, "destination:1", "secret", 6), *plain;
	char *again = seal(keys, arena, "destination:1", "secret", 6);
	size_t n, len = strlen(text);

	assert_string_not_equal(text, again);
	plain = unseal(keys, arena, "destination:1", text, &n);
	assert_int_equal(n, 6);
	assert_string_equal(plain, "secret");
	assert_null(unseal(keys, arena, "destination:2", text, &n));
	assert_null(unseal(keys, arena, "", text, &n));
	assert_null(unseal(keys, arena, "destination:1", "", &n));
	assert_null(unseal(keys, arena, "destination:1", text + 4, &n));
	for (size_t i = 0; i < len; i++) {	/* any letter altered */
		char *other = arena_strdup(arena, text);

		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_null(unseal(keys, arena, "destination:1", other, &n));
	}
	text = seal(keys, arena, "x", "", 0);
	assert_string_equal(unseal(keys, arena, "x", text, &n), "");
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_match_their_standards),
		cmocka_unit_test(random_bytes_never_repeat),
		cmocka_unit_test(thumbprints_match_the_rfcs),
		cmocka_unit_test(bad_keys_are_refused),
		cmocka_unit_test(the_store_of_keys_is_bounded),
		cmocka_unit_test(rfc7515_es256_verifies),
		cmocka_unit_test(rfc8037_eddsa_verifies),
		cmocka_unit_test(ps256_verifies),
		cmocka_unit_test(the_gate_refuses),
		cmocka_unit_test(typ_is_the_expected_one),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(alg_is_the_key_s),
		cmocka_unit_test(what_we_sign_verifies),
		cmocka_unit_test(keys_are_made_once),
		cmocka_unit_test(open_files_are_refused),
		cmocka_unit_test(sealed_texts_open_in_their_place_only),
	};

	return cmocka_run_group_tests_name("crypto", tests, make_keys,
	    remove_keys);
}
