/* SPDX-License-Identifier: Apache-2.0 */
/* condition.c - entity tags, and gzip by zlib. */
#include "http/condition.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include "base/arena.h"
#include "base/text.h"

enum {
	WORTH_IT = 1024,	/* shorter ones travel in one packet anyway */
	LEVEL = 1,		/* four times smaller; 6 gives a fifth more for
				 * three times the CPU of a loop others wait for */
	GZIP_WINDOW = 15 + 16
};

/* ---- conditions ---- */

void
etag_make(char out[ETAG_MAX], const void *digest, size_t n)
{
	assert(n <= 24);
	strcpy(out, "W/\"");
	b64url_encode(out + 3, digest, n);
	strcat(out, "\"");
}

/* One of a list of tags, W/ or not: *at moves behind it. */
static bool
next_is(const char **at, const char *opaque, size_t n)
{
	const char *p = *at + strspn(*at, " \t,"), *end;

	if (strncmp(p, "W/", 2) == 0)
		p += 2;
	end = *p == '"' ? strchr(p + 1, '"') : NULL;
	if (end == NULL) {
		*at = "";
		return false;
	}
	*at = end + 1;
	return (size_t)(end + 1 - p) == n && memcmp(p, opaque, n) == 0;
}

static bool
lists(const char *value, const char *etag)
{
	const char *opaque = strchr(etag, '"');
	size_t n = strlen(opaque);

	if (strcmp(value, "*") == 0)
		return true;
	while (*value != '\0')
		if (next_is(&value, opaque, n))
			return true;
	return false;
}

bool
call_has(struct call *c, const char *etag)
{
	for (size_t i = 0; i < c->field_count; i++)
		if (strcmp(c->fields[i].name, "if-none-match") == 0 &&
		    lists(c->fields[i].value, etag))
			return true;
	return false;
}

enum next
call_unless_had(struct call *c, const char *etag)
{
	call_reply_field(c, "ETag", "%s", etag);
	return call_has(c, etag) ? call_answer(c, 304, NULL, NULL, 0) : NEXT;
}

/* ---- what the asker understands ---- */

/* "gzip;q=0" refuses it; the weight of one coding, 1 when it says none. */
static bool
wanted(const char *params, size_t n)
{
	const char *q = memmem(params, n, "q=", 2);
	char text[8] = "";

	if (q == NULL)
		return true;
	n -= (size_t)(q + 2 - params);
	memcpy(text, q + 2, n < sizeof(text) ? n : sizeof(text) - 1);
	return strtod(text, NULL) > 0;
}

static bool
names(const char *item, size_t n, const char *coding)
{
	size_t m = strlen(coding);

	return n >= m && strncasecmp(item, coding, m) == 0 &&
	    (n == m || strchr(" \t;", item[m]) != NULL);
}

bool
call_takes_gzip(struct call *c)
{
	const char *at = call_field(c, "accept-encoding");
	bool any = false;

	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at += strspn(at, " \t,"), ",");

		if (names(at, n, "gzip") || names(at, n, "x-gzip"))
			return wanted(at, n);
		any = any || (names(at, n, "*") && wanted(at, n));
		at += n;
	}
	return any;
}

/* ---- packing ---- */

struct pack { z_stream z; };

static void
end(void *pack)
{
	deflateEnd(&((struct pack *)pack)->z);
}

struct pack *
pack_new(struct arena *a)
{
	struct pack *p = arena_alloc(a, sizeof(*p));
	int rc = deflateInit2(&p->z, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
	    Z_DEFAULT_STRATEGY);

	assert(rc == Z_OK);		/* else there is no memory */
	arena_defer(a, end, p);
	return p;
}

void
pack_add(struct pack *p, struct buf *out, const void *data, size_t n, bool last)
{
	int flush = last ? Z_FINISH : Z_SYNC_FLUSH;
	size_t room;

	assert(n <= UINT32_MAX / 2);
	p->z.next_in = (void *)data;
	p->z.avail_in = (uInt)n;
	do {
		room = n / 4 + 4096;
		p->z.next_out = (void *)buf_reserve(out, room);
		p->z.avail_out = (uInt)room;
		deflate(&p->z, flush);
		out->len += room - p->z.avail_out;
	} while (p->z.avail_out == 0);
}

enum next
call_answer_packed(struct call *c, int status, const char *type,
    const struct buf *b)
{
	struct buf out;

	call_reply_field(c, "Vary", "Accept-Encoding");
	if (b->len < WORTH_IT || !call_takes_gzip(c))
		return call_answer_buf(c, status, type, b);
	buf_init_in(&out, c->arena);
	pack_add(pack_new(c->arena), &out, b->data, b->len, true);
	call_reply_field(c, "Content-Encoding", "gzip");
	return call_answer_buf(c, status, type, &out);
}
