/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.c - the frame of every page, its header fields, its refusals.
 *
 * Nothing is fetched from anywhere else, nothing runs: one style sheet and
 * one picture of ours. Pages about a person are never kept by a browser.
 */
#include "pages/layout.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/oidc.h"
#include "consent/session.h"
#include "consent/staff.h"
#include "crypto/hash.h"
#include "pages/assets.h"
#include "pages/staff_page.h"
#include "pages/words.h"

/* ---- assets ---- */

const char *
layout_asset(struct arena *a, const char *name)
{
	uint8_t digest[SHA256_SIZE];
	char mark[9];

	for (const struct asset *s = assets_table; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0) {
			sha256(digest, s->data, s->size);
			hex_encode(mark, digest, 4);
			return arena_printf(a, "/static/%s?v=%s", name, mark);
		}
	return "/static/missing";
}

const char *
layout_origin(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");

	if (host == NULL || host == url)
		return NULL;
	host += 3;
	return arena_strndup(a, url, (size_t)(host - url) +
	    strcspn(host, "/?# ;,'\""));
}

/* ---- the frame ---- */

void
layout_init(struct layout *l, struct call *c, enum lang lang)
{
	memset(l, 0, sizeof(*l));
	l->call = c;
	l->settings = c->house->settings;
	buf_init_in(&l->out, c->arena);
	h_init(&l->h, &l->out, c->arena, c->house->words, lang);
}

void
layout_init_file(struct layout *l, struct arena *a, const struct settings *s,
    const struct words *words, enum lang lang)
{
	memset(l, 0, sizeof(*l));
	l->settings = s;
	buf_init_in(&l->out, a);
	h_init(&l->h, &l->out, a, words, lang);
	l->h.public_url = s->public_url;
}

static void
head(struct layout *l, const char *title_id)
{
	struct html *h = &l->h;
	const char *title = arena_printf(h->arena, "%s - %s",
	    h_word(h, title_id), l->settings->organisation_name);

	h_open(h, "head", NULL);
	h_void(h, "meta", "charset", "utf-8", NULL);
	h_void(h, "meta", "name", "viewport", "content",
	    "width=device-width, initial-scale=1", NULL);
	h_void(h, "meta", "name", "color-scheme", "content", "light dark", NULL);
	h_void(h, "meta", "name", "robots", "content", "noindex", NULL);
	h_element(h, "title", title, NULL);
	h_void(h, "link", "rel", "stylesheet", "href",
	    layout_asset(h->arena, "guichet.css"), NULL);
	h_void(h, "link", "rel", "icon", "type", "image/svg+xml", "href",
	    layout_asset(h->arena, "guichet.svg"), NULL);
	h_close(h, "head");
}

/* The same page in the other language: the query with lang replaced. */
static const char *
other_language(struct layout *l, enum lang other)
{
	struct call *c = l->call;
	const char *q;
	struct buf url;

	if (c == NULL)
		return l->other;
	q = c->query;
	buf_init(&url);
	buf_str(&url, "?");
	while (*q != '\0') {
		size_t n = strcspn(q, "&");

		if (strncmp(q, "lang=", 5) != 0 && n > 0)
			buf_printf(&url, "%.*s&", (int)n, q);
		q += n + (q[n] == '&');
	}
	buf_printf(&url, "lang=%s", lang_codes[other]);
	q = arena_strdup(c->arena, url.data);
	buf_clear(&url);
	return q;
}

static void
language_switch(struct layout *l)
{
	enum lang other = l->h.lang == LANG_FR ? LANG_EN : LANG_FR;
	const char *code = lang_codes[other];
	const char *label = h_word(&l->h, "lang.other");

	if (l->lang_form != NULL)
		h_element(&l->h, "button", label, "type", "submit", "class",
		    "link", "form", l->lang_form, "name", "lang", "value", code,
		    "lang", code, "formnovalidate", "", NULL);
	else
		h_element(&l->h, "a", label, "class", "link", "href",
		    other_language(l, other), "lang", code, "hreflang", code,
		    NULL);
}

static void
way_out(struct html *h, const char *action, const char *csrf)
{
	h_open(h, "form", "method", "post", "action", action, NULL);
	h_void(h, "input", "type", "hidden", "name", "csrf", "value", csrf,
	    NULL);
	h_say(h, "button", "nav.logout", "class", "link", "type", "submit", NULL);
	h_close(h, "form");
}

/* A colleague's page looks after colleagues only (a call knows one or the
 * other). */
static void
account(struct layout *l)
{
	struct html *h = &l->h;
	struct staff *staff;

	if (l->call == NULL)
		return;
	staff = l->call->staff;
	if (staff != NULL) {
		for (const struct staff_room *r = staff_rooms; r->path; r++)
			if (staff->roles & r->roles)
				h_say(h, "a", arena_printf(h->arena,
				    "staff.room.%s", r->name), "class", "link",
				    "href", r->path, NULL);
		way_out(h, "/staff/logout", staff->csrf);
	} else if (l->call->session != NULL) {
		h_say(h, "a", "nav.me", "class", "link", "href", "/me", NULL);
		way_out(h, "/logout", l->call->session->csrf);
	}
}

static void
header(struct layout *l)
{
	struct html *h = &l->h;

	h_say(h, "a", "nav.skip", "class", "skip", "href", "#main", NULL);
	h_open(h, "header", "class", "bar", NULL);
	h_open(h, "a", "class", "brand", "href",
	    l->call != NULL && l->call->staff != NULL ? "/staff" : "/", NULL);
	h_void(h, "img", "src", layout_asset(h->arena, "guichet.svg"), "alt", "",
	    "width", "36", "height", "36", NULL);
	h_element(h, "span", l->settings->organisation_name, NULL);
	h_close(h, "a");
	h_open(h, "nav", "aria-label", h_word(h, "nav.label"), NULL);
	account(l);
	language_switch(l);
	h_close(h, "nav");
	h_close(h, "header");
}

static void
footer(struct layout *l)
{
	const struct settings *s = l->settings;
	struct html *h = &l->h;

	h_open(h, "footer", "class", "foot", NULL);
	h_open(h, "p", NULL);
	h_text(h, s->organisation_name);
	if (s->organisation_address[0] != '\0') {
		h_text(h, ", ");
		h_text(h, s->organisation_address);
	}
	h_close(h, "p");
	h_open(h, "p", NULL);
	h_say(h, "a", "foot.contact", "href", arena_printf(h->arena, "mailto:%s",
	    s->organisation_contact), NULL);
	if (s->organisation_privacy_url[0] != '\0') {
		h_text(h, " \u00b7 ");
		h_say(h, "a", "foot.privacy", "href",
		    s->organisation_privacy_url, NULL);
	}
	h_close(h, "p");
	h_open(h, "p", NULL);
	h_say(h, "a", "foot.data", "href", "/data", NULL);
	h_text(h, " \u00b7 ");
	h_say(h, "a", "foot.developers", "href", "/developers", NULL);
	h_text(h, " \u00b7 ");
	h_say(h, "a", "foot.commitments", "href", "/commitments", NULL);
	h_text(h, " \u00b7 ");
	h_say(h, "a", "foot.status", "href", "/status", NULL);
	h_close(h, "p");
	h_say(h, "p", "foot.about", NULL);
	h_close(h, "footer");
}

void
layout_begin(struct layout *l, const char *title_id)
{
	struct html *h = &l->h;

	h_doctype(h);
	h_open(h, "html", "lang", lang_codes[h->lang], NULL);
	head(l, title_id);
	h_open(h, "body", NULL);
	header(l);
	h_open(h, "main", "id", "main", "class", l->full ? "full" : l->wide ? "wide" : NULL, NULL);
}

/* ---- the header fields ---- */

/* Where the form "sign out" leads in the end. */
static const char *
logout_origin(struct call *c)
{
	const char *url = c->session != NULL ?
	    oidc_logout_url(c, c->house->login) : c->staff != NULL ?
	    oidc_logout_url(c, c->house->staff_login) : NULL;

	return url == NULL ? NULL : layout_origin(c->arena, url);
}

static void
protect(struct layout *l)
{
	struct call *c = l->call;
	const char *out = logout_origin(c);

	/* Chromium applies form-action to the redirect after a form too */
	call_reply_field(c, "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; img-src 'self'; "
	    "form-action 'self'%s%s%s%s; frame-ancestors 'none'; base-uri 'none'",
	    l->form_to == NULL ? "" : " ", l->form_to == NULL ? "" : l->form_to,
	    out == NULL ? "" : " ", out == NULL ? "" : out);
	call_reply_field(c, "X-Frame-Options", "DENY");
	/* no-referrer would make browsers send "Origin: null" with our forms */
	call_reply_field(c, "Referrer-Policy", "same-origin");
	call_reply_field(c, "Cross-Origin-Opener-Policy", "same-origin");
	call_reply_field(c, "Content-Language", "%s", lang_codes[l->h.lang]);
	if (call_query_arg(c, "lang") != NULL)
		call_reply_field(c, "Set-Cookie", "__Host-guichet-lang=%s; "
		    "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000",
		    lang_codes[l->h.lang]);
}

void
layout_close(struct layout *l)
{
	h_close(&l->h, "main");
	footer(l);
	h_close(&l->h, "body");
	h_close(&l->h, "html");
}

enum next
layout_end(struct layout *l, int status)
{
	layout_close(l);
	protect(l);
	return call_answer_buf(l->call, status, "text/html; charset=utf-8",
	    &l->out);
}

/* ---- refusals ---- */

/* A title per family of status; the detail says what to do. */
static const char *
refusal_title(int status)
{
	switch (status) {
	case 403:	return "refusal.403";
	case 404:	return "refusal.404";
	case 405:	return "refusal.405";
	case 429:
	case 503:	return "refusal.503";
	default:	return status < 500 ? "refusal.400" : "refusal.500";
	}
}

static enum next
refusal(struct call *c, int status, const char *code, const char *detail)
{
	struct layout l;
	struct html *h = &l.h;
	const char *id = arena_printf(c->arena, "refusal.%s", code), *said;

	layout_init(&l, c, call_lang(c));
	said = h_word(h, id);
	layout_begin(&l, refusal_title(status));
	h_say(h, "h1", refusal_title(status), NULL);
	/* the code's own words when we have them, else the detail (English) */
	h_element(h, "p", said == id ? detail : said, "class", "lead", "lang",
	    said == id && h->lang != LANG_EN ? "en" : NULL, NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", "refusal.home", "class", "button", "href", "/", NULL);
	h_close(h, "p");
	h_element(h, "p", h_fill(h, "refusal.reference", "call", c->id, NULL),
	    "class", "small", NULL);
	return layout_end(&l, status);
}

void
layout_open(void)
{
	call_refusal_page = refusal;
}
