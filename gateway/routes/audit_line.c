/* SPDX-License-Identifier: Apache-2.0 */
/* GET /audit/line/{log}/{place}: one line; its leaf is hashed anew here. */
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "consent/session.h"
#include "consent/staff.h"
#include "journal/tree.h"
#include "pages/audit_page.h"
#include "pages/layout.h"
#include "routes/audit_own.h"
#include "routes/routes.h"

struct own { int64_t log, place; };

static enum next
allow(struct call *c)
{
	return staff_allow(c, STAFF_AUDITOR | STAFF_DPO);
}

static enum next
note_it(struct call *c)
{
	struct own *own = c->own;
	const struct audit_reading r = { .what = "line", .event = "access.read" };

	if (parse_int(&own->log, call_path_arg(c, "log"), 0,
	    JOURNAL_LOGS - 1) < 0 || parse_int(&own->place,
	    call_path_arg(c, "place"), 0, INT64_MAX) < 0)
		return call_refuse(c, 404, "not_found", "there is no such line");
	return audit_read(c, &r);
}

static enum next
ask_line(struct call *c)
{
	struct own *own = c->own;
	struct params p;

	params_init(&p);
	params_int(&p, own->log);
	params_int(&p, own->place);
	params_bool(&p, c->staff->roles & STAFF_DPO);
	return call_ask(c, c->house->db, SQL_AUDIT_LINE, &p);
}

static bool
leaf_good(const char *leaf, const char *stored)
{
	char hex[2 * SHA256_SIZE + 1];
	struct hash h;

	if (leaf == NULL || stored == NULL)
		return false;
	tree_leaf(&h, leaf, strlen(leaf));
	hex_encode(hex, &h, sizeof(h));
	return strcmp(hex, stored) == 0;
}

static enum next
show(struct call *c)
{
	struct own *own = c->own;
	struct audit_line_view v = { .catalogue = c->house->catalogue,
	    .line = c->rows, .log = (int)own->log, .seq = own->place,
	    .dpo = c->staff->roles & STAFF_DPO };
	struct layout l;

	if (rows_count(c->rows) == 0)
		return call_refuse(c, 404, "not_found", "there is no such line");
	v.leaf = row_text(c->rows, 0, "leaf");
	v.leaf_good = leaf_good(v.leaf, row_text(c->rows, 0, "hash"));
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "audit.title");
	audit_line_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "may she", allow },
	{ "note the reading", note_it },
	{ "ask the line", ask_line },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_audit_line = {
	.method = "GET", .path = "/audit/line/{log}/{place}", .steps = steps,
	.own_size = sizeof(struct own), .kind = ROUTE_PAGE
};
