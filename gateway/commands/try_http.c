/* SPDX-License-Identifier: Apache-2.0 */
/* try_http.c - asks, waits, keeps cookies: libcurl as a browser would. */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "commands/try.h"

enum { ANSWER_MAX = 8 * 1024 * 1024, PATIENCE_S = 30 };

struct try_http {
	struct arena *arena;
	CURL *easy;
	struct curl_slist *at;
	bool quiet;
	char why[CURL_ERROR_SIZE], said[2300];
};

struct taking { struct arena *arena; struct buf body; struct answer *out; };

struct try_http *
try_http_new(struct arena *a, const char *ca_file)
{
	struct try_http *h = arena_alloc(a, sizeof(*h));

	h->arena = a;
	if ((h->easy = curl_easy_init()) == NULL)
		fatal("libcurl cannot begin");
	curl_easy_setopt(h->easy, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->why);
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT, (long)PATIENCE_S);
	if (ca_file == NULL)		/* as OpenSSL's own tools do */
		ca_file = getenv("SSL_CERT_FILE");
	if (ca_file != NULL)
		curl_easy_setopt(h->easy, CURLOPT_CAINFO, ca_file);
	return h;
}

void
try_http_free(struct try_http *h)
{
	curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->at);
}

void
try_http_quiet(struct try_http *h)
{
	h->quiet = true;
}

const char *
try_http_said(const struct try_http *h)
{
	return h->said;
}

void
try_say(struct try_http *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(h->said, sizeof(h->said), fmt, ap);
	va_end(ap);
	if (!h->quiet)
		fprintf(stderr, "guichet try: %s\n", h->said);
}

void
try_http_at(struct try_http *h, const char *address)
{
	h->at = curl_slist_append(NULL, arena_printf(h->arena, "::%s", address));
	curl_easy_setopt(h->easy, CURLOPT_CONNECT_TO, h->at);
}

void
try_http_cookie(struct try_http *h, const char *cookie)
{
	curl_easy_setopt(h->easy, CURLOPT_COOKIE, cookie);
}

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct taking *t = arg;

	if (t->body.len + one * n > ANSWER_MAX)
		return 0;
	buf_add(&t->body, data, one * n);
	return one * n;
}

static size_t
on_field(char *line, size_t one, size_t n, void *arg)
{
	static const struct { const char *name; size_t at; } wanted[] = {
		{ "location:", offsetof(struct answer, location) },
		{ "dpop-nonce:", offsetof(struct answer, nonce) } };
	struct taking *t = arg;
	size_t size = one * n;

	for (size_t i = 0; i < countof(wanted); i++) {
		size_t k = strlen(wanted[i].name), end = size;

		if (size <= k || strncasecmp(line, wanted[i].name, k) != 0)
			continue;
		while (k < end && line[k] == ' ')
			k++;
		while (end > k && (line[end - 1] == '\r' || line[end - 1] == '\n'))
			end--;
		*(char **)((char *)t->out + wanted[i].at) =
		    arena_strndup(t->arena, line + k, end - k);
	}
	return size;
}

int
try_ask(struct try_http *h, struct answer *out, const char *url,
    const char *form, const char *const *fields)
{
	struct taking t = { .arena = h->arena, .out = out };
	struct curl_slist *list = NULL;
	double took = 0;
	CURLcode rc;

	memset(out, 0, sizeof(*out));
	buf_init_in(&t.body, h->arena);
	for (; fields != NULL && *fields != NULL; fields++)
		list = curl_slist_append(list, *fields);
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
	if (form != NULL)
		curl_easy_setopt(h->easy, CURLOPT_COPYPOSTFIELDS, form);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, &t);
	curl_easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, on_field);
	curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, &t);
	rc = curl_easy_perform(h->easy);
	curl_slist_free_all(list);
	if (rc != CURLE_OK) {
		try_say(h, "%s: %s", url, h->why[0] != '\0' ? h->why :
		    curl_easy_strerror(rc));
		return E_UNAVAILABLE;
	}
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &out->status);
	curl_easy_getinfo(h->easy, CURLINFO_TOTAL_TIME, &took);
	out->body = t.body.data == NULL ? arena_strdup(h->arena, "") : t.body.data;
	if (!h->quiet)
		fprintf(stderr, "%-4s %.*s  %ld  %.0f ms\n", form == NULL ? "GET" : "POST",
		    (int)strcspn(url, "?"), url, out->status, took * 1000);
	return 0;
}
