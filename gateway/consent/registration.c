/* SPDX-License-Identifier: Apache-2.0 */
/* registration.c - client metadata, read, kept and told again. */
#include "consent/registration.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/jw.h"
#include "catalogue/catalogue.h"
#include "consent/client.h"
#include "crypto/jws.h"
#include "db/db.h"
#include "http/client.h"

enum { TEXT_MAX = 600, NAME_MAX_BYTES = 200, URL_MAX = 2000 };

struct reading {
	struct registration *r;
	const struct registration_ask *ask;
	const json_t *object, *statement;	/* statement: its claims, or NULL */
	const char **code, **why;
};

static int
wrong(struct reading *d, const char *code, const char *why)
{
	*d->code = code;
	*d->why = why;
	return E_BAD_INPUT;
}

static int
bad(struct reading *d, const char *why)
{
	return wrong(d, "invalid_client_metadata", why);
}

/* A member: of the statement first. */
static const json_t *
member(const struct reading *d, const char *name)
{
	const json_t *v = json_object_get(d->statement, name);

	return v != NULL ? v : json_object_get(d->object, name);
}

/* NULL when absent; *ok turns false when it is no fitting text. */
static const char *
text(const struct reading *d, const char *name, size_t max, bool *ok)
{
	const json_t *v = member(d, name);
	const char *s = json_string_value(v);

	if (v == NULL || json_is_null(v))
		return NULL;
	if (s == NULL || s[0] == '\0' || strlen(s) > max)
		*ok = false;
	return arena_strdup(d->ask->arena, s);
}

bool
redirect_fits(const char *uri)
{
	const char *host = uri + strlen("https://");
	size_t n;

	if (strncmp(uri, "https://", strlen("https://")) != 0 ||
	    strlen(uri) > URL_MAX)
		return false;
	n = strcspn(host, "/?");
	if (n == 0 || memchr(host, '@', n) != NULL)
		return false;
	for (const char *p = uri; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f ||
		    strchr("#\"<>\\", *p) != NULL)
			return false;
	return true;
}

/* ---- who ---- */

static int
read_words(struct reading *d)
{
	struct registration *r = d->r;
	const json_t *contact = json_array_get(member(d, "contacts"), 0);
	const char *why;
	bool ok = true;

	r->name = text(d, "client_name", NAME_MAX_BYTES, &ok);
	r->uri = text(d, "client_uri", URL_MAX, &ok);
	r->purpose_en = text(d, "purpose#en", TEXT_MAX, &ok);
	r->purpose_fr = text(d, "purpose#fr", TEXT_MAX, &ok);
	r->software_id = text(d, "software_id", NAME_MAX_BYTES, &ok);
	r->contact = arena_strdup(d->ask->arena, json_string_value(contact));
	if (!ok || r->name == NULL)
		return bad(d, "client_name is needed (200 bytes), and texts are "
		    "texts, not empty and not too long");
	if (r->purpose_en == NULL || r->purpose_fr == NULL)
		return bad(d, "purpose#en and purpose#fr are needed: what "
		    "customers are told it is for (600 bytes)");
	if (r->uri != NULL && http_url_check(r->uri, &why) < 0)
		return bad(d, "client_uri must be a https address");
	if (r->contact != NULL && strlen(r->contact) > NAME_MAX_BYTES)
		return bad(d, "the first of contacts is over 200 bytes");
	return 0;
}

static int
read_redirects(struct reading *d)
{
	const json_t *list = member(d, "redirect_uris"), *item;
	struct registration *r = d->r;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > REGISTRATION_LIST_MAX)
		return wrong(d, "invalid_redirect_uri",
		    "redirect_uris is a list of 1 to 32 addresses");
	json_array_foreach(list, i, item) {
		const char *uri = json_string_value(item);

		if (uri == NULL || !redirect_fits(uri))
			return wrong(d, "invalid_redirect_uri", "a redirect URI is "
			    "https, with a host, no fragment and no user name");
		r->redirects[r->redirects_n++] = arena_strdup(d->ask->arena, uri);
	}
	return 0;
}

/* ---- how ---- */

static bool
only(const json_t *list, const char *a, const char *b)
{
	const json_t *item;
	size_t i;

	if (list == NULL)
		return true;
	json_array_foreach(list, i, item) {
		const char *s = json_string_value(item);

		if (s == NULL || (strcmp(s, a) != 0 && strcmp(s, b) != 0))
			return false;
	}
	return json_array_size(list) > 0;
}

static int
read_ways(struct reading *d)
{
	struct registration *r = d->r;
	bool ok = true;

	r->auth = text(d, "token_endpoint_auth_method", 64, &ok);
	if (r->auth == NULL)
		r->auth = "private_key_jwt";
	if (!ok || (strcmp(r->auth, "private_key_jwt") != 0 &&
	    strcmp(r->auth, "self_signed_tls_client_auth") != 0))
		return bad(d, "token_endpoint_auth_method is private_key_jwt or "
		    "self_signed_tls_client_auth");
	if (!only(member(d, "grant_types"), "authorization_code",
	    "refresh_token") || !only(member(d, "response_types"), "code",
	    "code"))
		return bad(d, "grant_types are authorization_code and "
		    "refresh_token, response_types are code");
	r->binding = json_is_true(member(d,
	    "tls_client_certificate_bound_access_tokens")) ||
	    r->auth[0] == 's' ? "mtls" : "dpop";
	if (json_is_true(member(d, "dpop_bound_access_tokens")) &&
	    r->binding[0] == 'm')
		return bad(d, "tokens are bound to a DPoP key or to a certificate, "
		    "not to both");
	return 0;
}

static int
read_keys(struct reading *d)
{
	const json_t *jwks = member(d, "jwks");
	struct registration *r = d->r;
	const char *why;
	bool ok = true;
	char *dump;

	r->jwks_uri = text(d, "jwks_uri", URL_MAX, &ok);
	if (!ok || (jwks != NULL) == (r->jwks_uri != NULL))
		return bad(d, "jwks or jwks_uri is needed, and not both");
	if (r->jwks_uri != NULL)
		return http_url_check(r->jwks_uri, &why) == 0 ? 0 :
		    bad(d, "jwks_uri must be a https address");
	if (client_keys_check(jwks, &why) < 0)
		return bad(d, why);
	dump = json_dumps(jwks, JSON_COMPACT);
	r->jwks = arena_strdup(d->ask->arena, dump);
	free(dump);
	return 0;
}

/* ---- what ---- */

static int
read_scope(struct reading *d)
{
	struct registration *r = d->r;
	bool ok = true;
	const char *at = text(d, "scope", 8 * TEXT_MAX, &ok);

	if (!ok || at == NULL)
		return bad(d, "scope is needed: the data sets it may ask for");
	while (*(at += strspn(at, " ")) != '\0') {
		size_t n = strcspn(at, " ");
		const char *id = arena_strndup(d->ask->arena, at, n);

		if (r->datasets_n == REGISTRATION_LIST_MAX ||
		    dataset_find(d->ask->catalogue, id) == NULL)
			return bad(d, "scope names a data set that does not exist "
			    "here, or more than 32");
		r->datasets[r->datasets_n++] = id;
		at += n;
	}
	return r->datasets_n > 0 ? 0 : bad(d, "scope names no data set");
}

/* ---- who vouches for it ---- */

static bool
signed_by(const struct jws *j, const json_t *trusted)
{
	const json_t *jwk;
	const char *why;
	size_t i;

	json_array_foreach(json_object_get(trusted, "keys"), i, jwk) {
		struct jwk key;
		bool good;

		if (jwk_read(&key, jwk, &why) < 0)
			continue;
		good = jws_verify(j, &key) == 0;
		jwk_clear(&key);
		if (good)
			return true;
	}
	return false;
}

static int
read_statement(struct reading *d, struct jws *j)
{
	static const char *const typs[] = { "", "JWT", NULL };
	const json_t *v = json_object_get(d->object, "software_statement");
	const char *token = json_string_value(v), *why;

	if (v == NULL)
		return 0;
	if (d->ask->trusted == NULL)
		return wrong(d, "unapproved_software_statement",
		    "this counter trusts nobody's software statements");
	if (token == NULL || jws_parse(j, token, strlen(token), typs, &why) < 0)
		return wrong(d, "invalid_software_statement",
		    "the software statement is no signed JWT of ES256, PS256 or "
		    "EdDSA");
	if (!signed_by(j, d->ask->trusted))
		return wrong(d, "unapproved_software_statement",
		    "the software statement is not signed by somebody trusted "
		    "here");
	d->statement = j->claims;
	d->r->stated = true;
	return 0;
}

int
registration_read(struct registration *r, const struct registration_ask *ask,
    const char *json, const char **code, const char **why)
{
	struct reading d = { r, ask, NULL, NULL, code, why };
	json_t *doc = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	struct jws j = { .claims = NULL };
	int rc;

	memset(r, 0, sizeof(*r));
	d.object = doc;
	if (!json_is_object(doc))
		rc = bad(&d, "client metadata is a JSON object without members "
		    "given twice");
	else if ((rc = read_statement(&d, &j)) == 0 &&
	    (rc = read_words(&d)) == 0 && (rc = read_redirects(&d)) == 0 &&
	    (rc = read_ways(&d)) == 0 && (rc = read_keys(&d)) == 0)
		rc = read_scope(&d);
	if (j.claims != NULL)
		jws_clear(&j);
	json_decref(doc);
	return rc;
}

/* ---- kept and told ---- */

static void
take_list(const char **out, size_t *n, const struct rows *rows,
    const char *column, struct arena *a)
{
	size_t count;
	const char **list = row_texts(rows, 0, column, a, &count);

	for (*n = 0; *n < count && *n < REGISTRATION_LIST_MAX; (*n)++)
		out[*n] = list[*n];
}

void
registration_take(struct registration *r, const struct rows *rows,
    struct arena *a)
{
	*r = (struct registration){
		.name = row_text(rows, 0, "name"),
		.uri = row_text(rows, 0, "uri"),
		.contact = row_text(rows, 0, "contact"),
		.purpose_en = row_text(rows, 0, "purpose_en"),
		.purpose_fr = row_text(rows, 0, "purpose_fr"),
		.jwks = row_text(rows, 0, "jwks"),
		.jwks_uri = row_text(rows, 0, "jwks_uri"),
		.auth = row_text(rows, 0, "auth_method"),
		.binding = row_text(rows, 0, "binding"),
		.software_id = row_text(rows, 0, "software_id"),
	};
	take_list(r->redirects, &r->redirects_n, rows, "redirect_uris", a);
	take_list(r->datasets, &r->datasets_n, rows, "datasets", a);
	if (r->jwks_uri != NULL)
		r->jwks = NULL;		/* what was fetched is not its own word */
}

void
registration_params(struct params *p, struct arena *a,
    const struct registration *r)
{
	params_text(p, r->name);
	params_text(p, r->uri);
	params_text(p, r->contact);
	params_text(p, r->purpose_en);
	params_text(p, r->purpose_fr);
	params_text(p, r->jwks);
	params_texts(p, a, r->redirects, r->redirects_n);
	params_text(p, r->auth);
	params_text(p, r->binding);
	params_texts(p, a, r->datasets, r->datasets_n);
	params_text(p, r->jwks_uri);
	params_text(p, r->software_id);
}

static void
write_list(struct jw *w, const char *key, const char *const *list, size_t n)
{
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < n; i++)
		jw_string(w, list[i]);
	jw_end_array(w);
}

static void
write_if(struct jw *w, const char *key, const char *value)
{
	if (value != NULL)
		jw_str_member(w, key, value);
}

static const char *
joined(struct arena *a, const struct registration *r)
{
	const char *all = "";

	for (size_t i = 0; i < r->datasets_n; i++)
		all = arena_printf(a, "%s%s%s", all, i == 0 ? "" : " ",
		    r->datasets[i]);
	return all;
}

void
registration_write(struct jw *w, struct arena *a, const struct registration *r)
{
	static const char *const grants[] = { "authorization_code",
	    "refresh_token" };
	static const char *const code[] = { "code" };

	jw_str_member(w, "client_name", r->name);
	write_if(w, "client_uri", r->uri);
	if (r->contact != NULL)
		write_list(w, "contacts", &r->contact, 1);
	write_if(w, "purpose#en", r->purpose_en);
	write_if(w, "purpose#fr", r->purpose_fr);
	write_if(w, "software_id", r->software_id);
	write_list(w, "redirect_uris", r->redirects, r->redirects_n);
	jw_str_member(w, "token_endpoint_auth_method", r->auth);
	write_list(w, "grant_types", grants, countof(grants));
	write_list(w, "response_types", code, countof(code));
	jw_bool_member(w, "dpop_bound_access_tokens", r->binding[0] == 'd');
	jw_bool_member(w, "tls_client_certificate_bound_access_tokens",
	    r->binding[0] == 'm');
	write_if(w, "jwks_uri", r->jwks_uri);
	if (r->jwks != NULL) {
		jw_key(w, "jwks");
		jw_raw(w, r->jwks, strlen(r->jwks));
	}
	jw_str_member(w, "scope", joined(a, r));
}
