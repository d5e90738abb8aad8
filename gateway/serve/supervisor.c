/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.c - checks, opens, starts; reloads on SIGHUP, drains on SIGTERM.
 *
 * It does no work of its own and keeps no loop of events: it sleeps in poll on
 * a signalfd and on the pipe through which children say that they are ready.
 * What it tells systemd: READY when the whole crew is, RELOADING, STOPPING,
 * WATCHDOG.
 */
#include "serve/serve.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "serve/crew.h"

struct supervisor {
	const char *config;
	struct plan plan;
	struct sockets *sockets;
	struct crew crew;
	int signals;			/* a signalfd */
	bool stopping, told_ready;
	uint64_t watchdog_us;
};

static int64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

/* ---- reload ---- */

static int
read_next(struct supervisor *s, struct plan *next, struct fault *f)
{
	if (plan_read(next, s->config, f) < 0)
		return E_BAD_INPUT;
	if (sockets_open(s->sockets, next, f) == 0 &&
	    sockets_open_signer(s->sockets, next, f) == 0)
		return 0;
	plan_clear(next);
	sockets_trim(s->sockets, &s->plan);
	return E_BAD_INPUT;
}

static void
reload(struct supervisor *s)
{
	struct plan next;
	struct fault f;

	if (s->stopping)
		return;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_mono_us());
	if (read_next(s, &next, &f) < 0) {
		fault_print(stderr, &f);
		log_error("reload refused, the old settings stay code=%s", f.code);
		sd_notify(0, "READY=1");
		return;
	}
	plan_clear(&s->plan);
	s->plan = next;
	s->told_ready = false;
	crew_next_generation(&s->crew);
	log_info("reloading generation=%d", s->crew.generation);
}

/* ---- signals ---- */

static void
stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	sd_notify(0, "STOPPING=1");
	log_info("stopping processes=%d", s->crew.n);
	sockets_leave(s->sockets, &s->plan, NOBODYS);
	crew_retire_all(&s->crew);
}

static void
hear_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		switch (info.ssi_signo) {
		case SIGCHLD:
			crew_reap(&s->crew);
			break;
		case SIGHUP:
			reload(s);
			break;
		default:	/* SIGTERM, SIGINT */
			stop(s);
		}
}

static void
hear_ready(struct supervisor *s)
{
	if (!crew_hear_ready(&s->crew) || s->told_ready || s->stopping)
		return;
	s->told_ready = true;
	crew_retire_older(&s->crew);
	sd_notify(0, "READY=1");
	log_info("ready processes=%d generation=%d url=%s", s->crew.n,
	    s->crew.generation, s->plan.settings->public_url);
}

/* ---- the loop ---- */

static int
sleep_ms(const struct supervisor *s)
{
	int64_t now = now_ms(), until = crew_next_ms(&s->crew);

	if (s->watchdog_us > 0 &&
	    now + (int64_t)(s->watchdog_us / 2000) < until)
		until = now + (int64_t)(s->watchdog_us / 2000);
	return until < now ? 0 : (int)(until - now);
}

static void
work(struct supervisor *s)
{
	enum { OVERSLEPT_MS = 10000 };
	struct pollfd fds[] = { { s->signals, POLLIN, 0 },
	    { s->crew.ready[0], POLLIN, 0 } };
	int ms = sleep_ms(s);
	int64_t due = now_ms() + ms;

	poll(fds, countof(fds), ms);
	crew_kill_stuck(&s->crew, now_ms() > due + OVERSLEPT_MS);
	hear_signals(s);
	hear_ready(s);
	crew_restart_due(&s->crew);
	crew_kill_late(&s->crew);
	/* sockets no longer named close when nobody serves them any more */
	if (s->told_ready && !s->stopping && !crew_has_older(&s->crew))
		sockets_trim(s->sockets, &s->plan);
	if (s->watchdog_us > 0)
		sd_notify(0, "WATCHDOG=1");
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
	sigprocmask(SIG_BLOCK, &mask, &s->crew.before);
	s->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	sd_watchdog_enabled(0, &s->watchdog_us);
	s->sockets = sockets_new();
	s->crew.plan = &s->plan;
	s->crew.sockets = s->sockets;
	return s->signals < 0 ? E_SYSTEM : crew_prepare(&s->crew);
}

/* 78: a person must mend it. 69: a database is away, another try may do. */
static int
refused(struct supervisor *s, int rc, const struct fault *f)
{
	fault_print(stderr, f);
	if (s->sockets != NULL)
		sockets_free(s->sockets);
	plan_clear(&s->plan);
	return rc == E_UNAVAILABLE ? EX_UNAVAILABLE : EX_CONFIG;
}

int
supervise_check(const char *config)
{
	static struct supervisor s;
	struct fault f;
	int rc = plan_read(&s.plan, config, &f);

	if (rc < 0)
		return refused(&s, rc, &f);
	printf("it would serve %s\n", s.plan.settings->public_url);
	plan_clear(&s.plan);
	return EX_OK;
}

int
supervise(const char *config)
{
	static struct supervisor s;	/* its crew is large */
	struct fault f;
	int rc;

	s.config = config;
	if ((rc = plan_read(&s.plan, config, &f)) < 0)
		return refused(&s, rc, &f);
	log_open(strcmp(s.plan.settings->log_format, "json") == 0,
	    log_level_named(s.plan.settings->log_level), "supervisor");
	prctl(PR_SET_DUMPABLE, s.plan.settings->core_dumps);
	if (prepare(&s) < 0)
		fatal("cannot prepare to serve: %s", strerror(errno));
	if ((rc = sockets_open(s.sockets, &s.plan, &f)) < 0 ||
	    (rc = sockets_open_signer(s.sockets, &s.plan, &f)) < 0)
		return refused(&s, rc, &f);
	crew_next_generation(&s.crew);
	while (!s.stopping || s.crew.n > 0)
		work(&s);
	sockets_free(s.sockets);
	plan_clear(&s.plan);
	log_info("stopped");
	return EX_OK;
}
