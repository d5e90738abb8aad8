/* SPDX-License-Identifier: Apache-2.0 */
/* client_add.c - `guichet client add`: a recipient is registered. */
#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "commands/client.h"
#include "consent/client.h"
#include "consent/registration.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/client.h"
#include "journal/line.h"

enum { DATASETS_MAX = 64, ID_MIN = 3, ID_MAX = 64, NAME_MAX_BYTES = 200 };

struct draft {
	const struct client_wish *wish;
	struct arena *arena;
	const char *id, *jwks, *auth, *binding;
	const char *redirects[2 * FLAG_LIST_MAX], *datasets[DATASETS_MAX];
	size_t redirects_n, datasets_n;
};

static int wrong(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A sentence for whoever typed it; the exit code. */
static int
wrong(const char *fmt, ...)
{
	va_list ap;

	fputs("guichet client add: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EX_DATAERR;
}

/* ---- who ---- */

static int
take_id(struct draft *d)
{
	static const char alphabet[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789-._";
	char *made = arena_alloc(d->arena, 32);
	uint8_t bytes[8];

	d->id = d->wish->id;
	if (d->id == NULL) {
		random_bytes(bytes, sizeof(bytes));
		memcpy(made, "pims-", 5);
		hex_encode(made + 5, bytes, sizeof(bytes));
		d->id = made;
	}
	if (strspn(d->id, alphabet) != strlen(d->id) ||
	    strlen(d->id) < ID_MIN || strlen(d->id) > ID_MAX)
		return wrong("ID is 3 to 64 small letters, digits, '-', '.' or '_'");
	if (d->wish->name == NULL || d->wish->name[0] == '\0' ||
	    strlen(d->wish->name) > NAME_MAX_BYTES)
		return wrong("--name is needed: customers read it (200 bytes)");
	if ((strcmp(d->wish->kind, "oauth") == 0 ||
	    strcmp(d->wish->kind, "webhook") == 0) &&
	    (d->wish->purpose_en == NULL || d->wish->purpose_fr == NULL))
		return wrong("--purpose-en and --purpose-fr are needed: what "
		    "customers are told it is for");
	return 0;
}

static bool
one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static int
take_ways(struct draft *d)
{
	static const char *const kinds[] = { "oauth", "cozy", "solid",
	    "webdav", "webhook", NULL };
	static const char *const auths[] = { "private_key_jwt",
	    "self_signed_tls_client_auth", NULL };
	static const char *const bindings[] = { "dpop", "mtls", NULL };
	const struct client_wish *w = d->wish;

	if (!one_of(w->kind, kinds))
		return wrong("--kind is oauth, cozy, solid, webdav or webhook");
	d->auth = w->auth != NULL ? w->auth : auths[w->certificate != NULL &&
	    w->jwks == NULL];
	if (!one_of(d->auth, auths))
		return wrong("--auth is %s or %s", auths[0], auths[1]);
	d->binding = w->binding != NULL ? w->binding :
	    bindings[strcmp(d->auth, auths[1]) == 0];
	if (!one_of(d->binding, bindings))
		return wrong("--binding is dpop or mtls");
	return 0;
}

/* ---- where ---- */

static int
take_redirects(struct draft *d)
{
	const struct flag_list *lists[] = { &d->wish->redirects,
	    &d->wish->old_redirects };

	for (size_t l = 0; l < countof(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			const char *uri = lists[l]->items[i];

			if (!redirect_fits(uri))
				return wrong("'%s' is no redirect URI: https, a "
				    "host, no fragment, no user name", uri);
			d->redirects[d->redirects_n++] = uri;
		}
	if (strcmp(d->wish->kind, "oauth") == 0 && d->redirects_n == 0)
		return wrong("--redirect-uri is needed");
	return 0;
}

/* ---- which keys ---- */

static X509 *
read_certificate(const char *path)
{
	FILE *in = fopen(path, "r");
	X509 *cert = in == NULL ? NULL : PEM_read_X509(in, NULL, NULL, NULL);

	if (in != NULL)
		fclose(in);
	return cert;
}

/* A JWKS that holds the certificate (RFC 8705 2.2.2). */
static json_t *
jwks_of_certificate(const char *path)
{
	X509 *cert = read_certificate(path);
	unsigned char *der = NULL;
	json_t *jwk = NULL;
	char *text;
	int n;

	if (cert == NULL)
		return NULL;
	if ((n = i2d_X509(cert, &der)) > 0) {
		text = malloc(2 * (size_t)n + 4);
		b64_encode(text, der, (size_t)n);
		jwk = jwk_public(X509_get0_pubkey(cert));
		if (jwk == NULL)
			jwk = json_pack("{s:s}", "kty", "RSA");
		json_object_set_new(jwk, "x5c", json_pack("[s]", text));
		free(text);
	}
	OPENSSL_free(der);
	X509_free(cert);
	return jwk == NULL ? NULL : json_pack("{s:[o]}", "keys", jwk);
}

static bool
has_certificate(const json_t *jwks)
{
	const json_t *jwk;
	size_t i;

	json_array_foreach(json_object_get(jwks, "keys"), i, jwk)
		if (json_object_get(jwk, "x5c") != NULL)
			return true;
	return false;
}

static int
check_jwks(struct draft *d, const json_t *jwks, const char *file)
{
	const char *why;
	char *text;

	if (client_keys_check(jwks, &why) < 0)
		return wrong("%s: %s", file, why);
	if (d->auth[0] == 's' && !has_certificate(jwks))
		return wrong("%s: no key has a certificate (x5c); or give one by "
		    "--certificate", file);
	text = json_dumps(jwks, JSON_COMPACT);
	d->jwks = arena_strdup(d->arena, text);
	free(text);
	return 0;
}

/* Where it leads is judged each time it is asked. */
static int
take_jwks_uri(const struct client_wish *w, const char *file)
{
	const char *why;

	if (file != NULL)
		return wrong("--jwks-uri says where the keys are: no --jwks and "
		    "no --certificate beside it");
	if (http_url_check(w->jwks_uri, &why) < 0)
		return wrong("--jwks-uri: %s", why);
	return 0;
}

static int
take_keys(struct draft *d)
{
	const struct client_wish *w = d->wish;
	const char *file = w->jwks != NULL ? w->jwks : w->certificate;
	json_error_t e = { .line = 0 };
	json_t *jwks;
	int rc;

	if (strcmp(w->kind, "oauth") != 0)
		return 0;
	if (w->jwks_uri != NULL)
		return take_jwks_uri(w, file);
	if (file == NULL)
		return wrong("--jwks FILE, --jwks-uri URL or --certificate FILE "
		    "is needed");
	jwks = w->jwks != NULL ? json_load_file(file, JSON_REJECT_DUPLICATES, &e) :
	    jwks_of_certificate(file);
	if (jwks == NULL)
		return wrong("%s:%d: %s", file, e.line > 0 ? e.line : 1,
		    w->jwks != NULL ? e.text : "no certificate in PEM");
	rc = check_jwks(d, jwks, file);
	json_decref(jwks);
	return rc;
}

/* ---- what ---- */

static int
unknown_dataset(const char *id, const struct schema *const *schemas)
{
	const char *names[256], *near;
	size_t n = 0;

	for (; schemas[n] != NULL && n < countof(names); n++)
		names[n] = schemas[n]->id;
	near = nearest(id, names, n);
	return near == NULL ? wrong("no data set '%s' is documented here", id) :
	    wrong("no data set '%s' is documented here; perhaps '%s'", id, near);
}

static int
take_dataset(struct draft *d, const char *id, const struct catalogue *known)
{
	const struct schema *const *schemas = catalogue_schemas(known);
	size_t i = 0;

	while (schemas[i] != NULL && strcmp(schemas[i]->id, id) != 0)
		i++;
	if (schemas[i] == NULL)
		return unknown_dataset(id, schemas);
	if (d->datasets_n == DATASETS_MAX)
		return wrong("at most %d data sets", DATASETS_MAX);
	d->datasets[d->datasets_n++] = schemas[i]->id;
	return 0;
}

/* Not said: a personal cloud may be given everything documented. */
static int
take_datasets(struct draft *d, const struct catalogue *known)
{
	const struct schema *const *schemas = catalogue_schemas(known);
	const char *at = d->wish->datasets;
	int rc = 0;

	if (at == NULL && strcmp(d->wish->kind, "oauth") == 0)
		return wrong("--datasets \"ID ID...\" is needed");
	for (; at == NULL && rc == 0 && *schemas != NULL; schemas++)
		rc = take_dataset(d, (*schemas)->id, known);
	while (rc == 0 && at != NULL && *(at += strspn(at, " ,")) != '\0') {
		size_t n = strcspn(at, " ,");

		rc = take_dataset(d, arena_strndup(d->arena, at, n), known);
		at += n;
	}
	return rc;
}

/* ---- writing ---- */

static void
fill(struct params *p, const struct draft *d)
{
	const struct client_wish *w = d->wish;

	params_init(p);
	params_text(p, d->id);
	params_text(p, w->kind);
	params_text(p, w->name);
	params_text(p, w->uri);
	params_text(p, w->contact);
	params_text(p, w->purpose_en);
	params_text(p, w->purpose_fr);
	params_text(p, d->jwks);
	params_texts(p, d->arena, d->redirects, d->redirects_n);
	params_text(p, d->auth);
	params_text(p, d->binding);
	params_texts(p, d->arena, d->datasets, d->datasets_n);
	params_text(p, w->how_en);
	params_text(p, w->how_fr);
	params_text(p, w->how_url);
	params_text(p, w->jwks_uri);
}

static void
report(const struct draft *d, bool json)
{
	struct buf out;
	struct jw w;

	if (!json) {
		printf("client_id: %s\n", d->id);
		return;
	}
	buf_init_in(&out, d->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "client_id", d->id);
	jw_str_member(&w, "token_endpoint_auth_method", d->auth);
	jw_str_member(&w, "binding", d->binding);
	jw_end_object(&w);
	puts(out.data);
}

static int
store(const struct draft *d, const struct settings *s, bool json)
{
	struct db_now *db = client_database(s);
	struct line line = { .event = "client.registered", .to = d->id,
	    .records = -1, .bytes = -1, .actor = "operator" };
	struct line_row row;
	struct params p;
	int failure, rc = EX_OK;
	struct rows *r;

	line_make(&row, d->arena, &line);
	fill(&p, d);
	line_params(&p, &row);
	r = db_ask_now(db, SQL_CLIENT_ADD, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(r) == 0)
		rc = wrong("there is a client '%s' already", d->id);
	else
		report(d, json);
	rows_free(r);
	db_now_close(db);
	if (rc == EX_OK && d->wish->endpoint != NULL)
		rc = client_endpoint(d->id, d->wish, s);
	return rc;
}

int
client_add(const struct client_wish *w, const struct settings *s, bool json)
{
	struct draft d = { .wish = w };
	struct catalogue *known;
	struct fault f;
	int rc = EX_OK;

	if (catalogue_load(&known, s, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	d.arena = arena_new();
	if (w->endpoint != NULL || strcmp(w->kind, "webhook") == 0)
		rc = client_endpoint_check(w);
	if (rc == 0 && (rc = take_id(&d)) == 0 && (rc = take_ways(&d)) == 0 &&
	    (rc = take_redirects(&d)) == 0 && (rc = take_keys(&d)) == 0 &&
	    (rc = take_datasets(&d, known)) == 0)
		rc = store(&d, s, json);
	arena_free(d.arena);
	catalogue_free(known);
	return rc;
}
