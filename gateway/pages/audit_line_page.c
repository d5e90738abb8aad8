/* SPDX-License-Identifier: Apache-2.0 */
/* audit_line_page.c - one line, all that is known of it, and its proof. */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "db/db.h"
#include "journal/events.h"
#include "pages/audit_page.h"
#include "pages/parts.h"

static void
fact(struct html *h, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		part_fact(h, arena_printf(h->arena, "audit.fact.%s", name), value);
}

static void
fact_number(struct html *h, const struct rows *r, const char *name)
{
	if (!row_null(r, 0, name))
		fact(h, name, h_number(h, row_int(r, 0, name)));
}

static void
facts(struct html *h, const struct audit_line_view *v)
{
	static const char *const texts[] = { "oc", "reason", "act", "by", "call",
	    "grant" };
	const struct rows *r = v->line;
	const char *ds = row_text(r, 0, "ds"), *name = row_text(r, 0, "name");
	int64_t at = row_time(r, 0, "at");

	h_open(h, "dl", "class", "facts", NULL);
	fact(h, "at", arena_printf(h->arena, "%s, %s", h_date(h, at),
	    h_clock(h, at)));
	fact(h, "ev", row_text(r, 0, "ev"));
	fact(h, "to", name != NULL ? name : row_text(r, 0, "client"));
	if (ds != NULL)
		fact(h, "ds", arena_printf(h->arena, "%s (%s)", part_title(h,
		    v->catalogue, arena_strndup(h->arena, ds, strcspn(ds, "@"))),
		    ds));
	fact_number(h, r, "n");
	fact_number(h, r, "b");
	fact_number(h, r, "att");
	fact_number(h, r, "ms");
	for (size_t i = 0; i < countof(texts); i++)
		fact(h, texts[i], row_text(r, 0, texts[i]));
	if (row_bool(r, 0, "known"))
		fact(h, "customer", v->dpo ? row_text(r, 0, "customer") :
		    h_word(h, "audit.hidden"));
	h_close(h, "dl");
}

static void
proof(struct html *h, const struct audit_line_view *v)
{
	static const char *const logs[] = { "restitution", "consent-admin" };

	h_say(h, "h2", "audit.proof", NULL);
	h_element(h, "p", h_fill(h, v->leaf == NULL ? "audit.leaf.purged" :
	    v->leaf_good ? "audit.leaf.good" : "audit.leaf.bad", "place",
	    h_number(h, v->seq), "log", logs[v->log], NULL), "class",
	    v->leaf == NULL ? NULL : v->leaf_good ? "done" : "faults", NULL);
	if (v->leaf != NULL) {
		h_open(h, "pre", "tabindex", "0", NULL);
		h_text(h, v->leaf);
		h_close(h, "pre");
	}
	h_open(h, "dl", "class", "facts", NULL);
	fact(h, "hash", row_text(v->line, 0, "hash"));
	h_close(h, "dl");
	h_open(h, "p", "class", "actions", NULL);
	h_say(h, "a", "audit.proof.get", "class", "button", "href", arena_printf(
	    h->arena, "/journal/%s/proof/%" PRId64, logs[v->log], v->seq), NULL);
	h_close(h, "p");
	h_say(h, "p", "audit.proof.how", "class", "hint", NULL);
}

void
audit_line_page(struct html *h, const struct audit_line_view *v)
{
	const struct event_kind *kind = event_find(row_text(v->line, 0, "ev"));

	h_element(h, "h1", kind == NULL ? row_text(v->line, 0, "ev") :
	    h_wording(h, &kind->said), NULL);
	h_open(h, "div", "class", "card", NULL);
	facts(h, v);
	h_close(h, "div");
	proof(h, v);
	h_open(h, "p", NULL);
	h_say(h, "a", "audit.back", "href", "/audit", NULL);
	h_close(h, "p");
}
