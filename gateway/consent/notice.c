/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - what was shown, kept as it was. */
#include "consent/notice.h"
#include "base/buf.h"
#include "crypto/hash.h"

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
