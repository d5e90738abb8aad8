/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - the parser, the router, and which addresses are public: tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "http/address.h"
#include "http/exchange.h"
#include "http/house.h"
#include "http/request.h"
#include "http/router.h"
#include "http/smtp.h"
#include "http/trace.h"

/* ---- heads ---- */

#define H "Host: a\r\n"

static const struct { const char *head; int status; const char *path, *query; }
heads[] = {
	{ "GET / HTTP/1.1\r\n" H "\r\n", 0, "/", "" },
	{ "\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, "/", "" },
	{ "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%20b?c=%41&d HTTP/1.1\r\n" H "\r\n", 0, "/a b", "c=%41&d" },
	{ "GET /%C3%A9 HTTP/1.0\r\n\r\n", 0, "/\xc3\xa9", "" },
	{ "GET http://a/x?y HTTP/1.1\r\n" H "\r\n", 0, "/x", "y" },
	{ "GET HTTPS://A HTTP/1.1\r\n" H "\r\n", 0, "/", "" },
	{ "GET http://b/x HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET http://u@a/x HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET ftp://a/x HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET * HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET  / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /  HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET / HTTP/1.1 \r\n" H "\r\n", 400 },
	{ "GET /\r\n" H "\r\n", 400 },
	{ "GET / HTTP/1.1\n" H "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\r\rX: y\r\n\r\n", 400 },
	{ "GET / http/1.1\r\n" H "\r\n", 400 },
	{ "GET / HTTP/1.01\r\n" H "\r\n", 400 },
	{ "GET / HTTP/1.2\r\n" H "\r\n", 505 },
	{ "GET / HTTP/2.0\r\n" H "\r\n", 505 },
	{ "PRI * HTTP/2.0\r\n\r\n", 505 },
	{ "G(T / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a/../b HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /.. HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a/%2E%2e/b HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /./a HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /.well-known/x..y HTTP/1.1\r\n" H "\r\n", 0, "/.well-known/x..y",
	    "" },
	{ "GET /a%2fb HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%5Cb HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%00 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%0a HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%7f HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /%ff HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%2 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a%zz HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a\"b HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /a#b HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /?a=%00 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /?a=%4 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /?a=<b> HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /?a=/?:@ HTTP/1.1\r\n" H "\r\n", 0, "/", "a=/?:@" },
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H H "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a:8443\r\n\r\n", 0, "/", "" },
	{ "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 0, "/", "" },
	{ "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H " b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H ": x\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X y: z\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X: \xe9\r\n\r\n", 0, "/", "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\n", 0, "/", "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", 0, "/",
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	    "Content-Length: 3\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Expect: 100-Continue\r\n\r\n", 0, "/", "" },
	{ "GET / HTTP/1.1\r\n" H "Expect: more\r\n\r\n", 417 },
	{ "\x16\x03\x01", 400 },
};

/* Reads it in pieces of so many bytes, as a socket might bring it. */
static int
read_head(struct request *r, struct arena *a, const char *head, size_t n,
    size_t step)
{
	enum reading did = READING_MORE;

	request_init(r);
	for (size_t at = 0; did == READING_MORE && at < n; ) {
		at = at + step < n ? at + step : n;
		did = request_read(r, head, at);
	}
	if (did == READING_BAD)
		return r->refusal.status;
	assert_int_equal(did, READING_DONE);
	assert_int_equal(r->at, n);
	return request_take(r, a, head) < 0 ? r->refusal.status : 0;
}

static void
heads_are_read_strictly(void **state UNUSED)
{
	static const size_t steps[] = { 1, 7, 100000 };

	for (size_t i = 0; i < countof(heads) * countof(steps); i++) {
		size_t k = i / countof(steps), n = strlen(heads[k].head);
		struct arena *a = arena_new();
		struct request r;
		int status = read_head(&r, a, heads[k].head, n,
		    steps[i % countof(steps)]);

		if (status != heads[k].status)
			fail_msg("%d, not %d: %s", status, heads[k].status,
			    heads[k].head);
		if (status == 0) {
			assert_string_equal(r.path, heads[k].path);
			assert_string_equal(r.query, heads[k].query);
		} else {
			assert_non_null(r.refusal.why);
		}
		arena_free(a);
	}
}

static void
heads_are_bounded(void **state UNUSED)
{
	struct arena *a = arena_new();
	struct request r;
	struct buf b;

	buf_init(&b);
	buf_str(&b, "GET /");
	while (b.len < REQUEST_LINE_MAX + 10)
		buf_char(&b, 'a');
	assert_int_equal(read_head(&r, a, b.data, b.len, 1000), 414);

	buf_reset(&b);
	buf_str(&b, "GET / HTTP/1.1\r\n" H "X: ");
	while (b.len < REQUEST_HEAD_MAX + 10)
		buf_char(&b, 'a');
	assert_int_equal(read_head(&r, a, b.data, b.len, 1000), 431);

	buf_reset(&b);
	buf_str(&b, "GET / HTTP/1.1\r\n" H);
	for (int i = 0; i < REQUEST_FIELDS_MAX - 1; i++)
		buf_printf(&b, "X-%d: y\r\n", i);
	buf_str(&b, "\r\n");
	assert_int_equal(read_head(&r, a, b.data, b.len, 1), 0);
	assert_int_equal(r.field_count, REQUEST_FIELDS_MAX);
	b.len -= 2;
	buf_str(&b, "Z: y\r\n\r\n");
	assert_int_equal(read_head(&r, a, b.data, b.len, 1), 431);
	buf_clear(&b);
	arena_free(a);
}

static void
fields_are_kept_apart(void **state UNUSED)
{
	static const char head[] = "POST /x HTTP/1.1\r\nHOST: a\r\n"
	    "X-Two:  one \t\r\nx-two:two words\r\nEmpty:\r\n"
	    "Connection: keep-alive, Close\r\nContent-Length: 0042\r\n\r\n";
	struct arena *a = arena_new();
	struct request r;

	assert_int_equal(read_head(&r, a, head, sizeof(head) - 1, 3), 0);
	assert_string_equal(r.method, "POST");
	assert_string_equal(r.host, "a");
	assert_string_equal(r.fields[1].name, "x-two");
	assert_string_equal(r.fields[1].value, "one");
	assert_string_equal(r.fields[2].value, "two words");
	assert_string_equal(r.fields[3].value, "");
	assert_true(r.close);
	assert_int_equal(r.length, 42);
	arena_free(a);
}

/* ---- bodies ---- */

static const struct { const char *bytes; int status; const char *body, *rest; }
bodies[] = {
	{ "5\r\nhello\r\n0\r\n\r\n", 0, "hello", "" },
	{ "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nGET", 0, "hello", "GET" },
	{ "A\r\n0123456789\r\n0\r\n\r\n", 0, "0123456789", "" },
	{ "00a\r\n0123456789\r\n000\r\n\r\n", 0, "0123456789", "" },
	{ "5;a=b;c=\"d\"\r\nhello\r\n0;x\r\n\r\n", 0, "hello", "" },
	{ "5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\nG", 0, "hello", "G" },
	{ "0\r\n\r\n", 0, "", "" },
	{ "0x5\r\nhello\r\n0\r\n\r\n", 400 },
	{ "+5\r\nhello\r\n0\r\n\r\n", 400 },
	{ "-5\r\nhello\r\n0\r\n\r\n", 400 },
	{ " 5\r\nhello\r\n0\r\n\r\n", 400 },
	{ "5 \r\nhello\r\n0\r\n\r\n", 400 },
	{ "5 ;a\r\nhello\r\n0\r\n\r\n", 400 },
	{ "\r\nhello\r\n0\r\n\r\n", 400 },
	{ "5\nhello\r\n0\r\n\r\n", 400 },
	{ "5\r\nhello\n0\r\n\r\n", 400 },
	{ "5\r\nhellox\r\n0\r\n\r\n", 400 },
	{ "4\r\nhello\r\n0\r\n\r\n", 400 },
	{ "5;a\x01\r\nhello\r\n0\r\n\r\n", 400 },
	{ "5\r\nhello\r\n0\r\nX y\r\n\r\n", 400 },
	{ "5\r\nhello\r\n0\r\n X: y\r\n\r\n", 400 },
	{ "5\r\nhello\r\n0\r\nX: y\n\r\n", 400 },
	{ "5\r\nhello\r\n0\r\n:y\r\n\r\n", 400 },
	{ "15\r\n", 413 },
	{ "7fffffffffffffff\r\n", 400 },
	{ "fffffffffffffff\r\n", 413 },
	{ "10000000000000005\r\n", 400 },
	{ "b\r\nhello hello\r\nb\r\n", 413 },
};

static void
bodies_are_read_strictly(void **state UNUSED)
{
	struct request r = { .chunked = true };

	for (size_t i = 0; i < countof(bodies) * 2; i++) {
		const char *bytes = bodies[i / 2].bytes;
		size_t n = strlen(bytes), step = i % 2 == 0 ? 1 : n, at = 0;
		enum reading did;
		struct body b;
		struct buf out;

		buf_init(&out);
		assert_int_equal(body_init(&b, &r, 20), READING_MORE);
		do {
			size_t used, m = n - at < step ? n - at : step;

			did = body_read(&b, &out, bytes + at, m, &used);
			at += used;
		} while (did == READING_MORE && at < n);
		if (bodies[i / 2].status != 0) {
			if (did != READING_BAD ||
			    b.refusal.status != bodies[i / 2].status)
				fail_msg("%d %d: %s", did, b.refusal.status, bytes);
		} else {
			assert_int_equal(did, READING_DONE);
			assert_string_equal(out.len > 0 ? out.data : "",
			    bodies[i / 2].body);
			assert_string_equal(bytes + at, bodies[i / 2].rest);
		}
		buf_clear(&out);
	}
}

static void
lengths_are_bounded(void **state UNUSED)
{
	struct request r = { .length = 21 };
	struct body b;

	assert_int_equal(body_init(&b, &r, 20), READING_BAD);
	assert_int_equal(b.refusal.status, 413);
	r.length = 20;
	assert_int_equal(body_init(&b, &r, 20), READING_MORE);
	r.length = 1;
	assert_int_equal(body_init(&b, &r, 0), READING_BAD);
	r.length = -1;
	assert_int_equal(body_init(&b, &r, 20), READING_DONE);
}

static void
chunk_noise_is_bounded(void **state UNUSED)
{
	struct request r = { .chunked = true };
	struct body b;
	struct buf in, out;
	size_t used;

	buf_init(&in);
	buf_init(&out);
	for (int i = 0; i < 20; i++)
		buf_printf(&in, "1;%060d\r\nx\r\n", 0);
	assert_int_equal(body_init(&b, &r, 1000), READING_MORE);
	assert_int_equal(body_read(&b, &out, in.data, in.len, &used), READING_BAD);
	assert_int_equal(b.refusal.status, 400);

	buf_reset(&in);
	buf_str(&in, "0\r\n");
	while (in.len < TRAILERS_MAX + 500)	/* LFs count not */
		buf_str(&in, "X: yyyyyyyyyyyyyy\r\n");
	assert_int_equal(body_init(&b, &r, 1000), READING_MORE);
	assert_int_equal(body_read(&b, &out, in.data, in.len, &used), READING_BAD);
	assert_int_equal(b.refusal.status, 431);
	buf_clear(&in);
	buf_clear(&out);
}

/* ---- routes ---- */

static const struct route
    r_list = { "GET", "/v1/datasets" },
    r_one = { "GET", "/v1/datasets/{id}" },
    r_new = { "GET", "/v1/datasets/new" },
    r_make = { "POST", "/v1/datasets/{id}" },
    r_deep = { "GET", "/grants/{grant}/records/{key}" },
    r_tile = { "GET", "/journal/{log}/tile/{rest*}" };
static const struct route *const table[] = { &r_list, &r_one, &r_new, &r_make,
	&r_deep, &r_tile, NULL };

static const struct {
	const char *method, *path;
	int rc;
	const struct route *route;
	const char *arg, *value, *allow;
} paths[] = {
	{ "GET", "/v1/datasets", 0, &r_list },
	{ "GET", "/v1/datasets/", E_NOT_FOUND },
	{ "GET", "/v1/datasets/energy", 0, &r_one, "id", "energy" },
	{ "GET", "/v1/datasets/new", 0, &r_new },
	{ "GET", "/v1/datasets/newer", 0, &r_one, "id", "newer" },
	{ "GET", "/v1/datasets/a/b", E_NOT_FOUND },
	{ "POST", "/v1/datasets/x", 0, &r_make, "id", "x" },
	{ "PUT", "/v1/datasets/x", E_DENIED, .allow = "GET, HEAD, POST" },
	{ "POST", "/v1/datasets", E_DENIED, .allow = "GET, HEAD" },
	{ "get", "/v1/datasets", E_DENIED, .allow = "GET, HEAD" },
	{ "GET", "/grants/g/records/k", 0, &r_deep, "key", "k" },
	{ "GET", "/grants//records/k", E_NOT_FOUND },
	{ "GET", "/journal/a/tile/0/x001/234", 0, &r_tile, "rest", "0/x001/234" },
	{ "GET", "/journal/a/tile/", E_NOT_FOUND },
	{ "GET", "//v1/datasets", E_NOT_FOUND },
	{ "GET", "/", E_NOT_FOUND },
};

static void
routes_are_found(void **state UNUSED)
{
	struct house house = { NULL };

	for (size_t i = 0; i < countof(paths); i++) {
		struct exchange *x = exchange_new(&house);
		struct call *c = &x->call;
		char allow[64];

		x->table = table;
		c->method = paths[i].method;
		c->path = paths[i].path;
		assert_int_equal(router_find(c, allow), paths[i].rc);
		assert_ptr_equal(c->route, paths[i].route);
		if (paths[i].arg != NULL)
			assert_string_equal(call_path_arg(c, paths[i].arg),
			    paths[i].value);
		if (paths[i].allow != NULL)
			assert_string_equal(allow, paths[i].allow);
		arena_free(c->arena);
	}
}

/* ---- addresses ---- */

static const struct { const char *address; bool public; } addresses[] = {
	{ "8.8.8.8", true }, { "1.1.1.1", true }, { "172.15.255.255", true },
	{ "172.32.0.1", true }, { "100.63.255.255", true },
	{ "100.128.0.1", true }, { "223.255.255.255", true },
	{ "2606:4700::1111", true }, { "2a01:e0a::1", true },
	{ "::ffff:8.8.8.8", true }, { "64:ff9b::8.8.8.8", true },
	{ "127.0.0.1", false }, { "127.255.255.254", false },
	{ "0.0.0.0", false }, { "0.1.2.3", false }, { "10.0.0.1", false },
	{ "172.16.0.1", false }, { "172.31.255.255", false },
	{ "192.168.1.1", false }, { "100.64.0.1", false },
	{ "100.127.255.255", false }, { "169.254.169.254", false },
	{ "192.0.0.8", false }, { "192.0.2.1", false },
	{ "198.51.100.7", false }, { "203.0.113.9", false },
	{ "198.18.0.1", false }, { "198.19.255.255", false },
	{ "192.88.99.1", false }, { "224.0.0.1", false },
	{ "239.255.255.255", false }, { "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "::", false }, { "::1", false }, { "::127.0.0.1", false },
	{ "::ffff:127.0.0.1", false }, { "::ffff:10.0.0.1", false },
	{ "::ffff:169.254.169.254", false }, { "::ffff:0.0.0.0", false },
	{ "64:ff9b::10.0.0.1", false }, { "64:ff9b::127.0.0.1", false },
	{ "64:ff9b:1::1", false }, { "2002:7f00:1::1", false },
	{ "2002:a00:1::1", false }, { "2001::1", false }, { "2001:db8::1", false },
	{ "3fff::1", false }, { "fc00::1", false }, { "fd12:3456::1", false },
	{ "fe80::1", false }, { "fec0::1", false }, { "ff02::1", false },
	{ "100::1", false }, { "5f00::1", false },
};

static bool
to_sockaddr(struct sockaddr_storage *out, const char *text)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		v4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		v6->sin6_family = AF_INET6;
	return out->ss_family != 0;
}

static void
addresses_are_judged(void **state UNUSED)
{
	for (size_t i = 0; i < countof(addresses); i++) {
		struct sockaddr_storage sa;

		assert_true(to_sockaddr(&sa, addresses[i].address));
		if (address_public((struct sockaddr *)&sa) != addresses[i].public)
			fail_msg("%s", addresses[i].address);
	}
}

static void
networks_are_parsed(void **state UNUSED)
{
	static const char *const wrong[] = { "10.0.0.0/33", "10.0.0", "x",
	    "::1/129", "10.0.0.0/", "1.2.3.4/-1", "10.0.0.1 y" };
	struct networks *nets;
	char entry[64];

	assert_int_equal(networks_parse(&nets, " 10.1.0.0/16,::1\t192.0.2.7 ",
	    entry), 0);
	assert_true(networks_hold_text(nets, "10.1.255.3"));
	assert_true(networks_hold_text(nets, "::ffff:10.1.0.1"));
	assert_true(networks_hold_text(nets, "::1"));
	assert_true(networks_hold_text(nets, "192.0.2.7"));
	assert_false(networks_hold_text(nets, "10.2.0.1"));
	assert_false(networks_hold_text(nets, "192.0.2.8"));
	assert_false(networks_hold_text(nets, "::2"));
	assert_false(networks_hold_text(nets, "nobody"));
	networks_free(nets);
	for (size_t i = 0; i < countof(wrong); i++)
		assert_int_equal(networks_parse(&nets, wrong[i], entry),
		    E_BAD_INPUT);
}

/* An address that could forge a field, an option or a second address is none. */
static void
letters_go_to_plain_addresses(void **state)
{
	static const char *const good[] = { "a@b.example", "a.b+c@x-y.example",
	    "O'Neil@mail.example", "a@localhost" };
	static const char *const bad[] = { "", "a", "@x.example", "a@", "a@.x",
	    "a@x.", "a@x..y", "a..b@x.example", ".a@x.example", "a.@x.example",
	    "-a@x.example", "a@-x.example", "a@b@c.example", "a b@x.example",
	    "a@x.example\r\nBcc: b@c.example", "a@x.example,b@x.example",
	    "<a@x.example>", "\"a\"@x.example", "a@[127.0.0.1]", "a@x;y",
	    "\u00e9@x.example", "a@x.example ", "a\t@x.example" };
	char long_one[80];

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_true(smtp_address(good[i]));
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(smtp_address(bad[i]));
	assert_false(smtp_address(NULL));
	memset(long_one, 'a', 65);
	strcpy(long_one + 65, "@x.example");
	assert_false(smtp_address(long_one));
	assert_true(smtp_address(long_one + 1));
}

#define T "4bf92f3577b34da6a3ce929d0e0e4736"
#define P "00f067aa0ba902b7"

static const struct { const char *parent, *state; bool fine; const char *on; }
traces[] = {
	{ "00-" T "-" P "-01", NULL, true, "00-" T "-0123456789abcdef-01" },
	{ "00-" T "-" P "-00", "a=1,b=2", true, "00-" T "-0123456789abcdef-00" },
	{ "00-" T "-" P "-ff", "", true, "00-" T "-0123456789abcdef-01" },
	{ "cc-" T "-" P "-01", NULL, true, "00-" T "-0123456789abcdef-01" },
	{ "cc-" T "-" P "-01-more", NULL, true, "00-" T "-0123456789abcdef-01" },
	{ "cc-" T "-" P "-01.more", NULL, false },
	{ "00-" T "-" P "-01-more", NULL, false },
	{ "ff-" T "-" P "-01", NULL, false },
	{ "00-" T "-" P "-1", NULL, false },
	{ "00-" T "-" P, NULL, false },
	{ "00-" T "-0000000000000000-01", NULL, false },
	{ "00-00000000000000000000000000000000-" P "-01", NULL, false },
	{ "00-4BF92F3577B34DA6A3CE929D0E0E4736-" P "-01", NULL, false },
	{ "00_" T "-" P "-01", NULL, false },
	{ "0-" T "-" P "-011", NULL, false },
	{ "00-" T "-" P "-0g", NULL, false },
	{ " 00-" T "-" P "-01", NULL, false },
	{ "", NULL, false },
};

/* W3C Trace Context 3.2 and 3.3. */
static void
traces_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(traces); i++) {
		const struct field f[] = { { "traceparent", traces[i].parent },
		    { "tracestate", traces[i].state } };
		struct arena *a = arena_new();
		const char **out, *keep = traces[i].state;
		struct trace t;

		trace_take(&t, f, keep == NULL ? 1 : 2);
		out = trace_fields(a, &t, "0123456789abcdef");
		assert_int_equal(out != NULL, traces[i].fine);
		if (out != NULL) {
			assert_string_equal(out[0] + strlen("traceparent: "),
			    traces[i].on);
			assert_int_equal(out[1] != NULL, keep != NULL && *keep);
		}
		arena_free(a);
	}
}

static void
two_traces_are_none(void **state)
{
	const struct field f[] = { { "traceparent", "00-" T "-" P "-01" },
	    { "traceparent", "00-" T "-" P "-01" } };
	char long_state[600];
	const struct field g[] = { f[0], { "tracestate", long_state } };
	struct trace t;

	(void)state;
	trace_take(&t, f, 2);
	assert_string_equal(t.id, "");
	memset(long_state, 'a', sizeof(long_state));
	long_state[513] = '\0';
	trace_take(&t, g, 2);
	assert_string_equal(t.id, T);
	assert_null(t.state);
	long_state[512] = '\0';
	trace_take(&t, g, 2);
	assert_non_null(t.state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_read_strictly),
		cmocka_unit_test(heads_are_bounded),
		cmocka_unit_test(fields_are_kept_apart),
		cmocka_unit_test(bodies_are_read_strictly),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(chunk_noise_is_bounded),
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(addresses_are_judged),
		cmocka_unit_test(networks_are_parsed),
		cmocka_unit_test(letters_go_to_plain_addresses),
		cmocka_unit_test(traces_are_read_strictly),
		cmocka_unit_test(two_traces_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
