/* SPDX-License-Identifier: Apache-2.0 */
/* conn_greet.c - the TLS handshake of a connection, and whose certificate. */
#include "base/attr.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "http/conn.h"
#include "http/counters.h"

/* RFC 8705: the thumbprint of the client's certificate, once per connection. */
static void
note_certificate(struct conn *conn)
{
	X509 *cert = SSL_get1_peer_certificate(conn->wire.ssl);
	uint8_t digest[SHA256_SIZE];
	unsigned char *der = NULL;
	int n;

	if (cert == NULL)
		return;
	if ((n = i2d_X509(cert, &der)) > 0) {
		sha256(digest, der, (size_t)n);
		b64url_encode(conn->certificate, digest, sizeof(digest));
	}
	OPENSSL_free(der);
	X509_free(cert);
}

bool
conn_greet(struct conn *conn)
{
	switch (wire_greet(&conn->wire)) {
	case 0:
		counter_add(SSL_session_reused(conn->wire.ssl) ?
		    COUNTER_RESUMED : COUNTER_HANDSHAKES, 1);
		note_certificate(conn);
		conn->phase = IDLE;
		return true;
	case WIRE_AGAIN:
		if (conn->wire.want_write)
			conn_watch_writable(conn, true);
		return false;
	default:
		log_debug("a TLS handshake failed");
		conn_close(conn);
		return false;
	}
}
