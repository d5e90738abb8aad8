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
#include "base/text.h"
#include "consent/details.h"
#include "crypto/keys.h"
#include "journal/proof.h"

struct receipt {
	struct jw w;
	struct arena *arena;
	const struct settings *settings;
	const struct catalogue *catalogue;
	const struct grant *grant;
	struct details details;
	enum lang lang;
	char days[24];
	const struct rows *events;	/* of grant_events.sql */
	struct row_tiles *tiles;	/* what proves them, or NULL */
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
write_party(struct receipt *r, const char *id, const char *role,
    const char *type, const char *name)
{
	struct jw *w = &r->w;

	jw_object(w);
	jw_str_member(w, "id", id);
	jw_str_member(w, "role", role);
	jw_str_member(w, "type", type);
	jw_str_member(w, "name", name);
}

/* The recipient's address is not ours to know: where it answers is. */
static void
write_parties(struct receipt *r)
{
	const struct settings *s = r->settings;
	const char *uri = r->grant->client_uri;
	struct jw *w = &r->w;

	jw_key(w, "parties");
	jw_array(w);
	write_party(r, s->public_url, "controller", "organisation",
	    s->organisation_name);
	jw_str_member(w, "address", s->organisation_address[0] != '\0' ?
	    s->organisation_address : s->public_url);
	jw_str_member(w, "contact", s->organisation_contact);
	member_if(w, "url", s->organisation_privacy_url);
	jw_end_object(w);
	write_party(r, r->grant->client_id, "recipient", "third_party",
	    r->grant->client_name);
	jw_str_member(w, "address", uri != NULL ? uri : r->grant->client_id);
	jw_str_member(w, "contact", r->grant->client_contact != NULL ?
	    r->grant->client_contact : uri != NULL ? uri : s->organisation_contact);
	member_if(w, "url", uri);
	jw_end_object(w);
	write_party(r, s->authority_url, "authority", "supervisory_authority",
	    s->authority);
	jw_str_member(w, "address", s->authority_address);
	jw_str_member(w, "contact", s->authority_url);
	jw_str_member(w, "url", s->authority_url);
	jw_end_object(w);
	jw_end_array(w);
}

static void
one_member(struct jw *w, const char *key, const char *value)
{
	jw_key(w, key);
	jw_array(w);
	jw_string(w, value);
	jw_end_array(w);
}

static const char *
schema_url(struct receipt *r)
{
	return arena_printf(r->arena, "%s/static/receipt.schema.json",
	    r->settings->public_url);
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
	jw_str_member(w, "$schema", schema_url(r));
	jw_str_member(w, "schema_version", "ISO/IEC TS 27560:2023 guichet/1");
	jw_str_member(w, "receipt_id", text);
	jw_str_member(w, "record_id", r->grant->id_text);
	jw_str_member(w, "language", r->grant->language);
	one_member(w, "jurisdiction", r->settings->jurisdiction);
	jw_key(w, "principal");
	jw_object(w);
	jw_str_member(w, "id", r->grant->pairwise);
	jw_end_object(w);
	write_parties(r);
}

/* ---- what she was told ---- */

/* Where the very text can be read again; its hash is its name. */
static void
write_notice(struct receipt *r)
{
	char hex[65], url[2200];

	hex_encode(hex, r->grant->notice_sha256, 32);
	snprintf(url, sizeof(url), "%s/notice/%s", r->settings->public_url, hex);
	jw_key(&r->w, "notice");
	jw_object(&r->w);
	jw_str_member(&r->w, "url", url);
	member_if(&r->w, "policy", r->settings->organisation_privacy_url);
	jw_str_member(&r->w, "version", "1");
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

/* How long the accord itself lasts (ISO 8601, whole days). */
static const char *
retention(struct receipt *r)
{
	int64_t us = r->grant->expires_us - r->grant->created_us;

	snprintf(r->days, sizeof(r->days), "P%lldD",
	    (long long)(us / INT64_C(86400000000)));
	return r->days;
}

static void
write_processing(struct receipt *r)
{
	struct jw *w = &r->w;

	jw_key(w, "processing");
	jw_object(w);
	jw_str_member(w, "purpose", r->grant->purpose);
	jw_str_member(w, "purpose_type",
	    "https://w3id.org/dpv#FulfilmentOfObligation");
	jw_str_member(w, "service", say(r, "Data portability",
	    "Portabilité des données"));
	jw_str_member(w, "lawful_basis",
	    "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a");
	jw_str_member(w, "collection_method", "web_form");
	jw_str_member(w, "processing_method",
	    strcmp(r->grant->kind, "oauth") == 0 ? "pull" : "push");
	one_member(w, "recipients", r->grant->client_id);
	one_member(w, "storage_locations", say(r,
	    "The counter keeps no copy of the records it hands over.",
	    "Le guichet ne garde aucune copie des données qu'il remet."));
	one_member(w, "processing_locations", r->settings->jurisdiction);
	one_member(w, "geographic_restrictions", say(r,
	    "As the recipient's own notice says.",
	    "Selon la notice du destinataire."));
	jw_str_member(w, "retention_period", retention(r));
	jw_str_member(w, "authority_party", r->settings->authority_url);
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
	jw_bool_member(w, "optional", true);
	jw_bool_member(w, "special_category", false);
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

/* What the consent is from then on. */
static const char *
state_after(const char *event)
{
	static const struct { const char *event, *state; } after[] = {
		{ "consent.requested", "requested" },
		{ "consent.awaiting", "requested" },	/* not in force yet */
		{ "consent.agreed", "requested" },
		{ "consent.refused", "refused" },
		{ "consent.paused", "paused" },
		{ "consent.withdrawn", "withdrawn" },
		{ "consent.objected", "withdrawn" },
		{ "consent.expired", "expired" },
	};

	for (size_t i = 0; i < countof(after); i++)
		if (strcmp(after[i].event, event) == 0)
			return after[i].state;
	return "given";
}

size_t
receipt_places(int64_t places[RECEIPT_PROOFS], const struct rows *events)
{
	size_t n = 0;

	for (int i = 0; i < rows_count(events) && i < RECEIPT_PROOFS; i++)
		if (!row_null(events, i, "place"))
			places[n++] = row_int(events, i, "place");
	return n;
}

/* With the line itself and the note below, all that a verifier needs. */
static void
write_proof(struct receipt *r, int i)
{
	const struct tiles *tiles = r->tiles == NULL ? NULL : &r->tiles->tiles;
	uint64_t place = (uint64_t)row_int(r->events, i, "place");
	struct proof proof;
	char text[48];

	if (tiles == NULL || i >= RECEIPT_PROOFS ||
	    row_null(r->events, i, "place") || place >= tiles->size ||
	    tree_prove_inclusion(&proof, tiles, place, tiles->size) < 0)
		return;
	jw_str_member(&r->w, "leaf", row_text(r->events, i, "leaf"));
	jw_int_member(&r->w, "place", (int64_t)place);
	jw_key(&r->w, "proof");
	jw_array(&r->w);
	for (size_t k = 0; k < proof.n; k++) {
		b64_encode(text, &proof.hashes[k], sizeof(proof.hashes[k]));
		jw_string(&r->w, text);
	}
	jw_end_array(&r->w);
}

/* Each as the journal has it: when, what, by whom, and the hash of its line,
 * which anybody can look for in the published tree. */
static void
write_event(struct receipt *r, int i)
{
	const struct rows *e = r->events;
	const char *event = row_text(e, i, "event");
	const char *by = row_text(e, i, "actor");
	bool customer = by != NULL && strcmp(by, "customer") == 0;
	struct jw *w = &r->w;

	jw_object(w);
	time_member(w, "time", row_time(e, i, "at"));
	jw_str_member(w, "type", event + strlen("consent."));
	jw_str_member(w, "state", state_after(event));
	jw_str_member(w, "by", by == NULL ? "system" : by);
	jw_str_member(w, "entity_id", customer ? r->grant->pairwise :
	    r->settings->public_url);
	jw_str_member(w, "validity_duration", retention(r));
	jw_str_member(w, "method", customer ? "web_form" : "system");
	jw_str_member(w, "line", row_text(e, i, "id"));
	jw_str_member(w, "leaf_hash", row_text(e, i, "hash"));
	write_proof(r, i);
	jw_end_object(w);
}

static void
write_integrity(struct receipt *r)
{
	char url[2200];

	snprintf(url, sizeof(url), "%s/journal/consent-admin/checkpoint",
	    r->settings->public_url);
	jw_key(&r->w, "integrity");
	jw_object(&r->w);
	jw_str_member(&r->w, "log", r->settings->journal_origin);
	jw_str_member(&r->w, "checkpoint", url);
	jw_str_member(&r->w, "hash", "SHA-256(0x00 || leaf), RFC 6962");
	if (r->tiles != NULL)
		jw_str_member(&r->w, "note", row_tiles_note(r->tiles));
	jw_end_object(&r->w);
}

static void
write_events(struct receipt *r)
{
	const struct grant *g = r->grant;

	jw_key(&r->w, "events");
	jw_array(&r->w);
	for (int i = 0; i < rows_count(r->events); i++)
		write_event(r, i);
	jw_end_array(&r->w);
	jw_str_member(&r->w, "state", grant_ended(g) && g->ended_us == 0 ?
	    "expired" : g->state);
	write_integrity(r);
}

const char *
receipt_text(struct arena *a, const struct settings *s,
    const struct catalogue *catalogue, const struct grant *g,
    const struct rows *events, struct row_tiles *tiles)
{
	struct receipt r = { .arena = a, .settings = s, .catalogue = catalogue,
	    .grant = g, .events = events, .tiles = tiles };
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
