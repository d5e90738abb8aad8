/* SPDX-License-Identifier: Apache-2.0 */
/* assertion.c - checking a client's assertion (RFC 7523 3, FAPI 2.0 5.3.2.1). */
#include "consent/assertion.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

enum { JTI_MAX = 256 };

/* RFC 7523 says nothing about typ; RFC 8725bis names its own. */
static const char *const typs[] = { "", "JWT", "client-authentication+jwt",
    NULL };

static int
wrong(const char **why, const char *sentence)
{
	*why = sentence;
	return E_DENIED;
}

static const char *
text_of(const json_t *claims, const char *name)
{
	return json_string_value(json_object_get(claims, name));
}

static bool
is_text(const json_t *claims, const char *name, const char *expected)
{
	const char *text = text_of(claims, name);

	return text != NULL && strcmp(text, expected) == 0;
}

const char *
assertion_subject(struct arena *a, const char *assertion)
{
	const char *subject, *why;
	struct jws j;

	if (jws_parse(&j, assertion, strlen(assertion), typs, &why) < 0)
		return NULL;
	subject = arena_strdup(a, text_of(j.claims, "sub"));
	jws_clear(&j);
	return subject;
}

/* Is a time that must not lie ahead fine? An absent one is. */
static bool
not_ahead(const json_t *claims, const char *name)
{
	const json_t *at = json_object_get(claims, name);

	return at == NULL || (json_is_integer(at) &&
	    json_integer_value(at) <= clock_s() + ASSERTION_FUTURE_S);
}

/* The sentence tells both clocks: a client can then see what is wrong. */
static int
wrong_time(const char **why, struct arena *a, const char *name,
    const json_t *value, const char *rule)
{
	return wrong(why, arena_printf(a, "the assertion's %s is %lld, the time "
	    "here is %lld; %s", name, (long long)json_integer_value(value),
	    (long long)clock_s(), rule));
}

static int
check_times(const json_t *claims, struct arena *a, const char **why)
{
	static const char *const begins[] = { "iat", "nbf" };
	const json_t *exp = json_object_get(claims, "exp");
	int64_t now = clock_s(), end = json_integer_value(exp);

	if (!json_is_integer(exp))
		return wrong(why, "the assertion has no exp as a whole number");
	if (end <= now || end > now + ASSERTION_LIFE_MAX_S +
	    ASSERTION_FUTURE_S)
		return wrong_time(why, a, "exp", exp, "it must be ahead, by 300 s "
		    "at most");
	for (size_t i = 0; i < countof(begins); i++)
		if (!not_ahead(claims, begins[i]))
			return wrong_time(why, a, begins[i], json_object_get(
			    claims, begins[i]), "10 s ahead are accepted");
	return 0;
}

static int
check_claims(const json_t *claims, struct arena *a, const char *id,
    const char *issuer, const char **why)
{
	const char *jti = text_of(claims, "jti");

	if (!is_text(claims, "iss", id) || !is_text(claims, "sub", id))
		return wrong(why, "iss and sub of the assertion must be the client");
	if (!is_text(claims, "aud", issuer))
		return wrong(why, "aud of the assertion must be the issuer, as one "
		    "text");
	if (jti == NULL || jti[0] == '\0' || strlen(jti) > JTI_MAX)
		return wrong(why, "the assertion has no jti of 1 to 256 bytes");
	return check_times(claims, a, why);
}

/* kid only chooses among the client's own keys; several may share one. */
static int
check_signature(const struct jws *j, const struct client *m, const char **why)
{
	const json_t *header = json_object_get(j->header, "kid");
	const char *kid = json_string_value(header);
	bool known = false;

	for (size_t i = 0; i < m->key_count; i++) {
		const struct jwk *key = &m->keys[i];

		if (header != NULL && (kid == NULL || strcmp(kid, key->kid) != 0))
			continue;
		known = true;
		if (key->alg == j->alg && jws_verify(j, key) == 0)
			return 0;
	}
	wrong(why, "the assertion is not signed by a key of this client");
	return known && kid != NULL ? E_DENIED : E_NOT_FOUND;
}

static int
check_parsed(struct once_use *once, struct arena *a, const struct client *m,
    const char *issuer, const struct jws *j, const char **why)
{
	int rc = check_claims(j->claims, a, m->id, issuer, why);

	if (rc == 0)
		rc = check_signature(j, m, why);
	if (rc < 0)
		return rc;
	once_make(once, "assertion", m->id, text_of(j->claims, "jti"),
	    json_integer_value(json_object_get(j->claims, "exp")) * 1000000);
	return 0;
}

int
assertion_check(struct once_use *once, struct arena *a,
    const struct client *m, const char *issuer, const char *assertion, const char **why)
{
	struct jws j;
	int rc;

	if (jws_parse(&j, assertion, strlen(assertion), typs, why) < 0)
		return E_DENIED;
	rc = check_parsed(once, a, m, issuer, &j, why);
	jws_clear(&j);
	return rc;
}
