/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt.c - the receipt's statement, and libjwt's signature under it.
 *
 * libjwt only ever writes here, with our own key: what it would read wrongly
 * (crypto/jws.c says what) it is never given.
 */
#include "consent/receipt.h"
#include <jwt.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "consent/details.h"
#include "crypto/keys.h"

struct receipt {
	struct jw w;
	const struct settings *settings;
	const struct catalogue *catalogue;
	const struct grant *grant;
	struct details details;
	enum lang lang;
};

static const char *
say(const struct receipt *r, const char *english, const char *french)
{
	return r->lang == LANG_FR ? french : english;
}

static void
time_member(struct jw *w, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(text, us);
	jw_str_member(w, key, text);
}

static void
member_if(struct jw *w, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		jw_str_member(w, key, value);
}

/* ---- who ---- */

static void
write_parties(struct receipt *r)
{
	const struct settings *s = r->settings;
	struct jw *w = &r->w;

	jw_key(w, "parties");
	jw_array(w);
	jw_object(w);
	jw_str_member(w, "id", s->public_url);
	jw_str_member(w, "role", "controller");
	jw_str_member(w, "name", s->organisation_name);
	member_if(w, "address", s->organisation_address);
	jw_str_member(w, "contact", s->organisation_contact);
	member_if(w, "url", s->organisation_privacy_url);
	jw_end_object(w);
	jw_object(w);
	jw_str_member(w, "id", r->grant->client_id);
	jw_str_member(w, "role", "recipient");
	jw_str_member(w, "name", r->grant->client_name);
	jw_end_object(w);
	jw_end_array(w);
}

static void
write_head(struct receipt *r)
{
	struct jw *w = &r->w;
	struct uuid id;
	char text[UUID_TEXT];

	uuid_make(&id);
	uuid_text(text, &id);
	jw_str_member(w, "iss", r->settings->public_url);
	jw_int_member(w, "iat", clock_s());
	jw_str_member(w, "jti", text);
	jw_str_member(w, "schema_version", "ISO/IEC TS 27560:2023 guichet/1");
	jw_str_member(w, "receipt_id", text);
	jw_str_member(w, "record_id", r->grant->id_text);
	jw_str_member(w, "language", r->grant->language);
	jw_key(w, "principal");
	jw_object(w);
	jw_str_member(w, "id", r->grant->pairwise);
	jw_end_object(w);
	write_parties(r);
}

/* ---- what she was told ---- */

static void
write_notice(struct receipt *r)
{
	char hex[65];

	hex_encode(hex, r->grant->notice_sha256, 32);
	jw_key(&r->w, "notice");
	jw_object(&r->w);
	member_if(&r->w, "url", r->settings->organisation_privacy_url);
	jw_str_member(&r->w, "sha256", hex);
	jw_str_member(&r->w, "shown_language", r->grant->language);
	jw_end_object(&r->w);
}

static void
write_withdrawal(struct receipt *r)
{
	char url[2048];

	snprintf(url, sizeof(url), "%s/me/withdraw/%s", r->settings->public_url,
	    r->grant->id_text);
	jw_key(&r->w, "withdrawal_method");
	jw_object(&r->w);
	jw_str_member(&r->w, "url", url);
	jw_str_member(&r->w, "text", say(r,
	    "Sign in and press stop: it takes effect at once.",
	    "Connectez-vous et appuyez sur arrêter : l'effet est immédiat."));
	jw_end_object(&r->w);
}

static void
write_rights(struct receipt *r)
{
	static const char *const articles[] = { "A7-3", "A15", "A16", "A17",
	    "A18", "A20", "A77" };
	char iri[80];

	jw_key(&r->w, "privacy_rights");
	jw_array(&r->w);
	for (size_t i = 0; i < countof(articles); i++) {
		snprintf(iri, sizeof(iri), "https://w3id.org/dpv/legal/eu/gdpr#%s",
		    articles[i]);
		jw_string(&r->w, iri);
	}
	jw_end_array(&r->w);
}

static void
write_processing(struct receipt *r)
{
	struct jw *w = &r->w;

	jw_key(w, "processing");
	jw_object(w);
	jw_str_member(w, "purpose", r->grant->purpose);
	jw_str_member(w, "lawful_basis",
	    "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a");
	jw_str_member(w, "collection_method", "web_form");
	jw_str_member(w, "processing_method",
	    strcmp(r->grant->kind, "oauth") == 0 ? "pull" : "push");
	jw_key(w, "recipients");
	jw_array(w);
	jw_string(w, r->grant->client_id);
	jw_end_array(w);
	jw_str_member(w, "storage", say(r,
	    "The counter keeps no copy of the records it hands over.",
	    "Le guichet ne garde aucune copie des données qu'il remet."));
	write_withdrawal(r);
	write_rights(r);
	jw_end_object(w);
}

/* ---- what she allowed ---- */

static const struct schema *
schema_of(const struct receipt *r, const char *id)
{
	const struct schema *const *s = catalogue_schemas(r->catalogue);

	while (*s != NULL && strcmp((*s)->id, id) != 0)
		s++;
	return *s;
}

static void
write_one(struct receipt *r, const char *id)
{
	const struct detail *d = details_find(&r->details, id);
	const struct schema *s = schema_of(r, id);
	struct jw *w = &r->w;

	jw_object(w);
	jw_str_member(w, "pii_type", id);
	if (s != NULL) {
		jw_int_member(w, "version", s->version);
		jw_str_member(w, "label", s->title.in[r->lang]);
	}
	if (d != NULL) {
		jw_key(w, "period");
		jw_object(w);
		member_if(w, "from", d->from);
		member_if(w, "to", d->to);
		jw_end_object(w);
	}
	jw_end_object(w);
}

static void
write_authorization(struct receipt *r, struct arena *a)
{
	const struct grant *g = r->grant;
	const char *details = details_text(a, &r->details);
	struct jw *w = &r->w;

	jw_key(w, "pii");
	jw_array(w);
	for (size_t i = 0; g->datasets[i] != NULL; i++)
		write_one(r, g->datasets[i]);
	jw_end_array(w);
	jw_key(w, "authorization");
	jw_object(w);
	jw_str_member(w, "grant_id", g->id_text);
	jw_str_member(w, "client_id", g->client_id);
	jw_key(w, "authorization_details");
	jw_raw(w, details, strlen(details));
	member_if(w, "recurrence", r->details.recurrence);
	time_member(w, "expires_at", g->expires_us);
	jw_end_object(w);
}

/* ---- what happened to it ---- */

static void
write_event(struct receipt *r, int64_t us, const char *type, const char *by)
{
	struct jw *w = &r->w;

	jw_object(w);
	time_member(w, "time", us);
	jw_str_member(w, "type", type);
	jw_str_member(w, "by", by);
	jw_str_member(w, "method", strcmp(by, "customer") == 0 ? "web_form" :
	    "system");
	jw_end_object(w);
}

static void
write_events(struct receipt *r)
{
	const struct grant *g = r->grant;

	jw_key(&r->w, "events");
	jw_array(&r->w);
	write_event(r, g->created_us, "given", "customer");
	if (g->ended_us != 0)
		write_event(r, g->ended_us, g->state,
		    g->ended_by == NULL ? "system" : g->ended_by);
	jw_end_array(&r->w);
	jw_str_member(&r->w, "state", grant_ended(g) && g->ended_us == 0 ?
	    "expired" : g->state);
}

const char *
receipt_text(struct arena *a, const struct settings *s,
    const struct catalogue *catalogue, const struct grant *g)
{
	struct receipt r = { .settings = s, .catalogue = catalogue, .grant = g };
	const char *why;
	struct buf out;

	r.lang = strcmp(g->language, "fr") == 0 ? LANG_FR : LANG_EN;
	if (details_read(&r.details, a, NULL, g->details, &why) < 0)
		r.details.n = 0;
	buf_init_in(&out, a);
	jw_init(&r.w, &out);
	jw_object(&r.w);
	write_head(&r);
	write_notice(&r);
	write_processing(&r);
	write_authorization(&r, a);
	write_events(&r);
	jw_end_object(&r.w);
	return out.data;
}

/* ---- signing ---- */

/* libjwt takes keys as PEM only. */
static BIO *
pem_of(const struct keys *keys)
{
	BIO *bio = BIO_new(BIO_s_secmem());

	if (bio != NULL && PEM_write_bio_PrivateKey(bio, keys_signing(keys), NULL,
	    NULL, 0, NULL, NULL) == 1)
		return bio;
	BIO_free(bio);
	return NULL;
}

static char *
encode(jwt_t *jwt, const struct keys *keys, const char *text)
{
	BIO *pem = pem_of(keys);
	char *data, *out = NULL;
	long n;

	if (pem == NULL)
		return NULL;
	n = BIO_get_mem_data(pem, &data);
	if (jwt_add_grants_json(jwt, text) == 0 &&
	    jwt_add_header(jwt, "kid", keys_signing_kid(keys)) == 0 &&
	    jwt_set_alg(jwt, JWT_ALG_ES256, (unsigned char *)data, (int)n) == 0)
		out = jwt_encode_str(jwt);
	BIO_free(pem);
	return out;
}

const char *
receipt_sign(struct arena *a, const struct keys *keys, const char *text)
{
	const char *kept = NULL;
	jwt_t *jwt = NULL;
	char *token;

	if (jwt_new(&jwt) != 0)
		return NULL;
	if ((token = encode(jwt, keys, text)) != NULL)
		kept = arena_strdup(a, token);
	free(token);
	jwt_free(jwt);
	return kept;
}
