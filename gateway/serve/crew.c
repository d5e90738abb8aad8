/* SPDX-License-Identifier: Apache-2.0 */
/* crew.c - forks the roles, restarts the dead, ends the late and the stuck. */
#include "serve/crew.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "consent/quota.h"
#include "db/roles.h"
#include "http/counters.h"
#include "serve/serve.h"

enum {
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 30000,
	STEADY_MS = 60000,	/* alive that long: its next death is a first one */
	SILENT_MS = 30000,	/* a loop that stood still so long is stuck */
	LATE_MS = 2000		/* after its drain, a child has so long to go */
};

static int64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

int
crew_prepare(struct crew *w)
{
	w->book = counters_make(CREW_MAX);
	quota_make();
	w->beats = mmap(NULL, CREW_MAX * sizeof(*w->beats),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->beats == MAP_FAILED ||
	    pipe2(w->ready, O_NONBLOCK | O_CLOEXEC) < 0)
		return E_SYSTEM;
	return 0;
}

/* ---- starting ---- */

/* What ps and top show: "guichet web". */
static void
name_process(const char *role)
{
	char name[16];

	snprintf(name, sizeof(name), "guichet %s", role);
	prctl(PR_SET_NAME, name);
}

static void
become(struct crew *w, struct child *c)
{
	const struct settings *s = w->plan->settings;
	struct role role = { c->kind, c->index, w->plan, w->sockets,
	    w->ready[1], &w->beats[c->page] };

	name_process(c->kind->name);
	prctl(PR_SET_DUMPABLE, s->core_dumps);	/* law 3 holds for cores too */
	sigprocmask(SIG_SETMASK, &w->before, NULL);
	signal(SIGINT, SIG_IGN);	/* the supervisor alone answers ^C */
	signal(SIGHUP, SIG_IGN);
	close(w->ready[0]);
	sockets_leave(w->sockets, w->plan,
	    c->kind->run == role_web ? c->index : NOBODYS);
	log_open(strcmp(s->log_format, "json") == 0,
	    log_level_named(s->log_level), c->kind->name);
	counters_take(w->book, c->page, c->kind->name);
	if (c->kind->run != role_signer)
		sockets_leave_signer(w->sockets);
	roles_become(w->plan->settings, c->kind->database_role);
	exit(c->kind->run(&role));
}

static void
start(struct crew *w, struct child *c)
{
	pid_t supervisor = getpid(), pid;

	w->beats[c->page] = 0;
	if ((pid = fork()) == 0) {
		/* whoever loses its supervisor stops at once */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != supervisor)
			exit(EX_TEMPFAIL);
		become(w, c);
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
free_page(const struct crew *w)
{
	for (int page = 0;; page++) {
		int i;

		for (i = 0; i < w->n && w->children[i].page != page; i++)
			;
		if (i == w->n)
			return page;
	}
}

static void
add(struct crew *w, const struct role_kind *kind, int index)
{
	struct child *c = &w->children[w->n];

	if (w->n == CREW_MAX) {
		log_error("too many processes role=%s", kind->name);
		return;
	}
	*c = (struct child){ .kind = kind, .index = index,
	    .generation = w->generation, .page = free_page(w) };
	w->n++;
	start(w, c);
}

void
crew_next_generation(struct crew *w)
{
	w->generation++;
	for (const struct role_kind *k = role_kinds; k->name != NULL; k++)
		for (int i = 0; i < k->count(w->plan->settings); i++)
			add(w, k, i);
}

/* ---- dying ---- */

static void
forget(struct crew *w, struct child *c)
{
	*c = w->children[--w->n];
}

static void
tell_death(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_error("died role=%s index=%d pid=%d signal=%d restart_ms=%d",
		    c->kind->name, c->index, (int)c->pid, WTERMSIG(status),
		    c->backoff_ms);
	else
		log_error("died role=%s index=%d pid=%d exit=%d restart_ms=%d",
		    c->kind->name, c->index, (int)c->pid, WEXITSTATUS(status),
		    c->backoff_ms);
}

static void
plan_restart(struct child *c, int status)
{
	if (now_ms() - c->started_ms > STEADY_MS)
		c->backoff_ms = 0;
	tell_death(c, status);
	c->pid = 0;
	c->at_ms = now_ms() + c->backoff_ms;
	c->backoff_ms = c->backoff_ms == 0 ? BACKOFF_MIN_MS :
	    c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS :
	    c->backoff_ms * 2;
}

static void
bury(struct crew *w, pid_t pid, int status)
{
	for (int i = 0; i < w->n; i++) {
		struct child *c = &w->children[i];

		if (c->pid != pid)
			continue;
		if (c->kill_ms != 0 || c->generation != w->generation)
			forget(w, c);	/* it was to go */
		else
			plan_restart(c, status);
		return;
	}
}

void
crew_reap(struct crew *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		bury(w, pid, status);
}

void
crew_restart_due(struct crew *w)
{
	for (int i = 0; i < w->n; i++)
		if (w->children[i].pid == 0 &&
		    w->children[i].at_ms <= now_ms())
			start(w, &w->children[i]);
}

/* ---- being ready ---- */

bool
crew_hear_ready(struct crew *w)
{
	pid_t pid;

	while (read(w->ready[0], &pid, sizeof(pid)) == (ssize_t)sizeof(pid))
		for (int i = 0; i < w->n; i++)
			if (w->children[i].pid == pid)
				w->children[i].ready = true;
	for (int i = 0; i < w->n; i++)
		if (w->children[i].generation == w->generation &&
		    !w->children[i].ready)
			return false;
	return true;
}

void
role_ready(struct role *r)
{
	pid_t pid = getpid();

	if (write(r->ready_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		log_warning("cannot tell the supervisor that we are ready");
}

/* ---- going ---- */

/* It drains, then ends by itself; crew_kill_late sees to it. */
static void
ask_to_go(struct crew *w, struct child *c)
{
	if (c->pid == 0) {
		forget(w, c);
		return;
	}
	if (c->kill_ms != 0)
		return;
	kill(c->pid, SIGTERM);
	c->kill_ms = now_ms() + w->plan->settings->drain_timeout_ms + LATE_MS;
}

void
crew_retire_older(struct crew *w)
{
	for (int i = w->n - 1; i >= 0; i--)
		if (w->children[i].generation != w->generation)
			ask_to_go(w, &w->children[i]);
}

void
crew_retire_all(struct crew *w)
{
	for (int i = w->n - 1; i >= 0; i--)
		ask_to_go(w, &w->children[i]);
}

bool
crew_has_older(const struct crew *w)
{
	for (int i = 0; i < w->n; i++)
		if (w->children[i].generation != w->generation)
			return true;
	return false;
}

void
crew_kill_late(struct crew *w)
{
	for (int i = 0; i < w->n; i++) {
		struct child *c = &w->children[i];

		if (c->kill_ms == 0 || now_ms() < c->kill_ms)
			continue;
		log_warning("late, killed role=%s index=%d pid=%d",
		    c->kind->name, c->index, (int)c->pid);
		kill(c->pid, SIGKILL);
		c->kill_ms = now_ms() + LATE_MS;
	}
}

/* A loop that stands still holds its share of the connections. */
void
crew_kill_stuck(struct crew *w, bool slept)
{
	for (int i = 0; i < w->n; i++) {
		struct child *c = &w->children[i];
		int64_t beat = w->beats[c->page];

		if (slept && beat != 0)
			w->beats[c->page] = beat = now_ms();
		if (c->pid == 0 || beat == 0 || now_ms() - beat < SILENT_MS)
			continue;
		log_error("stuck, killed role=%s index=%d pid=%d",
		    c->kind->name, c->index, (int)c->pid);
		w->beats[c->page] = 0;
		kill(c->pid, SIGABRT);	/* a core, if allowed, tells where */
		kill(c->pid, SIGCONT);
	}
}

int64_t
crew_next_ms(const struct crew *w)
{
	int64_t next = now_ms() + SILENT_MS / 4;

	for (int i = 0; i < w->n; i++) {
		const struct child *c = &w->children[i];

		if (c->pid == 0 && c->at_ms < next)
			next = c->at_ms;
		if (c->kill_ms != 0 && c->kill_ms < next)
			next = c->kill_ms;
	}
	return next;
}
