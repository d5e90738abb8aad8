/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failpoints.c - the program with places to die, for tests: linked around what
 * commits, sends and makes durable (ld --wrap), so that the product holds no trace
 * of it. It is never installed.
 *
 * A point is ROLE.WHEN.WHAT: "push.after.subscription_settle". WHEN is before (it
 * was not asked yet), during (it is on its way: who knows?) or after (it was
 * answered, and nothing was done with the answer). WHAT is a statement that
 * writes, http-WHAT (the last word of the path), fsync or rename.
 * In the directory that GUICHET_FAULTS names:
 *
 *	armed	one point: the process that comes there takes the file away and
 *		is killed, once
 *	seen/	each point somebody came by leaves an empty file there
 *	poison	a text: whoever is about to send it dies, each time
 *	clock	seconds by which the clock is wrong
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/db.h"
#include "http/client.h"

struct question *__real_db_ask(struct db *, const struct statement *,
    const struct params *, db_on_rows *, void *);
struct question *__wrap_db_ask(struct db *, const struct statement *,
    const struct params *, db_on_rows *, void *);
struct http_job *__real_http_ask(struct http_client *,
    const struct http_request *, http_on_answer *, void *);
struct http_job *__wrap_http_ask(struct http_client *,
    const struct http_request *, http_on_answer *, void *);
int __real_fsync(int), __wrap_fsync(int);
int __real_rename(const char *, const char *),
    __wrap_rename(const char *, const char *);
int64_t __real_clock_us(void), __wrap_clock_us(void);
int64_t __real_clock_s(void), __wrap_clock_s(void);

static const char *
path_of(char out[400], const char *name)
{
	const char *dir = getenv("GUICHET_FAULTS");

	if (dir == NULL)
		return NULL;
	snprintf(out, 400, "%s/%s", dir, name);
	return out;
}

static bool
read_text(char out[200], const char *name)
{
	char path[400];
	ssize_t n;
	int fd = path_of(path, name) == NULL ? -1 :
	    open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	n = read(fd, out, 199);
	close(fd);
	out[n < 0 ? 0 : n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return n > 0;
}

/* Of two that come at once, one takes the file away. */
static bool
is_armed(const char *point)
{
	char armed[200], path[400];

	return read_text(armed, "armed") && strcmp(armed, point) == 0 &&
	    path_of(path, "armed") != NULL && unlink(path) == 0;
}

static void
name_point(char out[200], const char *when, const char *what)
{
	char role[17] = "";

	prctl(PR_GET_NAME, role);
	snprintf(out, 200, "%s.%s.%s", strncmp(role, "guichet ", 8) == 0 ?
	    role + 8 : "tool", when, what);
}

static void
leave_trace(const char *point)
{
	char name[210], path[400];
	int fd;

	snprintf(name, sizeof(name), "seen/%s", point);
	if (path_of(path, name) == NULL || access(path, F_OK) == 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static void
come_by(const char *when, const char *what)
{
	char point[200];

	if (getenv("GUICHET_FAULTS") == NULL)
		return;
	name_point(point, when, what);
	leave_trace(point);
	if (is_armed(point))
		kill(getpid(), SIGKILL);
}

/* In a moment, wherever it is then: a child of ours sees to it. */
static void
soon(const char *what)
{
	char point[200];
	pid_t self = getpid();

	if (getenv("GUICHET_FAULTS") == NULL)
		return;
	name_point(point, "during", what);
	leave_trace(point);
	if (!is_armed(point) || fork() != 0)
		return;
	usleep((useconds_t)(clock_mono_us() % 3000));
	kill(self, SIGKILL);
	_exit(0);
}

/* ---- statements ---- */

struct asked {
	const struct statement *statement;
	db_on_rows *on_rows;
	void *arg;
};

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct asked a = *(struct asked *)arg;

	free(arg);
	come_by("after", a.statement->name);
	a.on_rows(rows, failure, a.arg);
}

struct question *
__wrap_db_ask(struct db *db, const struct statement *s, const struct params *p,
    db_on_rows *then, void *arg)
{
	struct question *q;
	struct asked *a;

	if (!s->writes)
		return __real_db_ask(db, s, p, then, arg);
	come_by("before", s->name);
	a = malloc(sizeof(*a));
	*a = (struct asked){ s, then, arg };
	q = __real_db_ask(db, s, p, on_rows, a);
	if (q == NULL)
		free(a);
	soon(s->name);
	return q;
}

/* ---- exchanges ---- */

struct sent {
	char what[64];
	http_on_answer *on_answer;
	void *arg;
};

static void
on_answer(const struct http_answer *answer, void *arg)
{
	struct sent s = *(struct sent *)arg;

	free(arg);
	come_by("after", s.what);
	s.on_answer(answer, s.arg);
}

/* Paths hold names of records: only a plain word is taken. */
static void
name_exchange(char out[64], const struct http_request *r)
{
	const char *word = strrchr(r->url, '/');

	word = word == NULL ? "" : word + 1;
	if (word[0] == '\0' || strlen(word) > 30 ||
	    word[strspn(word, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
		word = r->method;
	snprintf(out, 64, "http-%s", word);
}

struct http_job *
__wrap_http_ask(struct http_client *cl, const struct http_request *r,
    http_on_answer *then, void *arg)
{
	struct sent *s = malloc(sizeof(*s));
	struct http_job *job;
	char poison[200];

	name_exchange(s->what, r);
	s->on_answer = then;
	s->arg = arg;
	if (r->body != NULL && read_text(poison, "poison") &&
	    memmem(r->body, r->body_n, poison, strlen(poison)) != NULL)
		kill(getpid(), SIGKILL);
	come_by("before", s->what);
	job = __real_http_ask(cl, r, on_answer, s);
	soon(s->what);
	return job;
}

/* ---- files ---- */

int
__wrap_fsync(int fd)
{
	int rc;

	come_by("before", "fsync");
	rc = __real_fsync(fd);
	come_by("after", "fsync");
	return rc;
}

int
__wrap_rename(const char *from, const char *to)
{
	int rc;

	come_by("before", "rename");
	rc = __real_rename(from, to);
	come_by("after", "rename");
	return rc;
}

/* ---- time: looked at a hundred times a second ---- */

static int64_t
wrong_by_us(void)
{
	static int64_t looked, by;
	char text[200];

	if (clock_mono_us() - looked > 10000) {
		looked = clock_mono_us();
		by = read_text(text, "clock") ? atoll(text) * 1000000 : 0;
	}
	return by;
}

int64_t
__wrap_clock_us(void)
{
	return __real_clock_us() + wrong_by_us();
}

int64_t
__wrap_clock_s(void)
{
	return __wrap_clock_us() / 1000000;
}
