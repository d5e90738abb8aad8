/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.c - secrets and signatures of Standard Webhooks 1.0.0. */
#include "crypto/webhook.h"
#include <assert.h>
#include <openssl/evp.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"

enum { ED25519 = 64, READY_KEYS = 1024 };

void
webhook_key_make(struct webhook_key *k)
{
	random_bytes(k->hmac, sizeof(k->hmac));
	random_bytes(k->seed, sizeof(k->seed));
	k->until_s = 0;
}

void
webhook_keys_rotate(struct webhook_keys *keys, int64_t until_s)
{
	int kept = keys->n < WEBHOOK_KEYS_MAX ? keys->n : WEBHOOK_KEYS_MAX - 1;

	memmove(&keys->list[1], &keys->list[0],
	    (size_t)kept * sizeof(keys->list[0]));
	for (int i = 1; i <= kept; i++)
		if (keys->list[i].until_s == 0 || keys->list[i].until_s > until_s)
			keys->list[i].until_s = until_s;
	webhook_key_make(&keys->list[0]);
	keys->n = kept + 1;
}

static EVP_PKEY *
private_key(const struct webhook_key *k)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    k->seed, sizeof(k->seed));

	assert(key != NULL);
	return key;
}

/* Half of what a signature costs is making the key ready: ready ones are kept, by
 * their (random) seed. */
static EVP_PKEY *
ready_key(const struct webhook_key *k)
{
	static struct { uint8_t seed[32]; EVP_PKEY *key; } kept[READY_KEYS];
	size_t i = (k->seed[0] | (size_t)k->seed[1] << 8) % READY_KEYS;

	if (kept[i].key != NULL &&
	    memcmp(kept[i].seed, k->seed, sizeof(k->seed)) == 0)
		return kept[i].key;
	EVP_PKEY_free(kept[i].key);
	memcpy(kept[i].seed, k->seed, sizeof(k->seed));
	return kept[i].key = private_key(k);
}

static char *
prefixed(struct arena *a, const char *prefix, const uint8_t bytes[32])
{
	char text[48];

	b64_encode(text, bytes, 32);
	return arena_printf(a, "%s%s", prefix, text);
}

char *
webhook_secret(const struct webhook_key *k, struct arena *a)
{
	return prefixed(a, "whsec_", k->hmac);
}

char *
webhook_public(const struct webhook_key *k, struct arena *a)
{
	EVP_PKEY *key = private_key(k);
	uint8_t raw[32];
	size_t n = sizeof(raw);
	int ok = EVP_PKEY_get_raw_public_key(key, raw, &n);

	assert(ok == 1 && n == sizeof(raw));
	EVP_PKEY_free(key);
	return prefixed(a, "whpk_", raw);
}

/* ---- at rest ---- */

json_t *
webhook_keys_json(const struct webhook_keys *keys)
{
	json_t *list = json_array();

	for (int i = 0; i < keys->n; i++) {
		char hmac[48], seed[48];

		b64_encode(hmac, keys->list[i].hmac, 32);
		b64_encode(seed, keys->list[i].seed, 32);
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "hmac",
		    hmac, "ed25519", seed, "until",
		    (json_int_t)keys->list[i].until_s));
	}
	return list;
}

static int
read_bytes(uint8_t out[32], const json_t *key, const char *name)
{
	const char *text = json_string_value(json_object_get(key, name));

	return text != NULL && b64_decode(out, 32, text, strlen(text)) == 32 ?
	    0 : E_BAD_INPUT;
}

int
webhook_keys_read(struct webhook_keys *keys, const json_t *list)
{
	const json_t *key;
	size_t i;

	keys->n = 0;
	if (json_array_size(list) == 0 ||
	    json_array_size(list) > WEBHOOK_KEYS_MAX)
		return E_BAD_INPUT;
	json_array_foreach(list, i, key) {
		struct webhook_key *k = &keys->list[i];

		if (read_bytes(k->hmac, key, "hmac") < 0 ||
		    read_bytes(k->seed, key, "ed25519") < 0)
			return E_BAD_INPUT;
		k->until_s = json_integer_value(json_object_get(key, "until"));
	}
	keys->n = (int)i;
	return 0;
}

/* ---- signatures ---- */

static void
add(struct buf *out, const char *version, const uint8_t *bytes, size_t n)
{
	char text[96];

	b64_encode(text, bytes, n);
	buf_printf(out, "%s%s,%s", out->len > 0 ? " " : "", version, text);
}

static void
sign_by(const struct webhook_key *k, struct buf *out, const struct buf *said)
{
	uint8_t mac[SHA256_SIZE], signature[ED25519];
	size_t n = sizeof(signature);
	EVP_PKEY *key = ready_key(k);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	hmac_sha256(mac, k->hmac, sizeof(k->hmac), said->data, said->len);
	add(out, "v1", mac, sizeof(mac));
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key);
	ok &= EVP_DigestSign(ctx, signature, &n, (const uint8_t *)said->data,
	    said->len);
	assert(ok == 1 && n == sizeof(signature));
	add(out, "v1a", signature, n);
	EVP_MD_CTX_free(ctx);
}

char *
webhook_sign(const struct webhook_keys *keys, struct arena *a, const char *id,
    int64_t now_s, const void *body, size_t n)
{
	struct buf said, out;

	buf_init(&said);
	buf_init_in(&out, a);
	buf_printf(&said, "%s.%lld.", id, (long long)now_s);
	buf_add(&said, body, n);
	for (int i = 0; i < keys->n; i++)
		if (keys->list[i].until_s == 0 || keys->list[i].until_s > now_s)
			sign_by(&keys->list[i], &out, &said);
	buf_clear(&said);
	return out.data;
}
