/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.c - rows of a page as named records. */
#include "push/parcel.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/log.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "journal/line.h"

static void
name_by(struct item *item, const uint8_t name[ITEM_MAC])
{
	memcpy(item->name, name, ITEM_MAC);
	hex_encode(item->id, name, ITEM_MAC);
}

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
	name_by(item, mac);
	hmac_sha256(mac, subject->key, sizeof(subject->key), item->json, item->n);
	memcpy(item->digest, mac, ITEM_MAC);
}

static void
digest(struct parcel *p, struct arena *a)
{
	struct piece *pieces = arena_alloc(a, ((size_t)p->n + 1) *
	    sizeof(*pieces));
	uint8_t sum[SHA256_SIZE];

	p->bytes = 0;
	for (int i = 0; i < p->n; i++) {
		pieces[i] = (struct piece){ p->items[i].json, p->items[i].n };
		p->bytes += p->items[i].n;
	}
	sha256_pieces(sum, pieces, (size_t)p->n);
	hex_encode(p->digest, sum, sizeof(sum));
}

/* ---- from rows ---- */

/* A record that cannot be written is held back, not those behind it. */
static int
take_row(struct parcel *p, const struct pair *pair, int which, int row,
    const struct subject_ref *subject, struct arena *a)
{
	const struct page_ask *ask = pair->ask[which];
	struct place *at = &p->places[p->place_n];
	struct item *item = &p->items[p->n];
	struct record r;
	int rc = page_record(&r, ask, pair->rows[which], row, a);

	if (rc < 0 && r.changed == NULL && page_place(&r, ask,
	    pair->rows[which], row, a) < 0)
		return E_BAD_INPUT;
	if (rc == 0 && p->n > 0 && p->bytes + r.n > PARCEL_BYTES_MAX)
		return 1;
	if (rc < 0) {
		log_warning("record held back dataset=%s why=\""
		    RECORD_UNWRITABLE "\"", ask->dataset->schema->id);
		p->held++;
	} else {
		*item = (struct item){ .json = r.json, .n = r.n,
		    .removed = which == 1 };
		if (which == 0)
			covered_add(&item->covered, ask, pair->rows[which], row);
		name_item(item, &r, ask->dataset->schema, subject, a);
		p->bytes += r.n;
		p->n++;
	}
	*at = (struct place){ .cursor = { .dataset = pair->ask[0]->dataset,
	    .changed = r.changed, .removed = which == 1 }, .items = p->n,
	    .changed_us = row_time(pair->rows[which], row,
		ask->dataset->schema->changed) };
	memcpy(at->cursor.key, r.key, sizeof(r.key));
	p->place_n++;
	return 0;
}

int
parcel_make(struct parcel *p, struct pair *pair,
    const struct subject_ref *subject, struct arena *a)
{
	size_t most = (size_t)rows_count(pair->rows[0]) + 1;
	int which, row, rc = 0;

	if (pair->rows[1] != NULL)
		most += (size_t)rows_count(pair->rows[1]);
	*p = (struct parcel){ .dataset = pair->ask[0]->dataset };
	p->items = arena_alloc(a, most * sizeof(*p->items));
	p->places = arena_alloc(a, most * sizeof(*p->places));
	while (rc == 0 && (which = pair_next(pair, &row)) >= 0)
		rc = take_row(p, pair, which, row, subject, a);
	p->more = rc == 1 || pair_more(pair);
	digest(p, a);
	return rc < 0 ? rc : 0;
}

void
parcel_of_names(struct parcel *p, const uint8_t (*names)[ITEM_MAC], size_t n,
    struct arena *a)
{
	static const char gone[] = "{\"removed\":true}";

	p->items = arena_alloc(a, (n + 1) * sizeof(*p->items));
	p->n = (int)n;
	p->place_n = 0;
	p->more = false;
	for (size_t i = 0; i < n; i++) {
		p->items[i] = (struct item){ .json = gone,
		    .n = sizeof(gone) - 1, .removed = true };
		name_by(&p->items[i], names[i]);
	}
	digest(p, a);
}

/* ---- what is left of it ---- */

static int
by_name(const void *a, const void *b)
{
	return memcmp(a, b, ITEM_MAC);
}

void
parcel_leave_out(struct parcel *p, const uint8_t (*known)[ITEM_MAC], size_t n,
    struct arena *a)
{
	int kept = 0, at = 0;

	for (int i = 0; i < p->n; i++) {
		bool out = bsearch(p->items[i].name, known, n, ITEM_MAC,
		    by_name) != NULL;

		for (; at < p->place_n && p->places[at].items <= i; at++)
			p->places[at].items = kept;
		if (!out)
			p->items[kept++] = p->items[i];
	}
	for (; at < p->place_n; at++)
		p->places[at].items = kept;
	p->n = kept;
	digest(p, a);
}

const struct cursor *
parcel_cursor(const struct parcel *p, int done, int64_t safe_us)
{
	const struct cursor *last = NULL;

	for (int i = 0; i < p->place_n; i++)
		if (p->places[i].items <= done &&
		    p->places[i].changed_us < safe_us)
			last = &p->places[i].cursor;
	return last;
}

void
parcel_covered(const struct parcel *p, int done, struct covered *out)
{
	*out = (struct covered){ .any = false };
	for (int i = 0; i < done && i < p->n; i++)
		covered_join(out, &p->items[i].covered);
}

int64_t
parcel_changed_us(const struct parcel *p, int done, int64_t since_us)
{
	int64_t first = 0;
	int before = 0;

	for (int i = 0; i < p->place_n && p->places[i].items <= done; i++) {
		int64_t us = p->places[i].changed_us;

		if (p->places[i].items > before) {	/* not held back nor known */
			us = us < since_us ? since_us : us;
			first = first == 0 || us < first ? us : first;
		}
		before = p->places[i].items;
	}
	return first;
}
