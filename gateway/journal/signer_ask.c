/* SPDX-License-Identifier: Apache-2.0 */
/* signer_ask.c - asking the signer, waiting. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "journal/advance.h"
#include "journal/signer.h"

enum { WAIT_S = 10, WHY = 256 };

struct signer_link {
	char address[SIGNER_ADDRESS];
	int fd;				/* -1: not connected */
	char why[WHY];
};

struct signer_link *
signer_ask_at(const char *address)
{
	struct signer_link *l = xcalloc(1, sizeof(*l));

	snprintf(l->address, sizeof(l->address), "%s", address);
	l->fd = -1;
	return l;
}

static void
hang_up(struct signer_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

void
signer_hang_up(struct signer_link *l)
{
	if (l == NULL)
		return;
	hang_up(l);
	free(l);
}

const char *
signer_why(const struct signer_link *l)
{
	return l->why;
}

/* ---- one message each way ---- */

static int
away(struct signer_link *l)
{
	snprintf(l->why, sizeof(l->why), "the signer does not answer: %s",
	    strerror(errno));
	hang_up(l);
	return E_UNAVAILABLE;
}

static int
call(struct signer_link *l)
{
	const struct timeval wait = { WAIT_S, 0 };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t n = strlen(l->address);
	bool named = l->address[0] == '@';

	if (l->fd >= 0)
		return 0;
	memcpy(at.sun_path, l->address, n);
	if (named)
		at.sun_path[0] = '\0';
	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (l->fd < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(l->fd, (struct sockaddr *)&at, named ?
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n) :
	    sizeof(at)) < 0)
		return away(l);
	return 0;
}

/* "ok NOTE": what follows the word, when it is that word. */
static bool
said(const char *answer, const char *word, const char **rest)
{
	size_t n = strlen(word);

	if (strncmp(answer, word, n) != 0 ||
	    (answer[n] != ' ' && answer[n] != '\0'))
		return false;
	*rest = answer + n + (answer[n] == ' ');
	return true;
}

static int
understand(struct signer_link *l, const char *answer, const char **rest)
{
	static const struct { const char *word; int rc; } words[] = {
	    { "ok", 0 }, { "none", E_NOT_FOUND }, { "conflict", E_CONFLICT },
	    { "late", E_EXPIRED }, { "refused", E_DENIED },
	    { "broken", E_SYSTEM } };

	for (size_t i = 0; i < countof(words); i++)
		if (said(answer, words[i].word, rest)) {
			if (words[i].rc < 0)
				snprintf(l->why, sizeof(l->why), "%s",
				    (*rest)[0] == '\0' ? words[i].word : *rest);
			return words[i].rc;
		}
	snprintf(l->why, sizeof(l->why), "the signer said what nobody knows");
	hang_up(l);
	return E_UNAVAILABLE;
}

static int
ask(struct signer_link *l, struct arena *a, const struct buf *request,
    char **out)
{
	char *answer = arena_alloc(a, SIGNER_MESSAGE_MAX + 1);
	const char *rest;
	ssize_t n;
	int rc;

	for (int again = l->fd >= 0; ; again = 0) {
		if ((rc = call(l)) < 0)
			return rc;
		if (send(l->fd, request->data, request->len, MSG_NOSIGNAL) >= 0 &&
		    (n = recv(l->fd, answer, SIGNER_MESSAGE_MAX, 0)) > 0)
			break;
		rc = away(l);
		if (!again)		/* it was started anew? once more */
			return rc;
	}
	answer[n] = '\0';
	rc = understand(l, answer, &rest);
	if (rc == 0 && out != NULL)
		*out = arena_strdup(a, rest);
	return rc;
}

static int
ask_and_clear(struct signer_link *l, struct arena *a, struct buf *request,
    char **out)
{
	int rc = ask(l, a, request, out);

	buf_clear(request);
	return rc;
}

/* ---- what is asked ---- */

static void
begin(struct buf *request, const char *verb, enum journal_log log)
{
	buf_init(request);
	buf_printf(request, "%s %s", verb, journal_log_name(log));
}

int
signer_last(struct signer_link *l, struct arena *a, enum journal_log log,
    char **note)
{
	struct buf request;

	begin(&request, "last", log);
	return ask_and_clear(l, a, &request, note);
}

int
signer_key(struct signer_link *l, struct arena *a, enum journal_log log,
    char **pem)
{
	struct buf request;

	begin(&request, "key", log);
	return ask_and_clear(l, a, &request, pem);
}

int
signer_sign(struct signer_link *l, struct arena *a, enum journal_log log,
    int64_t held_ms, uint64_t old, const struct proof *proof,
    const struct checkpoint *next, char **note)
{
	struct buf request;

	begin(&request, "sign", log);
	buf_printf(&request, " %" PRId64 "\n", held_ms);
	advance_write(&request, old, proof);
	buf_str(&request, checkpoint_text(a, next));
	return ask_and_clear(l, a, &request, note);
}

int
signer_keep(struct signer_link *l, struct arena *a, enum journal_log log,
    uint64_t old, const struct proof *proof, const char *note)
{
	struct buf request;

	begin(&request, "keep", log);
	buf_char(&request, '\n');
	advance_write(&request, old, proof);
	buf_str(&request, note);
	return ask_and_clear(l, a, &request, NULL);
}

int
signer_files(struct signer_link *l, struct arena *a, enum journal_log log,
    const char *sha256, char **note)
{
	struct buf request;

	begin(&request, "files", log);
	buf_printf(&request, " %s", sha256);
	return ask_and_clear(l, a, &request, note);
}
