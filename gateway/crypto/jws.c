/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws.c - the gate every signed object from outside passes (RFC 7515, 8725).
 *
 * libjwt cannot stand here: it accepts HS256 keyed with our public PEM,
 * refuses every typ but JWT and parses the PEM at each call (seven times the
 * cost). It may serve behind this gate only; `make lint` watches.
 */
#include "crypto/jws.h"
#include <assert.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"

enum { ES256_SIZE = 64, DER_MAX = 72 };

static int
wrong(const char **why, const char *sentence)
{
	*why = sentence;
	return E_BAD_INPUT;
}

/* ---- taking apart ---- */

/* The part up to the next dot, as a JSON object without repeated members. */
static json_t *
part_json(const char *part, size_t n)
{
	char small[JWS_MAX];
	char *json = n <= sizeof(small) ? small : xmalloc(n);
	int len = b64url_decode(json, n <= sizeof(small) ? sizeof(small) : n, part,
	    n);
	json_t *object = len <= 0 ? NULL : json_loadb(json, (size_t)len,
	    JSON_REJECT_DUPLICATES, NULL);

	if (json != small)
		free(json);
	if (!json_is_object(object)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int
check_typ(const json_t *header, const char *const *typs, const char **why)
{
	const json_t *typ = json_object_get(header, "typ");
	const char *value = typ == NULL ? "" : json_string_value(typ);

	for (; value != NULL && *typs != NULL; typs++)
		if (strcasecmp(value, *typs) == 0 &&
		    (typ == NULL) == (**typs == '\0'))
			return 0;
	return wrong(why, "the typ of the signed object is not the expected one");
}

static int
check_header(struct jws *j, const char *const *typs, bool rs256,
    const char **why)
{
	static const struct { const char *name; enum jws_alg alg; } algs[] = {
	    { "ES256", JWS_ES256 }, { "PS256", JWS_PS256 },
	    { "EdDSA", JWS_EDDSA }, { "Ed25519", JWS_EDDSA } };
	static const char *const refused[] = { "crit", "b64", "jku", "x5u",
	    "zip" };
	const char *alg = json_string_value(json_object_get(j->header, "alg"));

	for (size_t i = 0; i < countof(refused); i++)
		if (json_object_get(j->header, refused[i]) != NULL)
			return wrong(why, "the header of the signed object has a "
			    "member we refuse (crit, b64, jku, x5u, zip)");
	if (check_typ(j->header, typs, why) < 0)
		return E_BAD_INPUT;
	for (size_t i = 0; alg != NULL && i < countof(algs); i++)
		if (strcmp(alg, algs[i].name) == 0)
			j->alg = algs[i].alg;
	if (alg != NULL && j->alg == 0 && rs256 && strcmp(alg, "RS256") == 0)
		j->alg = JWS_RS256;
	if (j->alg == 0)
		return wrong(why, rs256 ?
		    "the alg is not ES256, PS256, RS256 or EdDSA" :
		    "the alg is not ES256, PS256 or EdDSA");
	return 0;
}

static int
take_apart(struct jws *j, const char *token, size_t n, const char **why)
{
	const char *end = token + n;
	const char *dot1 = memchr(token, '.', n);
	const char *dot2 = dot1 == NULL ? NULL :
	    memchr(dot1 + 1, '.', (size_t)(end - dot1 - 1));
	int len;

	if (dot2 == NULL)
		return wrong(why, "the signed object has not three parts");
	len = b64url_decode(j->signature, sizeof(j->signature), dot2 + 1,
	    (size_t)(end - dot2 - 1));
	if (len <= 0)		/* a fourth part is no base64url either */
		return wrong(why, "the signature is not strict base64url");
	j->signature_n = (size_t)len;
	j->signed_part = token;
	j->signed_n = (size_t)(dot2 - token);
	j->header = part_json(token, (size_t)(dot1 - token));
	j->claims = part_json(dot1 + 1, (size_t)(dot2 - dot1 - 1));
	if (j->header == NULL || j->claims == NULL)
		return wrong(why, "header and claims must be strict base64url of "
		    "JSON objects without repeated members");
	return 0;
}

static int
parse(struct jws *j, const char *token, size_t n, const char *const *typs,
    bool rs256, size_t max, const char **why)
{
	memset(j, 0, sizeof(*j));
	if (n > max) {
		*why = max == JWS_MAX ? "the signed object is over 8 KiB" :
		    "the signed object is too large";
		return E_TOO_LARGE;
	}
	if (take_apart(j, token, n, why) < 0 ||
	    check_header(j, typs, rs256, why) < 0) {
		jws_clear(j);
		return E_BAD_INPUT;
	}
	return 0;
}

int
jws_parse(struct jws *j, const char *token, size_t n, const char *const *typs,
    const char **why)
{
	return parse(j, token, n, typs, false, JWS_MAX, why);
}

int
jws_parse_own(struct jws *j, const char *token, size_t n,
    const char *const *typs, const char **why)
{
	return parse(j, token, n, typs, false, JWS_OWN_MAX, why);
}

int
jws_parse_login(struct jws *j, const char *token, size_t n,
    const char *const *typs, const char **why)
{
	return parse(j, token, n, typs, true, JWS_MAX, why);
}

void
jws_clear(struct jws *j)
{
	json_decref(j->header);
	json_decref(j->claims);
	memset(j, 0, sizeof(*j));
}

/* ---- the signature ---- */

/* r | s, 32 bytes each (RFC 7518 3.4), as the DER that OpenSSL reads. */
static size_t
to_der(uint8_t out[DER_MAX], const uint8_t raw[ES256_SIZE])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n;

	ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL),
	    BN_bin2bn(raw + 32, 32, NULL));
	n = i2d_ECDSA_SIG(sig, &out);
	assert(n > 0 && n <= DER_MAX);
	ECDSA_SIG_free(sig);
	return (size_t)n;
}

static bool
verify_es256(const struct jws *j, EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx;
	uint8_t digest[SHA256_SIZE], der[DER_MAX];
	bool good;

	if (j->signature_n != ES256_SIZE)
		return false;
	sha256(digest, j->signed_part, j->signed_n);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	good = EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, to_der(der, j->signature), digest,
	    sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* PS256 (RFC 7518 3.5): the salt is as long as the digest. RS256: 3.3. */
static bool
verify_rsa(const struct jws *j, EVP_PKEY *key, bool padded)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pss;
	bool good;

	good = EVP_DigestVerifyInit_ex(ctx, &pss, "SHA256", NULL, NULL, key,
	    NULL) == 1 && (!padded ||
	    (EVP_PKEY_CTX_set_rsa_padding(pss, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
	    EVP_DigestVerify(ctx, j->signature, j->signature_n,
	    (const uint8_t *)j->signed_part, j->signed_n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static bool
verify_eddsa(const struct jws *j, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key,
	    NULL) == 1 && EVP_DigestVerify(ctx, j->signature, j->signature_n,
	    (const uint8_t *)j->signed_part, j->signed_n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

int
jws_verify(const struct jws *j, const struct jwk *k)
{
	bool good = false;

	if (j->alg != k->alg)
		return E_DENIED;
	switch (k->alg) {
	case JWS_ES256:
		good = verify_es256(j, k->key);
		break;
	case JWS_PS256:
	case JWS_RS256:
		good = verify_rsa(j, k->key, k->alg == JWS_PS256);
		break;
	case JWS_EDDSA:
		good = verify_eddsa(j, k->key);
		break;
	}
	return good ? 0 : E_DENIED;
}

/* ---- signing ---- */

static char *
json_part(struct arena *a, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT), *part;

	assert(text != NULL);
	part = b64url_text(a, text, strlen(text));
	free(text);
	return part;
}

static void
from_der(uint8_t raw[ES256_SIZE], const uint8_t *der, size_t n)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

	assert(sig != NULL);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	ECDSA_SIG_free(sig);
}

static void
sign(uint8_t raw[ES256_SIZE], EVP_PKEY *key, bool ec, const char *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t out[DER_MAX];
	size_t n = sizeof(out);
	int ok;

	ok = EVP_DigestSignInit_ex(ctx, NULL, ec ? "SHA256" : NULL, NULL, NULL,
	    key, NULL);
	ok &= EVP_DigestSign(ctx, out, &n, (const uint8_t *)text, strlen(text));
	assert(ok == 1);
	if (ec)
		from_der(raw, out, n);
	else
		memcpy(raw, out, ES256_SIZE);
	EVP_MD_CTX_free(ctx);
}

char *
jws_sign(struct arena *a, EVP_PKEY *key, const char *typ, json_t *header,
    const json_t *claims)
{
	bool ec = EVP_PKEY_is_a(key, "EC");
	json_t *all = json_pack("{s:s,s:s}", "alg", ec ? "ES256" : "EdDSA",
	    "typ", typ);
	uint8_t raw[ES256_SIZE];
	char *text;

	assert(ec ? EVP_PKEY_get_bits(key) == 256 : EVP_PKEY_is_a(key, "ED25519"));
	if (header != NULL)
		json_object_update_missing(all, header);
	text = arena_printf(a, "%s.%s", json_part(a, all), json_part(a, claims));
	json_decref(all);
	sign(raw, key, ec, text);
	return arena_printf(a, "%s.%s", text, b64url_text(a, raw, sizeof(raw)));
}
