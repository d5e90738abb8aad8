/* SPDX-License-Identifier: Apache-2.0 */
/* hook.c - a letter handed to a program, see hook.h. */
#include "mail/hook.h"
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/attr.h"
#include "base/mem.h"

struct hook {
	struct event *ended;		/* its pidfd is readable; or time is up */
	int pidfd;
	pid_t pid;			/* 0: it never ran */
	hook_on_end *on_end;
	void *arg;
};

static void
hook_free(struct hook *k)
{
	event_free(k->ended);
	if (k->pidfd >= 0)
		close(k->pidfd);
	free(k);
}

/* Its exit code; whoever still runs is killed first. */
static int
reap(struct hook *k)
{
	int status;

	if (k->pid == 0)
		return -1;
	if (waitpid(k->pid, &status, WNOHANG) == 0) {
		kill(k->pid, SIGKILL);
		waitpid(k->pid, &status, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
on_ended(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct hook *k = arg;
	int status = reap(k);

	k->on_end(status, k->arg);
	hook_free(k);
}

/* The letter as a file without a name: no pipe to fill, nobody to wait for. */
static int
letter_file(const char *text, size_t n)
{
	int fd = memfd_create("letter", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, text, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static pid_t
start(const char *program, const char *to, int in)
{
	char *const argv[] = { (char *)program, (char *)to, NULL };
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = { path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none;
	pid_t pid = 0;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
	if (posix_spawn(&pid, program, &files, &how, argv, env) != 0)
		pid = 0;
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

struct hook *
hook_run(struct event_base *base, const char *program, const char *to,
    const char *text, size_t n, int deadline_ms, hook_on_end *on_end, void *arg)
{
	struct hook *k = xcalloc(1, sizeof(*k));
	int in = letter_file(text, n);
	struct timeval tv = { deadline_ms / 1000, deadline_ms % 1000 * 1000 };

	k->on_end = on_end;
	k->arg = arg;
	k->pid = in < 0 ? 0 : start(program, to, in);
	if (in >= 0)
		close(in);
	k->pidfd = k->pid == 0 ? -1 : pidfd_open(k->pid, 0);
	if (k->pidfd < 0)
		tv = (struct timeval){ 0, 0 };
	k->ended = event_new(base, k->pidfd, k->pidfd < 0 ? 0 : EV_READ, on_ended,
	    k);
	event_add(k->ended, &tv);
	return k;
}

void
hook_forget(struct hook *k)
{
	(void)reap(k);
	hook_free(k);
}
