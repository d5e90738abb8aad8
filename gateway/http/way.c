/* SPDX-License-Identifier: Apache-2.0 */
/* way.c - the way out: a proxy, and who we say we are. */
#include "http/way.h"
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "http/address.h"

enum { USER_MAX = 512 };

struct way {
	const char *proxy;		/* "" = none */
	const char *certificates;	/* a directory; "" = none */
	char user[USER_MAX];		/* "name:password", or "" */
};

/* ---- the settings, once ---- */

static bool
has(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool there = curl_url_get(u, part, &text, 0) == CURLUE_OK &&
	    text[0] != '\0' && strcmp(text, "/") != 0;

	curl_free(text);
	return there;
}

static int
check_proxy(const struct settings *s, struct fault *f)
{
	const char *proxy = s->push_proxy;
	CURLU *u = curl_url();
	bool good = (strncmp(proxy, "http://", 7) == 0 ||
	    strncmp(proxy, "https://", 8) == 0) &&
	    curl_url_set(u, CURLUPART_URL, proxy, 0) == CURLUE_OK &&
	    !has(u, CURLUPART_USER) && !has(u, CURLUPART_PASSWORD) &&
	    !has(u, CURLUPART_PATH) && !has(u, CURLUPART_QUERY);

	curl_url_cleanup(u);
	if (good)
		return 0;
	/* not quoted: a password may stand in it */
	fault_set(f, "E145", s->file, 0, 0, "[push] proxy is not http://host:port "
	    "or https://host:port");
	return fault_cure(f, "write for example http://proxy.example:3128, and "
	    "name:password into the file of proxy_password_file");
}

static bool
read_user(char user[USER_MAX], const char *path)
{
	FILE *in = fopen(path, "re");
	bool good = in != NULL && fgets(user, USER_MAX, in) != NULL &&
	    strchr(user, ':') != NULL;

	if (in != NULL)
		fclose(in);
	user[good ? strcspn(user, "\r\n") : 0] = '\0';
	return good;
}

static int
check_user(const char *path, struct fault *f)
{
	char user[USER_MAX];
	bool good = read_user(user, path);

	explicit_bzero(user, sizeof(user));
	if (good)
		return 0;
	fault_set(f, "E145", path, 0, 0, "[push] proxy_password_file holds no "
	    "name:password");
	return fault_cure(f, "write both on one line, with a colon between");
}

/* A certificate that does not go with its key would be told at night, by a
 * recipient who refuses us. */
static int
check_certificate(const char *path, struct fault *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool good = SSL_CTX_use_certificate_chain_file(ctx, path) == 1 &&
	    SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1;

	SSL_CTX_free(ctx);
	ERR_clear_error();
	if (good)
		return 0;
	fault_set(f, "E146", path, 0, 0, "not a certificate and its key");
	return fault_cure(f, "put both into this file, in PEM: the certificate, "
	    "those between it and its authority, the key");
}

static int
check_certificates(const struct settings *s, struct fault *f)
{
	DIR *dir = opendir(s->push_certificates);
	struct dirent *one;
	char path[4096];
	int rc = 0;

	if (dir == NULL) {
		fault_set(f, "E146", s->file, 0, 0, "[push] certificates: %s: %s",
		    s->push_certificates, strerror(errno));
		return fault_cure(f, "name a directory that the gateway may read");
	}
	while (rc == 0 && (one = readdir(dir)) != NULL) {
		size_t n = strlen(one->d_name);

		if (n < 5 || strcmp(one->d_name + n - 4, ".pem") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", s->push_certificates,
		    one->d_name);
		rc = check_certificate(path, f);
	}
	closedir(dir);
	return rc;
}

int
way_check(const struct settings *s, struct fault *f)
{
	bool proxy = s->push_proxy[0] != '\0';
	int rc = proxy ? check_proxy(s, f) : 0;

	if (rc == 0 && proxy && s->push_proxy_password_file[0] != '\0')
		rc = check_user(s->push_proxy_password_file, f);
	if (rc == 0 && s->push_certificates[0] != '\0')
		rc = check_certificates(s, f);
	return rc;
}

struct way *
way_new(const struct settings *s)
{
	struct way *w = xcalloc(1, sizeof(*w));

	w->proxy = s->push_proxy;
	w->certificates = s->push_certificates;
	if (w->proxy[0] != '\0' && s->push_proxy_password_file[0] != '\0' &&
	    !read_user(w->user, s->push_proxy_password_file))
		log_warning("the proxy's password cannot be read file=%s",
		    s->push_proxy_password_file);
	return w;
}

void
way_free(struct way *w)
{
	if (w == NULL)
		return;
	explicit_bzero(w->user, sizeof(w->user));
	free(w);
}

bool
way_has_proxy(const struct way *w)
{
	return w != NULL && w->proxy[0] != '\0';
}

/* ---- where a proxy is not sent ---- */

/* Names without a dot, and those that are nobody's on the Internet (RFC 6761,
 * 6762, 8375, 9476, ICANN's .internal). */
static bool
homely(const char *host)
{
	static const char *const ends[] = { ".localhost", ".local", ".internal",
	    ".home.arpa", ".test", ".invalid", ".onion", ".alt", ".lan" };
	size_t n = strlen(host);

	if (strchr(host, '.') == NULL)
		return true;
	for (size_t i = 0; i < countof(ends); i++) {
		size_t k = strlen(ends[i]);

		if (n > k && strcasecmp(host + n - k, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Any way of writing an address counts as one: 2130706433, 0x7f.1, [::1]. */
static bool
judge(const struct networks *allow, char *host)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	size_t n = strlen(host);
	bool may;

	if (n > 2 && host[0] == '[') {
		host[n - 1] = '\0';
		host++;
	} else if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return !homely(host);
	may = address_public(found->ai_addr) ||
	    networks_hold(allow, found->ai_addr);
	freeaddrinfo(found);
	return may;
}

bool
way_may(const struct way *w, const struct networks *allow, const char *url)
{
	CURLU *u;
	char *host = NULL;
	bool may;

	if (!way_has_proxy(w))
		return true;
	u = curl_url();
	may = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    judge(allow, host);
	curl_free(host);
	curl_url_cleanup(u);
	return may;
}

/* ---- each exchange ---- */

static void
set_proxy(const struct way *w, CURL *e)
{
	curl_easy_setopt(e, CURLOPT_PROXY, w->proxy);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");	/* nor an exception */
	curl_easy_setopt(e, CURLOPT_HTTPPROXYTUNNEL, 1L);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	if (w->user[0] != '\0')
		curl_easy_setopt(e, CURLOPT_PROXYUSERPWD, w->user);
}

/* An id that is not a plain file name has no certificate here. */
static bool
set_certificate(const struct way *w, CURL *e, const char *to)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	char path[4096];

	if (to == NULL || to[0] == '\0' || to[0] == '.' ||
	    to[strspn(to, plain)] != '\0')
		return false;
	snprintf(path, sizeof(path), "%s/%s.pem", w->certificates, to);
	if (access(path, R_OK) < 0)
		return false;
	curl_easy_setopt(e, CURLOPT_SSLCERT, path);
	curl_easy_setopt(e, CURLOPT_SSLKEY, path);
	return true;
}

bool
way_set(const struct way *w, CURL *e, const char *to)
{
	if (way_has_proxy(w))
		set_proxy(w, e);
	return w != NULL && w->certificates[0] != '\0' &&
	    set_certificate(w, e, to);
}
