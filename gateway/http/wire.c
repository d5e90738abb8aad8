/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - one socket, plain or TLS. */
#include "http/wire.h"
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t
plain(ssize_t n)
{
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WIRE_AGAIN;
	return WIRE_GONE;
}

/* What an SSL_ function that did not succeed wants. */
static int
tls(struct wire *w, int rc)
{
	int error = SSL_get_error(w->ssl, rc);

	w->want_write = error == SSL_ERROR_WANT_WRITE;
	if (error == SSL_ERROR_WANT_READ || w->want_write)
		return WIRE_AGAIN;
	return WIRE_GONE;
}

ssize_t
wire_read(struct wire *w, void *to, size_t n)
{
	int rc;

	if (w->ssl == NULL)
		return plain(recv(w->fd, to, n, 0));
	ERR_clear_error();
	rc = SSL_read(w->ssl, to, n > INT_MAX ? INT_MAX : (int)n);
	return rc > 0 ? rc : tls(w, rc);
}

ssize_t
wire_write(struct wire *w, const struct iovec *v, int n)
{
	struct msghdr m = { .msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n };
	int rc;

	if (w->ssl == NULL)
		return plain(sendmsg(w->fd, &m, MSG_NOSIGNAL));
	while (n > 1 && v->iov_len == 0) {
		v++;
		n--;
	}
	ERR_clear_error();
	rc = SSL_write(w->ssl, v->iov_base,
	    v->iov_len > INT_MAX ? INT_MAX : (int)v->iov_len);
	return rc > 0 ? rc : tls(w, rc);
}

int
wire_greet(struct wire *w)
{
	int rc;

	ERR_clear_error();
	rc = SSL_accept(w->ssl);
	return rc == 1 ? 0 : tls(w, rc);
}

bool
wire_pending(const struct wire *w)
{
	return w->ssl != NULL && SSL_has_pending(w->ssl) != 0;
}

void
wire_end_writing(struct wire *w)
{
	if (w->ssl != NULL && SSL_is_init_finished(w->ssl)) {
		ERR_clear_error();
		SSL_shutdown(w->ssl);
	}
	shutdown(w->fd, SHUT_WR);
}

void
wire_close(struct wire *w)
{
	SSL_free(w->ssl);
	if (w->fd >= 0)
		close(w->fd);
	w->ssl = NULL;
	w->fd = -1;
}
