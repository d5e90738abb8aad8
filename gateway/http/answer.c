/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - what goes back: answers, refusals, and their heads.
 *
 * A refusal has one look per kind of route: problem+json (RFC 9457) with a
 * code and the call's id, an OAuth error (RFC 6749 5.2), or a calm page.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "http/exchange.h"

enum next (*call_refusal_page)(struct call *, int, const char *, const char *);

static const struct { int status; const char *reason; } reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
	{ 204, "No Content" }, { 302, "Found" }, { 303, "See Other" },
	{ 304, "Not Modified" }, { 400, "Bad Request" },
	{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
	{ 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" },
	{ 413, "Content Too Large" }, { 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 502, "Bad Gateway" },
	{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
answer_reason(int status)
{
	for (size_t i = 0; i < countof(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

/* ---- what steps call ---- */

void
call_reply_field(struct call *c, const char *name, const char *fmt, ...)
{
	struct exchange *x = exchange_of(c);
	struct reply_field *f = arena_alloc(c->arena, sizeof(*f));
	char *value;
	va_list ap;

	assert(c->magic == CALL_MAGIC);
	va_start(ap, fmt);
	value = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	for (char *p = value; *p != '\0'; p++)	/* no value splits the head */
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	f->name = name;
	f->value = value;
	*x->fields_end = f;
	x->fields_end = &f->next;
}

enum next
call_answer(struct call *c, int status, const char *type, const void *body,
    size_t n)
{
	struct exchange *x = exchange_of(c);

	assert(c->magic == CALL_MAGIC && x->status == 0);
	x->status = status;
	x->type = type;
	x->body = body;
	x->body_n = status == 204 || status == 304 ? 0 : n;
	return DONE;
}

enum next
call_answer_buf(struct call *c, int status, const char *type,
    const struct buf *b)
{
	return call_answer(c, status, type, b->data, b->len);
}

enum next
call_redirect(struct call *c, const char *url)
{
	call_reply_field(c, "Location", "%s", url);
	return call_answer(c, 303, NULL, NULL, 0);
}

/* ---- what flows ---- */

void
call_flow(struct call *c, int status, const char *type)
{
	struct exchange *x = exchange_of(c);

	call_answer(c, status, type, NULL, 0);
	x->flows = true;
	x->head_end = x->fields_end;
}

enum next
call_flow_piece(struct call *c, const struct buf *b)
{
	struct exchange *x = exchange_of(c);
	enum next next = call_wait(c, NULL, NULL);

	assert(x->flows);
	if (b->len > 0)			/* an empty chunk would be the last */
		x->on_piece(x, b);
	else
		call_wake(c, 0);
	return next;
}

enum next
call_flow_end(struct call *c)
{
	assert(exchange_of(c)->flows);
	return DONE;
}

enum next
call_flow_break(struct call *c)
{
	assert(exchange_of(c)->flows);
	exchange_of(c)->broken = true;
	return DONE;
}

/* ---- refusals ---- */

static enum next
refuse_oauth(struct call *c, int status, const char *code, const char *detail)
{
	struct buf *b = arena_alloc(c->arena, sizeof(*b));
	struct jw w;

	buf_init_in(b, c->arena);
	jw_init(&w, b);
	jw_object(&w);
	jw_str_member(&w, "error", code);
	jw_str_member(&w, "error_description", detail);
	jw_end_object(&w);
	return call_answer_buf(c, status, "application/json", b);
}

static enum next
refuse_api(struct call *c, int status, const char *code, const char *detail)
{
	struct buf *b = arena_alloc(c->arena, sizeof(*b));
	struct jw w;

	buf_init_in(b, c->arena);
	jw_init(&w, b);
	jw_object(&w);
	jw_str_member(&w, "type", arena_printf(c->arena,
	    "%s/developers/errors#%s", c->house->settings->public_url, code));
	jw_str_member(&w, "title", answer_reason(status));
	jw_int_member(&w, "status", status);
	jw_str_member(&w, "detail", detail);
	jw_str_member(&w, "code", code);
	jw_str_member(&w, "call", c->id);
	jw_end_object(&w);
	return call_answer_buf(c, status, "application/problem+json", b);
}

/* Where no route was found, a browser still gets a page. */
static bool
wants_page(struct call *c)
{
	const char *accept;

	if (call_refusal_page == NULL)
		return false;
	if (c->route != NULL)
		return c->route->kind == ROUTE_PAGE;
	accept = call_field(c, "accept");
	return accept != NULL && strncmp(accept, "text/html", 9) == 0;
}

enum next
call_refuse(struct call *c, int status, const char *code, const char *detail,
    ...)
{
	va_list ap;
	char *text;

	assert(c->magic == CALL_MAGIC);
	va_start(ap, detail);
	text = arena_vprintf(c->arena, detail, ap);
	va_end(ap);
	exchange_of(c)->why = code;
	if (wants_page(c))
		return call_refusal_page(c, status, code, text);
	if (c->route != NULL && c->route->kind == ROUTE_OAUTH)
		return refuse_oauth(c, status, code, text);
	return refuse_api(c, status, code, text);
}

const char *
call_refused(const struct call *c)
{
	return ((const struct exchange *)c)->why;
}

int
call_status(const struct call *c)
{
	return ((const struct exchange *)c)->status;
}

/* ---- the head ---- */

/* "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", made once a second. */
static void
write_date(struct buf *out)
{
	static char line[48];
	static size_t n;
	static int64_t at;
	int64_t now = clock_s();
	time_t t = (time_t)now;
	struct tm tm;

	if (now != at) {
		at = now;
		n = strftime(line, sizeof(line),
		    "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&t, &tm));
	}
	buf_add(out, line, n);
}

static void
write_field(struct buf *out, const char *name, const char *value)
{
	buf_str(out, name);
	buf_add(out, ": ", 2);
	buf_str(out, value);
	buf_add(out, "\r\n", 2);
}

static void
write_number(struct buf *out, const char *before, uint64_t n, const char *after)
{
	char digits[24], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_str(out, before);
	buf_add(out, p, (size_t)(digits + sizeof(digits) - p));
	buf_str(out, after);
}

static bool
has_field(const struct exchange *x, const char *name)
{
	for (const struct reply_field *f = x->fields; f != NULL; f = f->next)
		if (strcasecmp(f->name, name) == 0)
			return true;
	return false;
}

/* What every answer carries unless the route said otherwise: records and pages
 * are one person's, so nobody between may keep them. */
static void
write_guards(struct buf *out, const struct exchange *x)
{
	const struct call *c = &x->call;

	if (c->secure)
		buf_str(out, "Strict-Transport-Security: max-age=31536000\r\n");
	buf_str(out, "X-Content-Type-Options: nosniff\r\n");
	if (!has_field(x, "Cache-Control"))
		buf_str(out, "Cache-Control: no-store\r\n");
	if (c->route == NULL || c->route->kind != ROUTE_PAGE)
		return;
	if (!has_field(x, "Content-Security-Policy"))
		buf_str(out, "Content-Security-Policy: default-src 'none'; "
		    "style-src 'self'; img-src 'self'; form-action 'self'; "
		    "frame-ancestors 'none'; base-uri 'none'\r\n");
	if (!has_field(x, "Referrer-Policy"))
		buf_str(out, "Referrer-Policy: no-referrer\r\n");
}

static void
write_head(struct buf *out, struct exchange *x, const struct reply_field *end)
{
	write_number(out, "HTTP/1.1 ", (unsigned)x->status, " ");
	buf_str(out, answer_reason(x->status));
	buf_add(out, "\r\n", 2);
	write_date(out);
	write_guards(out, x);
	for (const struct reply_field *f = x->fields; f != end; f = f->next)
		write_field(out, f->name, f->value);
	if (x->type != NULL && x->status != 304)
		write_field(out, "Content-Type", x->type);
	if (x->close)
		buf_str(out, "Connection: close\r\n");
}

void
answer_write(struct buf *out, struct exchange *x, size_t with_body_max)
{
	write_head(out, x, NULL);
	if (x->status != 204 && x->status != 304)
		write_number(out, "Content-Length: ", x->body_n, "\r\n");
	buf_add(out, "\r\n", 2);
	if (x->call.head)
		x->body_n = 0;
	if (x->body_n > with_body_max)
		return;
	buf_add(out, x->body, x->body_n);
	x->sent_n = x->body_n;
	x->body_n = 0;
}

/* ---- piece by piece ---- */

static void
begin_flow(struct buf *out, struct exchange *x, bool chunked)
{
	write_head(out, x, *x->head_end);
	buf_str(out, chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
	x->begun = true;
}

/* The line that ends a chunk's data goes before the next one. */
void
answer_piece(struct buf *out, struct exchange *x, size_t n, bool chunked)
{
	bool first = !x->begun;

	if (first)
		begin_flow(out, x, chunked);
	if (chunked)
		buf_printf(out, "%s%zx\r\n", first ? "" : "\r\n", n);
}

void
answer_last(struct buf *out, struct exchange *x, bool chunked)
{
	bool first = !x->begun;

	if (first)
		begin_flow(out, x, chunked);
	if (!chunked)
		return;
	buf_str(out, first ? "0\r\n" : "\r\n0\r\n");
	for (struct reply_field *f = *x->head_end; f != NULL; f = f->next)
		write_field(out, f->name, f->value);
	buf_add(out, "\r\n", 2);
}
