/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt_as.c - a receipt in the shapes that others read.
 *
 * Both are made from our own JSON, so that they can say nothing that the signed
 * one does not.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "consent/receipt.h"

static json_t *
at(const json_t *j, const char *name)
{
	return json_object_get(j, name);
}

static const char *
text(const json_t *j, const char *name)
{
	const char *s = json_string_value(at(j, name));

	return s == NULL ? "" : s;
}

static json_t *
party(const json_t *receipt, const char *role)
{
	json_t *list = at(receipt, "parties"), *p;
	size_t i;

	json_array_foreach(list, i, p)
		if (strcmp(text(p, "role"), role) == 0)
			return p;
	return NULL;
}

/* The titles of the data sets, or their ids. */
static json_t *
kinds(const json_t *receipt, const char *member)
{
	json_t *list = at(receipt, "pii"), *p, *out = json_array();
	size_t i;

	json_array_foreach(list, i, p)
		json_array_append(out, at(p, at(p, member) == NULL ?
		    "pii_type" : member));
	return out;
}

/* ---- Kantara Consent Receipt 1.1.0 ---- */

static json_t *
kantara_service(const json_t *r)
{
	const json_t *p = at(r, "processing");
	const json_t *w = at(p, "withdrawal_method");

	return json_pack("{s:s,s:[{s:s,s:[s],s:s,s:o,s:b,s:s,s:b,s:s}]}",
	    "service", text(p, "service"), "purposes",
	    "purpose", text(p, "purpose"), "purposeCategory", "portability",
	    "consentType", "EXPLICIT", "piiCategory", kinds(r, "label"),
	    "primaryPurpose", 1, "termination", text(w, "url"),
	    "thirdPartyDisclosure", 1,
	    "thirdPartyName", text(party(r, "recipient"), "name"));
}

static json_t *
kantara(const json_t *r)
{
	const json_t *c = party(r, "controller"), *n = at(r, "notice");
	const json_t *given = json_array_get(at(r, "events"), 0);
	int64_t us = 0;

	if (time_parse(&us, text(given, "time")) < 0)
		us = json_integer_value(at(r, "iat")) * 1000000;
	return json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,"
	    "s:[{s:s,s:s,s:{s:s},s:s,s:s}],s:s,s:[o],s:b,s:[]}",
	    "version", "KI-CR-v1.1.0", "jurisdiction",
	    json_string_value(json_array_get(at(r, "jurisdiction"), 0)),
	    "consentTimestamp", (json_int_t)(us / 1000000),
	    "collectionMethod", "web form",
	    "consentReceiptID", text(r, "receipt_id"),
	    "language", text(r, "language"),
	    "piiPrincipalId", text(at(r, "principal"), "id"),
	    "piiControllers", "piiController", text(c, "name"),
	    "contact", text(c, "contact"),
	    "address", "streetAddress", text(c, "address"),
	    "email", text(c, "contact"), "phone", "",
	    "policyUrl", at(n, "policy") == NULL ? text(n, "url") :
	    text(n, "policy"),
	    "services", kantara_service(r), "sensitive", 0, "spiCat");
}

/* ---- DPV ---- */

static json_t *
dpv_party(const json_t *p, const char *type)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "@id", text(p, "id"),
	    "@type", type, "dpv:hasName", text(p, "name"),
	    "dpv:hasAddress", text(p, "address"),
	    "dpv:hasContact", text(p, "contact"));
}

static json_t *
dpv_events(const json_t *r)
{
	json_t *list = at(r, "events"), *e, *out = json_array();
	size_t i;

	json_array_foreach(list, i, e)
		json_array_append_new(out, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}",
		    "@type", "dct:Event", "dct:type", text(e, "type"),
		    "dpv:hasConsentStatus", text(e, "state"),
		    "dct:date", text(e, "time"),
		    "dpv:isImplementedByEntity", text(e, "entity_id"),
		    "dpv:hasDuration", text(e, "validity_duration")));
	return out;
}

static json_t *
dpv_process(const json_t *r)
{
	const json_t *p = at(r, "processing");

	return json_pack("{s:s,s:s,s:{s:s},s:o,s:o,s:o,s:O,s:s,s:O,s:O,s:s}",
	    "@type", "dpv:Process", "dpv:hasPurpose", text(p, "purpose"),
	    "dpv:hasLegalBasis", "@id", text(p, "lawful_basis"),
	    "dpv:hasPersonalData", kinds(r, "pii_type"),
	    "dpv:hasDataController",
	    dpv_party(party(r, "controller"), "dpv:DataController"),
	    "dpv:hasRecipientThirdParty",
	    dpv_party(party(r, "recipient"), "dpv:ThirdParty"),
	    "dpv:hasStorageCondition", at(p, "storage_locations"),
	    "dpv:hasDuration", text(p, "retention_period"),
	    "dpv:hasRight", at(p, "privacy_rights"),
	    "dpv:hasLocation", at(p, "processing_locations"),
	    "dpv:hasWithdrawalMethod", text(at(p, "withdrawal_method"), "url"));
}

static json_t *
dpv(const json_t *r)
{
	const json_t *n = at(r, "notice");

	return json_pack("{s:{s:s,s:s,s:s},s:s,s:s,s:{s:s},s:s,s:s,s:s,"
	    "s:{s:s,s:s,s:s,s:s},s:o,s:o,s:{s:s,s:s},s:O}", "@context",
	    "dpv", "https://w3id.org/dpv#", "dct", "http://purl.org/dc/terms/",
	    "eu-gdpr", "https://w3id.org/dpv/legal/eu/gdpr#",
	    "@id", json_string_value(json_object_get(r, "uri")) == NULL ?
	    text(r, "receipt_id") : text(r, "uri"),
	    "@type", "dpv:ConsentReceipt", "dct:conformsTo", "@id",
	    "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr",
	    "dct:identifier", text(r, "receipt_id"),
	    "dct:isPartOf", text(r, "record_id"),
	    "dpv:hasDataSubject", text(at(r, "principal"), "id"),
	    "dpv:hasNotice", "@id", text(n, "url"), "@type",
	    "dpv:ConsentNotice", "dct:language", text(n, "shown_language"),
	    "dct:identifier", text(n, "sha256"),
	    "dpv:hasProcess", dpv_process(r), "dpv:hasEvent", dpv_events(r),
	    "dpv:hasAuthority", "@type", "dpv:DataProtectionAuthority", "@id",
	    text(party(r, "authority"), "id"),
	    "dpv:hasJurisdiction", at(r, "jurisdiction"));
}

const char *
receipt_as(struct arena *a, const char *shape, const char *source)
{
	json_t *r = json_loads(source, 0, NULL), *out = NULL;
	const char *kept = NULL;
	char *made;

	if (r != NULL && strcmp(shape, "kantara") == 0)
		out = kantara(r);
	else if (r != NULL && strcmp(shape, "dpv") == 0)
		out = dpv(r);
	if (out != NULL && (made = json_dumps(out, JSON_COMPACT)) != NULL) {
		kept = arena_strdup(a, made);
		free(made);
	}
	json_decref(out);
	json_decref(r);
	return kept;
}
