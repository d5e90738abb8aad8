/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - the signed-in customer, from her cookie.
 *
 * The database knows SHA-256(cookie); the token of her forms is an HMAC keyed
 * with the cookie itself, which the database does not hold.
 */
#include "consent/session.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "crypto/hash.h"

enum { COOKIE_LEN = 43 };	/* 32 random bytes */

bool
session_cookie_hash(struct call *c, const char *name, uint8_t hash[SHA256_SIZE])
{
	const char *cookie = call_cookie(c, name);

	if (cookie == NULL || strlen(cookie) != COOKIE_LEN)
		return false;
	sha256(hash, cookie, COOKIE_LEN);
	return true;
}

enum next
session_find(struct call *c)
{
	uint8_t hash[SHA256_SIZE];
	struct params p;

	c->session = NULL;
	c->rows = NULL;
	if (!session_cookie_hash(c, SESSION_COOKIE, hash))
		return NEXT;
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	return call_ask(c, c->house->db, SQL_SESSION_FIND, &p);
}

void
session_form_token(struct call *c, const char *cookie, char token[44])
{
	random_token(token, 32);
	call_reply_field(c, "Set-Cookie", "%s=%s; Path=/; Secure; HttpOnly; "
	    "SameSite=Strict; Max-Age=3600", cookie, token);
}

void
session_csrf(char out[44], const char *cookie)
{
	static const char what[] = "guichet form";
	uint8_t mac[SHA256_SIZE];

	hmac_sha256(mac, (const uint8_t *)cookie, COOKIE_LEN, what,
	    sizeof(what) - 1);
	b64url_encode(out, mac, sizeof(mac));
}

enum next
session_know(struct call *c)
{
	struct session *s;
	const uint8_t *key;
	size_t n;

	if (c->rows == NULL || rows_count(c->rows) == 0)
		return NEXT;
	s = arena_alloc(c->arena, sizeof(*s));
	session_cookie_hash(c, SESSION_COOKIE, s->hash);
	s->customer = row_text(c->rows, 0, "customer");
	s->name = row_text(c->rows, 0, "name");
	row_uuid(c->rows, 0, "subject", &s->subject.id);
	key = row_bytes(c->rows, 0, "key", &n);
	assert(n == sizeof(s->subject.key));
	memcpy(s->subject.key, key, n);
	s->begun_us = row_time(c->rows, 0, "begun");
	s->expires_us = row_time(c->rows, 0, "expires");
	s->auth_time_us = row_time(c->rows, 0, "auth_time");
	s->acr = row_text(c->rows, 0, "acr");
	session_csrf(s->csrf, call_cookie(c, SESSION_COOKIE));
	c->session = s;
	return NEXT;
}

/* Comes back to the page that was asked for; an answer to a form is not asked
 * again by itself. */
enum next
session_login(struct call *c, const char *login, const char *home)
{
	struct buf url;
	const char *back;

	if (strcmp(c->method, "GET") != 0)
		back = home;
	else if (c->query[0] != '\0')
		back = arena_printf(c->arena, "%s?%s", c->path, c->query);
	else
		back = c->path;
	buf_init_in(&url, c->arena);
	buf_str(&url, login);
	buf_str(&url, strchr(login, '?') == NULL ? "?next=" : "&next=");
	percent_encode(&url, back);
	return call_redirect(c, url.data);
}

enum next
session_require(struct call *c)
{
	return c->session != NULL ? NEXT : session_login(c, "/login", "/me");
}

/* The clock that signed her in and ours may differ a little. */
enum next
session_strong(struct call *c, int64_t max_age_s, const char *acr)
{
	const struct session *s = c->session;
	bool demo = strcmp(c->house->settings->login_mode, "demo") == 0;
	bool old = max_age_s >= 0 &&
	    clock_us() - s->auth_time_us > (max_age_s + 60) * 1000000;
	bool weak = acr != NULL && !demo &&
	    (s->acr == NULL || strcmp(s->acr, acr) != 0);
	struct buf url;

	if (!old && !weak)
		return NEXT;
	buf_init_in(&url, c->arena);
	buf_str(&url, "/login?");
	if (max_age_s >= 0)
		buf_printf(&url, "max_age=%lld&", (long long)max_age_s);
	if (acr != NULL) {
		buf_str(&url, "acr=");
		percent_encode(&url, acr);
	}
	return session_login(c, url.data, "/me");
}

const char *
session_next(const char *next, const char *home)
{
	if (next == NULL || next[0] != '/' || next[1] == '/' || next[1] == '\\' ||
	    strlen(next) > 1000)
		return home;
	for (const char *p = next; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '\\')
			return home;
	return next;
}

/* Browsers name the origin of every form; "null" is what they say under some
 * referrer policies, and then Sec-Fetch-Site tells. */
static bool
origin_ours(struct call *c)
{
	const char *origin = call_field(c, "origin");
	const char *site = call_field(c, "sec-fetch-site");

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	if (origin == NULL)
		return true;
	if (strcmp(origin, "null") == 0)
		return site != NULL;
	return strcasecmp(origin, c->house->settings->public_url) == 0;
}

enum next
session_form_is(struct call *c, const char *expected)
{
	const char *csrf = call_form_arg(c, "csrf");

	if (csrf == NULL || strlen(csrf) != strlen(expected) ||
	    !same_bytes(csrf, expected, strlen(csrf)))
		return call_refuse(c, 403, "bad_form",
		    "this form is not one of ours, or you signed in again "
		    "meanwhile: please open the page again");
	if (!origin_ours(c))
		return call_refuse(c, 403, "bad_origin",
		    "this form was sent from another site");
	return NEXT;
}

enum next
session_form(struct call *c)
{
	assert(c->session != NULL);
	return session_form_is(c, c->session->csrf);
}

/* ---- the reader's language ---- */

static bool
lang_of(enum lang *out, const char *tag, size_t n)
{
	bool alone = n == 2 || (n > 2 && tag[2] == '-');

	if (!alone)
		return false;
	if (strncasecmp(tag, "fr", 2) == 0)
		*out = LANG_FR;
	else if (strncasecmp(tag, "en", 2) == 0)
		*out = LANG_EN;
	else
		return false;
	return true;
}

/* "fr-FR,fr;q=0.9,en;q=0.8": the best we speak (RFC 9110 12.5.4). */
static bool
accepted(enum lang *out, const char *list)
{
	double best = 0;

	while (*list != '\0') {
		size_t n, tag;
		enum lang lang;
		double q = 1;
		const char *weight;

		list += strspn(list, " \t");
		n = strcspn(list, ",");
		tag = strcspn(list, ",; \t");
		weight = memchr(list, '=', n);
		if (weight != NULL && weight > list + tag)
			q = strtod(weight + 1, NULL);
		if (q > best && lang_of(&lang, list, tag)) {
			best = q;
			*out = lang;
		}
		list += n;
		list += *list == ',';
	}
	return best > 0;
}

/* "fr-CA fr en": the first we speak (OpenID Connect's ui_locales). */
static bool
wished(enum lang *out, const char *list)
{
	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (lang_of(out, list, n))
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

enum lang
call_lang(struct call *c)
{
	const char *chosen[] = { call_form_arg(c, "lang"),
	    call_query_arg(c, "lang"), call_cookie(c, "__Host-guichet-lang"),
	    call_query_arg(c, "ui_locales") };
	const char *list = call_field(c, "accept-language");
	enum lang lang = LANG_FR;

	for (size_t i = 0; i < countof(chosen); i++)
		if (chosen[i] != NULL && wished(&lang, chosen[i]))
			return lang;
	return list != NULL && accepted(&lang, list) ? lang : LANG_FR;
}
