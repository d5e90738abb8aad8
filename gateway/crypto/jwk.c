/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwk.c - public keys from outside (RFC 7517, 7518, 8037), and ours to show.
 *
 * Values are decoded strictly and the key is built from the decoded bytes; the
 * thumbprint (RFC 7638) is made of those values, never of received text. What
 * was imported is kept: building a key costs a third of checking a signature,
 * and a client sends the same one with every proof.
 */
#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

enum { EC_SIZE = 32, RSA_MIN = 256, RSA_MAX = 512, VALUE_MAX = 1024,
    CANONICAL_MAX = 2 * VALUE_MAX + 64 };

/* ---- keys already imported ---- */

enum { SETS = 256, WAYS = 4 };

struct kept {
	uint8_t thumbprint[SHA256_SIZE];
	EVP_PKEY *key;
	uint64_t used;
};
static struct kept kept[SETS][WAYS];
static uint64_t uses;

static EVP_PKEY *
kept_find(const uint8_t thumbprint[SHA256_SIZE])
{
	struct kept *set = kept[thumbprint[0]];

	for (int i = 0; i < WAYS; i++)
		if (set[i].key != NULL && memcmp(set[i].thumbprint, thumbprint,
		    SHA256_SIZE) == 0) {
			set[i].used = ++uses;
			EVP_PKEY_up_ref(set[i].key);
			return set[i].key;
		}
	return NULL;
}

/* Takes the place of the one unused for longest. */
static void
keep(const uint8_t thumbprint[SHA256_SIZE], EVP_PKEY *key)
{
	struct kept *set = kept[thumbprint[0]], *oldest = &set[0];

	for (int i = 1; i < WAYS; i++)
		if (set[i].used < oldest->used)
			oldest = &set[i];
	EVP_PKEY_free(oldest->key);
	EVP_PKEY_up_ref(key);
	memcpy(oldest->thumbprint, thumbprint, SHA256_SIZE);
	oldest->key = key;
	oldest->used = ++uses;
}

/* ---- reading ---- */

struct part {
	char text[VALUE_MAX];
	uint8_t bytes[VALUE_MAX];
	int n;
};

static int
read_part(struct part *p, const json_t *jwk, const char *name, size_t max)
{
	const char *text = json_string_value(json_object_get(jwk, name));

	if (text == NULL || strlen(text) >= sizeof(p->text))
		return E_BAD_INPUT;
	p->n = b64url_decode(p->bytes, max, text, strlen(text));
	if (p->n <= 0)
		return E_BAD_INPUT;
	b64url_encode(p->text, p->bytes, (size_t)p->n);
	return 0;
}

static EVP_PKEY *
import(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL), *check;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;
	bool good;

	assert(ctx != NULL && params != NULL);
	good = EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
	if (good) {
		check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
		good = EVP_PKEY_public_check(check) == 1;
		EVP_PKEY_CTX_free(check);
	}
	if (!good) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The key of this thumbprint, kept or built by make(parts). */
static int
resolve(struct jwk *out, const char *canonical, EVP_PKEY *(*make)(
    const struct part *, const struct part *), const struct part *a,
    const struct part *b)
{
	uint8_t thumbprint[SHA256_SIZE];

	sha256(thumbprint, canonical, strlen(canonical));
	b64url_encode(out->thumbprint, thumbprint, sizeof(thumbprint));
	if ((out->key = kept_find(thumbprint)) != NULL)
		return 0;
	if ((out->key = make(a, b)) == NULL)
		return E_BAD_INPUT;
	keep(thumbprint, out->key);
	return 0;
}

static EVP_PKEY *
make_ec(const struct part *x, const struct part *y)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	uint8_t point[1 + 2 * EC_SIZE] = { 4 };
	EVP_PKEY *key;

	memcpy(point + 1, x->bytes, EC_SIZE);
	memcpy(point + 1 + EC_SIZE, y->bytes, EC_SIZE);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
	    "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
	    sizeof(point));
	key = import("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static int
read_ec(struct jwk *out, const json_t *jwk, const char **why)
{
	const char *crv = json_string_value(json_object_get(jwk, "crv"));
	char canonical[CANONICAL_MAX];
	struct part x, y;

	*why = "the key is not a point of P-256";
	if (crv == NULL || strcmp(crv, "P-256") != 0 ||
	    read_part(&x, jwk, "x", EC_SIZE) < 0 || x.n != EC_SIZE ||
	    read_part(&y, jwk, "y", EC_SIZE) < 0 || y.n != EC_SIZE)
		return E_BAD_INPUT;
	snprintf(canonical, sizeof(canonical),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    x.text, y.text);
	out->alg = JWS_ES256;
	return resolve(out, canonical, make_ec, &x, &y);
}

static EVP_PKEY *
make_rsa(const struct part *n, const struct part *e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *bn = BN_bin2bn(n->bytes, n->n, NULL);
	BIGNUM *be = BN_bin2bn(e->bytes, e->n, NULL);
	EVP_PKEY *key;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be);
	key = import("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(bn);
	BN_free(be);
	return key;
}

static int
read_rsa(struct jwk *out, const json_t *jwk, const char **why)
{
	char canonical[CANONICAL_MAX];
	struct part n, e;

	*why = "an RSA key must have 2048 to 4096 bits and an odd exponent";
	if (read_part(&n, jwk, "n", RSA_MAX) < 0 || n.n < RSA_MIN ||
	    (n.n == RSA_MIN && n.bytes[0] < 0x80) || n.bytes[0] == 0 ||
	    (n.bytes[n.n - 1] & 1) == 0 ||
	    read_part(&e, jwk, "e", 4) < 0 || e.bytes[0] == 0 ||
	    (e.bytes[e.n - 1] & 1) == 0 || (e.n == 1 && e.bytes[0] < 3))
		return E_BAD_INPUT;
	snprintf(canonical, sizeof(canonical),
	    "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e.text, n.text);
	out->alg = JWS_PS256;
	return resolve(out, canonical, make_rsa, &n, &e);
}

static EVP_PKEY *
make_okp(const struct part *x, const struct part *none UNUSED)
{
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x->bytes,
	    (size_t)x->n);
}

static int
read_okp(struct jwk *out, const json_t *jwk, const char **why)
{
	const char *crv = json_string_value(json_object_get(jwk, "crv"));
	char canonical[CANONICAL_MAX];
	struct part x;

	*why = "the key is not an Ed25519 key";
	if (crv == NULL || strcmp(crv, "Ed25519") != 0 ||
	    read_part(&x, jwk, "x", EC_SIZE) < 0 || x.n != EC_SIZE)
		return E_BAD_INPUT;
	snprintf(canonical, sizeof(canonical),
	    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x.text);
	out->alg = JWS_EDDSA;
	return resolve(out, canonical, make_okp, &x, NULL);
}

/* If the key says what it is for, it must be this. */
static bool
says(const json_t *jwk, const char *name, const char *value)
{
	const json_t *v = json_object_get(jwk, name);

	return v == NULL || (json_is_string(v) &&
	    strcmp(json_string_value(v), value) == 0);
}

static bool
has_private(const json_t *jwk)
{
	static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi",
	    "oth", "k" };

	for (size_t i = 0; i < countof(members); i++)
		if (json_object_get(jwk, members[i]) != NULL)
			return true;
	return false;
}

int
jwk_read(struct jwk *out, const json_t *jwk, const char **why)
{
	static const struct {
		const char *kty, *alg, *alias;	/* RFC 9864 renamed EdDSA */
		int (*read)(struct jwk *, const json_t *, const char **);
	} types[] = { { "EC", "ES256", "ES256", read_ec },
	    { "RSA", "PS256", "PS256", read_rsa },
	    { "OKP", "EdDSA", "Ed25519", read_okp } };
	const char *kty = json_string_value(json_object_get(jwk, "kty"));
	const char *kid = json_string_value(json_object_get(jwk, "kid"));

	memset(out, 0, sizeof(*out));
	*why = "the key is not a JWK of type EC, RSA or OKP";
	if (kty == NULL)
		return E_BAD_INPUT;
	if (has_private(jwk)) {
		*why = "the key has private members: never send those";
		return E_BAD_INPUT;
	}
	if (kid != NULL && strlen(kid) < sizeof(out->kid))
		memcpy(out->kid, kid, strlen(kid) + 1);
	for (size_t i = 0; i < countof(types); i++) {
		if (strcmp(kty, types[i].kty) != 0)
			continue;
		*why = "the key says it is for another algorithm or use";
		if ((!says(jwk, "alg", types[i].alg) &&
		    !says(jwk, "alg", types[i].alias)) || !says(jwk, "use", "sig"))
			return E_BAD_INPUT;
		return types[i].read(out, jwk, why);
	}
	return E_BAD_INPUT;
}

int
jwk_read_login(struct jwk *out, const json_t *jwk, enum jws_alg rsa,
    const char **why)
{
	const char *alg = json_string_value(json_object_get(jwk, "alg"));
	bool rs256 = alg == NULL ? rsa == JWS_RS256 : strcmp(alg, "RS256") == 0;
	json_t *plain = json_copy((json_t *)jwk);
	int rc;

	if (rs256)		/* what jwk_read does not know */
		json_object_del(plain, "alg");
	rc = jwk_read(out, plain, why);
	json_decref(plain);
	if (rc == 0 && rs256 && out->alg == JWS_PS256)
		out->alg = JWS_RS256;
	else if (rc == 0 && alg != NULL && rs256) {
		*why = "the key says RS256 and is not an RSA key";
		jwk_clear(out);
		rc = E_BAD_INPUT;
	}
	return rc;
}

void
jwk_clear(struct jwk *k)
{
	EVP_PKEY_free(k->key);
	memset(k, 0, sizeof(*k));
}

/* ---- ours ---- */

static json_t *
b64_json(const uint8_t *bytes, size_t n)
{
	char text[2 * EC_SIZE];

	b64url_encode(text, bytes, n);
	return json_string(text);
}

json_t *
jwk_public(EVP_PKEY *key)
{
	uint8_t p[1 + 2 * EC_SIZE];
	size_t n = 0;

	if (EVP_PKEY_is_a(key, "ED25519")) {
		n = sizeof(p);
		if (EVP_PKEY_get_raw_public_key(key, p, &n) != 1)
			return NULL;
		return json_pack("{s:s,s:s,s:o,s:s}", "kty", "OKP",
		    "crv", "Ed25519", "x", b64_json(p, n), "alg", "EdDSA");
	}
	if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_bits(key) != 256 ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, p,
	    sizeof(p), &n) != 1 || n != sizeof(p) || p[0] != 4)
		return NULL;
	return json_pack("{s:s,s:s,s:o,s:o,s:s}", "kty", "EC", "crv", "P-256",
	    "x", b64_json(p + 1, EC_SIZE), "y", b64_json(p + 1 + EC_SIZE, EC_SIZE),
	    "alg", "ES256");
}
