/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - the head of a request, read strictly.
 *
 * One state per place in the grammar of RFC 9112 sections 2 to 5. Runs of
 * plain bytes are passed over by a table of classes.
 */
#include "http/request.h"
#include <assert.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum { TOKEN = 1, VISIBLE = 2, VALUE = 4, PATH = 8, QUERY = 16, HOST = 32,
    SOLID = 64 };		/* of a value, but no blank */

/* RFC 9110 5.6.2 (token), RFC 3986 3.3 and 3.4 (path, query; '%' is checked
 * apart), 5.5 (field values: blanks, visible, obs-text). */
static const uint8_t *
classes(void)
{
	static uint8_t table[256];
	static bool made;

	if (made)
		return table;
	for (int i = 0; i < 256; i++) {
		bool alnum = (i >= '0' && i <= '9') || (i >= 'a' && i <= 'z') ||
		    (i >= 'A' && i <= 'Z');

		if (alnum)
			table[i] |= TOKEN | PATH | QUERY | HOST;
		if (i > 0x20 && i < 0x7f)
			table[i] |= VISIBLE | VALUE | SOLID;
		if (i == ' ' || i == '\t')
			table[i] |= VALUE;
		if (i >= 0x80)
			table[i] |= VALUE | SOLID;
	}
	for (const char *p = "!#$%&'*+-.^_`|~"; *p != '\0'; p++)
		table[(uint8_t)*p] |= TOKEN;
	for (const char *p = "-._~!$&'()*+,;=:@/%"; *p != '\0'; p++)
		table[(uint8_t)*p] |= PATH | QUERY;
	for (const char *p = "-._~"; *p != '\0'; p++)
		table[(uint8_t)*p] |= HOST;
	table['?'] |= QUERY;
	made = true;
	return table;
}

enum state {
	START,		/* before the request line: one empty line is let pass */
	START_LF,
	METHOD,
	TARGET,
	VERSION,
	LINE_LF,
	FIELD,		/* at the start of a field line, or of the empty line */
	NAME,
	BLANKS,		/* between the colon and the value */
	FIELD_VALUE,
	FIELD_LF,
	END_LF,
	WHOLE
};

static enum reading
bad(struct request *r, int status, const char *code, const char *why)
{
	r->refusal = (struct refusal){ status, code, why };
	return READING_BAD;
}

static enum reading
malformed(struct request *r, const char *why)
{
	return bad(r, 400, "malformed_request", why);
}

void
request_init(struct request *r)
{
	memset(r, 0, offsetof(struct request, spans));
	memset(&r->method, 0, sizeof(*r) - offsetof(struct request, method));
}

static struct span
span(const struct request *r)
{
	return (struct span){ (uint16_t)r->mark, (uint16_t)(r->at - r->mark) };
}

/* ---- the request line ---- */

static enum reading
read_version(struct request *r, const char *data)
{
	const char *v = data + r->mark;

	r->version_at = span(r);
	if (r->version_at.n != 8 || memcmp(v, "HTTP/", 5) != 0 ||
	    v[5] < '0' || v[5] > '9' || v[6] != '.' || v[7] < '0' || v[7] > '9')
		return malformed(r, "the request line does not end with a version");
	if (v[5] != '1' || v[7] > '1')
		return bad(r, 505, "version_not_supported",
		    "this server speaks HTTP/1.1");
	r->minor = v[7] - '0';
	return READING_MORE;
}

static enum reading
read_line(struct request *r, const char *data, uint8_t ch, const uint8_t *class)
{
	switch (r->state) {
	case START:
		if (ch == '\r' && r->at == 0) {
			r->state = START_LF;
			return READING_MORE;
		}
		if (!(class[ch] & TOKEN))
			return malformed(r, "the request does not start with a method");
		r->mark = r->at;
		r->state = METHOD;
		return READING_MORE;
	case START_LF:
		r->state = START;
		return ch == '\n' ? READING_MORE :
		    malformed(r, "CR without LF");
	case METHOD:
		if (class[ch] & TOKEN)
			return r->at - r->mark < REQUEST_METHOD_MAX ?
			    READING_MORE : malformed(r, "the method is too long");
		if (ch != ' ')
			return malformed(r, "the method is not a token");
		r->method_at = span(r);
		r->mark = r->at + 1;
		r->state = TARGET;
		return READING_MORE;
	case TARGET:
		if (class[ch] & VISIBLE)
			return READING_MORE;
		if (ch != ' ' || r->at == r->mark)
			return malformed(r, "the request target is malformed");
		r->target_at = span(r);
		r->mark = r->at + 1;
		r->state = VERSION;
		return READING_MORE;
	case VERSION:
		if (ch == '\r') {
			r->state = LINE_LF;
			return read_version(r, data);
		}
		if (!(class[ch] & VISIBLE) || r->at - r->mark >= 8)
			return malformed(r,
			    "the request line does not end with a version");
		return READING_MORE;
	default:
		assert(r->state == LINE_LF);
		r->state = FIELD;
		return ch == '\n' ? READING_MORE : malformed(r, "CR without LF");
	}
}

/* ---- the fields ---- */

static enum reading
end_value(struct request *r)
{
	r->spans[r->field_count++].value = (struct span){ (uint16_t)r->mark,
	    (uint16_t)(r->end - r->mark) };
	r->state = FIELD_LF;
	return READING_MORE;
}

static enum reading
begin_field(struct request *r, uint8_t ch, const uint8_t *class)
{
	if (ch == '\r') {
		r->state = END_LF;
		return READING_MORE;
	}
	if (ch == ' ' || ch == '\t')
		return malformed(r, "a field line is folded");
	if (!(class[ch] & TOKEN))
		return malformed(r, "a field name is not a token");
	if (r->field_count == REQUEST_FIELDS_MAX)
		return bad(r, 431, "head_too_large", "there are too many fields");
	r->mark = r->at;
	r->state = NAME;
	return READING_MORE;
}

static enum reading
read_field(struct request *r, uint8_t ch, const uint8_t *class)
{
	switch (r->state) {
	case FIELD:
		return begin_field(r, ch, class);
	case NAME:
		if (class[ch] & TOKEN)
			return READING_MORE;
		if (ch != ':')
			return malformed(r, "a field name is not a token");
		r->spans[r->field_count].name = span(r);
		r->state = BLANKS;
		return READING_MORE;
	case BLANKS:
		if (ch == ' ' || ch == '\t')
			return READING_MORE;
		r->mark = r->end = r->at;
		r->state = FIELD_VALUE;
		/* fallthrough */
	case FIELD_VALUE:
		if (ch == '\r')
			return end_value(r);
		if (!(class[ch] & VALUE))
			return malformed(r, "a field value has a control character");
		if (ch != ' ' && ch != '\t')
			r->end = r->at + 1;
		return READING_MORE;
	case FIELD_LF:
		r->state = FIELD;
		return ch == '\n' ? READING_MORE : malformed(r, "CR without LF");
	default:
		assert(r->state == END_LF);
		r->state = WHOLE;
		return ch == '\n' ? READING_MORE : malformed(r, "CR without LF");
	}
}

/* Most bytes are one more of the same: up to the last of a run at once. */
static size_t
run_end(const struct request *r, const char *data, size_t n)
{
	const uint8_t *class = classes();
	uint8_t wanted = r->state == FIELD_VALUE ? SOLID : r->state == NAME ?
	    TOKEN : r->state == TARGET ? VISIBLE : 0;
	size_t max = r->state == TARGET ? REQUEST_LINE_MAX : REQUEST_HEAD_MAX;
	size_t at = r->at;

	if (n > max)
		n = max;
	while (at < n && (class[(uint8_t)data[at]] & wanted))
		at++;
	return at > r->at ? at - 1 : r->at;
}

enum reading
request_read(struct request *r, const char *data, size_t n)
{
	const uint8_t *class = classes();

	for (; r->at < n && r->state != WHOLE; r->at++) {
		r->at = run_end(r, data, n);
		uint8_t ch = (uint8_t)data[r->at];
		enum reading did = r->state <= LINE_LF ?
		    read_line(r, data, ch, class) : read_field(r, ch, class);

		if (did != READING_MORE)
			return did;
		if (r->at >= REQUEST_LINE_MAX && r->state <= VERSION)
			return bad(r, 414, "target_too_long",
			    "the request line is too long");
		if (r->at >= REQUEST_HEAD_MAX)
			return bad(r, 431, "head_too_large",
			    "the request head is too large");
	}
	return r->state == WHOLE ? READING_DONE : READING_MORE;
}

/* ---- what it means ---- */

static int
wrong(struct request *r, const char *why)
{
	malformed(r, why);
	return E_BAD_INPUT;
}

static bool
is_host(const char *s)
{
	const uint8_t *class = classes();
	const char *p = s;

	if (*p == '[') {
		p += strspn(p, "[0123456789abcdefABCDEF:.");
		if (*p++ != ']')
			return false;
	} else {
		while (class[(uint8_t)*p] & HOST)
			p++;
	}
	if (p == s)
		return false;
	if (*p == ':')
		p += 1 + strspn(p + 1, "0123456789");
	return *p == '\0' && p - s <= 255;
}

/* "." and ".." between slashes, as sent or behind an escape: a front and we
 * could disagree about what they name. */
static bool
has_dots(const char *path)
{
	for (const char *p = path; (p = strchr(p, '/')) != NULL; ) {
		size_t n = strcspn(++p, "/");

		if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return true;
	}
	return false;
}

static int
take_path(struct request *r, struct arena *a, const char *raw, size_t n)
{
	const uint8_t *class = classes();
	char *path;

	for (size_t i = 0; i < n; i++) {
		if (!(class[(uint8_t)raw[i]] & PATH))
			return wrong(r, "the path has a character to be escaped");
		if (raw[i] == '%' && n - i > 2 &&
		    (strncasecmp(raw + i, "%2f", 3) == 0 ||
		    strncasecmp(raw + i, "%5c", 3) == 0))
			return wrong(r, "the path has an escaped separator");
	}
	if (memchr(raw, '%', n) == NULL)
		path = arena_strndup(a, raw, n);
	else if ((path = percent_decode(a, raw, n, false)) == NULL)
		return wrong(r, "the path has a bad escape");
	for (const char *p = path; *p != '\0'; p++)
		if ((uint8_t)*p < 0x20 || *p == 0x7f)
			return wrong(r, "the path has a control character");
	if (has_dots(path))
		return wrong(r, "the path has dot segments");
	if (!utf8_valid(path, strlen(path)))
		return wrong(r, "the path is not UTF-8");
	r->path = path;
	return 0;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

static int
take_query(struct request *r, const char *raw)
{
	const uint8_t *class = classes();

	for (const char *p = raw; *p != '\0'; p++) {
		if (!(class[(uint8_t)*p] & QUERY))
			return wrong(r, "the query has a character to be escaped");
		if (*p == '%' && (!is_hex(p[1]) || !is_hex(p[2]) ||
		    (p[1] == '0' && p[2] == '0')))
			return wrong(r, "the query has a bad escape");
	}
	r->query = raw;
	return 0;
}

/* "http://host/path": allowed when it names the same host (RFC 9112 3.2.2). */
static int
take_absolute(struct request *r, const char **target)
{
	const char *t = *target, *host;
	size_t n;

	if (strncasecmp(t, "http://", 7) == 0)
		host = t + 7;
	else if (strncasecmp(t, "https://", 8) == 0)
		host = t + 8;
	else
		return wrong(r, "the request target is not a path");
	n = strcspn(host, "/?");
	if (r->host == NULL || n != strlen(r->host) ||
	    strncasecmp(host, r->host, n) != 0)
		return wrong(r, "the request target and Host name two hosts");
	*target = host[n] == '\0' ? "/" : host + n;
	return **target == '/' ? 0 : wrong(r, "the request target has no path");
}

static int
take_target(struct request *r, struct arena *a, char *target)
{
	const char *t = target;
	size_t n;

	if (*t != '/' && take_absolute(r, &t) < 0)
		return E_BAD_INPUT;
	n = strcspn(t, "?");
	if (take_path(r, a, t, n) < 0)
		return E_BAD_INPUT;
	return take_query(r, t[n] == '?' ? t + n + 1 : t + n);
}

/* ---- the fields that frame the message ---- */

static int
take_length(struct request *r, const char *v)
{
	int64_t n = 0;

	if (r->length >= 0)
		return wrong(r, "there are two Content-Length fields");
	if (*v == '\0')
		return wrong(r, "Content-Length is not a number");
	for (; *v != '\0'; v++) {
		if (*v < '0' || *v > '9')
			return wrong(r, "Content-Length is not a number");
		if (n < INT64_MAX / 16)		/* stays too large for anybody */
			n = n * 10 + (*v - '0');
	}
	r->length = n;
	return 0;
}

static int
take_coding(struct request *r, const char *v)
{
	if (r->chunked)
		return wrong(r, "there are two Transfer-Encoding fields");
	if (strcasecmp(v, "chunked") != 0)
		return wrong(r, "Transfer-Encoding is not chunked");
	if (r->minor == 0)
		return wrong(r, "HTTP/1.0 has no Transfer-Encoding");
	r->chunked = true;
	return 0;
}

static int
take_host(struct request *r, const char *v)
{
	if (r->host != NULL)
		return wrong(r, "there are two Host fields");
	if (!is_host(v))
		return wrong(r, "Host is malformed");
	r->host = v;
	return 0;
}

static int
take_connection(struct request *r, const char *v)
{
	while (*v != '\0') {
		size_t n = strcspn(v, ", \t");

		if (n == 5 && strncasecmp(v, "close", 5) == 0)
			r->close = true;
		v += n;
		v += strspn(v, ", \t");
	}
	return 0;
}

static int
take_expect(struct request *r, const char *v)
{
	if (r->minor == 0)		/* RFC 9110 10.1.1 */
		return 0;
	if (strcasecmp(v, "100-continue") != 0) {
		bad(r, 417, "expectation_failed",
		    "the only expectation known here is 100-continue");
		return E_BAD_INPUT;
	}
	r->expects = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct request *, const char *value);
} framing[] = {
	{ "host", take_host },
	{ "content-length", take_length },
	{ "transfer-encoding", take_coding },
	{ "connection", take_connection },
	{ "expect", take_expect },
};

static int
take_field(struct request *r, const struct field *f)
{
	for (size_t i = 0; i < countof(framing); i++)
		if (strcmp(framing[i].name, f->name) == 0)
			return framing[i].take(r, f->value);
	return 0;
}

static char *
cut(char *head, struct span s)
{
	head[s.at + s.n] = '\0';
	return head + s.at;
}

static char *
cut_lower(char *head, struct span s)
{
	char *name = cut(head, s);

	for (char *p = name; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return name;
}

int
request_take(struct request *r, struct arena *a, const char *data)
{
	char *head = arena_memdup(a, data, r->at);

	assert(r->state == WHOLE);
	r->length = -1;
	r->close = r->minor == 0;
	r->method = cut(head, r->method_at);
	r->fields = arena_alloc(a, (r->field_count + 1) * sizeof(*r->fields));
	for (size_t i = 0; i < r->field_count; i++) {
		struct field *f = &r->fields[i];

		f->name = cut_lower(head, r->spans[i].name);
		f->value = cut(head, r->spans[i].value);
		if (take_field(r, f) < 0)
			return E_BAD_INPUT;
	}
	if (r->host == NULL && r->minor == 1)
		return wrong(r, "Host is missing");
	if (r->chunked && r->length >= 0)
		return wrong(r, "Content-Length and Transfer-Encoding together");
	return take_target(r, a, cut(head, r->target_at));
}
