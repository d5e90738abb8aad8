/* SPDX-License-Identifier: Apache-2.0 */
/* try_sign.c - a PIMS' key, and what it signs. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "commands/try.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

int
try_key_make(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool done = out != NULL && key != NULL && PEM_write_PrivateKey(out, key,
	    NULL, NULL, 0, NULL, NULL) == 1;

	if (out == NULL)
		fprintf(stderr, "guichet try: %s cannot be made: %s\n", path,
		    strerror(errno));
	if (out != NULL && fclose(out) != 0)
		done = false;
	EVP_PKEY_free(key);
	return done ? 0 : E_SYSTEM;
}

EVP_PKEY *
try_key_read(const char *path)
{
	FILE *in = fopen(path, "r");
	EVP_PKEY *key = in == NULL ? NULL :
	    PEM_read_PrivateKey(in, NULL, NULL, NULL);

	if (in != NULL)
		fclose(in);
	if (key != NULL && EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_bits(key) == 256)
		return key;
	EVP_PKEY_free(key);
	fprintf(stderr, "guichet try: %s is no P-256 private key (PEM); `guichet "
	    "try key --out FILE` makes one\n", path);
	return NULL;
}

static void
thumbprint(char out[44], EVP_PKEY *key)
{
	json_t *jwk = jwk_public(key);
	struct jwk read;
	const char *why;

	out[0] = '\0';
	if (jwk_read(&read, jwk, &why) == 0) {
		memcpy(out, read.thumbprint, sizeof(read.thumbprint));
		jwk_clear(&read);
	}
	json_decref(jwk);
}

json_t *
try_key_public(EVP_PKEY *key)
{
	json_t *jwk = jwk_public(key);
	char kid[44];

	thumbprint(kid, key);
	json_object_set_new(jwk, "kid", json_string(kid));
	json_object_set_new(jwk, "use", json_string("sig"));
	return jwk;
}

static const char *
fresh(struct arena *a)
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	return b64url_text(a, bytes, sizeof(bytes));
}

char *
try_assertion(struct arena *a, EVP_PKEY *key, const char *client,
    const char *audience)
{
	char kid[44], *text;
	json_t *header, *claims;
	int64_t now = clock_s();

	thumbprint(kid, key);
	header = json_pack("{s:s}", "kid", kid);
	claims = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "iss", client, "sub",
	    client, "aud", audience, "jti", fresh(a), "iat", (json_int_t)now,
	    "exp", (json_int_t)now + 60);
	text = jws_sign(a, key, "JWT", header, claims);
	json_decref(header);
	json_decref(claims);
	return text;
}

char *
try_proof(struct arena *a, EVP_PKEY *key, const char *method, const char *url,
    const char *token, const char *nonce)
{
	json_t *header = json_pack("{s:o}", "jwk", jwk_public(key));
	json_t *claims = json_pack("{s:s,s:s#,s:s,s:I}", "htm", method, "htu",
	    url, (int)strcspn(url, "?#"), "jti", fresh(a), "iat",
	    (json_int_t)clock_s());
	uint8_t digest[SHA256_SIZE];
	char *text;

	if (token != NULL) {
		sha256(digest, token, strlen(token));
		json_object_set_new(claims, "ath", json_string(b64url_text(a,
		    digest, sizeof(digest))));
	}
	if (nonce != NULL)
		json_object_set_new(claims, "nonce", json_string(nonce));
	text = jws_sign(a, key, "dpop+jwt", header, claims);
	json_decref(header);
	json_decref(claims);
	return text;
}
