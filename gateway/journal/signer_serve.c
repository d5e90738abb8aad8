/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer_serve.c - the signer's process: a few connections, one request at a
 * time, and nothing it could be talked into.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "journal/signer.h"

enum { LINKS_MAX = 16, LOOK_MS = 1000 };

struct serving {
	struct signer *signer;
	uid_t user;
	struct pollfd fds[1 + LINKS_MAX];	/* the first one listens */
	nfds_t n;
	struct buf answer;
	char *message;
};

/* ---- where ---- */

int
signer_listen(const char *path, char address[SIGNER_ADDRESS])
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(sa_family_t);	/* the kernel chooses a name */

	if (fd < 0)
		return -1;
	if (path != NULL) {
		if (strlen(path) >= sizeof(at.sun_path)) {
			errno = ENAMETOOLONG;
			goto failed;
		}
		strcpy(at.sun_path, path);
		n = sizeof(at);
		unlink(path);
	}
	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 8) < 0 ||
	    (path != NULL && chmod(path, 0666) < 0))
		goto failed;	/* who may ask: see welcome */
	if (path == NULL) {
		n = sizeof(at);
		if (getsockname(fd, (struct sockaddr *)&at, &n) < 0)
			goto failed;
		snprintf(address, SIGNER_ADDRESS, "@%.*s",
		    (int)(n - offsetof(struct sockaddr_un, sun_path) - 1),
		    at.sun_path + 1);
	} else
		snprintf(address, SIGNER_ADDRESS, "%s", path);
	return fd;
failed:
	close(fd);
	return -1;
}

/* ---- confined ---- */

#define NEVER(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE
static void
install(struct sock_filter *rules, unsigned short n)
{
	const struct sock_fprog program = { n, rules };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		log_warning("signer is not confined cause=\"%s\"",
		    strerror(errno));
}
#endif

/* Whatever might be slipped into it starts nothing and touches nobody. */
static void
close_programs(void)
{
#ifdef ARCHITECTURE
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__		/* the x32 numbers of the same calls */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
#ifndef __SANITIZE_ADDRESS__	/* its leak check needs this */
		NEVER(ptrace),
#endif
		NEVER(execve), NEVER(execveat), NEVER(process_vm_readv),
		NEVER(process_vm_writev), NEVER(io_uring_setup), NEVER(bpf),
		NEVER(mount), NEVER(setuid), NEVER(setgid), NEVER(unshare),
		NEVER(setns), NEVER(keyctl),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};

	install(rules, countof(rules));
#endif
}

/* And calls nobody. A filter on top of the first, which looked at the numbers. */
static void
close_connections(void)
{
#ifdef ARCHITECTURE
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
#ifdef __NR_fork
		NEVER(fork), NEVER(vfork),
#endif
#ifndef __SANITIZE_ADDRESS__	/* its leak check needs this */
		NEVER(clone),
#endif
		NEVER(clone3), NEVER(socket), NEVER(connect), NEVER(bind),
		NEVER(listen), NEVER(sendto),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};

	install(rules, countof(rules));
#endif
}

void
signer_confine(bool hsm)
{
	const struct rlimit files = { 64, 64 };

	prctl(PR_SET_DUMPABLE, 0);	/* nobody reads its memory, no core */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	close_programs();
	if (!hsm)
		close_connections();
}

/* ---- connections ---- */

static void
welcome(struct serving *s)
{
	int fd = accept4(s->fds[0].fd, NULL, NULL, SOCK_CLOEXEC);
	struct ucred who;
	socklen_t n = sizeof(who);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 ||
	    (who.uid != s->user && who.uid != 0)) {
		log_error("signer was asked by a stranger uid=%d",
		    (int)who.uid);
		close(fd);
	} else if (s->n == 1 + LINKS_MAX) {
		log_warning("signer has too many connections");
		close(fd);
	} else
		s->fds[s->n++] = (struct pollfd){ fd, POLLIN, 0 };
}

static void
leave(struct serving *s, nfds_t i)
{
	close(s->fds[i].fd);
	s->fds[i] = s->fds[--s->n];
}

/* One message; whoever does not take its answer is left. */
static void
hear(struct serving *s, nfds_t i)
{
	ssize_t n = recv(s->fds[i].fd, s->message, SIGNER_MESSAGE_MAX + 1,
	    MSG_DONTWAIT);
	struct iovec piece;
	struct msghdr out = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		buf_reset(&s->answer);
		signer_answer(s->signer, s->message, (size_t)n, &s->answer);
		piece = (struct iovec){ s->answer.data, s->answer.len };
		if (sendmsg(s->fds[i].fd, &out, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return;
	}
	leave(s, i);
}

void
signer_serve(struct signer *signer, int listener, uid_t user, pid_t parent,
    const volatile sig_atomic_t *stop)
{
	struct serving s = { .signer = signer, .user = user, .n = 1,
	    .fds = { { listener, POLLIN, 0 } },
	    .message = xmalloc(SIGNER_MESSAGE_MAX + 1) };

	buf_init(&s.answer);
	while (!*stop && (parent == 0 || getppid() == parent)) {
		if (poll(s.fds, s.n, LOOK_MS) <= 0)
			continue;
		for (nfds_t i = s.n; i-- > 1; )
			if (s.fds[i].revents != 0)
				hear(&s, i);
		if (s.fds[0].revents != 0)
			welcome(&s);
	}
	while (s.n > 1)
		leave(&s, 1);
	buf_clear(&s.answer);
	free(s.message);
}
