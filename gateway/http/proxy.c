/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.c - forwarding headers: believed from trusted fronts, removed else. */
#include "http/proxy.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "http/address.h"
#include "http/call.h"

enum { KNOWN = 256 };

/* A client shows the same certificate with every request: the thumbprints of
 * the last ones are kept, each in the place its hash names. */
struct known { char *escaped; char thumbprint[44]; };

struct proxies {
	struct networks *trusted;
	char *certificate_field;	/* lower case, or "" */
	struct known known[KNOWN];
};

int
proxies_load(struct proxies **out, const struct settings *s, struct fault *f)
{
	struct proxies *p = xcalloc(1, sizeof(*p));
	char wrong[64];

	if (networks_parse(&p->trusted, s->trusted_proxies, wrong) < 0) {
		free(p);
		fault_set(f, "E141", s->file, 0, 0, "[server] trusted_proxies: "
		    "'%s' is not an address or a network", wrong);
		return fault_cure(f, "write for example 127.0.0.1 10.1.0.0/24");
	}
	p->certificate_field = xstrdup(s->client_certificate_header);
	for (char *c = p->certificate_field; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	*out = p;
	return 0;
}

void
proxies_free(struct proxies *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < KNOWN; i++)
		free(p->known[i].escaped);
	networks_free(p->trusted);
	free(p->certificate_field);
	free(p);
}

/* The last address that is not a front's: what stands before it the client
 * may have written itself. */
static void
take_peer(const struct proxies *p, struct call *c, const char *list)
{
	size_t n = strlen(list);

	while (n > 0) {
		size_t end = n;
		char *one;

		while (n > 0 && list[n - 1] != ',')
			n--;
		one = arena_strndup(c->arena, list + n, end - n);
		one += strspn(one, " \t");
		one[strcspn(one, " \t")] = '\0';
		if (strspn(one, "0123456789abcdefABCDEF:.") != strlen(one) ||
		    one[0] == '\0' || strlen(one) >= sizeof(c->peer))
			return;
		strcpy(c->peer, one);
		if (!networks_hold_text(p->trusted, one))
			return;
		if (n > 0)
			n--;
	}
}

/* HAProxy: %[ssl_c_der,base64]; or a field of RFC 9440, the same in colons. */
static X509 *
of_base64(struct arena *a, const char *text)
{
	size_t n = strlen(text);
	const unsigned char *at;
	unsigned char *der;
	int size;

	if (n > 1 && text[0] == ':' && text[n - 1] == ':') {
		text++;
		n -= 2;
	}
	if (n == 0 || n % 4 != 0)
		return NULL;
	at = der = arena_alloc(a, n);
	size = EVP_DecodeBlock(der, (const unsigned char *)text, (int)n);
	/* it counts the padding as bytes: DER knows its own length */
	return size < 0 ? NULL : d2i_X509(NULL, &at, size);
}

/* nginx: $ssl_client_escaped_cert */
static X509 *
of_escaped(struct arena *a, const char *escaped)
{
	char *pem = percent_decode(a, escaped, strlen(escaped), false);
	BIO *bio = pem == NULL ? NULL : BIO_new_mem_buf(pem, -1);
	X509 *cert = bio == NULL ? NULL :
	    PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return cert;
}

static bool
thumbprint(char out[44], struct arena *a, const char *value)
{
	X509 *cert = value[0] == '-' ? of_escaped(a, value) :
	    of_base64(a, value);
	unsigned char *der = NULL;
	uint8_t digest[SHA256_SIZE];
	int n = cert == NULL ? 0 : i2d_X509(cert, &der);

	if (n > 0) {
		sha256(digest, der, (size_t)n);
		b64url_encode(out, digest, sizeof(digest));
	}
	ERR_clear_error();
	OPENSSL_free(der);
	X509_free(cert);
	return n > 0;
}

static const char *
known_thumbprint(struct proxies *p, struct arena *a, const char *escaped)
{
	uint32_t hash = 2166136261u;		/* FNV-1a */
	struct known *k;
	char fresh[44];

	for (const char *c = escaped; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	k = &p->known[hash % KNOWN];
	if (k->escaped == NULL || strcmp(k->escaped, escaped) != 0) {
		if (!thumbprint(fresh, a, escaped))
			return NULL;
		free(k->escaped);
		k->escaped = xstrdup(escaped);
		memcpy(k->thumbprint, fresh, sizeof(fresh));
	}
	return arena_strdup(a, k->thumbprint);
}

static bool
is_ours(const struct proxies *p, const char *name)
{
	return strncmp(name, "x-forwarded-", 12) == 0 ||
	    strcmp(name, "forwarded") == 0 || strcmp(name, "x-real-ip") == 0 ||
	    (p->certificate_field[0] != '\0' &&
	    strcmp(name, p->certificate_field) == 0);
}

static void
drop_fields(const struct proxies *p, struct call *c)
{
	struct field *fields = (struct field *)c->fields;	/* in our arena */
	size_t n = 0;

	for (size_t i = 0; i < c->field_count; i++)
		if (!is_ours(p, fields[i].name))
			fields[n++] = fields[i];
	c->field_count = n;
}

void
proxies_take(struct proxies *p, struct call *c)
{
	bool trusted = networks_hold_text(p->trusted, c->peer);
	const char *value;

	if (trusted) {
		if ((value = call_field(c, "x-forwarded-proto")) != NULL &&
		    call_field_count(c, "x-forwarded-proto") == 1)
			c->secure = strcasecmp(value, "https") == 0;
		if (p->certificate_field[0] != '\0' &&
		    call_field_count(c, p->certificate_field) == 1 &&
		    (value = call_field(c, p->certificate_field))[0] != '\0')
			c->certificate = known_thumbprint(p, c->arena, value);
		if (call_field_count(c, "x-forwarded-for") == 1)
			take_peer(p, c, call_field(c, "x-forwarded-for"));
	}
	drop_fields(p, c);
}
