/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.c - rows of a page as named records. */
#include "push/parcel.h"
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "journal/line.h"

/* JSON keeps the parts of the key apart, whatever is in them. */
static void
name_item(struct item *item, const struct record *r, const struct schema *s,
    const struct subject_ref *subject, struct arena *a)
{
	uint8_t mac[SHA256_SIZE];
	struct buf b;
	struct jw w;

	buf_init_in(&b, a);
	jw_init(&w, &b);
	jw_array(&w);
	jw_string(&w, "guichet record");
	jw_string(&w, s->id);
	for (int i = 0; i < 8 && s->natural_key[i] != NULL; i++)
		jw_string(&w, r->key[i]);
	jw_end_array(&w);
	hmac_sha256(mac, subject->key, sizeof(subject->key), b.data, b.len);
	hex_encode(item->id, mac, (ITEM_ID - 1) / 2);
}

static void
digest(struct parcel *p, struct arena *a)
{
	struct piece *pieces = arena_alloc(a, (size_t)p->n * sizeof(*pieces));
	uint8_t sum[SHA256_SIZE];

	for (int i = 0; i < p->n; i++)
		pieces[i] = (struct piece){ p->items[i].json, p->items[i].n };
	sha256_pieces(sum, pieces, (size_t)p->n);
	hex_encode(p->digest, sum, sizeof(sum));
}

int
parcel_make(struct parcel *p, const struct page_ask *ask,
    const struct rows *rows, const struct subject_ref *subject,
    struct arena *a)
{
	const struct schema *s = ask->dataset->schema;
	int n = rows_count(rows), most = n < ask->limit ? n : ask->limit;

	p->dataset = ask->dataset;
	p->items = arena_alloc(a, ((size_t)most + 1) * sizeof(*p->items));
	for (p->n = 0; p->n < most; p->n++) {
		struct item *item = &p->items[p->n];
		struct record r;

		if (page_record(&r, ask, rows, p->n, a) < 0)
			return E_BAD_INPUT;
		if (p->n > 0 && p->bytes + r.n > PARCEL_BYTES_MAX)
			break;
		item->json = r.json;
		item->n = r.n;
		item->cursor = (struct cursor){ .dataset = ask->dataset,
		    .changed = r.changed };
		memcpy(item->cursor.key, r.key, sizeof(r.key));
		name_item(item, &r, s, subject, a);
		p->bytes += r.n;
	}
	p->more = p->n < n;
	digest(p, a);
	return 0;
}
