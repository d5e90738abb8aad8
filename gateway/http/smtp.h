/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp.h - one letter to one address, through libcurl on the loop.
 *
 * The client is one made for hosts that the operator named (http_client_inside).
 * How it went comes as for HTTPS: failure 0 and status 250, or the failure and
 * the last code the server said (0: it said none).
 */
#ifndef SMTP_H
#define SMTP_H
#include "http/client.h"

struct smtp_letter {
	const char *url;		/* smtp://host:port or smtps://... */
	bool starttls;			/* or nothing */
	const char *user, *password;	/* NULL: none asked */
	const char *from, *to;		/* smtp_address says yes */
	const char *text;		/* header fields and body, CRLF */
	size_t text_n;
	int deadline_ms;
};
/* Copies what it needs; http_forget before the answer. */
struct http_job *smtp_send(struct http_client *, const struct smtp_letter *,
    http_on_answer *, void *arg);

/* An address we write to: plain letters, one @, nothing that could end a line,
 * begin an option or name a second one (RFC 5321 4.1.2, without its oddities). */
bool smtp_address(const char *);

#endif
