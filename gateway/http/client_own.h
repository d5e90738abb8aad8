/* SPDX-License-Identifier: Apache-2.0 */
/* client_own.h - an exchange on the loop through libcurl; for client.c (HTTPS)
 * and smtp.c alone. */
#ifndef CLIENT_OWN_H
#define CLIENT_OWN_H
#include <curl/curl.h>
#include <openssl/x509.h>
#include <sys/queue.h>
#include "base/buf.h"
#include "http/call.h"		/* struct field */
#include "http/client.h"

enum { CONNECT_MS = 10000, HANDLES_KEPT = 32, FIELDS_MAX = 100 };

struct http_client {
	struct event_base *base;
	const struct settings *settings;
	CURLM *multi;
	struct event *timer;
	struct networks *allow;
	struct sessions *sessions;
	struct way *way;		/* NULL: straight, and as nobody */
	STACK_OF(X509) *trusted;	/* push_ca_file; NULL = none */
	TAILQ_HEAD(, http_job) jobs;
	size_t job_count;
	CURL *idle[HANDLES_KEPT];
	size_t idle_count;
};

struct http_job {
	struct http_answer answer;	/* first: http_answer_field goes back */
	struct http_client *client;
	TAILQ_ENTRY(http_job) among;
	struct arena *arena;
	CURL *easy;			/* NULL: failed before it began */
	const char *host;		/* "example.org:8443"; NULL: not HTTPS */
	struct event *soon;
	struct curl_slist *list;
	struct buf body;
	struct field fields[FIELDS_MAX];
	size_t field_count, field_bytes;
	bool denied, allowed;		/* an address was */
	bool too_large;
	bool shows;			/* a certificate of ours */
	const char *upload;		/* what is left of a letter */
	size_t upload_n;
	http_on_answer *on_answer;
	void *arg;
};

/* A job among the others; then its handle (NULL: no memory), what every one is
 * guarded by, and off it goes: NULL, or why not. */
struct http_job *http_job_new(struct http_client *, http_on_answer *, void *arg);
CURL *http_job_handle(struct http_job *);
void http_job_guards(struct http_job *, long deadline_ms);
const char *http_job_start(struct http_job *);
/* It could not begin: told from the loop, as any other failure. */
void http_job_fail_soon(struct http_job *, int failure, const char *why);

#endif
