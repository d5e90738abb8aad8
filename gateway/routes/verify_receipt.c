/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /verify: somebody has a receipt and wants to know what it proves; POST with
 * its file or its text says so.
 *
 * Anybody may: whoever holds a receipt learns whether it is in force now, and
 * nothing else about anybody. Nothing is kept of what was shown.
 */
#include <string.h>
#include "base/arena.h"
#include "consent/grant.h"
#include "consent/pace.h"
#include "consent/receipt.h"
#include "consent/receipt_check.h"
#include "http/call.h"
#include "pages/layout.h"
#include "pages/receipt_page.h"
#include "routes/routes.h"

static enum next
show_page(struct call *c, const struct receipt_view *v)
{
	struct layout l;

	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "receipt.title");
	receipt_page(&l.h, v);
	return layout_end(&l, 200);
}

static enum next
show(struct call *c)
{
	struct receipt_view v = { .asked = false };

	return show_page(c, &v);
}

static const struct step verify_steps[] = {
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_verify_receipt = {
	.method = "GET", .path = "/verify", .steps = verify_steps,
	.kind = ROUTE_PAGE
};

/* ---- what was sent (RFC 7578) ---- */

struct piece_of { const char *at; size_t n; };

static const char *
boundary(struct call *c)
{
	static const char type[] = "multipart/form-data; boundary=";
	const char *field = call_field(c, "content-type");

	if (field == NULL || strncasecmp(field, type, sizeof(type) - 1) != 0 ||
	    strlen(field + sizeof(type) - 1) > 70 ||
	    field[sizeof(type) - 1] == '\0' || field[sizeof(type) - 1] == '"')
		return NULL;
	return arena_printf(c->arena, "\r\n--%s", field + sizeof(type) - 1);
}

/* The part of that name; nothing when it is not there. */
static struct piece_of
part(struct call *c, const char *mark, const char *name)
{
	const char *want = arena_printf(c->arena, "form-data; name=\"%s\"",
	    name);
	const char *p = c->body, *end = c->body + c->body_n, *head, *next;

	for (; p < end && (head = memmem(p, (size_t)(end - p), "\r\n\r\n", 4))
	    != NULL; p = next + strlen(mark)) {
		const char *at = memmem(p, (size_t)(head - p), want, strlen(want));

		head += 4;
		/* an empty part: its end begins with the blank line's */
		next = memmem(head - 2, (size_t)(end - head + 2), mark,
		    strlen(mark));
		if (next == NULL)
			break;
		if (at != NULL)
			return (struct piece_of){ head,
			    next > head ? (size_t)(next - head) : 0 };
	}
	return (struct piece_of){ NULL, 0 };
}

static struct piece_of
sent(struct call *c)
{
	const char *mark = boundary(c);
	struct piece_of file;

	if (mark == NULL)
		return (struct piece_of){ NULL, 0 };
	file = part(c, mark, "file");
	return file.n > 0 ? file : part(c, mark, "text");
}

/* ---- what it proves ---- */

static enum next
check(struct call *c)
{
	static struct pace pace = { .per_second = 2, .burst = 20 };
	struct receipt_view *v = c->own;
	struct piece_of text = sent(c);

	if (!pace_allows(&pace, c->peer)) {
		call_reply_field(c, "Retry-After", "10");
		return call_refuse(c, 429, "too_many_calls",
		    "this has been asked for very often; try again later");
	}
	v->asked = true;
	receipt_check(&v->check, c->arena, c->house->settings, c->house->keys,
	    text.at == NULL ? "" : text.at, text.n);
	if (v->check.verdict != RECEIPT_OURS)
		return show_page(c, v);
	return grant_find(c, &v->check.grant);
}

static enum next
tell(struct call *c)
{
	struct receipt_view *v = c->own;
	const struct grant *g = grant_found(c);

	if (g != NULL)
		v->state = grant_ended(g) && g->ended_us == 0 ? "expired" :
		    g->state;
	if (g != NULL)
		v->ended_us = g->ended_us != 0 ? g->ended_us : g->expires_us;
	if (g != NULL)
		v->expires_us = g->expires_us;
	return show_page(c, v);
}

static const struct step verify_post_steps[] = {
	{ "check", check },
	{ "tell", tell },
	{ NULL, NULL }
};

const struct route route_verify_receipt_post = {
	.method = "POST", .path = "/verify", .steps = verify_post_steps,
	.own_size = sizeof(struct receipt_view),
	.body_max = 2 * RECEIPT_MAX, .kind = ROUTE_PAGE
};
