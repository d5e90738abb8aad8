/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staff.c - the signed-in colleague, from her cookie; and how she came in.
 *
 * The database knows SHA-256(cookie) and, apart from the demo, no password.
 */
#include "consent/staff.h"
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/settings.h"
#include "consent/session.h"
#include "crypto/hash.h"
#include "journal/line.h"

const char *const staff_role_words[] = { "auditor", "dpo", "operator",
    "admission", "admin", NULL };

unsigned
staff_role_parse(const char *word)
{
	for (unsigned i = 0; staff_role_words[i] != NULL; i++)
		if (strcmp(word, staff_role_words[i]) == 0)
			return 1u << i;
	return 0;
}

/* words: values separated by spaces */
static bool
listed(const char *words, const char *value)
{
	size_t len = strlen(value);

	while (*(words += strspn(words, " ")) != '\0') {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, value, n) == 0)
			return true;
		words += n;
	}
	return false;
}

static unsigned
roles_of(const struct settings *s, const json_t *one)
{
	const char *value = json_string_value(one);
	unsigned roles = 0;

	for (unsigned i = 0; value != NULL && i < countof(s->staff_values); i++)
		if (listed(s->staff_values[i], value))
			roles |= 1u << i;
	return roles;
}

unsigned
staff_roles_in(const struct settings *s, const json_t *claim)
{
	unsigned roles = roles_of(s, claim);
	const json_t *one;
	size_t i;

	json_array_foreach(claim, i, one)
		roles |= roles_of(s, one);
	return roles;
}

const char *
staff_actor(unsigned roles)
{
	return roles & (STAFF_AUDITOR | STAFF_DPO) ? "auditor" : "operator";
}

static unsigned
row_roles(struct call *c, int i)
{
	size_t n;
	const char **words = row_texts(c->rows, i, "roles", c->arena, &n);
	unsigned roles = 0;

	for (size_t k = 0; k < n; k++)
		roles |= staff_role_parse(words[k]);
	return roles;
}

/* ---- the session ---- */

enum next
staff_find(struct call *c)
{
	uint8_t hash[SHA256_SIZE];
	struct params p;

	c->staff = NULL;
	c->rows = NULL;
	if (!session_cookie_hash(c, STAFF_COOKIE, hash))
		return NEXT;
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	return call_ask(c, c->house->db, SQL_STAFF_SESSION_FIND, &p);
}

enum next
staff_know(struct call *c)
{
	struct staff *s;

	if (c->rows == NULL || rows_count(c->rows) == 0)
		return NEXT;
	s = arena_alloc(c->arena, sizeof(*s));
	session_cookie_hash(c, STAFF_COOKIE, s->hash);
	row_uuid(c->rows, 0, "id", &s->id);
	uuid_text(s->id_text, &s->id);
	s->name = row_text(c->rows, 0, "name");
	s->roles = row_roles(c, 0);
	s->begun_us = row_time(c->rows, 0, "begun");
	s->expires_us = row_time(c->rows, 0, "expires");
	session_csrf(s->csrf, call_cookie(c, STAFF_COOKIE));
	c->staff = s;
	return NEXT;
}

enum next
staff_require(struct call *c)
{
	return c->staff != NULL ? NEXT :
	    session_login(c, "/staff/login", "/staff");
}

enum next
staff_form(struct call *c)
{
	assert(c->staff != NULL);
	return session_form_is(c, c->staff->csrf);
}

enum next
staff_allow(struct call *c, unsigned roles)
{
	assert(c->staff != NULL);
	if (c->staff->roles & roles)
		return NEXT;
	return call_refuse(c, 403, "no_role",
	    "this page needs a role that you do not have here; whoever manages "
	    "accounts in your organisation can give it to you");
}

/* ---- coming in ---- */

const char *
staff_next(const char *next)
{
	return session_next(next, "/staff");
}

enum next
staff_seek(struct call *c, const char *issuer, const char *subject)
{
	struct params p;

	params_init(&p);
	params_text(&p, issuer);
	params_text(&p, subject);
	return call_ask(c, c->house->db, SQL_STAFF_FIND, &p);
}

void
staff_arrive(struct call *c, struct staff_arrival *a)
{
	a->known = rows_count(c->rows) == 1;
	if (!a->known) {
		uuid_make(&a->id);
		return;
	}
	row_uuid(c->rows, 0, "id", &a->id);
	a->disabled = row_bool(c->rows, 0, "disabled");
	a->password_hash = row_bytes(c->rows, 0, "password_hash",
	    &a->password_hash_n);
	if (a->password_hash != NULL) {		/* who she is, we say */
		a->name = row_text(c->rows, 0, "name");
		a->roles = row_roles(c, 0);
	}
}

/* The roles as words, for the statement and for the line. */
static size_t
words_of(const char *out[8], unsigned roles)
{
	size_t n = 0;

	for (unsigned i = 0; staff_role_words[i] != NULL; i++)
		if (roles & 1u << i)
			out[n++] = staff_role_words[i];
	return n;
}

static void
make_line(struct call *c, struct line_row *row, const char *event,
    const struct uuid *id, unsigned roles, const char *reason)
{
	char by[UUID_TEXT];
	struct line line = { .event = event, .records = -1, .bytes = -1,
	    .actor = staff_actor(roles), .by = by, .reason = reason, .call = c->id };

	if (id == NULL)
		line.by = NULL;
	else
		uuid_text(by, id);
	line_make(row, c->arena, &line);
}

enum next
staff_enter(struct call *c, struct staff_arrival *a)
{
	int64_t life = c->house->settings->staff_minutes * 60 * 1000000;
	uint8_t hash[SHA256_SIZE];
	const char *words[8];
	struct line_row row;
	struct params p;

	random_token(a->cookie, 32);
	sha256(hash, a->cookie, strlen(a->cookie));
	make_line(c, &row, "staff.login", &a->id, a->roles, NULL);
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	params_bytes(&p, c->staff == NULL ? NULL : c->staff->hash, sizeof(hash));
	params_time(&p, clock_us() + life);
	params_uuid(&p, &a->id);
	params_text(&p, a->issuer);
	params_text(&p, a->subject);
	params_text(&p, a->name);
	params_texts(&p, c->arena, words, words_of(words, a->roles));
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_STAFF_ENTER, &p);
}

enum next
staff_land(struct call *c, struct staff_arrival *a)
{
	if (rows_count(c->rows) == 0)	/* shut out, or made twice, just now */
		return call_refuse(c, 503, "try_later", "please sign in again");
	call_reply_field(c, "Set-Cookie", STAFF_COOKIE "=%s; Path=/; Secure; "
	    "HttpOnly; SameSite=Lax", a->cookie);
	return call_redirect(c, a->next);
}

enum next
staff_refused(struct call *c, const struct uuid *id, const char *reason)
{
	struct line_row row;
	struct params p;

	make_line(c, &row, "staff.login_failed", id, 0, reason);
	params_init(&p);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_JOURNAL_APPEND, &p);
}
