/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets.c - the listening sockets, owned by the supervisor.
 *
 * One socket per web worker and address, all with SO_REUSEPORT, so that the
 * kernel shares connections out; the admin address has one only, for worker 0.
 */
#include "serve/serve.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/settings.h"
#include "http/server.h"
#include "journal/signer.h"

enum { SOCKETS_MAX = SOCKET_KINDS * 64 };

struct one {
	char *address;
	int worker, fd;
};
struct sockets {
	struct one all[SOCKETS_MAX];
	size_t n;
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

struct sockets *
sockets_new(void)
{
	struct sockets *k = xcalloc(1, sizeof(*k));

	k->signer = -1;
	return k;
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

static int
open_one(struct sockets *k, const char *address, int worker, struct fault *f)
{
	struct one *one = &k->all[k->n];

	if (find(k, address, worker) != NULL)
		return 0;
	if (k->n == SOCKETS_MAX)
		return fault_set(f, "E132", address, 0, 0,
		    "there are too many listening sockets");
	if (server_bind(&one->fd, address, f) < 0)
		return E_BAD_INPUT;
	one->address = xstrdup(address);
	one->worker = worker;
	k->n++;
	return 0;
}

int
sockets_open(struct sockets *k, const struct plan *p, struct fault *f)
{
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
