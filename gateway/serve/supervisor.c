/*
 * supervisor.c - forks the roles, restarts the dead, reloads, drains.
 *
 * It does no work of its own and keeps no loop: it sleeps in poll on a signalfd
 * and on the pipe through which children say that they are ready. A child is
 * in a generation; a reload starts the next generation and asks the previous
 * one to drain, so that both serve for a moment and no call is dropped.
 */
#include "serve/serve.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "http/counters.h"

enum {
	CHILDREN_MAX = 256,
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 30000,
	STEADY_MS = 60000	/* alive that long: its next death is a first one */
};

struct child {
	pid_t pid;			/* 0: dead, to be started at `at` */
	const struct role_kind *kind;
	int index;
	int generation;
	int page;			/* of the counters' book */
	bool ready;
	int64_t started_ms, at_ms;
	int backoff_ms;
};

struct supervisor {
	const char *config;
	struct plan plan;
	struct sockets *sockets;
	struct counters_book *book;
	struct child children[CHILDREN_MAX];
	int n, generation;
	sigset_t before;		/* the mask children get back */
	int signals, ready[2];		/* signalfd; a pipe of pids */
	bool stopping, told_ready;
	int64_t deadline_ms;		/* of the drain */
	uint64_t watchdog_us;
};

static int64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

/* ---- one child ---- */

static void
become(struct supervisor *s, struct child *c)
{
	struct role role = { c->kind, c->index, &s->plan, s->sockets,
	    s->ready[1] };

	sigprocmask(SIG_SETMASK, &s->before, NULL);
	signal(SIGINT, SIG_IGN);	/* the supervisor alone answers ^C */
	signal(SIGHUP, SIG_IGN);
	close(s->signals);
	close(s->ready[0]);
	log_open(strcmp(s->plan.settings->log_format, "json") == 0,
	    log_level_named(s->plan.settings->log_level), c->kind->name);
	counters_take(s->book, c->page, c->kind->name);
	exit(c->kind->run(&role));
}

static void
start(struct supervisor *s, struct child *c)
{
	pid_t supervisor = getpid(), pid = fork();

	if (pid == 0) {
		/* whoever loses its supervisor stops at once */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != supervisor)
			exit(EX_TEMPFAIL);
		become(s, c);
	}
	c->started_ms = now_ms();
	c->ready = false;
	if (pid < 0) {
		log_error("fork failed role=%s cause=\"%s\"", c->kind->name,
		    strerror(errno));
		c->at_ms = now_ms() + BACKOFF_MAX_MS;
		return;
	}
	c->pid = pid;
	log_debug("started role=%s index=%d pid=%d", c->kind->name, c->index,
	    (int)pid);
}

/* The lowest page of the book nobody of the living writes. */
static int
free_page(const struct supervisor *s)
{
	for (int page = 0;; page++) {
		int i;

		for (i = 0; i < s->n && s->children[i].page != page; i++)
			;
		if (i == s->n)
			return page;
	}
}

static void
add(struct supervisor *s, const struct role_kind *kind, int index)
{
	struct child *c = &s->children[s->n];

	if (s->n == CHILDREN_MAX) {
		log_error("too many processes role=%s", kind->name);
		return;
	}
	*c = (struct child){ .kind = kind, .index = index,
	    .generation = s->generation, .page = free_page(s) };
	s->n++;
	start(s, c);
}

static void
start_all(struct supervisor *s)
{
	for (const struct role_kind *k = role_kinds; k->name != NULL; k++)
		for (int i = 0; i < k->count(s->plan.settings); i++)
			add(s, k, i);
}

static void
forget(struct supervisor *s, struct child *c)
{
	*c = s->children[--s->n];
}

/* ---- when one dies ---- */

static void
tell_death(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_error("died role=%s index=%d pid=%d signal=%d", c->kind->name,
		    c->index, (int)c->pid, WTERMSIG(status));
	else
		log_error("died role=%s index=%d pid=%d exit=%d", c->kind->name,
		    c->index, (int)c->pid, WEXITSTATUS(status));
}

static void
plan_restart(struct child *c)
{
	if (now_ms() - c->started_ms > STEADY_MS)
		c->backoff_ms = 0;
	c->pid = 0;
	c->at_ms = now_ms() + c->backoff_ms;
	c->backoff_ms = c->backoff_ms == 0 ? BACKOFF_MIN_MS :
	    c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS :
	    c->backoff_ms * 2;
}

static void
bury(struct supervisor *s, pid_t pid, int status)
{
	for (int i = 0; i < s->n; i++) {
		struct child *c = &s->children[i];

		if (c->pid != pid)
			continue;
		if (s->stopping || c->generation != s->generation) {
			forget(s, c);	/* it was asked to go */
			return;
		}
		tell_death(c, status);
		plan_restart(c);
		return;
	}
}

/* How many live, of this generation or of older ones? */
static int
alive(const struct supervisor *s, bool current)
{
	int n = 0;

	for (int i = 0; i < s->n; i++)
		n += s->children[i].pid != 0 &&
		    (s->children[i].generation == s->generation) == current;
	return n;
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		bury(s, pid, status);
	if (!s->stopping && alive(s, false) == 0)
		sockets_trim(s->sockets, &s->plan);
}

static void
restart_due(struct supervisor *s)
{
	for (int i = 0; !s->stopping && i < s->n; i++)
		if (s->children[i].pid == 0 && s->children[i].at_ms <= now_ms())
			start(s, &s->children[i]);
}

/* ---- readiness ---- */

static bool
all_ready(const struct supervisor *s)
{
	for (int i = 0; i < s->n; i++)
		if (s->children[i].generation == s->generation &&
		    !s->children[i].ready)
			return false;
	return true;
}

/* The older generation goes once the new one can work. */
static void
retire_older(struct supervisor *s)
{
	for (int i = s->n - 1; i >= 0; i--) {
		struct child *c = &s->children[i];

		if (c->generation == s->generation)
			continue;
		if (c->pid == 0)
			forget(s, c);
		else
			kill(c->pid, SIGTERM);
	}
}

static void
hear_ready(struct supervisor *s)
{
	pid_t pid;

	while (read(s->ready[0], &pid, sizeof(pid)) == (ssize_t)sizeof(pid))
		for (int i = 0; i < s->n; i++)
			if (s->children[i].pid == pid)
				s->children[i].ready = true;
	if (s->told_ready || s->stopping || !all_ready(s))
		return;
	s->told_ready = true;
	retire_older(s);
	sd_notify(0, "READY=1");
	log_info("ready processes=%d url=%s", alive(s, true),
	    s->plan.settings->public_url);
}

void
role_ready(struct role *r)
{
	pid_t pid = getpid();

	if (write(r->ready_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		log_warning("cannot tell the supervisor that we are ready");
}

/* ---- reload and stop ---- */

static void
reload(struct supervisor *s)
{
	struct plan next;
	struct fault f;

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_mono_us());
	if (plan_read(&next, s->config, &f) < 0 ||
	    sockets_open(s->sockets, &next, &f) < 0) {
		fault_print(stderr, &f);
		log_error("reload refused, the old settings stay code=%s", f.code);
		sd_notify(0, "READY=1");
		return;
	}
	plan_clear(&s->plan);
	s->plan = next;
	s->generation++;
	s->told_ready = false;
	log_info("reloading generation=%d", s->generation);
	start_all(s);
}

static void
stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->deadline_ms = now_ms() + s->plan.settings->drain_timeout_ms + 2000;
	sd_notify(0, "STOPPING=1");
	log_info("stopping processes=%d", s->n);
	for (int i = s->n - 1; i >= 0; i--) {
		if (s->children[i].pid != 0)
			kill(s->children[i].pid, SIGTERM);
		else
			forget(s, &s->children[i]);
	}
}

static void
hear_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(s);
			break;
		case SIGHUP:
			reload(s);
			break;
		default:	/* SIGTERM, SIGINT */
			stop(s);
		}
}

/* ---- the loop ---- */

/* The earliest of: a restart, the end of the drain, the watchdog's turn. */
static int
sleep_ms(const struct supervisor *s)
{
	int64_t until = now_ms() + 60000;

	for (int i = 0; i < s->n; i++)
		if (s->children[i].pid == 0 && s->children[i].at_ms < until)
			until = s->children[i].at_ms;
	if (s->stopping && s->deadline_ms < until)
		until = s->deadline_ms;
	if (s->watchdog_us > 0 &&
	    now_ms() + (int64_t)(s->watchdog_us / 2000) < until)
		until = now_ms() + (int64_t)(s->watchdog_us / 2000);
	return until < now_ms() ? 0 : (int)(until - now_ms());
}

static void
kill_late(struct supervisor *s)
{
	if (!s->stopping || now_ms() < s->deadline_ms)
		return;
	for (int i = 0; i < s->n; i++)
		kill(s->children[i].pid, SIGKILL);
	s->deadline_ms = now_ms() + 1000;
}

static void
loop(struct supervisor *s)
{
	struct pollfd fds[] = { { s->signals, POLLIN, 0 },
	    { s->ready[0], POLLIN, 0 } };

	while (!s->stopping || s->n > 0) {
		poll(fds, countof(fds), sleep_ms(s));
		hear_signals(s);
		hear_ready(s);
		restart_due(s);
		kill_late(s);
		if (s->watchdog_us > 0)
			sd_notify(0, "WATCHDOG=1");
	}
}

static int
prepare(struct supervisor *s)
{
	sigset_t mask;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &s->before);
	s->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signals < 0 || pipe2(s->ready, O_NONBLOCK | O_CLOEXEC) < 0)
		return E_SYSTEM;
	sd_watchdog_enabled(0, &s->watchdog_us);
	s->book = counters_make(CHILDREN_MAX);
	s->sockets = sockets_new();
	return 0;
}

int
supervise(const char *config)
{
	struct supervisor s = { .config = config, .generation = 1 };
	struct fault f;

	if (plan_read(&s.plan, config, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	log_open(strcmp(s.plan.settings->log_format, "json") == 0,
	    log_level_named(s.plan.settings->log_level), "supervisor");
	if (prepare(&s) < 0)
		fatal("cannot prepare to serve: %s", strerror(errno));
	if (sockets_open(s.sockets, &s.plan, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	start_all(&s);
	loop(&s);
	sockets_free(s.sockets);
	plan_clear(&s.plan);
	log_info("stopped");
	return EX_OK;
}
