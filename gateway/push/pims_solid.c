/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pims_solid.c - a customer's Solid pod: one JSON resource for each record, in a
 * container that she opens to our WebID by its access rule. We keep no key of
 * hers: our own credentials (client credentials, bound by DPoP) open every pod
 * that knows our WebID, and she closes the door by taking the rule away.
 *
 * Resources are written as files.h says.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/keys.h"
#include "http/house.h"
#include "push/connector.h"
#include "push/destination.h"
#include "push/errand.h"
#include "push/files.h"
#include "push/parcel.h"

enum { SECRET_MAX = 512, EARLY_S = 30 };

struct own {
	struct files files;
	bool renewed;			/* the token, in this errand */
	void (*next)(struct errand *);	/* after a token was fetched */
};

/* Our own credentials, one set for each process. */
static struct {
	char *endpoint, *token;
	int64_t expires_us;
} ours;

static void
set(char **at, const char *value)
{
	free(*at);
	*at = value == NULL ? NULL : xstrdup(value);
}

/* ---- proofs (RFC 9449) ---- */

static json_t *
proof_claims(const char *method, const char *url, const char *token)
{
	char jti[24], ath[48];
	uint8_t sum[SHA256_SIZE];
	json_t *claims;

	random_token(jti, 12);
	claims = json_pack("{s:s, s:s, s:I, s:s}", "htm", method, "htu", url,
	    "iat", (json_int_t)clock_s(), "jti", jti);
	if (token != NULL) {
		sha256(sum, token, strlen(token));
		b64url_encode(ath, sum, sizeof(sum));
		json_object_set_new(claims, "ath", json_string(ath));
	}
	return claims;
}

static const char *
proof(struct errand *e, const char *method, const char *url, const char *token)
{
	EVP_PKEY *key = keys_signing(e->house->keys);
	json_t *header = json_object(), *claims = proof_claims(method, url, token);
	const char *jws;

	json_object_set_new(header, "jwk", jwk_public(key));
	jws = jws_sign(e->arena, key, "dpop+jwt", header, claims);
	json_decref(header);
	json_decref(claims);
	return errand_field(e, "DPoP", jws == NULL ? "" : jws);
}

/* ---- our token: discovery, client credentials ---- */

static void
on_token(struct errand *e, const struct http_answer *answer)
{
	struct own *own = e->own;
	json_t *json = answer->status == 200 ? errand_json(e, answer) : NULL;
	const char *token = destination_text(json, "access_token");
	json_int_t s = json_integer_value(json_object_get(json, "expires_in"));

	if (token == NULL) {		/* ours to repair, not the customer's */
		errand_end(e, LATER, answer->status == 401 ?
		    "our Solid credentials are refused" :
		    "our Solid issuer gives no token");
		return;
	}
	set(&ours.token, token);
	ours.expires_us = clock_mono_us() +
	    ((s > 2 * EARLY_S ? s : 2 * EARLY_S) - EARLY_S) * 1000000;
	own->next(e);
}

static bool
read_secret(char out[SECRET_MAX], const char *path)
{
	FILE *in = fopen(path, "re");
	bool got = in != NULL && fgets(out, SECRET_MAX, in) != NULL;

	if (in != NULL)
		fclose(in);
	if (got)
		out[strcspn(out, "\r\n")] = '\0';
	return got;
}

/* RFC 6749 2.3.1: both parts are percent-encoded first. */
static const char *
basic(struct errand *e, const char *password)
{
	char *coded;
	struct buf b;

	buf_init_in(&b, e->arena);
	percent_encode(&b, e->house->settings->push_solid_client_id);
	buf_char(&b, ':');
	percent_encode(&b, password);
	coded = arena_alloc(e->arena, b.len * 4 / 3 + 8);
	b64_encode(coded, b.data, b.len);
	return errand_field(e, "Authorization",
	    arena_printf(e->arena, "Basic %s", coded));
}

static void
ask_token(struct errand *e)
{
	static const char body[] = "grant_type=client_credentials&scope=webid";
	char password[SECRET_MAX];
	const char *fields[] = { "Accept: application/json",
	    "Content-Type: application/x-www-form-urlencoded", NULL, NULL, NULL };
	const struct http_request r = { .method = "POST", .url = ours.endpoint,
	    .fields = fields, .body = body, .body_n = sizeof(body) - 1 };

	if (!read_secret(password, e->house->settings->push_solid_secret_file)) {
		errand_end(e, LATER, "our Solid secret cannot be read");
		return;
	}
	fields[2] = basic(e, password);
	fields[3] = proof(e, "POST", ours.endpoint, NULL);
	explicit_bzero(password, sizeof(password));
	errand_ask(e, &r, on_token);
}

static void
on_discovered(struct errand *e, const struct http_answer *answer)
{
	json_t *json = answer->status == 200 ? errand_json(e, answer) : NULL;
	const char *endpoint = destination_text(json, "token_endpoint");

	if (endpoint == NULL) {
		errand_end(e, LATER, "our Solid issuer is not one");
		return;
	}
	set(&ours.endpoint, endpoint);
	ask_token(e);
}

static void
discover(struct errand *e)
{
	const char *issuer = e->house->settings->push_solid_issuer;
	size_t n = strlen(issuer);
	const char *const fields[] = { "Accept: application/json", NULL };
	const struct http_request r = { .method = "GET", .fields = fields,
	    .url = arena_printf(e->arena, "%s%s.well-known/openid-configuration",
		issuer, n > 0 && issuer[n - 1] == '/' ? "" : "/") };

	if (n == 0)
		errand_end(e, LATER, "no Solid issuer is set");
	else
		errand_ask(e, &r, on_discovered);
}

/* Goes on with next as soon as we hold a token. */
static void
with_token(struct errand *e, void (*next)(struct errand *))
{
	struct own *own = e->own;

	own->next = next;
	if (ours.token != NULL && ours.expires_us > clock_mono_us())
		next(e);
	else if (ours.endpoint != NULL)
		ask_token(e);
	else
		discover(e);
}

/* All 401 look alike there: a new token once, then it is about us. */
static bool
unauthorized(struct errand *e, const struct http_answer *answer,
    void (*again)(struct errand *))
{
	struct own *own = e->own;

	if (answer->status != 401)
		return false;
	if (own->renewed) {
		errand_end(e, REAUTH, "our WebID is refused");
		return true;
	}
	own->renewed = true;
	set(&ours.token, NULL);
	with_token(e, again);
	return true;
}

/* ---- resources ---- */

static void
ask_resource(struct errand *e, const char *method, const char *url,
    const char *condition, const char *body, size_t n, errand_then *then)
{
	const char *fields[6] = { errand_field(e, "Authorization",
	    arena_printf(e->arena, "DPoP %s", ours.token)),
	    proof(e, method, url, ours.token) };
	const struct http_request r = { .method = method, .url = url,
	    .fields = fields, .body = body, .body_n = n };
	int k = 2;

	if (body != NULL)
		fields[k++] = "Content-Type: application/json";
	if (condition != NULL)
		fields[k++] = condition;
	errand_ask(e, &r, then);
}

static bool
written(int status)
{
	return status == 201 || status == 205 || status == 204 || status == 200;
}

/* ---- begin, complete, check, leave ---- */

static void
begin(struct errand *e)
{
	if (e->house->settings->push_webid[0] == '\0')
		errand_end(e, REFUSED, "this counter has no WebID");
	else
		errand_end(e, DELIVERED, "ready");
}

static errand_then on_probed;

/* What we leave at the door says who we are; it names nobody. */
static void
probe(struct errand *e)
{
	const struct settings *s = e->house->settings;
	struct buf b;
	struct jw w;

	buf_init_in(&b, e->arena);
	jw_init(&w, &b);
	jw_object(&w);
	jw_str_member(&w, "about", "Guichet brings your records here.");
	jw_str_member(&w, "organisation", s->organisation_name);
	jw_str_member(&w, "counter", s->public_url);
	jw_str_member(&w, "consent", e->to->grant_text);
	jw_end_object(&w);
	ask_resource(e, "PUT", arena_printf(e->arena, "%sguichet.json",
	    e->to->address), NULL, b.data, b.len, on_probed);
}

static void
on_probed(struct errand *e, const struct http_answer *answer)
{
	if (unauthorized(e, answer, probe))
		return;
	if (written(answer->status))
		errand_end(e, DELIVERED, "open");
	else if (answer->status == 403)
		errand_end(e, LATER, NOT_YET);
	else
		errand_end_by_status(e, answer);
}

static void
complete(struct errand *e)
{
	e->own = arena_alloc(e->arena, sizeof(struct own));
	with_token(e, probe);
}

static errand_then on_looked;

static void
look(struct errand *e)
{
	ask_resource(e, "HEAD", e->to->address, NULL, NULL, 0, on_looked);
}

static void
on_looked(struct errand *e, const struct http_answer *answer)
{
	if (unauthorized(e, answer, look))
		return;
	if (answer->status == 200)
		errand_end(e, DELIVERED, "open");
	else
		errand_end_by_status(e, answer);
}

static void
check(struct errand *e)
{
	e->own = arena_alloc(e->arena, sizeof(struct own));
	with_token(e, look);
}

/* There is nothing of hers to give back; what she received is hers. */
static void
leave(struct errand *e)
{
	errand_end(e, ALREADY, "no key was held");
}

/* ---- deliver ---- */

static const char *
url_of(struct errand *e, int i)
{
	return arena_printf(e->arena, "%s%s/%s.json", e->to->address,
	    e->parcel->dataset->schema->id, e->parcel->items[i].id);
}

static void
deliver(struct errand *e)
{
	static const struct files_ways ways = { url_of, ask_resource,
	    unauthorized };
	struct own *own = arena_alloc(e->arena, sizeof(*own));

	own->files.ways = &ways;
	e->own = own;
	with_token(e, files_write);
}

const struct connector connector_solid = {
	"solid", begin, complete, deliver, check, leave, .waits = true
};
