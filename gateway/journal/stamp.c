/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.c - one time-stamp (RFC 3161), by OpenSSL. */
#include "journal/stamp.h"
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/hash.h"

struct stamp { TS_REQ *request; };

enum { NONCE_SIZE = 8 };

/* Nothing here fails but for want of memory. */
static void
must(int ok)
{
	if (!ok)
		fatal("no memory");
}

static void
set_digest(TS_REQ *request, const void *data, size_t n)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	uint8_t digest[SHA256_SIZE];

	must(imprint != NULL && algorithm != NULL);
	sha256(digest, data, n);
	must(X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL,
	    NULL));
	must(TS_MSG_IMPRINT_set_algo(imprint, algorithm));
	must(TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest)));
	must(TS_REQ_set_msg_imprint(request, imprint));
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
}

static void
set_nonce(TS_REQ *request)
{
	ASN1_INTEGER *nonce = ASN1_INTEGER_new();
	uint8_t bytes[NONCE_SIZE];
	uint64_t n;

	random_bytes(bytes, sizeof(bytes));
	memcpy(&n, bytes, sizeof(n));
	must(nonce != NULL && ASN1_INTEGER_set_uint64(nonce, n >> 1));
	must(TS_REQ_set_nonce(request, nonce));
	ASN1_INTEGER_free(nonce);
}

struct stamp *
stamp_ask(struct buf *out, const void *data, size_t n)
{
	struct stamp *s = xcalloc(1, sizeof(*s));
	uint8_t *der = NULL;
	int size;

	must((s->request = TS_REQ_new()) != NULL);
	must(TS_REQ_set_version(s->request, 1));
	set_digest(s->request, data, n);
	set_nonce(s->request);
	must(TS_REQ_set_cert_req(s->request, 1));
	must((size = i2d_TS_REQ(s->request, &der)) > 0);
	buf_add(out, der, (size_t)size);
	OPENSSL_free(der);
	return s;
}

void
stamp_free(struct stamp *s)
{
	if (s == NULL)
		return;
	TS_REQ_free(s->request);
	free(s);
}

/* ---- the reply ---- */

static int
denied(char why[200], const char *what)
{
	unsigned long e = ERR_peek_error();

	snprintf(why, 200, "%s%s%.120s", what, e == 0 ? "" : ": ",
	    e == 0 ? "" : ERR_reason_error_string(e));
	ERR_clear_error();
	return E_DENIED;
}

static TS_RESP *
parse(const void *reply, size_t n)
{
	const unsigned char *at = reply;
	TS_RESP *r = n > STAMP_MAX ? NULL : d2i_TS_RESP(NULL, &at, (long)n);

	if (r != NULL && at != (const unsigned char *)reply + n) {
		TS_RESP_free(r);
		r = NULL;
	}
	return r;
}

/* When it was made, by its own word. */
static int
time_of(int64_t *us, TS_RESP *r)
{
	TS_TST_INFO *info = TS_RESP_get_tst_info(r);
	struct tm tm;

	if (info == NULL || !ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &tm))
		return E_DENIED;
	*us = (int64_t)timegm(&tm) * 1000000;
	return 0;
}

static int
verify(const struct stamp *s, TS_RESP *r, X509_STORE *store, char why[200])
{
	TS_VERIFY_CTX *ctx = TS_REQ_to_TS_VERIFY_CTX(s->request, NULL);
	int rc;

	must(ctx != NULL && X509_STORE_up_ref(store));
	TS_VERIFY_CTX_add_flags(ctx, TS_VFY_SIGNATURE);
	TS_VERIFY_CTX_set_store(ctx, store);	/* the context's from here on */
	rc = TS_RESP_verify_response(ctx, r) == 1 ? 0 :
	    denied(why, "it does not answer what was asked, or is not that"
	    " authority's");
	TS_VERIFY_CTX_free(ctx);
	return rc;
}

int
stamp_check(const struct stamp *s, const void *reply, size_t n,
    const char *ca_file, int64_t *at_us, char why[200])
{
	X509_STORE *store = X509_STORE_new();
	TS_RESP *r = NULL;
	int rc;

	must(store != NULL);
	ERR_clear_error();
	if (!X509_STORE_load_file(store, ca_file))
		rc = denied(why, "the authority's certificates cannot be read");
	else if ((r = parse(reply, n)) == NULL)
		rc = denied(why, "it is no time-stamp reply");
	else if ((rc = verify(s, r, store, why)) == 0 &&
	    (rc = time_of(at_us, r)) < 0)
		rc = denied(why, "it tells no time");
	TS_RESP_free(r);
	X509_STORE_free(store);
	return rc;
}
