/* SPDX-License-Identifier: Apache-2.0 */
/* developers_page.c - the quick start, the errors, what changed. */
#include "pages/developers_page.h"
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"

enum block_kind { TITLE, TEXT, SHELL, ANSWER, LINKS };
struct block { enum block_kind kind; const char *id; };

/* {base} is filled in: what is shown can be pasted. */
static const struct block start[] = {
	{ TITLE, "dev.look" }, { TEXT, "dev.look.text" },
	{ SHELL, "curl -s {base}/data/energy.load-curve/schema.json" },
	{ SHELL, "curl -s {base}/.well-known/oauth-authorization-server" },
	{ TITLE, "dev.register" }, { TEXT, "dev.register.text" },
	{ SHELL, "guichet try key --out pims.pem" },
	{ TITLE, "dev.flow" }, { TEXT, "dev.flow.text" },
	{ SHELL, "guichet try --at {base} --client my-pims --key pims.pem \\\n"
	  "    --datasets energy.load-curve --login camille --password camille" },
	{ TITLE, "dev.call" }, { TEXT, "dev.call.text" },
	{ SHELL, "curl -s \"{base}/v1/datasets/energy.load-curve?limit=1\" \\\n"
	  "  -H \"Authorization: DPoP $TOKEN\" \\\n"
	  "  -H \"DPoP: $(guichet try proof --key pims.pem --token $TOKEN \\\n"
	  "      --url {base}/v1/datasets/energy.load-curve)\"" },
	{ ANSWER, "{ \"records\": [ { \"usage_point\": \"SYN-0000000042\",\n"
	  "      \"day\": \"2026-03-04\", \"step\": \"PT30M\", ... } ],\n"
	  "  \"next\": \"k1.5fQ...\", \"more\": true }" },
	{ TITLE, "dev.keep" }, { TEXT, "dev.keep.text" },
	{ TITLE, "dev.node" }, { TEXT, "dev.node.text" },
};

static const char *
with_base(struct html *h, const char *text, const char *base)
{
	struct buf b;
	const char *at;

	buf_init_in(&b, h->arena);
	while ((at = strstr(text, "{base}")) != NULL) {
		buf_add(&b, text, (size_t)(at - text));
		buf_str(&b, base);
		text = at + 6;
	}
	buf_str(&b, text);
	return b.data;
}

static void
code(struct html *h, const char *text, const char *caption)
{
	h_open(h, "figure", "class", "code", NULL);
	h_say(h, "figcaption", caption, NULL);
	h_element(h, "pre", text, "tabindex", "0", NULL);
	h_close(h, "figure");
}

static void
show(struct html *h, const struct block *b, int *n, const char *base)
{
	switch (b->kind) {
	case TITLE:
		h_element(h, "h2", arena_printf(h->arena, "%d. %s", ++*n,
		    h_word(h, b->id)), "id", b->id, NULL);
		break;
	case TEXT:
		h_say(h, "p", b->id, NULL);
		break;
	case SHELL:
		code(h, with_base(h, b->id, base), "dev.shell");
		break;
	default:
		code(h, b->id, "dev.answer");
		break;
	}
}

/* ---- where else to go ---- */

static const struct { const char *href, *id; } ways[] = {
	{ "/developers/sandbox", "dev.way.sandbox" },		/* where there is one */
	{ "/data", "dev.way.data" },
	{ "/developers/openapi.json", "dev.way.openapi" },
	{ "/developers/errors", "dev.way.errors" },
	{ "/developers/changes", "dev.way.changes" },
	{ "/commitments", "dev.way.commitments" },
	{ "/.well-known/oauth-authorization-server", "dev.way.metadata" },
};

static void
elsewhere(struct html *h, bool sandbox)
{
	h_open(h, "ul", "class", "shelf", NULL);
	for (size_t i = sandbox ? 0 : 1; i < countof(ways); i++) {
		h_open(h, "li", "class", "set", NULL);
		h_open(h, "h2", NULL);
		h_say(h, "a", ways[i].id, "href", ways[i].href, NULL);
		h_close(h, "h2");
		h_say(h, "p", arena_printf(h->arena, "%s.text", ways[i].id),
		    NULL);
		h_close(h, "li");
	}
	h_close(h, "ul");
}

void
developers_page(struct html *h, const struct developers_view *v)
{
	int n = 0;

	h_say(h, "h1", "dev.h1", NULL);
	h_element(h, "p", h_fill(h, "dev.lead", "organisation", v->organisation,
	    NULL), "class", "lead", NULL);
	elsewhere(h, v->sandbox);
	h_open(h, "div", "class", "steps", NULL);
	for (size_t i = 0; i < countof(start); i++)
		show(h, &start[i], &n, v->public_url);
	h_close(h, "div");
}

/* ---- errors ---- */

const struct error_code error_codes[] = {
	{ 400, "bad_cursor" }, { 400, "bad_export" }, { 400, "bad_feedback" },
	{ 400, "bad_granularity" }, { 400, "bad_limit" }, { 400, "bad_period" },
	{ 400, "bad_request" }, { 400, "bad_request_uri" }, { 400, "bad_version" },
	{ 400, "invalid_authorization_details" },
	{ 400, "invalid_dpop_proof" }, { 400, "invalid_grant" },
	{ 400, "invalid_grant_id" },
	{ 400, "invalid_request" }, { 400, "invalid_scope" },
	{ 400, "unsupported_grant_type" },
	{ 401, "invalid_client" }, { 401, "invalid_token" },
	{ 401, "no_token" }, { 401, "use_dpop_nonce" },
	{ 403, "insufficient_scope" }, { 403, "no_grant" },
	{ 404, "no_such_dataset" }, { 404, "no_such_export" },
	{ 404, "no_such_grant" }, { 404, "not_found" },
	{ 405, "method_not_allowed" }, { 406, "no_such_version" },
	{ 408, "too_slow" }, { 413, "body_too_large" },
	{ 429, "temporarily_unavailable" }, { 429, "too_many_calls" },
	{ 500, "internal_error" }, { 500, "record_refused" },
	{ 500, "source_refused" },
	{ 503, "journal_away" }, { 503, "source_away" }, { 503, "try_later" },
	{ 0, NULL }
};

void
errors_page(struct html *h)
{
	h_open(h, "p", "class", "crumb", NULL);
	h_say(h, "a", "dev.h1", "href", "/developers", NULL);
	h_close(h, "p");
	h_say(h, "h1", "dev.errors", NULL);
	h_say(h, "p", "dev.errors.lead", "class", "lead", NULL);
	h_open(h, "ul", "class", "props", NULL);
	for (const struct error_code *e = error_codes; e->code != NULL; e++) {
		h_open(h, "li", "id", e->code, NULL);
		h_open(h, "div", NULL);
		h_open(h, "p", "class", "name", NULL);
		h_element(h, "code", e->code, NULL);
		h_close(h, "p");
		h_open(h, "p", "class", "marks", NULL);
		h_element(h, "span", arena_printf(h->arena, "%d", e->status),
		    "class", "tag", NULL);
		h_close(h, "p");
		h_close(h, "div");
		h_open(h, "div", NULL);
		h_say(h, "p", arena_printf(h->arena, "error.%s", e->code), NULL);
		h_close(h, "div");
		h_close(h, "li");
	}
	h_close(h, "ul");
}

/* ---- what changed ---- */

static const struct { const char *day, *id; } changes[] = {
	{ "2026-11-25", "change.versions" },
	{ "2026-11-24", "change.sandbox" },
	{ "2026-11-24", "change.feed" },
	{ "2026-11-24", "change.feedback" },
	{ "2026-11-24", "change.answers" },
	{ "2026-11-24", "change.history" },
	{ "2026-11-24", "change.missing" },
	{ "2026-11-24", "change.first" },
};

void
changes_page(struct html *h)
{
	h_open(h, "p", "class", "crumb", NULL);
	h_say(h, "a", "dev.h1", "href", "/developers", NULL);
	h_close(h, "p");
	h_say(h, "h1", "dev.changes", NULL);
	h_say(h, "p", "dev.changes.lead", "class", "lead", NULL);
	h_open(h, "dl", "class", "codes", NULL);
	for (size_t i = 0; i < countof(changes); i++) {
		h_element(h, "dt", changes[i].day, NULL);
		h_say(h, "dd", changes[i].id, NULL);
	}
	h_close(h, "dl");
}
