/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - one exchange from its first byte to its line in the log. */
#include "http/exchange.h"
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "http/counters.h"
#include "http/request.h"

/* Unique, not secret: a counter that starts anywhere, well stirred
 * (splitmix64), so that no call pays for random bytes. */
static void
make_id(char id[17])
{
	static uint64_t seed;
	uint64_t z;
	uint8_t bytes[8];

	if (seed == 0)
		random_bytes(&seed, sizeof(seed));
	z = seed += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	memcpy(bytes, &z, sizeof(bytes));
	hex_encode(id, bytes, sizeof(bytes));
}

struct exchange *
exchange_new(struct house *house)
{
	struct arena *a = arena_new();
	struct exchange *x = arena_alloc(a, sizeof(*x));
	struct call *c = &x->call;

	c->magic = CALL_MAGIC;
	c->arena = a;
	c->house = house;
	c->method = c->path = c->query = c->body = "";
	c->begun_us = clock_mono_us();
	x->fields_end = &x->fields;
	make_id(c->id);
	return x;
}

void
exchange_take(struct exchange *x, const struct request *r)
{
	struct call *c = &x->call;

	c->head = strcmp(r->method, "HEAD") == 0;
	c->method = c->head ? "GET" : r->method;
	c->path = r->path;
	c->query = r->query;
	c->fields = r->fields;
	c->field_count = r->field_count;
	trace_take(&c->trace, r->fields, r->field_count);
}

/* The pattern, never the path or the query: those may name a person. */
static void
log_it(const struct exchange *x, bool sent)
{
	const struct call *c = &x->call;
	double ms = (double)(clock_mono_us() - c->begun_us) / 1e3;
	const char *method = c->route == NULL ? "-" : c->head ? "HEAD" :
	    c->route->method;
	const char *path = c->route == NULL ? "-" : c->route->path;
	const char *of = c->trace.id[0] == '\0' ? "" : " trace=";

	if (!sent)
		log_info("call=%s %s %s left ms=%.1f%s%s", c->id, method,
		    path, ms, of, c->trace.id);
	else if (x->why != NULL)
		log_info("call=%s %s %s %d ms=%.1f bytes=%zu code=%s%s%s",
		    c->id, method, path, x->status, ms, x->sent_n, x->why, of,
		    c->trace.id);
	else
		log_info("call=%s %s %s %d ms=%.1f bytes=%zu%s%s", c->id,
		    method, path, x->status, ms, x->sent_n, of, c->trace.id);
}

void
exchange_end(struct exchange *x, bool sent)
{
	struct call *c = &x->call;

	assert(c->magic == CALL_MAGIC && x->forget == NULL);
	for (size_t i = 0; i < x->on_end_count; i++)
		x->on_end[i](c, sent);
	counters_call(c->route, sent ? x->status : 0,
	    clock_mono_us() - c->begun_us);
	log_it(x, sent);
	c->magic = 0;
	arena_free(c->arena);
}

/* ---- arguments ---- */

static bool
is_form(struct call *c)
{
	const char *type = call_field(c, "content-type");
	static const char form[] = "application/x-www-form-urlencoded";
	size_t n = sizeof(form) - 1;

	return type != NULL && strncasecmp(type, form, n) == 0 &&
	    (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static const char *
decode(struct arena *a, const char *s, size_t n)
{
	char *text = percent_decode(a, s, n, true);

	return text != NULL && utf8_valid(text, strlen(text)) ? text : NULL;
}

static bool
take_pair(struct args *out, struct arena *a, const char *s, size_t n)
{
	const char *eq = memchr(s, '=', n);
	size_t name_n = eq == NULL ? n : (size_t)(eq - s);
	struct arg *arg = &out->list[out->n];

	arg->name = decode(a, s, name_n);
	arg->value = eq == NULL ? "" : decode(a, eq + 1, n - name_n - 1);
	out->n++;
	return arg->name != NULL && arg->value != NULL;
}

static bool
take_args(struct args *out, struct arena *a, const char *s, size_t n)
{
	size_t max = 1;

	for (size_t i = 0; i < n; i++)
		max += s[i] == '&';
	if (max > ARGS_MAX)
		return false;
	out->list = arena_alloc(a, max * sizeof(*out->list));
	while (n > 0) {
		const char *amp = memchr(s, '&', n);
		size_t m = amp == NULL ? n : (size_t)(amp - s);

		if (m > 0 && !take_pair(out, a, s, m))
			return false;
		s += m + (amp != NULL);
		n -= m + (amp != NULL);
	}
	return true;
}

bool
exchange_args(struct exchange *x)
{
	struct call *c = &x->call;
	bool fine = true;

	if (c->query[0] != '\0')
		fine = take_args(&x->query, c->arena, c->query, strlen(c->query));
	if (fine && c->body_n > 0 && is_form(c))
		fine = take_args(&x->form, c->arena, c->body, c->body_n);
	if (!fine)
		call_refuse(c, 400, "invalid_request",
		    "an argument is badly encoded, or there are too many");
	return fine;
}
