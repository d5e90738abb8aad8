/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - the body of a request: by its length, or in chunks (RFC 9112 6, 7). */
#include <assert.h>
#include <string.h>
#include "base/buf.h"
#include "http/request.h"

enum state {
	LENGTH,		/* so many bytes */
	SIZE,		/* a chunk's size, in hexadecimal */
	EXTENSION,	/* behind it: read and forgotten */
	SIZE_LF,
	CHUNK,
	CHUNK_CR, CHUNK_LF,
	TRAILER,	/* at the start of a trailer line: read and forgotten */
	TRAILER_NAME, TRAILER_VALUE, TRAILER_LF,
	END_LF,
	WHOLE
};

enum { SIZE_DIGITS_MAX = 15 };

static enum reading
bad(struct body *b, int status, const char *code, const char *why)
{
	b->refusal = (struct refusal){ status, code, why };
	return READING_BAD;
}

static enum reading
malformed(struct body *b, const char *why)
{
	return bad(b, 400, "malformed_request", why);
}

static enum reading
too_large(struct body *b)
{
	return bad(b, 413, "body_too_large",
	    b->max == 0 ? "no body is expected here" : "the body is too large");
}

enum reading
body_init(struct body *b, const struct request *r, size_t max)
{
	*b = (struct body){ .state = SIZE, .max = max };
	if (r->chunked)
		return max == 0 ? too_large(b) : READING_MORE;
	b->state = LENGTH;
	if (r->length <= 0) {
		b->state = WHOLE;
		return READING_DONE;
	}
	b->left = (uint64_t)r->length;
	return b->left > max ? too_large(b) : READING_MORE;
}

/* ---- one byte of framing ---- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_value(char c)
{
	return c == '\t' || ((uint8_t)c >= 0x20 && c != 0x7f);
}

static bool
is_token(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static enum reading
read_size(struct body *b, char ch)
{
	int digit = hex_value(ch);

	if (digit >= 0) {
		if (++b->digits > SIZE_DIGITS_MAX)
			return malformed(b, "a chunk size is too long");
		b->left = b->left * 16 + (unsigned)digit;
		return READING_MORE;
	}
	if (b->digits == 0 || (ch != '\r' && ch != ';'))
		return malformed(b, "a chunk size is malformed");
	b->state = ch == ';' ? EXTENSION : SIZE_LF;
	return READING_MORE;
}

static enum reading
read_extension(struct body *b, char ch)
{
	if (ch == '\r')
		b->state = SIZE_LF;
	else if (!is_value(ch))
		return malformed(b, "a chunk extension has a control character");
	else if (++b->extra > CHUNK_EXTENSIONS_MAX)
		return malformed(b, "the chunk extensions are too long");
	return READING_MORE;
}

/* After a size line: the chunk, or the trailers behind the last one. */
static enum reading
begin_chunk(struct body *b, size_t got)
{
	b->digits = 0;
	if (b->left == 0) {
		b->state = TRAILER;
		b->extra = 0;
		return READING_MORE;
	}
	b->state = CHUNK;
	return b->left > b->max - got ? too_large(b) : READING_MORE;
}

static enum reading
read_trailer(struct body *b, char ch)
{
	if (++b->extra > TRAILERS_MAX)
		return bad(b, 431, "head_too_large", "the trailers are too large");
	switch (b->state) {
	case TRAILER:
		b->state = ch == '\r' ? END_LF : TRAILER_NAME;
		return ch == '\r' || is_token(ch) ? READING_MORE :
		    malformed(b, "a trailer name is not a token");
	case TRAILER_NAME:
		if (ch == ':')
			b->state = TRAILER_VALUE;
		else if (!is_token(ch))
			return malformed(b, "a trailer name is not a token");
		return READING_MORE;
	default:
		assert(b->state == TRAILER_VALUE);
		if (ch == '\r')
			b->state = TRAILER_LF;
		else if (!is_value(ch))
			return malformed(b, "a trailer has a control character");
		return READING_MORE;
	}
}

static enum reading
expect(struct body *b, char ch, char wanted, int then)
{
	b->state = then;
	return ch == wanted ? READING_MORE :
	    malformed(b, "a chunk does not end as its size says");
}

static enum reading
read_framing(struct body *b, char ch, size_t got)
{
	switch (b->state) {
	case SIZE:		return read_size(b, ch);
	case EXTENSION:		return read_extension(b, ch);
	case SIZE_LF:
		return ch == '\n' ? begin_chunk(b, got) :
		    malformed(b, "CR without LF");
	case CHUNK_CR:		return expect(b, ch, '\r', CHUNK_LF);
	case CHUNK_LF:		return expect(b, ch, '\n', SIZE);
	case TRAILER_LF:	return expect(b, ch, '\n', TRAILER);
	case END_LF:		return expect(b, ch, '\n', WHOLE);
	default:		return read_trailer(b, ch);
	}
}

/* ---- all of it ---- */

static size_t
take(struct body *b, struct buf *out, const char *data, size_t n)
{
	if (n > b->left)
		n = (size_t)b->left;
	buf_add(out, data, n);
	b->left -= n;
	if (b->left == 0)
		b->state = b->state == LENGTH ? WHOLE : CHUNK_CR;
	return n;
}

enum reading
body_read(struct body *b, struct buf *out, const char *data, size_t n,
    size_t *used)
{
	enum reading did = READING_MORE;

	*used = 0;
	while (*used < n && b->state != WHOLE && did == READING_MORE) {
		if (b->state == LENGTH || b->state == CHUNK)
			*used += take(b, out, data + *used, n - *used);
		else
			did = read_framing(b, data[(*used)++], out->len);
	}
	if (did == READING_MORE && b->state == WHOLE)
		return READING_DONE;
	return did;
}
