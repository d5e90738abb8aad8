/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.c - a connection's bytes, as they may come.
 *
 * Requests are read from the input until one is refused. Whatever the bytes,
 * reading them one by one and all at once must end alike, and what was
 * accepted must keep its promises.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "http/request.h"

enum { BODY_MAX_HERE = 4096 };

struct outcome {
	enum reading head, body;
	int status;
	size_t used;
	struct buf bytes;		/* of the body */
	char path[256];
};

static enum reading
read_head(struct request *r, const char *data, size_t n, size_t step)
{
	enum reading did = READING_MORE;

	request_init(r);
	for (size_t at = 0; did == READING_MORE && at < n; ) {
		at = n - at < step ? n : at + step;
		did = request_read(r, data, at);
	}
	assert(r->at <= REQUEST_HEAD_MAX);
	assert(r->field_count <= REQUEST_FIELDS_MAX);
	return did;
}

static void
keep_promises(const struct request *r)
{
	assert(r->path[0] == '/' && utf8_valid(r->path, strlen(r->path)));
	assert(strstr(r->path, "/../") == NULL && strstr(r->path, "/./") == NULL);
	assert(!(r->chunked && r->length >= 0));
	assert(r->minor == 0 || r->host != NULL);
	for (const char *p = r->path; *p != '\0'; p++)
		assert((uint8_t)*p >= 0x20 && *p != 0x7f);
	for (size_t i = 0; i < r->field_count; i++) {
		assert(r->fields[i].name[0] != '\0');
		assert(strpbrk(r->fields[i].name, " \t\r\n:") == NULL);
		assert(strpbrk(r->fields[i].value, "\r\n") == NULL);
	}
}

static void
read_body(struct outcome *o, const struct request *r, const char *data,
    size_t n, size_t step)
{
	struct body b;
	size_t used;

	o->body = body_init(&b, r, BODY_MAX_HERE);
	while (o->body == READING_MORE && n > 0) {
		o->body = body_read(&b, &o->bytes, data, n < step ? n : step,
		    &used);
		assert(used <= n);
		data += used;
		n -= used;
		o->used += used;
	}
	assert(o->bytes.len <= BODY_MAX_HERE);
	if (o->body == READING_BAD)
		o->status = b.refusal.status;
}

static void
read_one(struct outcome *o, const char *data, size_t n, size_t step)
{
	struct arena *a = arena_new();
	struct request r;

	memset(o, 0, sizeof(*o));
	o->head = read_head(&r, data, n, step);
	o->used = r.at;
	if (o->head == READING_DONE && request_take(&r, a, data) < 0)
		o->head = READING_BAD;
	if (o->head == READING_BAD) {
		assert(r.refusal.status >= 400 && r.refusal.why != NULL);
		o->status = r.refusal.status;
	} else if (o->head == READING_DONE) {
		keep_promises(&r);
		memcpy(o->path, r.path, strnlen(r.path, sizeof(o->path) - 1));
		read_body(o, &r, data + r.at, n - r.at, step);
	}
	arena_free(a);
}

static void
same(const struct outcome *a, const struct outcome *b)
{
	assert(a->head == b->head && a->body == b->body);
	assert(a->status == b->status && a->used == b->used);
	assert(strcmp(a->path, b->path) == 0);
	assert(a->bytes.len == b->bytes.len);
	assert(a->bytes.len == 0 ||
	    memcmp(a->bytes.data, b->bytes.data, a->bytes.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	while (n > 0) {
		struct outcome slow, fast;
		bool more;

		read_one(&slow, (const char *)data, n, 1);
		read_one(&fast, (const char *)data, n, n);
		same(&slow, &fast);
		more = fast.head == READING_DONE && fast.body == READING_DONE &&
		    fast.used > 0;
		data += fast.used;
		n -= fast.used;
		buf_clear(&slow.bytes);
		buf_clear(&fast.bytes);
		if (!more)
			break;
	}
	return 0;
}
