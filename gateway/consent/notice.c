/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - what was shown, kept as it was. */
#include "consent/notice.h"
#include "base/buf.h"
#include "base/text.h"
#include "consent/pushed.h"
#include "consent/session.h"
#include "crypto/hash.h"
#include "journal/line.h"

enum next
notice_keep(struct call *c, const struct buf *text, const char *lang,
    uint8_t hash[32])
{
	struct params p;

	sha256(hash, text->data, text->len);
	params_init(&p);
	params_bytes(&p, hash, SHA256_SIZE);
	params_text(&p, lang);
	params_text(&p, text->data);
	return call_ask(c, c->house->db, SQL_NOTICE_KEEP, &p);
}

enum next
notice_shown(struct call *c, const struct buf *text, const char *lang,
    const struct pushed *pushed)
{
	uint8_t hash[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	struct line line = { .event = "consent.shown",
	    .to = pushed->client_id, .outcome = lang, .records = -1,
	    .bytes = -1, .actor = "customer", .subject = &c->session->subject,
	    .digest = hex, .call = c->id };
	struct line_row row;
	struct params p;

	sha256(hash, text->data, text->len);
	hex_encode(hex, hash, sizeof(hash));
	line_make(&row, c->arena, &line);
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	params_text(&p, lang);
	params_text(&p, text->data);
	params_bytes(&p, pushed->hash, sizeof(pushed->hash));
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_NOTICE_SHOWN, &p);
}
