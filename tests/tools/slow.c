/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow.c - many connections that take their time, and a few that do not.
 *
 *     slow plain=PORT tls=PORT [heads=N] [bodies=N] [readers=N] [greetings=N]
 *          [idle=N] [idle_tls=N] [requests=FILE rate=N seconds=N]
 *
 * Opens the slow ones, prints "held" and how many, and keeps them: each sends a
 * byte (or reads one) about every two seconds, and is opened anew when it is cut
 * off. Then, at an even pace and whatever became of those before, sends the
 * requests of the file (a line: target, then fields, between tabs) on 32
 * connections; prints how long they took since they were due. Without a file it
 * holds until its input ends.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"

enum kind { HEADS, BODIES, READERS, GREETINGS, IDLE, IDLE_TLS, KINDS };
enum { EVERY_MS = 2000, TICK_MS = 10, CLIENTS = 32, LINES = 100000 };

static const char *const kind_names[KINDS] = {
	"heads", "bodies", "readers", "greetings", "idle", "idle_tls"
};

struct slow {
	int fd;
	enum kind kind;
	size_t at;		/* bytes of its opening that it sent */
	SSL *ssl;
};

struct client {			/* one of the quick */
	int fd;
	double due_ms;		/* of what it waits for; 0: free */
	size_t got, need;	/* need 0: the head is not whole yet */
	char head[4096];
};

static long wanted[KINDS], plain_port, tls_port, rate, seconds = 10;
static const char *requests_file;
static struct slow *slow;
static long slow_n, cut;
static struct client clients[CLIENTS];
static char *lines[LINES];
static long lines_n;
static double *took;
static long took_n, bad;
static int loop;

static double
now_ms(void)
{
	return (double)clock_mono_us() / 1000;
}

static void
fail(const char *what)
{
	fprintf(stderr, "slow: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
call(long port, int receive)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket");
	if (receive > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("connect");
	return fd;
}

/* ---- the slow ---- */

/* What a connection of this kind says at once; later a byte at a time. */
static const char *
opening(enum kind kind, size_t *n)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
	static const char body[] = "POST /oauth/token HTTP/1.1\r\n"
	    "Host: localhost\r\nContent-Length: 4000\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\n\r\n";
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	static char ask[64 * 100];
	static const char one[] = "GET /developers/openapi.json HTTP/1.1\r\n"
	    "Host: localhost\r\n\r\n";

	switch (kind) {
	case HEADS:
		*n = sizeof(head) - 1;
		return head;
	case BODIES:
		*n = sizeof(body) - 1;
		return body;
	case GREETINGS:
		*n = sizeof(hello) - 1;
		return hello;
	default:	/* far more than any kernel's buffers hold */
		*n = 0;
		for (int i = 0; i < 64; i++) {
			memcpy(ask + *n, one, sizeof(one) - 1);
			*n += sizeof(one) - 1;
		}
		return ask;
	}
}

static void
watch(int fd, void *who, uint32_t what)
{
	struct epoll_event e = { .events = what, .data = { .ptr = who } };

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e) < 0)
		fail("epoll");
}

static void
ping(struct slow *s)
{
	static const char text[] = "GET /static/guichet.svg HTTP/1.1\r\n"
	    "Host: localhost\r\n\r\n";
	char answer[16384];
	ssize_t n;

	if (s->ssl != NULL) {
		if (SSL_write(s->ssl, text, sizeof(text) - 1) <= 0)
			fail("SSL_write");
		n = SSL_read(s->ssl, answer, sizeof(answer));
	} else {
		if (write(s->fd, text, sizeof(text) - 1) < 0)
			fail("write");
		n = read(s->fd, answer, sizeof(answer));
	}
	if (n < 12 || memcmp(answer, "HTTP/1.1 200", 12) != 0)
		fail("the first answer");
}

/* Open, asked once, answered: what is idle afterwards. */
static void
open_idle(struct slow *s)
{
	static SSL_CTX *tls;

	if (s->kind == IDLE_TLS) {
		if (tls == NULL)
			tls = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
		s->ssl = SSL_new(tls);
		SSL_set_fd(s->ssl, s->fd);
		if (SSL_connect(s->ssl) != 1)
			fail("SSL_connect");
	}
	ping(s);
	watch(s->fd, s, EPOLLRDHUP);
}

static void
open_slow(struct slow *s)
{
	bool tls = s->kind == GREETINGS || s->kind == IDLE_TLS;
	size_t n;
	const char *text;

	s->fd = call(tls ? tls_port : plain_port, s->kind == READERS ? 2048 : 0);
	if (s->kind >= IDLE) {
		open_idle(s);
		return;
	}
	text = opening(s->kind, &n);
	if (write(s->fd, text, n) < 0)
		fail("write");
	watch(s->fd, s, EPOLLRDHUP);
}

static void
open_all(void)
{
	for (int k = 0; k < KINDS; k++)
		slow_n += wanted[k];
	slow = xcalloc((size_t)slow_n + 1, sizeof(*slow));
	for (long k = 0, i = 0; k < KINDS; k++)
		for (long j = 0; j < wanted[k]; j++, i++) {
			slow[i].kind = (enum kind)k;
			open_slow(&slow[i]);
		}
}

static void
reopen(struct slow *s)
{
	cut++;
	SSL_free(s->ssl);
	s->ssl = NULL;
	close(s->fd);
	open_slow(s);
}

/* One step of one of them: a byte more, or a byte less. */
static void
nudge(struct slow *s)
{
	char byte = 'a';

	if (s->kind >= IDLE)
		return;
	if (s->kind == READERS)
		recv(s->fd, &byte, 1, MSG_DONTWAIT);
	else
		send(s->fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* All of them within EVERY_MS, some at each tick. */
static void
nudge_some(void)
{
	static long next;
	long n = slow_n * TICK_MS / EVERY_MS + 1;

	for (long i = 0; i < n && slow_n > 0; i++)
		nudge(&slow[next++ % slow_n]);
}

/* ---- the quick ---- */

static void
read_requests(void)
{
	FILE *f = fopen(requests_file, "r");
	char *line = NULL, text[16384];
	size_t size = 0;

	if (f == NULL)
		fail(requests_file);
	while (lines_n < LINES && getline(&line, &size, f) > 0) {
		char *rest = line, *target = strsep(&rest, "\t\n"), *field;
		int n = snprintf(text, sizeof(text),
		    "GET %s HTTP/1.1\r\nHost: localhost\r\n", target);

		while ((field = strsep(&rest, "\t\n")) != NULL)
			if (*field != '\0')
				n += snprintf(text + n, sizeof(text) - (size_t)n,
				    "%s\r\n", field);
		snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
		lines[lines_n++] = xstrdup(text);
	}
	free(line);
	fclose(f);
	assert(lines_n > 0);
}

static void
send_one(struct client *c, double due_ms)
{
	static long next;
	const char *text = lines[next++ % lines_n];

	c->due_ms = due_ms;
	c->got = c->need = 0;
	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		fail("send");
}

static bool
answered(struct client *c)
{
	char *end, *length;

	if (c->need == 0) {
		c->head[c->got < sizeof(c->head) ? c->got : sizeof(c->head) - 1] = 0;
		if ((end = strstr(c->head, "\r\n\r\n")) == NULL)
			return false;
		length = strcasestr(c->head, "\r\ncontent-length: ");
		assert(length != NULL);
		c->need = (size_t)(end + 4 - c->head) + strtoul(length + 18, NULL, 10);
		if (memcmp(c->head, "HTTP/1.1 200", 12) != 0)
			bad++;
	}
	return c->got >= c->need;
}

static void
hear(struct client *c)
{
	char more[16384];
	ssize_t n = recv(c->fd, more, sizeof(more), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		fail("a quick connection was lost");
	if (c->got < sizeof(c->head) - 1) {
		size_t room = sizeof(c->head) - 1 - c->got;

		memcpy(c->head + c->got, more, (size_t)n < room ? (size_t)n : room);
	}
	c->got += (size_t)n;
	if (!answered(c))
		return;
	took[took_n++] = now_ms() - c->due_ms;
	c->due_ms = 0;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
tell(void)
{
	qsort(took, (size_t)took_n, sizeof(*took), by_size);
	printf("{\"answered\":%ld,\"bad\":%ld,\"cut\":%ld,\"p50\":%.2f,"
	    "\"p99\":%.2f,\"max\":%.2f}\n", took_n, bad, cut,
	    took[took_n / 2], took[took_n * 99 / 100], took[took_n - 1]);
}

static void
turn(int wait_ms)
{
	struct epoll_event e[256];
	int n = epoll_wait(loop, e, 256, wait_ms);

	for (int i = 0; i < n; i++) {
		struct client *c = e[i].data.ptr;

		if (c >= clients && c < clients + CLIENTS)
			hear(c);
		else
			reopen(e[i].data.ptr);
	}
}

/* Due at an even pace: whoever waits for a free connection has waited. */
static void
measure(void)
{
	double began, nudged;
	long due = 0, all = rate * seconds;
	int last = 0;

	took = xcalloc((size_t)all + 1, sizeof(*took));
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].fd = call(plain_port, 0);
		watch(clients[i].fd, &clients[i], EPOLLIN);
	}
	began = nudged = now_ms();
	while (took_n < all) {
		for (int i = 0; i < CLIENTS && due < all; i++) {
			double at = began + (double)due * 1000 / (double)rate;
			struct client *c = &clients[last];

			if (at > now_ms())
				break;
			last = (last + 1) % CLIENTS;	/* each in its turn */
			if (c->due_ms != 0)
				continue;
			send_one(c, at);
			due++;
		}
		turn(1);
		if (now_ms() - nudged >= TICK_MS) {
			nudge_some();
			nudged += TICK_MS;
		}
		if (now_ms() - began > (double)seconds * 3000)
			fail("it does not come to an end");
	}
	tell();
}

static void
hold(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	while (poll(&in, 1, 0) == 0) {
		turn(TICK_MS);
		nudge_some();
	}
	printf("{\"cut\":%ld}\n", cut);
}

static void
read_args(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		size_t n = eq == NULL ? 0 : (size_t)(eq - argv[i]);
		long value = eq == NULL ? 0 : atol(eq + 1);

		if (eq == NULL)
			fail(argv[i]);
#define IS(name) (strlen(name) == n && strncmp(argv[i], name, n) == 0)
		for (int k = 0; k < KINDS; k++)
			if (IS(kind_names[k]))
				wanted[k] = value;
		if (IS("plain"))
			plain_port = value;
		if (IS("tls"))
			tls_port = value;
		if (IS("rate"))
			rate = value;
		if (IS("seconds"))
			seconds = value;
		if (IS("requests"))
			requests_file = eq + 1;
#undef IS
	}
}

int
main(int argc, char **argv)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_args(argc, argv);
	loop = epoll_create1(EPOLL_CLOEXEC);
	open_all();
	for (int i = 0; i < 100; i++)	/* what is cut off at once shows here */
		turn(TICK_MS);
	printf("held %ld cut %ld\n", slow_n, cut);
	if (requests_file != NULL) {
		read_requests();
		measure();
	} else {
		hold();
	}
	return 0;
}
