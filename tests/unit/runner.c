/* SPDX-License-Identifier: Apache-2.0 */
/* runner.c - steps in order, asleep and awake; refusals in their three looks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "http/counters.h"
#include "http/exchange.h"
#include "http/house.h"

static struct settings settings = { .public_url = (char *)"https://a.test" };
static struct house house = { .settings = &settings };
static char trail[64];		/* what happened, a letter each */
static struct exchange *answered;

static void
mark(char c)
{
	size_t n = strlen(trail);

	assert_true(n + 1 < sizeof(trail));
	trail[n] = c;
	trail[n + 1] = '\0';
}

static void
on_answer(struct exchange *x)
{
	answered = x;
}

static struct exchange *
begin(const struct route *r)
{
	struct exchange *x = exchange_new(&house);

	trail[0] = '\0';
	answered = NULL;
	x->on_answer = on_answer;
	x->call.route = r;
	return x;
}

/* ---- steps ---- */

static enum next go_on(struct call *c UNUSED) { mark('n'); return NEXT; }

static void
forget(void *arg UNUSED)
{
	mark('f');
}

static enum next
sleep_on(struct call *c)
{
	mark('w');
	return call_wait(c, forget, NULL);
}

/* The answer is there before the step has returned. */
static enum next
sleep_short(struct call *c)
{
	enum next next = call_wait(c, forget, NULL);

	call_wake(c, E_TIMEOUT);
	mark('s');
	return next;
}

static enum next
jump(struct call *c)
{
	mark('j');
	return call_goto(c, "end");
}

static enum next
jump_asleep(struct call *c)
{
	mark('j');
	call_goto(c, "end");
	return call_wait(c, forget, NULL);
}

static enum next
end(struct call *c)
{
	mark(c->failure == 0 ? 'e' : 'E');
	return call_answer(c, 200, "text/plain", "x", 1);
}

static enum next
refuse(struct call *c)
{
	call_reply_field(c, "X-Odd", "a\r\nb: c");
	return call_refuse(c, 403, "no_grant", "no \"%s\"", "consent");
}

static const struct step plain_steps[] = {
	{ "on", go_on }, { "on again", go_on }, { "end", end }, { NULL, NULL } };
static const struct step sleepy_steps[] = {
	{ "sleep", sleep_on }, { "on", go_on }, { "sleep again", sleep_on },
	{ "end", end }, { NULL, NULL } };
static const struct step short_steps[] = {
	{ "sleep", sleep_short }, { "end", end }, { NULL, NULL } };
static const struct step skip_steps[] = {
	{ "jump", jump }, { "on", go_on }, { "end", end }, { NULL, NULL } };
static const struct step skip_asleep_steps[] = {
	{ "jump", jump_asleep }, { "on", go_on }, { "end", end }, { NULL, NULL } };
static const struct step refuse_steps[] = { { "no", refuse }, { NULL, NULL } };

static const struct route
    plain = { "GET", "/plain", plain_steps, .own_size = 100 },
    sleepy = { "GET", "/sleepy", sleepy_steps },
    short_nap = { "GET", "/short", short_steps },
    skipping = { "GET", "/skip", skip_steps },
    skipping_asleep = { "GET", "/skip", skip_asleep_steps },
    refuse_api = { "GET", "/api", refuse_steps, .kind = ROUTE_API },
    refuse_oauth = { "GET", "/oauth", refuse_steps, .kind = ROUTE_OAUTH },
    refuse_page = { "GET", "/page", refuse_steps, .kind = ROUTE_PAGE };

static void
steps_run_in_order(void **state UNUSED)
{
	struct exchange *x = begin(&plain);

	runner_start(x);
	assert_ptr_equal(answered, x);
	assert_string_equal(trail, "nne");
	for (int i = 0; i < 100; i++)
		assert_int_equal(((char *)x->call.own)[i], 0);
	exchange_end(x, true);
}

static void
a_sleeping_call_wakes(void **state UNUSED)
{
	struct exchange *x = begin(&sleepy);

	runner_start(x);
	assert_string_equal(trail, "w");
	assert_null(answered);
	call_wake(&x->call, 0);
	assert_string_equal(trail, "wnw");
	call_wake(&x->call, E_UNAVAILABLE);	/* after call_wait: the step's */
	assert_string_equal(trail, "wnwE");
	assert_ptr_equal(answered, x);
	exchange_end(x, true);
}

static void
an_early_answer_is_taken_up(void **state UNUSED)
{
	struct exchange *x = begin(&short_nap);

	runner_start(x);
	assert_string_equal(trail, "sE");
	assert_ptr_equal(answered, x);
	exchange_end(x, true);
}

static void
steps_are_skipped(void **state UNUSED)
{
	struct exchange *x = begin(&skipping);

	runner_start(x);
	assert_string_equal(trail, "je");
	exchange_end(x, true);
	x = begin(&skipping_asleep);
	runner_start(x);
	call_wake(&x->call, 0);
	assert_string_equal(trail, "je");
	exchange_end(x, true);
}

static bool was_sent;

static void
note_end(struct call *c, bool sent)
{
	assert_int_equal(c->magic, CALL_MAGIC);
	was_sent = sent;
	mark('!');
}

static void
a_caller_who_left_is_let_go(void **state UNUSED)
{
	struct exchange *x = begin(&sleepy);

	call_on_end(&x->call, note_end);
	runner_start(x);
	runner_forget(x);
	runner_forget(x);			/* once is enough */
	exchange_end(x, false);
	assert_string_equal(trail, "wf!");
	assert_false(was_sent);
}

/* ---- refusals ---- */

static json_t *
refusal_of(const struct route *r, struct exchange **x)
{
	json_t *doc;

	*x = begin(r);
	runner_start(*x);
	assert_int_equal((*x)->status, 403);
	doc = json_loadb((*x)->body, (*x)->body_n, 0, NULL);
	assert_non_null(doc);
	return doc;
}

static const char *
member(json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static void
an_api_refuses_with_a_problem(void **state UNUSED)
{
	struct exchange *x;
	json_t *doc = refusal_of(&refuse_api, &x);

	assert_string_equal(x->type, "application/problem+json");
	assert_string_equal(member(doc, "type"),
	    "https://a.test/developers/errors#no_grant");
	assert_string_equal(member(doc, "title"), "Forbidden");
	assert_string_equal(member(doc, "detail"), "no \"consent\"");
	assert_string_equal(member(doc, "code"), "no_grant");
	assert_string_equal(member(doc, "call"), x->call.id);
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), 403);
	json_decref(doc);
	exchange_end(x, true);
}

static void
oauth_refuses_as_rfc_6749_says(void **state UNUSED)
{
	struct exchange *x;
	json_t *doc = refusal_of(&refuse_oauth, &x);

	assert_string_equal(x->type, "application/json");
	assert_int_equal(json_object_size(doc), 2);
	assert_string_equal(member(doc, "error"), "no_grant");
	assert_string_equal(member(doc, "error_description"), "no \"consent\"");
	json_decref(doc);
	exchange_end(x, true);
}

static enum next
page(struct call *c, int status, const char *code, const char *detail)
{
	char *text = arena_printf(c->arena, "%s: %s", code, detail);

	return call_answer(c, status, "text/html", text, strlen(text));
}

static void
a_page_refuses_by_a_page(void **state UNUSED)
{
	struct exchange *x = begin(&refuse_page);

	call_refusal_page = page;
	runner_start(x);
	call_refusal_page = NULL;
	assert_int_equal(x->status, 403);
	assert_string_equal(x->body, "no_grant: no \"consent\"");
	exchange_end(x, true);
}

/* ---- the head ---- */

static void
heads_are_whole(void **state UNUSED)
{
	struct exchange *x = begin(&refuse_page);
	struct buf b;

	buf_init(&b);
	x->call.secure = x->close = true;
	runner_start(x);
	answer_write(&b, x, 100000);
	assert_memory_equal(b.data, "HTTP/1.1 403 Forbidden\r\nDate: ", 30);
	assert_non_null(strstr(b.data, "\r\nX-Odd: a  b: c\r\n"));
	assert_non_null(strstr(b.data, "\r\nStrict-Transport-Security: max-age="));
	assert_non_null(strstr(b.data, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(b.data, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(b.data, "\r\nContent-Security-Policy: default-src "
	    "'none'; "));
	assert_non_null(strstr(b.data, "\r\nConnection: close\r\n"));
	assert_non_null(strstr(b.data, "\r\nContent-Length: "));
	buf_clear(&b);
	exchange_end(x, true);
}

static void
a_head_alone_and_a_large_body(void **state UNUSED)
{
	struct exchange *x = begin(&plain);
	struct buf b;

	buf_init(&b);
	x->call.head = true;
	runner_start(x);
	answer_write(&b, x, 100);
	assert_non_null(strstr(b.data, "\r\nContent-Length: 1\r\n"));
	assert_memory_equal(b.data + b.len - 4, "\r\n\r\n", 4);
	assert_int_equal(x->body_n, 0);
	exchange_end(x, true);

	buf_reset(&b);
	x = begin(&plain);
	runner_start(x);
	answer_write(&b, x, 0);		/* larger than may be copied */
	assert_memory_equal(b.data + b.len - 4, "\r\n\r\n", 4);
	assert_int_equal(x->body_n, 1);
	buf_clear(&b);
	exchange_end(x, true);
}

/* ---- what a call reads ---- */

static void
arguments_and_cookies_are_read(void **state UNUSED)
{
	static const struct field fields[] = {
		{ "cookie", "a=1; __Host-guichet=x=y;b=" },
		{ "content-type", "application/x-www-form-urlencoded; charset=utf-8" },
		{ "cookie", "c=3" } };
	const char *values[3];
	struct exchange *x = begin(&plain);
	struct call *c = &x->call;

	c->fields = fields;
	c->field_count = countof(fields);
	c->query = "q=1+2&e=&n&%C3%A9=%26";
	c->body = "d=one&csrf=t%2Bu&d=two&d=three";
	c->body_n = strlen(c->body);
	assert_true(exchange_args(x));
	assert_string_equal(call_query_arg(c, "q"), "1 2");
	assert_string_equal(call_query_arg(c, "e"), "");
	assert_string_equal(call_query_arg(c, "n"), "");
	assert_string_equal(call_query_arg(c, "\xc3\xa9"), "&");
	assert_null(call_query_arg(c, "d"));
	assert_string_equal(call_form_arg(c, "csrf"), "t+u");
	assert_int_equal(call_form_args(c, "d", values, 3), 3);
	assert_string_equal(values[2], "three");
	assert_string_equal(call_args_repeated(c), "d");
	assert_string_equal(call_cookie(c, "a"), "1");
	assert_string_equal(call_cookie(c, "__Host-guichet"), "x=y");
	assert_string_equal(call_cookie(c, "c"), "3");
	assert_null(call_cookie(c, "b2"));
	assert_int_equal(call_field_count(c, "cookie"), 2);
	runner_start(x);
	exchange_end(x, true);
}

static void
bad_forms_are_refused(void **state UNUSED)
{
	static const struct field form = { "content-type",
	    "application/x-www-form-urlencoded" };
	static const char *const bodies[] = { "a=%", "a=%zz", "a=%00", "%ff=a",
	    "a=%c3" };

	for (size_t i = 0; i < countof(bodies); i++) {
		struct exchange *x = begin(&plain);

		x->call.fields = &form;
		x->call.field_count = 1;
		x->call.body = bodies[i];
		x->call.body_n = strlen(bodies[i]);
		assert_false(exchange_args(x));
		assert_int_equal(x->status, 400);
		exchange_end(x, true);
	}
}

/* ---- figures ---- */

static void
figures_of_all_pages_are_told(void **state UNUSED)
{
	struct counters_book *book = counters_make(3);
	struct buf b;

	buf_init(&b);
	counters_take(book, 2, "push");
	counter_add(COUNTER_DELIVERED, 7);
	counters_take(book, 0, "web");
	counter_set(COUNTER_CONNECTIONS, 5);
	counters_call(&plain, 200, 800);
	counters_call(&plain, 503, 3000000);
	counters_call(&sleepy, 0, 20000);
	counters_call(NULL, 400, 10);
	counters_take(book, 1, "web");
	counters_call(&plain, 200, 1200);
	counters_write(&b);
	assert_non_null(strstr(b.data,
	    "guichet_calls_total{method=\"GET\",route=\"/plain\",status=\"2xx\"} 2\n"));
	assert_non_null(strstr(b.data,
	    "guichet_calls_total{method=\"GET\",route=\"/plain\",status=\"5xx\"} 1\n"));
	assert_non_null(strstr(b.data,
	    "guichet_calls_total{method=\"GET\",route=\"/sleepy\",status=\"left\"} 1\n"));
	assert_non_null(strstr(b.data,
	    "guichet_calls_total{method=\"-\",route=\"-\",status=\"4xx\"} 1\n"));
	assert_non_null(strstr(b.data, "guichet_call_seconds_bucket{method=\"GET\","
	    "route=\"/plain\",le=\"0.001\"} 1\n"));
	assert_non_null(strstr(b.data, "guichet_call_seconds_bucket{method=\"GET\","
	    "route=\"/plain\",le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(b.data,
	    "guichet_deliveries_total{role=\"push\",process=\"2\"} 7\n"));
	assert_non_null(strstr(b.data,
	    "guichet_connections{role=\"web\",process=\"0\"} 5\n"));
	assert_string_equal(b.data + b.len - 6, "# EOF\n");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_run_in_order),
		cmocka_unit_test(a_sleeping_call_wakes),
		cmocka_unit_test(an_early_answer_is_taken_up),
		cmocka_unit_test(steps_are_skipped),
		cmocka_unit_test(a_caller_who_left_is_let_go),
		cmocka_unit_test(an_api_refuses_with_a_problem),
		cmocka_unit_test(oauth_refuses_as_rfc_6749_says),
		cmocka_unit_test(a_page_refuses_by_a_page),
		cmocka_unit_test(heads_are_whole),
		cmocka_unit_test(a_head_alone_and_a_large_body),
		cmocka_unit_test(arguments_and_cookies_are_read),
		cmocka_unit_test(bad_forms_are_refused),
		cmocka_unit_test(figures_of_all_pages_are_told),
	};

	log_open(false, LEVEL_ERROR, "test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
