/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.c - a PIMS that receives as fast as a machine can, for the bench: our own
 * edge, one route. It believes everything and keeps what it is told on figures.
 *
 *     sink DIRECTORY [idle=MS]
 *
 * prints "tls PORT" and "listening PORT". tls.pem and tls.key are in the directory;
 * keys/ is made there.
 *   POST /hook, /slow/{ms}	answers a challenge; counts; /slow sleeps first
 *   GET /figures		(plain) counts so far: messages, records, distinct
 *				records, handshakes, resumed ones, the latest gap
 *   POST /forget		(plain) counts begin again
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "http/call.h"
#include "http/counters.h"
#include "http/server.h"

static struct house house;

/* ---- counting ---- */

enum { ID_HEX = 32 };
static struct {
	long long messages, bytes, records, distinct, handshakes, resumed;
	int64_t first_us, last_us;
} seen;

/* Ids of records, open addressing; grows. */
static struct { uint64_t *list; size_t size, n; } ids;

static bool
put_id(uint64_t id)
{
	size_t i = id & (ids.size - 1);

	for (; ids.list[i] != 0; i = (i + 1) & (ids.size - 1))
		if (ids.list[i] == id)
			return false;
	ids.list[i] = id;
	ids.n++;
	return true;
}

static void
grow(void)
{
	uint64_t *old = ids.list;
	size_t n = ids.size;

	ids.size = n == 0 ? 1 << 16 : 2 * n;
	ids.list = xcalloc(ids.size, sizeof(*ids.list));
	ids.n = 0;
	for (size_t i = 0; i < n; i++)
		if (old[i] != 0)
			put_id(old[i]);
	free(old);
}

/* Each record begins with {"id":"32 hex digits": ours are the only writers. */
static void
count_records(const char *body)
{
	static const char mark[] = "{\"id\":\"";
	char hex[17] = "";

	for (const char *at = body; (at = strstr(at, mark)) != NULL; ) {
		at += sizeof(mark) - 1;
		if (strspn(at, "0123456789abcdef") != ID_HEX)
			continue;
		memcpy(hex, at, 16);
		if (ids.n * 2 >= ids.size)
			grow();
		seen.records++;
		seen.distinct += put_id(strtoull(hex, NULL, 16) | 1);
		at += ID_HEX;
	}
}

static void
on_tls(const SSL *ssl, int where, int ret UNUSED)
{
	if ((where & SSL_CB_HANDSHAKE_DONE) == 0)
		return;
	seen.handshakes++;
	seen.resumed += SSL_session_reused(ssl);
}

/* ---- routes ---- */

static enum next
receive(struct call *c)
{
	static const char mark[] = "\"challenge\":\"";
	const char *at = strstr(c->body, mark), *end;

	if (at != NULL && (end = strchr(at + sizeof(mark) - 1, '"')) != NULL) {
		char *text = arena_printf(c->arena, "{%.*s\"}",
		    (int)(end - at), at);
		return call_answer(c, 200, "application/json", text,
		    strlen(text));
	}
	seen.messages++;
	seen.bytes += (long long)c->body_n;
	seen.last_us = clock_mono_us();
	if (seen.first_us == 0)
		seen.first_us = seen.last_us;
	count_records(c->body);
	return call_answer(c, 204, NULL, NULL, 0);
}

static void
on_slept(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	call_wake(arg, 0);
}

static void
free_timer(void *timer)
{
	event_free(timer);
}

static void
forget_sleep(void *timer)
{
	event_del(timer);
}

static enum next
sleep_first(struct call *c)
{
	int ms = atoi(call_path_arg(c, "ms"));
	const struct timeval wait = { ms / 1000, ms % 1000 * 1000 };
	struct event *timer = event_new(house.base, -1, 0, on_slept, c);

	arena_defer(c->arena, free_timer, timer);
	event_add(timer, &wait);
	return call_wait(c, forget_sleep, timer);
}

static enum next
tell(struct call *c)
{
	char *text = arena_printf(c->arena, "{\"messages\":%lld,\"bytes\":%lld,"
	    "\"records\":%lld,\"distinct\":%lld,\"handshakes\":%lld,"
	    "\"resumed\":%lld,\"took_us\":%lld}\n", seen.messages, seen.bytes,
	    seen.records, seen.distinct, seen.handshakes, seen.resumed,
	    (long long)(seen.last_us - seen.first_us));

	return call_answer(c, 200, "application/json", text, strlen(text));
}

static enum next
forget(struct call *c)
{
	memset(&seen, 0, sizeof(seen));
	if (ids.size > 0)
		memset(ids.list, 0, ids.size * sizeof(*ids.list));
	ids.n = 0;
	return call_answer(c, 204, NULL, NULL, 0);
}

static const struct step receive_steps[] = {
	{ "receive", receive }, { NULL, NULL }
};
static const struct step slow_steps[] = {
	{ "sleep", sleep_first }, { "receive", receive }, { NULL, NULL }
};
static const struct step tell_steps[] = { { "tell", tell }, { NULL, NULL } };
static const struct step forget_steps[] = { { "forget", forget }, { NULL, NULL } };
static const struct route
    route_hook = { "POST", "/hook", receive_steps, .body_max = 2 << 20 },
    route_slow = { "POST", "/slow/{ms}", slow_steps, .body_max = 2 << 20 },
    route_tell = { "GET", "/figures", tell_steps },
    route_forget = { "POST", "/forget", forget_steps };
static const struct route *const table[] = { &route_hook, &route_slow,
    &route_tell, &route_forget, NULL };

/* ---- beginning ---- */

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

static SSL_CTX *
open_tls(struct settings *s, const char *dir)
{
	struct fault fault;
	struct keys *keys;
	SSL_CTX *tls;

	if (asprintf(&s->tls_certificate, "%s/tls.pem", dir) < 0 ||
	    asprintf(&s->tls_key, "%s/tls.key", dir) < 0 ||
	    asprintf(&s->keys_dir, "%s/keys", dir) < 0)
		abort();
	if (keys_make(s->keys_dir, &fault) < 0 ||
	    keys_load(&keys, s->keys_dir, &fault) < 0 ||
	    server_tls(&tls, s, keys, false, &fault) < 0)
		fatal("%s: %s", fault.file, fault.cause);
	SSL_CTX_set_info_callback(tls, on_tls);
	return tls;
}

int
main(int argc, char **argv)
{
	static struct settings s = { .public_url = (char *)"https://pims.test",
		.trusted_proxies = (char *)"",
		.client_certificate_header = (char *)"",
		.connections_max = 8000, .head_timeout_ms = 60000,
		.body_timeout_ms = 60000, .answer_timeout_ms = 60000,
		.idle_timeout_ms = 600000 };
	struct server *server;
	SSL_CTX *tls;

	if (argc < 2)
		fatal("sink DIRECTORY [idle=MS]");
	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], "idle=", 5) == 0)
			s.idle_timeout_ms = atoll(argv[i] + 5);
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_open(false, LEVEL_ERROR, "sink");
	grow();
	house.settings = &s;
	house.base = event_base_new();
	counters_take(counters_make(1), 0, "web");
	server = server_new(&house);
	tls = open_tls(&s, argv[1]);
	listen_on(server, "tls", tls);
	listen_on(server, "listening", NULL);
	event_base_dispatch(house.base);
	server_free(server);
	SSL_CTX_free(tls);
	return 0;
}
