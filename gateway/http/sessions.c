/* SPDX-License-Identifier: Apache-2.0 */
/* sessions.c - TLS sessions of the hosts we talk to, the latest of each. */
#include "http/sessions.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/mem.h"

enum { BUCKETS = 4096 };

struct known {
	LIST_ENTRY(known) link;		/* in its bucket */
	TAILQ_ENTRY(known) among;	/* the latest first */
	SSL_SESSION *session;
	char host[];
};
LIST_HEAD(bucket, known);

struct sessions {
	struct bucket buckets[BUCKETS];
	TAILQ_HEAD(known_list, known) all;
	size_t n;
};

/* What a context knows: whose sessions these are. */
struct place { struct sessions *sessions; char host[]; };

static struct bucket *
bucket_of(struct sessions *s, const char *host)
{
	uint32_t sum = 2166136261u;		/* FNV-1a */

	for (; *host != '\0'; host++)
		sum = (sum ^ (uint8_t)*host) * 16777619u;
	return &s->buckets[sum % BUCKETS];
}

static void
drop(struct sessions *s, struct known *k)
{
	LIST_REMOVE(k, link);
	TAILQ_REMOVE(&s->all, k, among);
	SSL_SESSION_free(k->session);
	free(k);
	s->n--;
}

struct sessions *
sessions_new(void)
{
	struct sessions *s = xcalloc(1, sizeof(*s));

	TAILQ_INIT(&s->all);
	return s;
}

void
sessions_free(struct sessions *s)
{
	struct known *k;

	if (s == NULL)
		return;
	while ((k = TAILQ_FIRST(&s->all)) != NULL)
		drop(s, k);
	free(s);
}

static struct known *
find(struct sessions *s, const char *host)
{
	struct known *k;

	LIST_FOREACH(k, bucket_of(s, host), link)
		if (strcmp(k->host, host) == 0)
			return k;
	return NULL;
}

static void
put(struct sessions *s, const char *host, SSL_SESSION *session)
{
	struct known *k = find(s, host);
	size_t n = strlen(host) + 1;

	if (k != NULL)
		drop(s, k);
	else if (s->n == SESSIONS_MAX)
		drop(s, TAILQ_LAST(&s->all, known_list));
	k = xmalloc(sizeof(*k) + n);
	memcpy(k->host, host, n);
	k->session = session;
	LIST_INSERT_HEAD(bucket_of(s, host), k, link);
	TAILQ_INSERT_HEAD(&s->all, k, among);
	s->n++;
}

/* ---- what OpenSSL calls ---- */

static void
free_place(void *parent, void *place, CRYPTO_EX_DATA *ad, int i, long argl,
    void *argp)
{
	(void)parent, (void)ad, (void)i, (void)argl, (void)argp;
	free(place);
}

static int
place_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL,
		    free_place);
	assert(index >= 0);
	return index;
}

/* A copy: a connection that ends without a farewell spoils its own session. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	const struct place *p = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl),
	    place_index());
	SSL_SESSION *copy = SSL_SESSION_dup(session);

	if (copy != NULL)
		put(p->sessions, p->host, copy);
	return 0;
}

static void
on_state(const SSL *ssl, int where, int ret)
{
	const struct place *p = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl),
	    place_index());
	struct known *k;
	SSL_SESSION *copy;

	(void)ret;
	if ((where & SSL_CB_HANDSHAKE_START) == 0 ||
	    SSL_get_session(ssl) != NULL ||
	    (k = find(p->sessions, p->host)) == NULL)
		return;
	if ((copy = SSL_SESSION_dup(k->session)) == NULL)
		return;
	SSL_set_session((SSL *)(uintptr_t)ssl, copy);
	SSL_SESSION_free(copy);		/* the connection holds it */
}

void
sessions_use(struct sessions *s, SSL_CTX *ctx, const char *host)
{
	size_t n = strlen(host) + 1;
	struct place *p = xmalloc(sizeof(*p) + n);

	p->sessions = s;
	memcpy(p->host, host, n);
	SSL_CTX_set_ex_data(ctx, place_index(), p);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	SSL_CTX_set_info_callback(ctx, on_state);
}
