/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - outbound HTTPS: libcurl's multi socket on the same loop.
 *
 * Addresses typed by customers are hostile until proven otherwise: https only,
 * every resolved address checked in the socket callback against loopback,
 * private, link-local... unless an allowed network, no redirects, no proxy but
 * that of the settings, answers capped, one total deadline, TLS verified.
 */
#ifndef CLIENT_H
#define CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct event_base;
struct http_client;
struct http_job;
struct settings;
struct trace;

struct http_request {
	const char *method, *url;
	const char *const *fields;	/* "Name: value", NULL-terminated, or NULL */
	const void *body;
	size_t body_n;
	int deadline_ms;		/* total; 0 = push_deadline_ms */
	const char *to;			/* the recipient, for our certificate; or
					 * NULL */
	const char *tag;		/* for the log: call or delivery id */
	const struct trace *trace;	/* goes along, the tag as parent; or NULL */
};
struct http_answer {
	int failure;		/* 0; E_UNAVAILABLE, E_TIMEOUT, E_DENIED (address
				 * refused), E_TOO_LARGE, E_BAD_INPUT (url) */
	int status;
	const char *body;	/* NUL-terminated, 64 kB at most */
	size_t body_n;
	const char *why;	/* one sentence for the log */
	int64_t took_us;	/* from our question on its way to its answer */
};
const char *http_answer_field(const struct http_answer *, const char *lower_name);

struct http_client *http_client_new(struct event_base *, const struct settings *);
/* For hosts that the operator named (a sign-in provider), not a customer: its
 * address may be private, and ca_file ("" = none more) is trusted for it; the
 * setting is named when that file is no good. */
struct http_client *http_client_inside(struct event_base *,
    const struct settings *, const char *ca_file, const char *setting);
void http_client_free(struct http_client *);
typedef void http_on_answer(const struct http_answer *, void *arg);
/* Copies what it needs. on_answer runs later, once, from the loop; the job is
 * gone when it returns. */
struct http_job *http_ask(struct http_client *, const struct http_request *,
    http_on_answer *, void *arg);
void http_forget(struct http_job *);	/* before on_answer only */

/* For tools and start-up: is this URL one we would ever talk to (https, no
 * credentials, no fragment)? Where it leads is judged when it is asked. */
MUST_CHECK int http_url_check(const char *url, const char **why);
/* "example.org", or "example.org:8443" when it is not 443: what an address bar
 * shows, in small letters, in the arena; NULL when it is no URL. */
const char *http_url_host(struct arena *, const char *url);

#endif
