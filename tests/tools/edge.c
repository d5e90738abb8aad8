/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edge.c - the HTTP edge alone, with a few routes that show it at work.
 *
 *     edge [SETTING=NUMBER...] [proxies=ADDRESSES] [tls=DIRECTORY]
 *
 * prints "listening PORT" on stdout, with tls= also "tls PORT" and "mtls PORT"
 * (cert.pem and key.pem are in the directory, keys/ is made there).
 *
 * For tests/scenario/hostile-http and the benchmark of the edge itself. SIGTERM
 * drains, then ends. Settings: head, body, answer, idle (ms), connections,
 * files (descriptors it may have).
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "crypto/keys.h"
#include "http/call.h"
#include "http/counters.h"
#include "http/server.h"

static struct house house;

static enum next
ping(struct call *c)
{
	return call_answer(c, 200, "text/plain", "pong\n", 5);
}

static enum next
echo(struct call *c)
{
	return call_answer(c, 200, "application/octet-stream", c->body,
	    c->body_n);
}

/* Says what it was asked: the path argument, the query's a, the form's b. */
static enum next
tell(struct call *c)
{
	const char *a = call_query_arg(c, "a"), *b = call_form_arg(c, "b");
	char *text = arena_printf(c->arena, "%s %s %s %s %s\n",
	    call_path_arg(c, "name"), a == NULL ? "-" : a, b == NULL ? "-" : b,
	    c->peer, c->certificate == NULL ? "-" : c->certificate);

	return call_answer(c, 200, "text/plain", text, strlen(text));
}

/* As many bytes as asked. */
static enum next
large(struct call *c)
{
	size_t n = (size_t)atol(call_path_arg(c, "size"));
	char *bytes = arena_alloc(c->arena, n);

	memset(bytes, 'x', n);
	return call_answer(c, 200, "text/plain", bytes, n);
}

static enum next
empty(struct call *c)
{
	return call_answer(c, 204, NULL, NULL, 0);
}

/* Sleeps so many milliseconds before it answers; says on stdout if its client
 * left first. */
struct nap { struct event *timer; };

static void
on_nap_end(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	call_wake(arg, 0);
}

static void
forget_nap(void *arg)
{
	struct nap *nap = arg;

	event_del(nap->timer);
	puts("nap forgotten");
}

static void
free_timer(void *timer)
{
	event_free(timer);
}

static void
end_nap(struct call *c UNUSED, bool sent)
{
	printf("nap ended %s\n", sent ? "sent" : "left");
}

static enum next
nap(struct call *c)
{
	struct nap *nap = c->own;
	int ms = atoi(call_path_arg(c, "ms"));
	const struct timeval wait = { ms / 1000, ms % 1000 * 1000 };

	nap->timer = event_new(house.base, -1, 0, on_nap_end, c);
	arena_defer(c->arena, free_timer, nap->timer);
	event_add(nap->timer, &wait);
	call_on_end(c, end_nap);
	return call_wait(c, forget_nap, nap);
}

static const struct step ping_steps[] = { { "ping", ping }, { NULL, NULL } };
static const struct step echo_steps[] = { { "echo", echo }, { NULL, NULL } };
static const struct step tell_steps[] = { { "tell", tell }, { NULL, NULL } };
static const struct step large_steps[] = { { "large", large }, { NULL, NULL } };
static const struct step empty_steps[] = { { "empty", empty }, { NULL, NULL } };
static const struct step nap_steps[] = {
	{ "sleep", nap }, { "ping", ping }, { NULL, NULL }
};

static const struct route
    route_ping = { "GET", "/ping", ping_steps },
    route_echo = { "POST", "/echo", echo_steps, .body_max = 4096 },
    route_big = { "POST", "/big", echo_steps, .body_max = 1 << 20 },
    route_tell = { "GET", "/tell/{name}", tell_steps },
    route_ask = { "POST", "/tell/{name}", tell_steps, .body_max = 4096,
	.kind = ROUTE_OAUTH },
    route_large = { "GET", "/large/{size}", large_steps },
    route_empty = { "GET", "/empty", empty_steps },
    route_nap = { "GET", "/nap/{ms}", nap_steps, sizeof(struct nap) };

static const struct route *const table[] = { &route_ping, &route_echo,
	&route_big, &route_tell, &route_ask, &route_large, &route_empty,
	&route_nap, NULL };

static void
on_drained(void *base)
{
	event_base_loopbreak(base);
}

static void
on_term(evutil_socket_t fd UNUSED, short what UNUSED, void *server)
{
	server_drain(server, 2000, on_drained, house.base);
}

static void
use_tls(struct settings *s, const char *dir)
{
	if (asprintf(&s->tls_certificate, "%s/cert.pem", dir) < 0 ||
	    asprintf(&s->tls_key, "%s/key.pem", dir) < 0 ||
	    asprintf(&s->keys_dir, "%s/keys", dir) < 0)
		abort();
}

static void
listen_on(struct server *server, const char *what, SSL_CTX *tls)
{
	struct sockaddr_in at;
	socklen_t n = sizeof(at);
	struct fault fault;
	int fd;

	if (server_bind(&fd, "127.0.0.1:0", &fault) < 0)
		fatal("%s", fault.cause);
	getsockname(fd, (struct sockaddr *)&at, &n);
	server_listen(server, fd, tls, table);
	printf("%s %d\n", what, ntohs(at.sin_port));
}

static struct keys *keys;
static SSL_CTX *plain, *asking;

static void
listen_tls(struct server *server, const struct settings *s)
{
	struct fault fault;

	if (keys_make(s->keys_dir, &fault) < 0 ||
	    keys_load(&keys, s->keys_dir, &fault) < 0 ||
	    server_tls(&plain, s, keys, false, &fault) < 0 ||
	    server_tls(&asking, s, keys, true, &fault) < 0)
		fatal("%s: %s", fault.file, fault.cause);
	listen_on(server, "tls", plain);
	listen_on(server, "mtls", asking);
}

static void
few_files(rlim_t n)
{
	const struct rlimit limit = { n, n };

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
}

static struct settings *
settings_from(int argc, char **argv)
{
	static struct settings s = { .public_url = (char *)"https://counter.test",
		.trusted_proxies = (char *)"",
		.client_certificate_header = (char *)"",
		.connections_max = 1000, .head_timeout_ms = 2000,
		.body_timeout_ms = 2000, .answer_timeout_ms = 5000,
		.idle_timeout_ms = 3000 };
	const struct { const char *name; int64_t *at; } names[] = {
		{ "head", &s.head_timeout_ms }, { "body", &s.body_timeout_ms },
		{ "answer", &s.answer_timeout_ms }, { "idle", &s.idle_timeout_ms },
		{ "connections", &s.connections_max } };

	for (int i = 1; i < argc; i++) {
		size_t n = strcspn(argv[i], "=");

		for (size_t k = 0; argv[i][n] == '=' && k < countof(names); k++)
			if (strlen(names[k].name) == n &&
			    strncmp(argv[i], names[k].name, n) == 0)
				*names[k].at = atoll(argv[i] + n + 1);
		if (strncmp(argv[i], "files=", 6) == 0)
			few_files((rlim_t)atoll(argv[i] + 6));
		if (strncmp(argv[i], "proxies=", 8) == 0) {
			s.trusted_proxies = argv[i] + 8;
			s.client_certificate_header = (char *)"X-Client-Cert";
		}
		if (strncmp(argv[i], "tls=", 4) == 0)
			use_tls(&s, argv[i] + 4);
	}
	return &s;
}

int
main(int argc, char **argv)
{
	struct server *server;
	struct event *term;

	setvbuf(stdout, NULL, _IOLBF, 0);
	log_open(false, getenv("QUIET") ? LEVEL_ERROR : LEVEL_INFO, "edge");
	house.settings = settings_from(argc, argv);
	house.base = event_base_new();
	counters_take(counters_make(1), 0, "web");
	server = server_new(&house);
	if (house.settings->tls_key != NULL)
		listen_tls(server, house.settings);
	term = evsignal_new(house.base, SIGTERM, on_term, server);
	event_add(term, NULL);
	listen_on(server, "listening", NULL);
	event_base_dispatch(house.base);
	server_free(server);
	event_free(term);
	event_base_free(house.base);
	SSL_CTX_free(plain);
	SSL_CTX_free(asking);
	keys_free(keys);
	return 0;
}
