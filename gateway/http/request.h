/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - reading one HTTP/1.1 request, strictly (RFC 9110, RFC 9112).
 *
 * Pure: bytes in, facts out; no socket, no loop. The head is read byte by byte
 * as it comes, so that a malformed one is refused at its first wrong byte. What
 * the RFCs let a recipient repair (bare LF, folded lines, spaces before the
 * colon, repeated lengths...) is refused instead: two readers who repair
 * differently are how requests are smuggled.
 */
#ifndef REQUEST_H
#define REQUEST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "http/call.h"		/* struct field */

struct arena;
struct buf;

enum {
	REQUEST_LINE_MAX = 8192,	/* beyond: 414 */
	REQUEST_HEAD_MAX = 16384,	/* beyond: 431 */
	REQUEST_FIELDS_MAX = 100,	/* beyond: 431 */
	REQUEST_METHOD_MAX = 24,
	CHUNK_EXTENSIONS_MAX = 1024,	/* of a whole body */
	TRAILERS_MAX = 4096
};

enum reading { READING_MORE, READING_DONE, READING_BAD };

struct refusal { int status; const char *code, *why; };

/* ---- the head ---- */
struct span { uint16_t at, n; };
struct request {
	/* where the reader stands */
	int state;
	size_t at;			/* bytes of the head read so far */
	size_t mark;			/* where the piece being read began */
	size_t end;			/* of a value, without blanks behind it */
	struct span method_at, target_at, version_at;
	struct { struct span name, value; } spans[REQUEST_FIELDS_MAX];

	/* what it says, once taken (texts live in the arena) */
	const char *method, *path, *query, *host;
	struct field *fields;		/* names in lower case */
	size_t field_count;
	int minor;			/* HTTP/1.minor */
	int64_t length;			/* Content-Length, or -1 */
	bool chunked;
	bool expects;			/* 100-continue */
	bool close;			/* nothing follows on this connection */

	struct refusal refusal;		/* when BAD */
};

void request_init(struct request *);
/* data: the head from its first byte, as far as it came. Goes on where it
 * stopped. DONE: the head is r->at bytes long, and request_take comes next. */
enum reading request_read(struct request *, const char *data, size_t n);
/* Copies the head into the arena and says what it means. 0, or E_BAD_INPUT
 * and the refusal. */
MUST_CHECK int request_take(struct request *, struct arena *, const char *data);

/* ---- the body ---- */
struct body {
	int state;
	uint64_t left;			/* of the length, or of the chunk */
	size_t max;			/* beyond: 413 */
	size_t extra;			/* bytes of extensions, then of trailers */
	int digits;
	struct refusal refusal;
};

/* DONE when there is none to read, BAD when it is already known too large. */
enum reading body_init(struct body *, const struct request *, size_t max);
/* Appends to out; *used bytes of data were read, never one too many. */
enum reading body_read(struct body *, struct buf *out, const char *data,
    size_t n, size_t *used);

#endif
