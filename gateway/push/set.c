/* SPDX-License-Identifier: Apache-2.0 */
/* set.c - signals as Security Event Tokens, see set.h. */
#include "push/set.h"
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/jws.h"
#include "crypto/keys.h"

#define EVENT "urn:guichet:event:"	/* consent-given..., verification */

static json_t *
event_of(const struct set *s)
{
	return json_pack("{s:s*,s:s*,s:s*}", "subject", s->subject,
	    "state", s->state, "by", s->by);
}

static json_t *
claims_of(const struct set *s, struct arena *a)
{
	bool consent = s->state != NULL;
	const char *uri = arena_printf(a, EVENT "%s%s",
	    consent ? "consent-" : "", s->kind);

	return json_pack("{s:s,s:s,s:I,s:s,s:I,s:{s:s,s:s},s:{s:o}}",
	    "iss", s->issuer, "aud", s->to, "iat", (json_int_t)clock_s(),
	    "jti", s->id, "toe", (json_int_t)(s->at_us / 1000000),
	    "sub_id", "format", "opaque", "id", s->about,
	    "events", uri, event_of(s));
}

void
set_request(struct http_request *r, struct arena *a, const struct keys *k,
    const struct set *s, const char *url)
{
	static const char *const fields[] = {
		"Content-Type: application/secevent+jwt",
		"Accept: application/json", NULL };
	json_t *header = json_pack("{s:s}", "kid", keys_signing_kid(k));
	json_t *claims = claims_of(s, a);
	const char *token = jws_sign(a, keys_signing(k), "secevent+jwt", header,
	    claims);

	json_decref(header);
	json_decref(claims);
	*r = (struct http_request){ .method = "POST", .url = url,
	    .fields = fields, .body = token, .body_n = strlen(token),
	    .to = s->to, .tag = s->id };
}

/* RFC 8935 2.4: err is a word, description is for people. */
static const char *
refusal(const struct http_answer *answer, struct arena *a)
{
	json_t *json = json_loadb(answer->body, answer->body_n,
	    JSON_REJECT_DUPLICATES, NULL);
	const char *err = json_string_value(json_object_get(json, "err"));
	const char *more = json_string_value(json_object_get(json,
	    "description"));
	const char *why = NULL;

	if (err != NULL && err[0] != '\0')
		why = arena_printf(a, "%.40s%s%.200s", err,
		    more == NULL ? "" : ": ", more == NULL ? "" : more);
	json_decref(json);
	return why;
}

int
set_answer(const struct http_answer *answer, struct arena *a,
    const char **why)
{
	if (answer->failure != 0) {
		*why = arena_strdup(a, answer->why);
		return E_UNAVAILABLE;
	}
	if (answer->status == 202)
		return 0;
	if (answer->status == 400 && (*why = refusal(answer, a)) != NULL)
		return E_DENIED;
	*why = arena_printf(a, "it answered %d, not 202", answer->status);
	return E_UNAVAILABLE;
}
