/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - bytes in and out of one socket, plain or TLS, never waiting.
 */
#ifndef WIRE_H
#define WIRE_H
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

struct wire {
	int fd;
	SSL *ssl;		/* NULL = plain */
	bool want_write;	/* TLS wants to write before it goes on */
};

enum { WIRE_AGAIN = -1, WIRE_GONE = -2 };

/* Bytes read or written (> 0), WIRE_AGAIN, or WIRE_GONE. */
ssize_t wire_read(struct wire *, void *to, size_t n);
ssize_t wire_write(struct wire *, const struct iovec *, int n);
/* The TLS handshake: 0 when done. */
int wire_greet(struct wire *);
bool wire_pending(const struct wire *);	/* bytes already decrypted */
void wire_end_writing(struct wire *);	/* close_notify, FIN */
void wire_close(struct wire *);

#endif
