/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.c - answers in PostgreSQL's binary format, read by name.
 *
 * A column that is not there, or of a type the reader does not expect, is a
 * bug of ours: it ends the process with one line that names the column.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db_own.h"

/* pg_type.dat; these never change. */
enum {
	OID_BOOL = 16, OID_BYTEA = 17, OID_CHAR = 18, OID_NAME = 19,
	OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25,
	OID_OID = 26, OID_JSON = 114, OID_XID8 = 5069, OID_BPCHAR = 1042,
	OID_VARCHAR = 1043, OID_DATE = 1082, OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184, OID_UUID = 2950, OID_JSONB = 3802,
	OID_UNKNOWN = 705
};

#define EPOCH_2000_US INT64_C(946684800000000)
#define DAY_US INT64_C(86400000000)

struct rows {
	PGresult *res;
	struct arena *arena;	/* texts made on demand; NULL at first */
	int holders;		/* who asked, and whoever keeps them */
	int first, n, columns;	/* of res */
	struct rows *whole;	/* whose res it is; NULL: ours */
};

struct rows *
rows_new(PGresult *res)
{
	struct rows *r = xcalloc(1, sizeof(*r));

	r->res = res;
	r->holders = 1;
	r->n = PQntuples(res);
	r->columns = PQnfields(res);
	return r;
}

struct rows *
rows_part(struct rows *whole, int first, int n)
{
	struct rows *r = rows_new(whole->res);

	assert(first >= 0 && n >= 0 && first + n <= whole->n);
	r->first = first;
	r->n = n;
	r->columns = whole->columns - 1;
	r->whole = rows_keep(whole);
	return r;
}

struct rows *
rows_keep(struct rows *r)
{
	r->holders++;
	return r;
}

void
rows_free(struct rows *r)
{
	if (r == NULL || --r->holders > 0)
		return;
	if (r->whole == NULL)
		PQclear(r->res);
	rows_free(r->whole);
	arena_free(r->arena);
	free(r);
}

int
rows_count(const struct rows *r)
{
	return r->n;
}

int
rows_affected(const struct rows *r)
{
	return atoi(PQcmdTuples(r->res));
}

int
rows_columns(const struct rows *r)
{
	return r->columns;
}

const char *
rows_column_name(const struct rows *r, int column)
{
	return PQfname(r->res, column);
}

void
row_cell(const struct rows *r, int i, int column, struct cell *cell)
{
	assert(i >= 0 && i < r->n);
	assert(column >= 0 && column < r->columns);
	i += r->first;
	cell->type = PQftype(r->res, column);
	cell->n = PQgetisnull(r->res, i, column) ? -1 :
	    PQgetlength(r->res, i, column);
	cell->data = PQgetvalue(r->res, i, column);
}

static void
column_bug(const char *column, const char *what, uint32_t type)
{
	log_error("bug: column=%s %s type=%u", column, what, type);
	abort();
}

/* PQfnumber folds case and allocates; a look along the names does not. */
static void
cell_named(const struct rows *r, int i, const char *column, struct cell *cell)
{
	for (int c = 0; c < r->columns; c++)
		if (strcmp(PQfname(r->res, c), column) == 0) {
			row_cell(r, i, c, cell);
			return;
		}
	column_bug(column, "is not in the answer", 0);
}

bool
row_null(const struct rows *r, int i, const char *column)
{
	struct cell c;

	cell_named(r, i, column, &c);
	return c.n < 0;
}

static int64_t
get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return (int64_t)be64toh(v);
}

static int32_t
get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return (int32_t)ntohl(v);
}

static int16_t
get16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return (int16_t)ntohs(v);
}

static bool
cell_int(const struct cell *c, int64_t *out)
{
	switch (c->type) {
	case OID_INT8:
	case OID_XID8:	*out = get64(c->data); return true;
	case OID_INT4:	*out = get32(c->data); return true;
	case OID_OID:	*out = (uint32_t)get32(c->data); return true;
	case OID_INT2:	*out = get16(c->data); return true;
	case OID_BOOL:	*out = c->data[0] != 0; return true;
	default:	return false;
	}
}

int64_t
row_int(const struct rows *r, int i, const char *column)
{
	struct cell c;
	int64_t out;

	cell_named(r, i, column, &c);
	if (c.n < 0)
		return 0;
	if (!cell_int(&c, &out))
		column_bug(column, "is no integer", c.type);
	return out;
}

bool
row_bool(const struct rows *r, int i, const char *column)
{
	struct cell c;

	cell_named(r, i, column, &c);
	if (c.n >= 0 && c.type != OID_BOOL)
		column_bug(column, "is no boolean", c.type);
	return c.n > 0 && c.data[0] != 0;
}

const uint8_t *
row_bytes(const struct rows *r, int i, const char *column, size_t *n)
{
	struct cell c;

	cell_named(r, i, column, &c);
	*n = c.n < 0 ? 0 : (size_t)c.n;
	return c.n < 0 ? NULL : (const uint8_t *)c.data;
}

void
row_uuid(const struct rows *r, int i, const char *column, struct uuid *uuid)
{
	struct cell c;

	cell_named(r, i, column, &c);
	if (c.n >= 0 && c.type != OID_UUID)
		column_bug(column, "is no uuid", c.type);
	memset(uuid, 0, sizeof(*uuid));
	if (c.n == 16)
		memcpy(uuid->bytes, c.data, 16);
}

/* Infinity stays the greatest, or the smallest. */
static int64_t
since_1970(int64_t us)
{
	return us == INT64_MAX || us == INT64_MIN ? us : us + EPOCH_2000_US;
}

int64_t
row_time(const struct rows *r, int i, const char *column)
{
	struct cell c;

	cell_named(r, i, column, &c);
	if (c.n < 0)
		return 0;
	if (c.type == OID_TIMESTAMPTZ || c.type == OID_TIMESTAMP)
		return since_1970(get64(c.data));
	if (c.type != OID_DATE)
		column_bug(column, "is no time", c.type);
	return EPOCH_2000_US + get32(c.data) * DAY_US;
}

static struct arena *
arena_of(const struct rows *r)
{
	struct rows *own = (struct rows *)r;	/* made on demand */

	if (own->arena == NULL)
		own->arena = arena_new();
	return own->arena;
}

static const char *
uuid_in(struct arena *arena, const char *bytes)
{
	char text[UUID_TEXT];
	struct uuid uuid;

	memcpy(uuid.bytes, bytes, 16);
	uuid_text(text, &uuid);
	return arena_strdup(arena, text);
}

static const char *
time_in(struct arena *arena, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_text_us(text, us);
	return arena_strdup(arena, text);
}

/* PQgetvalue ends each value with a NUL, so that a text is a string. */
static const char *
cell_text(const struct rows *r, const struct cell *c)
{
	int64_t number;

	switch (c->type) {
	case OID_TEXT:
	case OID_VARCHAR:
	case OID_BPCHAR:
	case OID_NAME:
	case OID_CHAR:
	case OID_UNKNOWN:
	case OID_JSON:
		return c->data;
	case OID_JSONB:
		assert(c->data[0] == 1);	/* the version of its format */
		return c->data + 1;
	case OID_UUID:
		return uuid_in(arena_of(r), c->data);
	case OID_TIMESTAMPTZ:
		return time_in(arena_of(r), since_1970(get64(c->data)));
	case OID_BOOL:
		return c->data[0] != 0 ? "true" : "false";
	default:
		if (!cell_int(c, &number))
			return NULL;
		return arena_printf(arena_of(r), "%lld", (long long)number);
	}
}

const char *
row_text(const struct rows *r, int i, const char *column)
{
	const char *text;
	struct cell c;

	cell_named(r, i, column, &c);
	if (c.n < 0)
		return NULL;
	if ((text = cell_text(r, &c)) == NULL)
		column_bug(column, "must be cast to text", c.type);
	return text;
}

/* Array on the wire: dimensions, null flag, element type, then for the one
 * dimension its length and lower bound, then length and bytes of each. */
const char **
row_texts(const struct rows *r, int i, const char *column,
    struct arena *arena, size_t *n)
{
	const char **out, *p;
	struct cell c;
	int32_t count;

	cell_named(r, i, column, &c);
	count = c.n < 20 || get32(c.data) == 0 ? 0 : get32(c.data + 12);
	if (c.n >= 12 && (get32(c.data) > 1 || (get32(c.data + 8) != OID_TEXT &&
	    get32(c.data + 8) != OID_VARCHAR && get32(c.data + 8) != OID_UUID)))
		column_bug(column, "is no list of texts", c.type);
	out = arena_alloc(arena, ((size_t)count + 1) * sizeof(*out));
	p = c.data + 20;
	for (int32_t k = 0; k < count; k++) {
		int32_t len = get32(p);

		if (len < 0)
			column_bug(column, "holds a NULL", c.type);
		out[k] = get32(c.data + 8) == OID_UUID ? uuid_in(arena, p + 4) :
		    arena_strndup(arena, p + 4, (size_t)len);
		p += 4 + len;
	}
	*n = (size_t)count;
	return out;
}
