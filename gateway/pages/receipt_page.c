/* SPDX-License-Identifier: Apache-2.0 */
/* receipt_page.c - what a receipt proves, in plain words. */
#include "pages/receipt_page.h"
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "pages/parts.h"

static const char *
moment(struct html *h, int64_t us)
{
	return arena_printf(h->arena, "%s, %s", h_date(h, us), h_clock(h, us));
}

static const char *
labels(struct html *h, const char **list)
{
	struct buf out;

	buf_init_in(&out, h->arena);
	for (size_t i = 0; list[i] != NULL; i++)
		buf_printf(&out, "%s%s", i > 0 ? ", " : "", list[i]);
	return out.data == NULL ? "" : out.data;
}

/* Is what it tells still so? */
static const char *
now_text(struct html *h, const struct receipt_view *v)
{
	if (v->state == NULL)
		return h_word(h, "receipt.now.unknown");
	return h_fill(h, arena_printf(h->arena, "receipt.now.%s", v->state),
	    "date", h_date(h, strcmp(v->state, "withdrawn") == 0 ||
	    strcmp(v->state, "expired") == 0 ? v->ended_us : v->expires_us),
	    NULL);
}

static const char *
journal_text(struct html *h, const struct receipt_check *r)
{
	const char *id = r->proven == 0 ? "receipt.journal.none" :
	    r->proven < r->events ? "receipt.journal.some" :
	    "receipt.journal.all";

	return h_fill(h, id, "proven", h_number(h, (int64_t)r->proven), "events",
	    h_number(h, (int64_t)r->events), "place", h_number(h, r->place),
	    "size", h_number(h, (int64_t)r->size), NULL);
}

static void
good(struct html *h, const struct receipt_view *v)
{
	const struct receipt_check *r = &v->check;

	h_open(h, "div", "class", "done proof", "role", "status", NULL);
	h_open(h, "p", NULL);
	h_say(h, "strong", "receipt.good", NULL);
	h_close(h, "p");
	h_open(h, "dl", "class", "facts", NULL);
	part_fact(h, "receipt.now", now_text(h, v));
	part_fact(h, "receipt.who", r->recipient);
	part_fact(h, "receipt.what", labels(h, r->labels));
	part_fact(h, "receipt.why", r->purpose);
	part_fact(h, "receipt.given", moment(h, r->given_us));
	part_fact(h, "receipt.until", h_date(h, r->expires_us));
	part_fact(h, "receipt.issued", moment(h, r->issued_us));
	part_fact(h, "receipt.journal", journal_text(h, r));
	h_close(h, "dl");
	h_close(h, "div");
}

static void
told(struct html *h, const struct receipt_view *v)
{
	static const char *const bad[] = {
		[RECEIPT_NO_RECEIPT] = "receipt.none",
		[RECEIPT_UNSIGNED] = "receipt.unsigned",
		[RECEIPT_NOT_OURS] = "receipt.notours",
	};

	if (v->check.verdict == RECEIPT_OURS) {
		good(h, v);
		return;
	}
	h_open(h, "div", "class", "faults", "role", "alert", NULL);
	h_say(h, "p", bad[v->check.verdict], NULL);
	h_close(h, "div");
}

void
receipt_page(struct html *h, const struct receipt_view *v)
{
	h_say(h, "h1", "receipt.h1", NULL);
	if (v->asked)
		told(h, v);
	h_say(h, "p", "receipt.lead", "class", "lead", NULL);
	h_open(h, "form", "method", "post", "action", "/verify", "enctype",
	    "multipart/form-data", NULL);
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "receipt.file", "for", "file", NULL);
	h_void(h, "input", "id", "file", "name", "file", "type", "file",
	    "accept", ".jwt,application/jwt,text/plain", NULL);
	h_close(h, "div");
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "receipt.text", "for", "text", NULL);
	h_open(h, "textarea", "id", "text", "name", "text", "rows", "4",
	    "spellcheck", "false", "autocomplete", "off", NULL);
	h_close(h, "textarea");
	h_close(h, "div");
	h_say(h, "button", "receipt.check", "class", "button main", "type",
	    "submit", NULL);
	h_close(h, "form");
	h_say(h, "p", "receipt.hint", "class", "hint", NULL);
}
