/* SPDX-License-Identifier: Apache-2.0 */
/* hsm.c - Ed25519 by PKCS#11: see hsm.h. */
#include "crypto/hsm.h"
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/keys_own.h"

enum { SLOTS = 64, PIN = 256 };

struct hsm {
	char *text;			/* the URI as it was given */
	P11KitUri *uri;
	CK_FUNCTION_LIST *module;
	bool begun;			/* C_Initialize was called */
	CK_SESSION_HANDLE session;	/* 0: none */
	char pin[PIN];
};

static int
faulty(struct fault *f, const struct hsm *h, const char *what, const char *why,
    const char *cure)
{
	fault_set(f, "E127", h->text, 0, 0, "%s: %s", what, why);
	return fault_cure(f, "%s", cure);
}

/* ---- the URI ---- */

/* A PIN in the URI would stand in every list of processes. */
static int
read_uri(struct hsm *h, struct fault *f)
{
	int rc;

	if ((h->uri = p11_kit_uri_new()) == NULL)
		fatal("no memory for a URI");
	rc = p11_kit_uri_parse(h->text, P11_KIT_URI_FOR_TOKEN |
	    P11_KIT_URI_FOR_MODULE, h->uri);
	if (rc != P11_KIT_URI_OK)
		return faulty(f, h, "is not a PKCS#11 URI (RFC 7512)",
		    p11_kit_uri_message(rc), "write pkcs11:token=NAME?module-path"
		    "=/PATH.so&pin-source=file:/PATH");
	if (p11_kit_uri_get_pin_value(h->uri) != NULL)
		return faulty(f, h, "shows the PIN", "everybody on this machine can"
		    " read command lines", "write it into a file: pin-source="
		    "file:/PATH");
	if (p11_kit_uri_get_module_path(h->uri) == NULL ||
	    p11_kit_uri_get_pin_source(h->uri) == NULL)
		return faulty(f, h, "does not say all", "module-path and pin-source"
		    " are needed", "add ?module-path=/PATH.so&pin-source="
		    "file:/PATH");
	return 0;
}

static int
read_pin(struct hsm *h, struct fault *f)
{
	const char *path = p11_kit_uri_get_pin_source(h->uri);
	FILE *in;
	bool read;

	if (strncmp(path, "file:", 5) == 0)
		path += 5;
	if (keys_open_secret(&in, path, f) < 0)
		return E_BAD_INPUT;
	read = fgets(h->pin, sizeof(h->pin), in) != NULL;
	fclose(in);
	h->pin[strcspn(h->pin, "\r\n")] = '\0';
	if (read && h->pin[0] != '\0')
		return 0;
	return faulty(f, h, "has no PIN", path, "write the PIN of the token's user"
	    " into that file, on one line");
}

/* ---- module, token, session ---- */

static int
load(struct hsm *h, struct fault *f)
{
	const char *path = p11_kit_uri_get_module_path(h->uri);
	CK_RV rv;

	h->module = p11_kit_module_load(path, P11_KIT_MODULE_UNMANAGED);
	if (h->module == NULL)
		return faulty(f, h, "its module cannot be loaded",
		    p11_kit_message(), "install the library of your HSM's maker,"
		    " and write its path");
	rv = p11_kit_module_initialize(h->module);
	h->begun = rv == CKR_OK;
	if (h->begun)
		return 0;
	return faulty(f, h, "its module does not start", p11_kit_strerror(rv),
	    "look at the settings that the HSM's maker asks for");
}

static CK_RV
find_token(const struct hsm *h, CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[SLOTS];
	CK_ULONG n = SLOTS;
	CK_TOKEN_INFO info;
	CK_RV rv = h->module->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < n; i++)
		if (h->module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    p11_kit_uri_match_token_info(h->uri, &info)) {
			*slot = slots[i];
			return CKR_OK;
		}
	return CKR_TOKEN_NOT_PRESENT;
}

static void
end_session(struct hsm *h)
{
	if (h->session != 0)
		h->module->C_CloseSession(h->session);
	h->session = 0;
}

static CK_RV
begin_session(struct hsm *h)
{
	CK_SLOT_ID slot;
	CK_RV rv;

	if ((rv = find_token(h, &slot)) != CKR_OK)
		return rv;
	rv = h->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
	    &h->session);
	if (rv != CKR_OK) {
		h->session = 0;
		return rv;
	}
	return h->module->C_Login(h->session, CKU_USER, (CK_UTF8CHAR *)h->pin,
	    strlen(h->pin));
}

/* Some modules know a token that was away only once they begin again. */
static CK_RV
begin_again(struct hsm *h)
{
	CK_RV rv;

	end_session(h);
	if (h->begun)
		p11_kit_module_finalize(h->module);
	rv = p11_kit_module_initialize(h->module);
	h->begun = rv == CKR_OK;
	return h->begun ? begin_session(h) : rv;
}

int
hsm_open(struct hsm **out, const char *uri, struct fault *f)
{
	struct hsm *h = xcalloc(1, sizeof(*h));
	CK_RV rv = CKR_OK;
	int rc;

	h->text = xstrdup(uri);
	if ((rc = read_uri(h, f)) == 0 && (rc = read_pin(h, f)) == 0 &&
	    (rc = load(h, f)) == 0 && (rv = begin_session(h)) != CKR_OK)
		rc = faulty(f, h, "its token cannot be used", p11_kit_strerror(rv),
		    "see that the token is there (pkcs11-tool -L) and its PIN right");
	if (rc < 0) {
		hsm_close(h);
		return rc;
	}
	*out = h;
	return 0;
}

void
hsm_close(struct hsm *h)
{
	if (h == NULL)
		return;
	if (h->begun) {
		end_session(h);
		p11_kit_module_finalize(h->module);
	}
	if (h->module != NULL)
		p11_kit_module_release(h->module);
	p11_kit_uri_free(h->uri);
	OPENSSL_cleanse(h->pin, sizeof(h->pin));
	free(h->text);
	free(h);
}

/* ---- keys ---- */

/* Exactly one: with two of a name nobody knows which one signed. */
static CK_RV
find_key(const struct hsm *h, CK_OBJECT_CLASS class, const char *label,
    CK_OBJECT_HANDLE *out)
{
	CK_KEY_TYPE type = CKK_EC_EDWARDS;
	CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;
	CK_RV rv = h->module->C_FindObjectsInit(h->session, wanted,
	    countof(wanted));

	if (rv != CKR_OK)
		return rv;
	rv = h->module->C_FindObjects(h->session, found, 2, &n);
	h->module->C_FindObjectsFinal(h->session);
	if (rv == CKR_OK && n != 1)
		return CKR_KEY_HANDLE_INVALID;
	*out = found[0];
	return rv;
}

/* 32 bytes, in an OCTET STRING (as PKCS#11 has it) or as they are. */
static EVP_PKEY *
key_of_point(const uint8_t *point, size_t n)
{
	if (n == 34 && point[0] == 0x04 && point[1] == 32)
		point += 2;
	else if (n != 32)
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, point, 32);
}

int
hsm_public(EVP_PKEY **out, struct hsm *h, const char *label, struct fault *f)
{
	uint8_t point[64];
	CK_ATTRIBUTE asked = { CKA_EC_POINT, point, sizeof(point) };
	CK_OBJECT_HANDLE key = 0;
	char what[96];
	CK_RV rv = find_key(h, CKO_PUBLIC_KEY, label, &key);

	snprintf(what, sizeof(what), "has not exactly one key %.60s", label);
	if (rv == CKR_OK)
		rv = h->module->C_GetAttributeValue(h->session, key, &asked, 1);
	*out = rv != CKR_OK ? NULL : key_of_point(point, asked.ulValueLen);
	if (*out != NULL)
		return 0;
	return faulty(f, h, what, rv == CKR_KEY_HANDLE_INVALID ?
	    "there is none, or more than one" : rv != CKR_OK ?
	    p11_kit_strerror(rv) : "its point is not Ed25519", "make it: pkcs11-tool --keypairgen"
	    " --key-type EC:edwards25519 --label NAME --login");
}

static CK_RV
sign_once(uint8_t out[HSM_SIGNATURE], const struct hsm *h, const char *label,
    const void *text, size_t n)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	CK_ULONG size = HSM_SIGNATURE;
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv = find_key(h, CKO_PRIVATE_KEY, label, &key);

	if (rv == CKR_OK)
		rv = h->module->C_SignInit(h->session, &eddsa, key);
	if (rv == CKR_OK)
		rv = h->module->C_Sign(h->session, (CK_BYTE *)(uintptr_t)text, n,
		    out, &size);
	return rv == CKR_OK && size != HSM_SIGNATURE ? CKR_SIGNATURE_LEN_RANGE : rv;
}

static bool
is_good(EVP_PKEY *public, const uint8_t signature[HSM_SIGNATURE],
    const void *text, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) == 1 &&
	    EVP_DigestVerify(ctx, signature, HSM_SIGNATURE, text, n) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

int
hsm_sign(uint8_t out[HSM_SIGNATURE], struct hsm *h, const char *label,
    EVP_PKEY *public, const void *text, size_t n, char why[HSM_WHY])
{
	CK_RV rv = h->session == 0 ? CKR_SESSION_HANDLE_INVALID :
	    sign_once(out, h, label, text, n);

	if (rv != CKR_OK && (rv = begin_again(h)) == CKR_OK)
		rv = sign_once(out, h, label, text, n);
	if (rv != CKR_OK)
		snprintf(why, HSM_WHY, "the HSM does not sign: %s",
		    p11_kit_strerror(rv));
	else if (!is_good(public, out, text, n))
		snprintf(why, HSM_WHY, "what the HSM signs is not by its key %s",
		    label);
	else
		return 0;
	return E_UNAVAILABLE;
}
