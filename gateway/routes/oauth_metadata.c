/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /.well-known/oauth-authorization-server (RFC 8414) and
 * /.well-known/oauth-protected-resource (RFC 9728): what a PIMS must know to
 * talk to this counter, told from the settings and the catalogue.
 */
#include <string.h>
#include "base/arena.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/details.h"
#include "http/call.h"
#include "routes/routes.h"

static void
write_list(struct jw *w, const char *key, const char *const *list)
{
	jw_key(w, key);
	jw_array(w);
	for (; *list != NULL; list++)
		jw_string(w, *list);
	jw_end_array(w);
}

static void
write_scopes(struct jw *w, const struct catalogue *catalogue)
{
	jw_key(w, "scopes_supported");
	jw_array(w);
	for (size_t i = 0; i < catalogue_count(catalogue); i++)
		jw_string(w, catalogue_at(catalogue, i)->schema->id);
	jw_end_array(w);
}

/* EdDSA and Ed25519 (RFC 9864) are the same thing by two names */
static const char *const algs[] = { "ES256", "PS256", "EdDSA", "Ed25519",
    NULL };
static const char *const types[] = { DETAILS_TYPE, NULL };

static bool
takes_certificates(const struct settings *s)
{
	return s->mtls_url[0] != '\0' ||
	    s->client_certificate_header[0] != '\0';
}

static enum next
tell(struct call *c, struct buf *out)
{
	call_reply_field(c, "Cache-Control", "public, max-age=3600");
	return call_answer_buf(c, 200, "application/json", out);
}

/* ---- the authorisation server ---- */

struct endpoint { const char *name, *path; bool proven; };

/* proven: clients prove themselves there, by certificate perhaps */
static const struct endpoint endpoints[] = {
	{ "authorization_endpoint", "/oauth/authorize", false },
	{ "pushed_authorization_request_endpoint", "/oauth/par", true },
	{ "token_endpoint", "/oauth/token", true },
	{ "revocation_endpoint", "/oauth/revoke", true },
	{ "introspection_endpoint", "/oauth/introspect", true },
	{ "grant_management_endpoint", "/oauth/grants", false },
	{ "jwks_uri", "/oauth/jwks", false },
};

static void
write_endpoints(struct jw *w, struct arena *a, const char *base, bool all)
{
	for (size_t i = 0; i < countof(endpoints); i++)
		if (all || endpoints[i].proven)
			jw_str_member(w, endpoints[i].name, arena_printf(a, "%s%s",
			    base, endpoints[i].path));
}

static void
write_methods(struct jw *w, const struct settings *s)
{
	static const char *const methods[] = { "private_key_jwt",
	    "self_signed_tls_client_auth", NULL };
	static const char *const keys_only[] = { "private_key_jwt", NULL };
	static const char *const at[] = { "token", "revocation",
	    "introspection" };
	char key[80];

	for (size_t i = 0; i < countof(at); i++) {
		snprintf(key, sizeof(key), "%s_endpoint_auth_methods_supported",
		    at[i]);
		write_list(w, key, takes_certificates(s) ? methods : keys_only);
		snprintf(key, sizeof(key),
		    "%s_endpoint_auth_signing_alg_values_supported", at[i]);
		write_list(w, key, algs);
	}
}

static void
write_server(struct jw *w, struct call *c, const struct settings *s)
{
	static const char *const code[] = { "code", NULL };
	static const char *const query[] = { "query", NULL };
	static const char *const grants[] = { "authorization_code",
	    "refresh_token", NULL };
	static const char *const s256[] = { "S256", NULL };
	static const char *const languages[] = { "fr", "en", NULL };
	static const char *const actions[] = { "create", "merge", "replace",
	    "query", "revoke", NULL };

	jw_str_member(w, "issuer", s->public_url);
	write_endpoints(w, c->arena, s->public_url, true);
	if (strcmp(s->registration_mode, "off") != 0)
		jw_str_member(w, "registration_endpoint", arena_printf(c->arena,
		    "%s/oauth/register", s->public_url));
	write_scopes(w, c->house->catalogue);
	write_list(w, "response_types_supported", code);
	write_list(w, "response_modes_supported", query);
	write_list(w, "grant_types_supported", grants);
	write_list(w, "code_challenge_methods_supported", s256);
	write_methods(w, s);
	write_list(w, "dpop_signing_alg_values_supported", algs);
	write_list(w, "authorization_details_types_supported", types);
	write_list(w, "ui_locales_supported", languages);
	write_list(w, "grant_management_actions_supported", actions);
	jw_bool_member(w, "grant_management_action_required", false);
	jw_bool_member(w, "require_pushed_authorization_requests", true);
	jw_bool_member(w, "authorization_response_iss_parameter_supported", true);
	jw_bool_member(w, "tls_client_certificate_bound_access_tokens",
	    takes_certificates(s));
}

static enum next
tell_server(struct call *c)
{
	const struct settings *s = c->house->settings;
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	write_server(&w, c, s);
	if (s->mtls_url[0] != '\0') {
		jw_key(&w, "mtls_endpoint_aliases");
		jw_object(&w);
		write_endpoints(&w, c->arena, s->mtls_url, false);
		jw_end_object(&w);
	}
	jw_end_object(&w);
	return tell(c, &out);
}

static const struct step server_steps[] = {
	{ "tell", tell_server },
	{ NULL, NULL }
};

const struct route route_oauth_server = {
	.method = "GET", .path = "/.well-known/oauth-authorization-server",
	.steps = server_steps, .kind = ROUTE_OAUTH
};

/* ---- the protected resource ---- */

static enum next
tell_resource(struct call *c)
{
	const struct settings *s = c->house->settings;
	const char *const servers[] = { s->public_url, NULL };
	static const char *const methods[] = { "header", NULL };
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "resource", s->public_url);
	jw_str_member(&w, "resource_name", s->organisation_name);
	write_list(&w, "authorization_servers", servers);
	write_scopes(&w, c->house->catalogue);
	write_list(&w, "bearer_methods_supported", methods);
	write_list(&w, "dpop_signing_alg_values_supported", algs);
	write_list(&w, "authorization_details_types_supported", types);
	jw_bool_member(&w, "tls_client_certificate_bound_access_tokens",
	    takes_certificates(s));
	jw_end_object(&w);
	return tell(c, &out);
}

static const struct step resource_steps[] = {
	{ "tell", tell_resource },
	{ NULL, NULL }
};

const struct route route_oauth_resource = {
	.method = "GET", .path = "/.well-known/oauth-protected-resource",
	.steps = resource_steps, .kind = ROUTE_OAUTH
};
