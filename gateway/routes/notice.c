/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /notice/{sha256}: the notice that a receipt speaks of, as it was shown.
 *
 * The bytes hash to the name, so that whoever holds a receipt can check what was
 * promised; it is HTML without a head, and names no customer.
 */
#include <string.h>
#include "base/text.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/routes.h"

static enum next
ask_notice(struct call *c)
{
	uint8_t hash[SHA256_SIZE];
	struct params p;

	if (hex_decode(hash, sizeof(hash), call_path_arg(c, "sha256")) < 0)
		return call_refuse(c, 404, "no_such_notice",
		    "no notice has this hash");
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	return call_ask(c, c->house->db, SQL_NOTICE_FIND, &p);
}

static enum next
send_notice(struct call *c)
{
	const char *text;

	if (rows_count(c->rows) == 0)
		return call_refuse(c, 404, "no_such_notice",
		    "no notice has this hash");
	text = row_text(c->rows, 0, "text");
	call_reply_field(c, "Content-Language", "%s",
	    row_text(c->rows, 0, "language"));
	call_reply_field(c, "Content-Security-Policy", "default-src 'none'; "
	    "sandbox; frame-ancestors 'none'");
	call_reply_field(c, "Cache-Control", "public, max-age=31536000, immutable");
	return call_answer(c, 200, "text/html; charset=utf-8", text,
	    strlen(text));
}

static const struct step notice_steps[] = {
	{ "ask", ask_notice },
	{ "send", send_notice },
	{ NULL, NULL }
};

const struct route route_notice = {
	.method = "GET", .path = "/notice/{sha256}", .steps = notice_steps,
	.kind = ROUTE_PAGE
};
