/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - one GET after the other, for commands that may wait. */
#include "http/fetch.h"
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

enum { TRIES = 3, CONNECT_S = 10, PATIENCE_S = 60, WHY = 256 };

struct fetch {
	CURL *easy;
	char why[CURL_ERROR_SIZE];
	struct buf *out;
	size_t max;
	bool full;
};

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct fetch *f = arg;

	if (f->out->len + one * n > f->max) {
		f->full = true;
		return 0;
	}
	buf_add(f->out, data, one * n);
	return one * n;
}

struct fetch *
fetch_new(void)
{
	struct fetch *f = xcalloc(1, sizeof(*f));
	const char *ca = getenv("SSL_CERT_FILE");

	if ((f->easy = curl_easy_init()) == NULL)
		fatal("libcurl cannot begin");
	curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->why);
	curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(f->easy, CURLOPT_TIMEOUT, (long)PATIENCE_S);
	curl_easy_setopt(f->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	if (ca != NULL)
		curl_easy_setopt(f->easy, CURLOPT_CAINFO, ca);
	return f;
}

void
fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	curl_easy_cleanup(f->easy);
	free(f);
}

/* The status; 0: none came. */
static long
try_once(struct fetch *f)
{
	long status = 0;
	CURLcode rc;

	buf_reset(f->out);
	f->why[0] = '\0';
	if ((rc = curl_easy_perform(f->easy)) == CURLE_OK)
		curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	else if (f->why[0] == '\0')
		snprintf(f->why, sizeof(f->why), "%s", curl_easy_strerror(rc));
	return status;
}

int
fetch_get(struct fetch *f, struct buf *out, const char *url, size_t max,
    char why[WHY])
{
	long status = 0;

	f->out = out;
	f->max = max;
	f->full = false;
	curl_easy_setopt(f->easy, CURLOPT_URL, url);
	for (int i = 0; i < TRIES && !f->full; i++) {
		if (i > 0)
			sleep(1);
		status = try_once(f);
		if (status > 0 && status != 429 && status < 500)
			return (int)status;
	}
	if (f->full)
		snprintf(why, WHY, "%.150s gives more than %zu bytes", url, max);
	else if (status > 0)
		snprintf(why, WHY, "%.150s answers %ld", url, status);
	else
		snprintf(why, WHY, "%.120s: %.120s", url, f->why);
	return f->full ? E_FULL : E_UNAVAILABLE;
}
