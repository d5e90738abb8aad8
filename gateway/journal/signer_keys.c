/* SPDX-License-Identifier: Apache-2.0 */
/* signer_keys.c - the journal's keys: made here, or asked of their signer. */
#include <openssl/pem.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "crypto/keys.h"
#include "journal/signer.h"

static EVP_PKEY *
read_public(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)strlen(pem));
	EVP_PKEY *key = bio == NULL ? NULL :
	    PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

static int
fetch(const struct settings *s, struct signer_link *l, struct arena *a,
    enum journal_log log, struct fault *f)
{
	EVP_PKEY *key = NULL;
	char *pem;
	int rc = signer_key(l, a, log, &pem);

	if (rc < 0 || (key = read_public(pem)) == NULL) {
		fault_set(f, "E124", s->journal_signer, 0, 0,
		    "the signer's key cannot be had: %s", rc < 0 ?
		    signer_why(l) : "what it says is no key");
		fault_cure(f, "start it first: systemctl enable --now"
		    " guichet-signer");
		return E_UNAVAILABLE;
	}
	rc = keys_publish(s->keys_dir, journal_log_name(log), key, f);
	EVP_PKEY_free(key);
	return rc;
}

int
signer_keys_make(const struct settings *s, struct fault *f)
{
	struct signer_link *l;
	struct arena *a;
	int rc = 0;

	if (s->journal_signer[0] == '\0')
		return keys_make_signer(s->keys_dir, s->keys_dir, f);
	l = signer_ask_at(s->journal_signer);
	a = arena_new();
	for (int i = 0; i < JOURNAL_LOGS && rc == 0; i++)
		rc = fetch(s, l, a, (enum journal_log)i, f);
	arena_free(a);
	signer_hang_up(l);
	return rc;
}
