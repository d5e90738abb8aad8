/* SPDX-License-Identifier: Apache-2.0 */
/* proof.c - checking a DPoP proof (RFC 9449 4.3). */
#include "consent/proof.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/nonce.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

enum { JTI_MAX = 256, URL_MAX = 2048 };

static int
wrong(const char **why, const char *sentence)
{
	*why = sentence;
	return E_BAD_INPUT;
}

/* ---- the URL (RFC 3986 6.2.2, 6.2.3; query and fragment do not count) ---- */

struct url { const char *scheme, *host; int64_t port; const char *path; };

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + ('a' - 'A'));
}

/* Splits host and port; an IPv6 address keeps its brackets. */
static int
take_port(struct url *u, char *host)
{
	char *colon = strrchr(host, ':');

	u->port = strcmp(u->scheme, "https") == 0 ? 443 : 80;
	if (colon == NULL || strchr(colon, ']') != NULL)
		return 0;
	*colon = '\0';
	return colon[1] == '\0' ? 0 : parse_int(&u->port, colon + 1, 1, 65535);
}

static int
url_read(struct url *u, struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);
	char *host = strstr(copy, "://"), *path;
	size_t n;

	if (strlen(text) > URL_MAX || host == NULL)
		return E_BAD_INPUT;
	*host = '\0';
	host += 3;
	n = strcspn(host, "/?#");
	path = host + n;
	path[strcspn(path, "?#")] = '\0';
	u->path = path[0] == '\0' ? "/" :
	    percent_decode(a, path, strlen(path), false);
	host = arena_strndup(a, host, n);
	lower(copy);
	lower(host);
	u->scheme = copy;
	u->host = host;
	return u->path == NULL || strchr(host, '@') != NULL ? E_BAD_INPUT :
	    take_port(u, host);
}

static bool
is_at(const struct url *u, struct call *c, const char *base)
{
	struct url ours;

	return base[0] != '\0' && url_read(&ours, c->arena, base) == 0 &&
	    strcmp(u->scheme, ours.scheme) == 0 &&
	    strcmp(u->host, ours.host) == 0 && u->port == ours.port;
}

bool
proof_url_is(struct call *c, const char *htu)
{
	const struct settings *s = c->house->settings;
	struct url u;

	return url_read(&u, c->arena, htu) == 0 &&
	    strcmp(u.path, c->path) == 0 &&
	    (is_at(&u, c, s->public_url) || is_at(&u, c, s->mtls_url));
}

/* ---- the claims ---- */

static const char *
text_of(const json_t *claims, const char *name)
{
	return json_string_value(json_object_get(claims, name));
}

/* The sentence tells both clocks: a client can then see what is wrong. */
static int
check_time(struct call *c, const json_t *claims, const char **why)
{
	const json_t *iat = json_object_get(claims, "iat");
	int64_t now = clock_s(), at = json_integer_value(iat);

	if (!json_is_integer(iat))
		return wrong(why, "the proof has no iat, or not as a whole number");
	if (at >= now - PROOF_PAST_S && at <= now + PROOF_FUTURE_S)
		return 0;
	return wrong(why, arena_printf(c->arena, "the proof's iat is %lld, the "
	    "time here is %lld; from %d s old to %d s ahead is accepted",
	    (long long)at, (long long)now, PROOF_PAST_S, PROOF_FUTURE_S));
}

static int
check_token(const json_t *claims, const char *token, const char **why)
{
	const char *ath = text_of(claims, "ath");
	uint8_t digest[SHA256_SIZE];
	char expected[44];

	sha256(digest, token, strlen(token));
	b64url_encode(expected, digest, sizeof(digest));
	if (ath == NULL)
		return wrong(why, "the proof does not name its access token (ath)");
	if (strcmp(ath, expected) != 0)
		return wrong(why, "the proof was made for another access token");
	return 0;
}

static bool
is_method(struct call *c, const char *htm)
{
	return strcmp(htm, c->head ? "HEAD" : c->method) == 0;
}

static int
check_claims(struct call *c, const json_t *claims, const char *token,
    const char **why)
{
	const char *htm = text_of(claims, "htm"), *htu = text_of(claims, "htu");
	const char *jti = text_of(claims, "jti");

	if (jti == NULL || jti[0] == '\0' || strlen(jti) > JTI_MAX)
		return wrong(why, "the proof has no jti of 1 to 256 bytes");
	if (htm == NULL || !is_method(c, htm))
		return wrong(why, "the proof was made for another method (htm)");
	if (htu == NULL || !proof_url_is(c, htu))
		return wrong(why, "the proof was made for another URL (htu)");
	if (check_time(c, claims, why) < 0)
		return E_BAD_INPUT;
	return token == NULL ? 0 : check_token(claims, token, why);
}

static int
check_signature(struct dpop *d, const struct jws *j, const char **why)
{
	const json_t *jwk = json_object_get(j->header, "jwk");
	struct jwk key;
	int rc;

	if (!json_is_object(jwk))
		return wrong(why, "the proof's header has no jwk");
	if (jwk_read(&key, jwk, why) < 0)
		return E_BAD_INPUT;
	memcpy(d->jkt, key.thumbprint, sizeof(d->jkt));
	rc = jws_verify(j, &key);
	jwk_clear(&key);
	return rc == 0 ? 0 : wrong(why, "the proof's signature is wrong, or its "
	    "alg is not that of its key");
}

/* Claims first: they cost nothing, a signature costs 100 us. */
static int
check_parsed(struct dpop *d, struct call *c, const struct jws *j,
    const char *token, const char **why)
{
	int64_t iat;

	if (check_claims(c, j->claims, token, why) < 0 ||
	    check_signature(d, j, why) < 0)
		return E_BAD_INPUT;
	if (nonce_wanted(c) && !nonce_fits(c, text_of(j->claims, "nonce"))) {
		*why = "the proof needs the nonce of the field DPoP-Nonce";
		nonce_tell(c);
		return E_EXPIRED;
	}
	iat = json_integer_value(json_object_get(j->claims, "iat"));
	once_make(&d->once, "dpop", d->jkt, text_of(j->claims, "jti"),
	    (iat + PROOF_PAST_S) * 1000000);
	return 0;
}

int
proof_check(struct dpop *d, struct call *c, const char *token,
    const char **why)
{
	static const char *const typs[] = { "dpop+jwt", NULL };
	const char *proof = call_field(c, "dpop");
	struct jws j;
	int rc;

	if (proof == NULL)
		return E_NOT_FOUND;
	if (call_field_count(c, "dpop") > 1)
		return wrong(why, "there is more than one DPoP field");
	if (jws_parse(&j, proof, strlen(proof), typs, why) < 0)
		return E_BAD_INPUT;
	rc = check_parsed(d, c, &j, token, why);
	jws_clear(&j);
	return rc;
}
