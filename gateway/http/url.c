/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - is this URL one we would ever talk to? */
#include <ctype.h>
#include <curl/curl.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "http/client.h"

enum { URL_MAX = 2048 };

static int
part_wrong(CURLU *u, const char **why)
{
	char *part = NULL;
	bool https = curl_url_get(u, CURLUPART_SCHEME, &part, 0) == CURLUE_OK &&
	    strcmp(part, "https") == 0;

	curl_free(part);
	*why = "it is not https";
	if (!https)
		return E_BAD_INPUT;
	part = NULL;
	*why = "it carries a name or a password";
	if (curl_url_get(u, CURLUPART_USER, &part, 0) == CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PASSWORD, &part, 0) == CURLUE_OK) {
		curl_free(part);
		return E_BAD_INPUT;
	}
	*why = "it has a fragment";
	if (curl_url_get(u, CURLUPART_FRAGMENT, &part, 0) == CURLUE_OK) {
		curl_free(part);
		return E_BAD_INPUT;
	}
	*why = NULL;
	return 0;
}

int
http_url_check(const char *url, const char **why)
{
	CURLU *u = curl_url();
	int rc;

	*why = "it is not a URL";
	/* libcurl would read https:///host too */
	rc = u == NULL || strlen(url) > URL_MAX || strstr(url, ":///") != NULL ||
	    curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ?
	    E_BAD_INPUT : part_wrong(u, why);
	for (const char *p = url; rc == 0 && *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f) {
			*why = "it has characters that must be escaped";
			rc = E_BAD_INPUT;
		}
	curl_url_cleanup(u);
	return rc;
}

static char *
part_of(CURLU *u, struct arena *a, CURLUPart what)
{
	char *text = NULL, *kept;

	if (curl_url_get(u, what, &text, 0) != CURLUE_OK)
		return NULL;
	kept = arena_strdup(a, text);
	curl_free(text);
	return kept;
}

const char *
http_url_host(struct arena *a, const char *url)
{
	CURLU *u = curl_url();
	char *host = NULL, *port;

	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
		host = part_of(u, a, CURLUPART_HOST);
	for (char *p = host; p != NULL && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	port = part_of(u, a, CURLUPART_PORT);
	if (host != NULL && port != NULL && strcmp(port, "443") != 0)
		host = arena_printf(a, "%s:%s", host, port);
	curl_url_cleanup(u);
	return host;
}
