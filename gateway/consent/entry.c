/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c - a customer comes in. */
#include "consent/entry.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "crypto/hash.h"

enum next
entry_find(struct call *c, struct entry *e)
{
	struct params p;

	params_init(&p);
	params_text(&p, e->customer);
	return call_ask(c, c->house->db, SQL_SUBJECT_FIND, &p);
}

/* The subject as stored, or a new one. */
static void
take_subject(struct call *c, struct subject_ref *s)
{
	size_t n;
	const uint8_t *key;

	if (rows_count(c->rows) == 1 &&
	    (key = row_bytes(c->rows, 0, "key", &n)) != NULL &&
	    n == sizeof(s->key)) {
		row_uuid(c->rows, 0, "id", &s->id);
		memcpy(s->key, key, n);
	} else {
		uuid_make(&s->id);
		random_bytes(s->key, sizeof(s->key));
	}
}

static void
make_line(struct call *c, struct entry *e)
{
	struct line line = { .event = "customer.login", .records = -1,
	    .bytes = -1, .actor = "customer", .subject = &e->subject,
	    .call = c->id };

	line_make(&e->line, c->arena, &line);
}

enum next
entry_make(struct call *c, struct entry *e)
{
	int64_t life = c->house->settings->session_minutes * 60 * 1000000;
	uint8_t hash[SHA256_SIZE];
	struct params p;

	take_subject(c, &e->subject);
	make_line(c, e);
	random_token(e->cookie, 32);
	sha256(hash, e->cookie, strlen(e->cookie));
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	params_bytes(&p, c->session == NULL ? NULL : c->session->hash,
	    sizeof(hash));
	params_time(&p, clock_us() + life);
	params_uuid(&p, &e->subject.id);
	params_text(&p, e->customer);
	params_bytes(&p, e->subject.key, sizeof(e->subject.key));
	params_text(&p, call_lang(c) == LANG_FR ? "fr" : "en");
	params_text(&p, e->name);
	params_text(&p, e->acr);
	params_time(&p, e->auth_time_us);
	line_params(&p, &e->line);
	return call_ask(c, c->house->db, SQL_CUSTOMER_ENTER, &p);
}

enum next
entry_land(struct call *c, struct entry *e, const char *next)
{
	if (rows_count(c->rows) == 0)	/* her first sign-in, twice at once */
		return call_refuse(c, 503, "try_later", "please sign in again");
	call_reply_field(c, "Set-Cookie", SESSION_COOKIE "=%s; Path=/; Secure; "
	    "HttpOnly; SameSite=Lax", e->cookie);
	return call_redirect(c, session_next(next, "/me"));
}
