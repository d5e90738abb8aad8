/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing.c - the ES256 key that signs what is ours: read, announced, replaced.
 *
 * Whoever verifies asks for our set (jwks_uri) and may keep it for a day: so a key
 * is published before it signs, and its public half stays after it has.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "crypto/jws.h"
#include "crypto/keys.h"
#include "crypto/keys_own.h"

#define CURRENT	"sign-es256.pem"
#define NEXT	"sign-es256-next.pem"

enum { RETIRED_MAX = 16, KEY_PATH = 4096 };

static const char *
path_of(char out[KEY_PATH], const char *dir, const char *name)
{
	snprintf(out, KEY_PATH, "%s/%s", dir, name);
	return out;
}

static int
not_p256(const char *path, struct fault *f)
{
	fault_set(f, "E123", path, 0, 0, "is not a P-256 key");
	return fault_cure(f, "move it away; `guichet key new` makes one");
}

/* Adds a key to the set; kid, when asked for: its RFC 7638 thumbprint. */
static int
publish(json_t *set, char kid[44], EVP_PKEY *key, const char *path,
    struct fault *f)
{
	json_t *public = jwk_public(key);
	const char *why;
	struct jwk jwk;
	int rc;

	if (public == NULL || jwk_read(&jwk, public, &why) < 0) {
		json_decref(public);
		return not_p256(path, f);
	}
	rc = json_object_set_new(public, "kid", json_string(jwk.thumbprint)) |
	    json_object_set_new(public, "use", json_string("sig")) |
	    json_array_append_new(set, public);
	assert(rc == 0);
	if (kid != NULL)
		snprintf(kid, 44, "%s", jwk.thumbprint);
	jwk_clear(&jwk);
	return 0;
}

static int
publish_next(json_t *set, const char *dir, struct fault *f)
{
	char path[KEY_PATH];
	EVP_PKEY *key;
	int rc;

	if (access(path_of(path, dir, NEXT), F_OK) != 0)
		return 0;
	if (keys_read_pem(&key, path, "EC", f) < 0)
		return E_BAD_INPUT;
	rc = publish(set, NULL, key, path, f);
	EVP_PKEY_free(key);
	return rc;
}

static int
publish_file(json_t *set, const char *path, struct fault *f)
{
	FILE *in = fopen(path, "re");
	EVP_PKEY *key = in == NULL ? NULL : PEM_read_PUBKEY(in, NULL, NULL, NULL);
	int rc = key == NULL ? not_p256(path, f) : publish(set, NULL, key, path, f);

	if (in != NULL)
		fclose(in);
	EVP_PKEY_free(key);
	return rc;
}

static int
publish_retired(json_t *set, const char *dir, struct fault *f)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort), rc = 0, found = 0;
	char path[KEY_PATH];

	for (int i = 0; i < n; i++) {
		if (rc == 0 && keys_named(names[i]->d_name, "sign-", ".pub")) {
			path_of(path, dir, names[i]->d_name);
			rc = publish_file(set, path, f);
			found++;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (rc < 0 || found <= RETIRED_MAX)
		return rc;
	fault_set(f, "E123", dir, 0, 0, "holds more than %d former signing keys",
	    RETIRED_MAX);
	return fault_cure(f, "move the oldest sign-*.pub out of it");
}

int
keys_read_signing(struct keys *k, const char *dir, struct fault *f)
{
	json_t *all = json_pack("{s:[]}", "keys"), *set;
	char path[KEY_PATH];
	int rc;

	assert(all != NULL);
	set = json_object_get(all, "keys");
	rc = keys_read_pem(&k->signing, path_of(path, dir, CURRENT), "EC", f);
	if (rc == 0)
		rc = publish(set, k->kid, k->signing, path, f);
	if (rc == 0)
		rc = publish_next(set, dir, f);
	if (rc == 0)
		rc = publish_retired(set, dir, f);
	if (rc == 0)
		k->jwks = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return rc;
}

/* ---- a change of keys ---- */

int
keys_sign_announce(const char *dir, struct fault *f)
{
	char path[KEY_PATH];

	if (access(path_of(path, dir, NEXT), F_OK) != 0)
		return keys_make_pem(dir, NEXT, "EC", f);
	fault_set(f, "E120", path, 0, 0, "is there already");
	return fault_cure(f, "`guichet key switch` lets it sign");
}

/* The public half of what signs now: sign-<kid>.pub. */
static int
retire(const struct keys *k, const char *dir, struct fault *f)
{
	char path[KEY_PATH];
	FILE *out;

	snprintf(path, sizeof(path), "%s/sign-%s.pub", dir, k->kid);
	if (access(path, F_OK) == 0)
		return 0;		/* a switch that was cut short */
	if (keys_create(&out, path, f) < 0)
		return E_BAD_INPUT;
	return keys_finish(out, fchmod(fileno(out), 0644) == 0 &&
	    PEM_write_PUBKEY(out, k->signing) == 1, path, f);
}

int
keys_sign_switch(const char *dir, struct fault *f)
{
	char next[KEY_PATH], current[KEY_PATH];
	struct keys *k;
	int rc;

	if (access(path_of(next, dir, NEXT), F_OK) != 0) {
		fault_set(f, "E121", next, 0, 0, "is not there");
		return fault_cure(f, "`guichet key announce` makes it; switch a day"
		    " later");
	}
	if (keys_load(&k, dir, f) < 0)
		return E_BAD_INPUT;
	rc = retire(k, dir, f);
	keys_free(k);
	if (rc < 0 || rename(next, path_of(current, dir, CURRENT)) == 0)
		return rc;
	fault_set(f, "E120", current, 0, 0, "cannot be replaced: %s",
	    strerror(errno));
	return fault_cure(f, "run this as the user that runs guichet");
}
