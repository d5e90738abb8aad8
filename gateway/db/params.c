/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params.c - the parameters of a question.
 *
 * Integers and booleans go as text, so that $n may be of any integer type;
 * what has one binary form only (uuid, bytea, timestamptz, arrays) goes as
 * such.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/db_own.h"

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_UUID = 2950 };

#define EPOCH_2000_US INT64_C(946684800000000)	/* PostgreSQL's zero */

void
params_init(struct params *p)
{
	p->n = 0;
}

static char *
add(struct params *p, const void *value, size_t n, int format)
{
	assert(p->n < PARAMS_MAX && n <= INT32_MAX);
	p->values[p->n] = value;
	p->lengths[p->n] = (int)n;
	p->formats[p->n] = format;
	return p->scratch[p->n++];
}

/* A value small enough to live in the params themselves. */
static void
add_scratch(struct params *p, const void *value, size_t n, int format)
{
	char *scratch = add(p, NULL, n, format);

	assert(n < sizeof(p->scratch[0]));
	memcpy(scratch, value, n);
	scratch[n] = '\0';
	p->values[p->n - 1] = scratch;
}

void
params_text(struct params *p, const char *text)
{
	add(p, text, text == NULL ? 0 : strlen(text), 0);
}

void
params_int(struct params *p, int64_t value)
{
	char text[24];

	add_scratch(p, text, (size_t)snprintf(text, sizeof(text), "%lld",
	    (long long)value), 0);
}

void
params_bool(struct params *p, bool value)
{
	params_text(p, value ? "t" : "f");
}

void
params_bytes(struct params *p, const void *bytes, size_t n)
{
	add(p, bytes, bytes == NULL ? 0 : n, 1);
}

void
params_uuid(struct params *p, const struct uuid *uuid)
{
	if (uuid == NULL)
		add(p, NULL, 0, 1);
	else
		add_scratch(p, uuid->bytes, sizeof(uuid->bytes), 1);
}

void
params_time(struct params *p, int64_t us)
{
	/* the smallest is -infinity there too, the largest infinity */
	uint64_t wire = htobe64((uint64_t)(us == INT64_MIN || us == INT64_MAX ?
	    us : us - EPOCH_2000_US));

	add_scratch(p, &wire, sizeof(wire), 1);
}

/* ---- arrays ---- */

void
params_text_list(struct params *p, struct arena *arena,
    const char *const *texts, size_t n)
{
	struct buf b;

	buf_init_in(&b, arena);
	for (size_t i = 0; i < n; i++) {
		buf_str(&b, i == 0 ? "{\"" : ",\"");
		for (const char *t = texts[i]; *t != '\0'; t++) {
			if (*t == '"' || *t == '\\')
				buf_char(&b, '\\');
			buf_char(&b, *t);
		}
		buf_char(&b, '"');
	}
	buf_str(&b, n == 0 ? "{}" : "}");
	params_text(p, b.data);
}

static void
put32(char **to, uint32_t value)
{
	value = htonl(value);
	memcpy(*to, &value, 4);
	*to += 4;
}

void
params_items(struct params *p, struct arena *arena, uint32_t oid,
    const struct piece *items, size_t n)
{
	size_t size = n == 0 ? 12 : 20;
	bool nulls = false;
	char *start, *to;

	for (size_t i = 0; i < n; i++) {
		size += 4 + (items[i].data == NULL ? 0 : items[i].n);
		nulls |= items[i].data == NULL;
	}
	start = to = arena_alloc(arena, size);
	put32(&to, n == 0 ? 0 : 1);
	put32(&to, nulls);
	put32(&to, oid);
	if (n > 0) {
		put32(&to, (uint32_t)n);
		put32(&to, 1);		/* counted from one */
	}
	for (size_t i = 0; i < n; i++) {
		put32(&to, items[i].data == NULL ? UINT32_MAX :
		    (uint32_t)items[i].n);
		if (items[i].data != NULL && items[i].n > 0) {
			memcpy(to, items[i].data, items[i].n);
			to += items[i].n;
		}
	}
	assert(to == start + size);
	add(p, start, size, 1);
}

void
params_byteses(struct params *p, struct arena *arena,
    const struct piece *items, size_t n)
{
	params_items(p, arena, OID_BYTEA, items, n);
}

static struct piece *
pieces(struct arena *arena, size_t n)
{
	return arena_alloc(arena, (n + 1) * sizeof(struct piece));
}

static uint32_t
oid_of(char kind)
{
	switch (kind) {
	case 'b':
		return OID_BYTEA;
	case 'u':
		return OID_UUID;
	case 'z':
		return OID_TIME_ITEM;
	default:
		return OID_TEXT_ITEM;
	}
}

void
params_lists(struct params *p, struct arena *arena, const char *kinds,
    const struct params *const *each, size_t n)
{
	struct piece *items = pieces(arena, n);

	params_init(p);
	for (int k = 0; kinds[k] != '\0'; k++) {
		for (size_t i = 0; i < n; i++) {
			assert(k < each[i]->n);
			assert(each[i]->values[k] == NULL ||
			    each[i]->formats[k] == (kinds[k] != 't'));
			items[i] = (struct piece){ each[i]->values[k],
			    (size_t)each[i]->lengths[k] };
		}
		params_items(p, arena, oid_of(kinds[k]), items, n);
	}
}

void
params_texts(struct params *p, struct arena *arena, const char *const *texts,
    size_t n)
{
	struct piece *items = pieces(arena, n);

	for (size_t i = 0; i < n; i++)
		items[i] = (struct piece){ texts[i],
		    texts[i] == NULL ? 0 : strlen(texts[i]) };
	params_items(p, arena, OID_TEXT_ITEM, items, n);
}

void
params_uuids(struct params *p, struct arena *arena, const struct uuid *uuids,
    size_t n)
{
	struct piece *items = pieces(arena, n);

	for (size_t i = 0; i < n; i++)
		items[i] = (struct piece){ uuids[i].bytes, 16 };
	params_items(p, arena, OID_UUID, items, n);
}

void
params_ints(struct params *p, struct arena *arena, const int64_t *ints,
    size_t n)
{
	struct piece *items = pieces(arena, n);
	uint64_t *wire = arena_alloc(arena, (n + 1) * sizeof(*wire));

	for (size_t i = 0; i < n; i++) {
		wire[i] = htobe64((uint64_t)ints[i]);
		items[i] = (struct piece){ &wire[i], 8 };
	}
	params_items(p, arena, OID_INT8, items, n);
}
