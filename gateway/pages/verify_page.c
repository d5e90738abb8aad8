/* SPDX-License-Identifier: Apache-2.0 */
/* verify_page.c - what was proven of the journal, and to what checkpoint. */
#include "pages/verify_page.h"
#include <inttypes.h>
#include "base/arena.h"
#include "db/db.h"
#include "pages/parts.h"

static const char *const logs[] = { "restitution", "consent-admin" };

static void
ended(struct html *h, const struct rows *r, int i)
{
	bool good = row_bool(r, i, "good");
	int64_t at = row_time(r, i, "ended");

	h_open(h, "div", "class", good ? "done proof" : "faults", NULL);
	h_open(h, "p", NULL);
	h_open(h, "strong", NULL);
	h_text(h, good ? h_fill(h, "verify.good", "size", h_number(h,
	    row_int(r, i, "size")), NULL) : h_fill(h, "verify.bad", "why",
	    row_text(r, i, "why"), NULL));
	h_close(h, "strong");
	h_close(h, "p");
	h_open(h, "dl", "class", "facts", NULL);
	part_fact(h, "verify.when", arena_printf(h->arena, "%s, %s", h_date(h, at),
	    h_clock(h, at)));
	part_fact(h, "verify.root", row_text(r, i, "root"));
	part_fact(h, "verify.held", h_word(h, row_bool(r, i, "held") ?
	    "verify.held.text" : "verify.held.key"));
	h_close(h, "dl");
	h_close(h, "div");
}

static void
under_way(struct html *h, const struct rows *r, int i)
{
	if (row_null(r, i, "begun"))
		h_say(h, "p", "verify.waiting", "role", "status", NULL);
	else
		h_element(h, "p", h_fill(h, "verify.running", "done", h_number(h,
		    row_int(r, i, "done")), "size", h_number(h, row_int(r, i,
		    "size")), NULL), "role", "status", NULL);
}

static void
one_log(struct html *h, const struct verify_view *v, int log)
{
	bool any = false;

	h_element(h, "h2", h_fill(h, "verify.log", "log", logs[log], NULL), NULL);
	for (int i = 0; i < rows_count(v->checks); i++) {
		if (row_int(v->checks, i, "log") != log)
			continue;
		if (row_null(v->checks, i, "ended"))
			under_way(h, v->checks, i);
		else
			ended(h, v->checks, i);
		any = true;
	}
	if (!any)
		h_say(h, "p", "verify.never", NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", "verify.checkpoint", "href", arena_printf(h->arena,
	    "/journal/%s/checkpoint", logs[log]), NULL);
	h_close(h, "p");
}

void
verify_page(struct html *h, const struct verify_view *v)
{
	if (v->asked)
		h_say(h, "p", "verify.asked", "class", "done", "role", "status",
		    NULL);
	h_say(h, "h1", "verify.h1", NULL);
	h_say(h, "p", "verify.lead", "class", "lead", NULL);
	h_open(h, "form", "method", "post", "action", "/audit/verify", NULL);
	part_hidden(h, "csrf", v->csrf);
	h_say(h, "button", "verify.now", "class", "button main", "type", "submit",
	    NULL);
	h_close(h, "form");
	for (int log = 0; log < 2; log++)
		one_log(h, v, log);
	h_say(h, "p", "verify.edges", "class", "hint", NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", "audit.back", "href", "/audit", NULL);
	h_close(h, "p");
}
