/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - TLS 1.2 and 1.3 as BCP 195 (RFC 9325) and FAPI 2.0 5.2 ask.
 *
 * Session tickets are sealed with keys derived from ticket.key and the time of
 * day, so that every worker of every host opens the tickets of the others, and
 * a restart forgets none; a key seals for six hours and opens for twelve.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "http/server.h"

enum { EPOCH_S = 6 * 3600 };

static const char suites_1_2[] =	/* RFC 9325 4.2: the recommended four */
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static const char suites_1_3[] =
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	"TLS_CHACHA20_POLY1305_SHA256";

/* ---- tickets ---- */

struct ticket_keys { uint8_t name[16], cipher[32], mac[32]; };

static void
derive(uint8_t out[SHA256_SIZE], const uint8_t *key, const char *use,
    int64_t epoch)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "guichet ticket %s %lld", use,
	    (long long)epoch);

	hmac_sha256(out, key, 32, text, (size_t)n);
}

/* Of the epoch now (0) or the one before (1); derived once each. */
static const struct ticket_keys *
ticket_keys(SSL *ssl, int back)
{
	static struct ticket_keys keys[2];
	static const struct keys *of[2];
	static int64_t at[2];
	const struct keys *ours = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int64_t epoch = clock_s() / EPOCH_S - back;
	int i = (int)(epoch % 2);
	struct ticket_keys *k = &keys[i];
	uint8_t name[SHA256_SIZE];

	if (at[i] != epoch || of[i] != ours) {
		derive(name, keys_ticket(ours), "name", epoch);
		memcpy(k->name, name, sizeof(k->name));
		derive(k->cipher, keys_ticket(ours), "cipher", epoch);
		derive(k->mac, keys_ticket(ours), "mac", epoch);
		at[i] = epoch;
		of[i] = ours;
	}
	return k;
}

static bool
use_keys(const struct ticket_keys *k, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int seal)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
		    (void *)k->mac, sizeof(k->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    (char *)"SHA256", 0),
		OSSL_PARAM_construct_end()
	};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher, iv,
	    seal) == 1 && EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* 1: go on; 2: and give a new one; 0: not ours, full handshake; -1: failed */
static int
on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	const struct ticket_keys *k = ticket_keys(ssl, 0);
	int back = 0;

	if (seal) {
		memcpy(name, k->name, sizeof(k->name));
		if (RAND_bytes(iv, EVP_CIPHER_iv_length(EVP_aes_256_cbc())) != 1)
			return -1;
		return use_keys(k, iv, cipher, mac, 1) ? 1 : -1;
	}
	while (memcmp(name, k->name, sizeof(k->name)) != 0) {
		if (++back > 1)
			return 0;
		k = ticket_keys(ssl, back);
	}
	return !use_keys(k, iv, cipher, mac, 0) ? -1 : back == 0 ? 1 : 2;
}

/* ---- what is spoken, and to whom ---- */

static int
on_alpn(SSL *ssl UNUSED, const unsigned char **out, unsigned char *out_n,
    const unsigned char *offered, unsigned int n, void *arg UNUSED)
{
	static const unsigned char ours[] = "\x08http/1.1";

	if (SSL_select_next_proto((unsigned char **)out, out_n, ours,
	    sizeof(ours) - 1, offered, n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 8705 2.2: any certificate will do here; whose it is, its registered
 * thumbprint tells later. That the client holds the key, TLS has checked. */
static int
on_certificate(int ok UNUSED, X509_STORE_CTX *store UNUSED)
{
	return 1;
}

static void
set_up(SSL_CTX *ctx, const struct keys *keys, bool ask)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);	/* one read(2) per record, not two */
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_app_data(ctx, (void *)keys);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_timeout(ctx, EPOCH_S);
	SSL_CTX_set_session_id_context(ctx,
	    (const unsigned char *)(ask ? "asked" : "plain"), 5);
	if (ask)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_certificate);
}

static int
bad_tls(struct fault *f, const char *file, const char *what)
{
	char why[200];

	ERR_error_string_n(ERR_peek_last_error(), why, sizeof(why));
	ERR_clear_error();
	fault_set(f, "E142", file, 0, 0, "%s (%s)", what, why);
	return fault_cure(f, "give a PEM chain, our own certificate first, and "
	    "its unencrypted private key");
}

static int
load(SSL_CTX *ctx, const struct settings *s, struct fault *f)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, suites_1_2) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, suites_1_3) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1)
		return bad_tls(f, "", "this OpenSSL cannot do what we need");
	if (SSL_CTX_use_certificate_chain_file(ctx, s->tls_certificate) != 1)
		return bad_tls(f, s->tls_certificate,
		    "the certificate cannot be read");
	if (SSL_CTX_use_PrivateKey_file(ctx, s->tls_key, SSL_FILETYPE_PEM) != 1)
		return bad_tls(f, s->tls_key, "the private key cannot be used");
	if (SSL_CTX_check_private_key(ctx) != 1)
		return bad_tls(f, s->tls_key,
		    "the private key is not this certificate's");
	return 0;
}

static time_t
time_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : 0;
}

long long
server_tls_expires(const SSL_CTX *ctx)
{
	return time_of(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx)));
}

/* Every caller would turn away: better said here. */
static int
check_dates(SSL_CTX *ctx, const struct settings *s, struct fault *f)
{
	const X509 *cert = SSL_CTX_get0_certificate(ctx);
	time_t from = time_of(X509_get0_notBefore(cert));
	time_t to = time_of(X509_get0_notAfter(cert)), now = clock_s();
	char when[TIME_TEXT_MAX];

	if (now >= from && now < to)
		return 0;
	time_text_ms(when, (int64_t)(now < from ? from : to) * 1000000);
	fault_set(f, "E144", s->tls_certificate, 0, 0, "the certificate %s %.19sZ",
	    now < from ? "is not valid before" : "expired on", when);
	return fault_cure(f, "%s", now < from ? "look at this machine's clock, or "
	    "take the certificate that is valid now" :
	    "renew it, then `systemctl reload guichet`");
}

int
server_tls(SSL_CTX **out, const struct settings *s, const struct keys *keys,
    bool ask, struct fault *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int rc = ctx == NULL ? bad_tls(f, "", "OpenSSL is out of memory") :
	    load(ctx, s, f);
	if (rc == 0)
		rc = check_dates(ctx, s, f);

	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	set_up(ctx, keys, ask);
	*out = ctx;
	return 0;
}
