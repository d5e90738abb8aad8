/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets.c - the listening sockets, owned by the supervisor.
 *
 * One socket per web worker and address, all with SO_REUSEPORT, so that the
 * kernel shares connections out; the admin address has one only, for worker 0.
 * A socket that systemd opened for us (sd_listen_fds(3)) is taken for its address
 * instead, and the workers share it.
 */
#include "serve/serve.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/settings.h"
#include "http/server.h"
#include "journal/signer.h"

enum { SOCKETS_MAX = SOCKET_KINDS * 64, HANDED_MAX = 8 };

struct one {
	char *address;
	int worker, fd;
};
struct sockets {
	struct one all[SOCKETS_MAX];
	size_t n;
	int handed[HANDED_MAX];		/* opened by systemd */
	int handed_n;
	int signer;			/* -1: none */
	char signer_address[SIGNER_ADDRESS];
};

static const char *
address_of(const struct settings *s, enum socket_kind kind)
{
	const char *const addresses[SOCKET_KINDS] = { s->listen, s->listen_mtls,
	    s->listen_plain, s->admin_listen };

	return addresses[kind][0] == '\0' ? NULL : addresses[kind];
}

static bool
wanted(const struct settings *s, enum socket_kind kind, int worker)
{
	return address_of(s, kind) != NULL &&
	    worker < (kind == SOCKET_ADMIN ? 1 : s->web_workers);
}

static struct one *
find(const struct sockets *k, const char *address, int worker)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->all[i].worker == worker &&
		    strcmp(k->all[i].address, address) == 0)
			return (struct one *)&k->all[i];
	return NULL;
}

/* ---- handed over by systemd ---- */

static void
take_handed(struct sockets *k)
{
	int n = sd_listen_fds(1);

	for (int i = 0; i < n && k->handed_n < HANDED_MAX; i++)
		k->handed[k->handed_n++] = SD_LISTEN_FDS_START + i;
}

/* A copy for a worker; -1: none of that address was handed over. */
static int
handed(const struct sockets *k, const char *address)
{
	for (int i = 0; i < k->handed_n; i++)
		if (server_adopt(k->handed[i], address))
			return fcntl(k->handed[i], F_DUPFD_CLOEXEC, 0);
	return -1;
}

/* One that no setting names would be open, and answer nobody. */
static int
check_handed(const struct sockets *k, const struct settings *s,
    struct fault *f)
{
	for (int i = 0; i < k->handed_n; i++) {
		bool named = false;

		for (int kind = 0; kind < SOCKET_KINDS && !named; kind++)
			named = address_of(s, kind) != NULL &&
			    server_adopt(k->handed[i], address_of(s, kind));
		if (named)
			continue;
		fault_set(f, "E137", s->file, 0, 0, "systemd opened a socket "
		    "(number %d of guichet.socket) that no setting names", i + 1);
		return fault_cure(f, "give it the address of [server] listen, "
		    "listen_mtls, listen_plain or [admin] listen, or remove it");
	}
	return 0;
}

static void
leave_handed(struct sockets *k)
{
	while (k->handed_n > 0)
		close(k->handed[--k->handed_n]);
}

struct sockets *
sockets_new(void)
{
	struct sockets *k = xcalloc(1, sizeof(*k));

	k->signer = -1;
	take_handed(k);
	return k;
}

static int
open_one(struct sockets *k, const char *address, int worker, struct fault *f)
{
	struct one *one = &k->all[k->n];

	if (find(k, address, worker) != NULL)
		return 0;
	if (k->n == SOCKETS_MAX)
		return fault_set(f, "E132", address, 0, 0,
		    "there are too many listening sockets");
	if ((one->fd = handed(k, address)) < 0 &&
	    server_bind(&one->fd, address, f) < 0)
		return E_BAD_INPUT;
	one->address = xstrdup(address);
	one->worker = worker;
	k->n++;
	return 0;
}

int
sockets_open(struct sockets *k, const struct plan *p, struct fault *f)
{
	if (check_handed(k, p->settings, f) < 0)
		return E_BAD_INPUT;
	for (int worker = 0; worker < p->settings->web_workers; worker++)
		for (int kind = 0; kind < SOCKET_KINDS; kind++)
			if (wanted(p->settings, kind, worker) &&
			    open_one(k, address_of(p->settings, kind), worker,
			    f) < 0)
				return E_BAD_INPUT;
	return 0;
}

int
socket_of(const struct sockets *k, const struct plan *p, enum socket_kind kind,
    int worker)
{
	const struct one *one;

	if (!wanted(p->settings, kind, worker))
		return -1;
	one = find(k, address_of(p->settings, kind), worker);
	return one == NULL ? -1 : one->fd;
}

static bool
in_plan(const struct one *one, const struct plan *p)
{
	for (int kind = 0; kind < SOCKET_KINDS; kind++)
		if (wanted(p->settings, kind, one->worker) &&
		    strcmp(address_of(p->settings, kind), one->address) == 0)
			return true;
	return false;
}

static void
close_one(struct sockets *k, size_t i)
{
	close(k->all[i].fd);
	free(k->all[i].address);
	k->all[i] = k->all[--k->n];
}

void
sockets_trim(struct sockets *k, const struct plan *p)
{
	for (size_t i = k->n; i > 0; i--)
		if (!in_plan(&k->all[i - 1], p))
			close_one(k, i - 1);
}

void
sockets_leave(struct sockets *k, const struct plan *p, int worker)
{
	for (size_t i = k->n; i > 0; i--)
		if (k->all[i - 1].worker != worker ||
		    !in_plan(&k->all[i - 1], p))
			close_one(k, i - 1);
	leave_handed(k);
}

int
sockets_open_signer(struct sockets *k, const struct plan *p, struct fault *f)
{
	struct settings *s = p->settings;

	if (s->journal_signer[0] != '\0')
		return 0;
	if (k->signer < 0)
		k->signer = signer_listen(NULL, k->signer_address);
	if (k->signer < 0)
		return fault_set(f, "E132", "", 0, 0,
		    "the signer's socket cannot be opened: %s", strerror(errno));
	free(s->journal_signer);
	s->journal_signer = xstrdup(k->signer_address);
	return 0;
}

int
sockets_signer(const struct sockets *k)
{
	return k->signer;
}

void
sockets_leave_signer(struct sockets *k)
{
	if (k->signer >= 0)
		close(k->signer);
	k->signer = -1;
}

void
sockets_free(struct sockets *k)
{
	sockets_leave_signer(k);
	sockets_leave(k, NULL, NOBODYS);
	free(k);
}
