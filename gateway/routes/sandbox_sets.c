/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /developers/sets/{file}: a set of synthetic people's records, as
 * `guichet synth --to ndjson:DIR` and csv:DIR made it ([sandbox] sets).
 *
 * A set flows in pieces, with its length's hash in Repr-Digest (RFC 9530).
 * Files larger than SET_MAX are not offered: they belong on a file server.
 */
#include "routes/sandbox_sets.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/routes.h"
#include "routes/sandbox.h"

enum { SETS_MAX = 128, NAME_MAX_SET = 80, PIECE = 64 * 1024,
    SET_MAX = 16 * 1024 * 1024 };

/* What was hashed, for this worker. */
static struct known {
	char name[NAME_MAX_SET];
	struct timespec changed;
	int64_t bytes;
	uint8_t sha256[SHA256_SIZE];
} known[SETS_MAX];
static size_t known_n;

static bool
is_set(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && name[0] != '.' && strlen(name) < NAME_MAX_SET &&
	    strchr(name, '/') == NULL &&
	    (strcmp(dot, ".ndjson") == 0 || strcmp(dot, ".csv") == 0);
}

static int
open_set(struct call *c, const char *name, struct stat *st)
{
	const char *dir = c->house->settings->sandbox_sets;
	int fd = *dir == '\0' || !is_set(name) ? -1 : open(arena_printf(c->arena,
	    "%s/%s", dir, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) ||
	    st->st_size > SET_MAX)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
hash_set(struct known *k, int fd)
{
	uint8_t *all = malloc((size_t)k->bytes + 1);
	ssize_t n, at = 0;

	while (all != NULL && at < k->bytes &&
	    (n = read(fd, all + at, (size_t)(k->bytes - at))) > 0)
		at += n;
	sha256(k->sha256, all, (size_t)at);
	free(all);
}

static const struct known *
know(struct call *c, const char *name)
{
	struct known *k = known;
	struct stat st;
	int fd = open_set(c, name, &st);

	if (fd < 0)
		return NULL;
	while (k < known + known_n && strcmp(k->name, name) != 0)
		k++;
	if (k == known + SETS_MAX) {
		close(fd);
		return NULL;
	}
	if (k == known + known_n || k->bytes != st.st_size ||
	    memcmp(&k->changed, &st.st_mtim, sizeof(k->changed)) != 0) {
		known_n += k == known + known_n;
		snprintf(k->name, sizeof(k->name), "%s", name);
		k->bytes = st.st_size;
		k->changed = st.st_mtim;
		hash_set(k, fd);
	}
	close(fd);
	return k;
}

static int
fits(const struct dirent *e)
{
	return is_set(e->d_name);
}

size_t
sandbox_sets(struct call *c, const struct sandbox_set **out)
{
	const char *dir = c->house->settings->sandbox_sets;
	struct sandbox_set *sets = arena_alloc(c->arena,
	    SETS_MAX * sizeof(*sets));
	struct dirent **names;
	int n = *dir == '\0' ? -1 : scandir(dir, &names, fits, alphasort);
	size_t count = 0;

	for (int i = 0; i < n; i++) {
		const struct known *k = count == SETS_MAX ? NULL :
		    know(c, names[i]->d_name);
		char *hex = arena_alloc(c->arena, 2 * SHA256_SIZE + 1);

		if (k != NULL) {
			hex_encode(hex, k->sha256, SHA256_SIZE);
			sets[count++] = (struct sandbox_set){ arena_strdup(
			    c->arena, k->name), hex, k->bytes };
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	*out = sets;
	return count;
}

/* ---- one of them ---- */

struct sending { int fd; struct buf piece; char bytes[PIECE]; };

static void
end(struct call *c, bool sent)
{
	struct sending *s = c->own;

	(void)sent;
	close(s->fd);
	buf_clear(&s->piece);
}

static enum next
open_it(struct call *c)
{
	struct sending *s = c->own;
	const char *name = call_path_arg(c, "file");
	const struct known *k = know(c, name);
	char digest[64];
	struct stat st;

	if (k == NULL || (s->fd = open_set(c, name, &st)) < 0)
		return call_refuse(c, 404, "not_found", "there is no such set");
	buf_init(&s->piece);
	call_on_end(c, end);
	b64_encode(digest, k->sha256, SHA256_SIZE);
	call_reply_field(c, "Cache-Control", "public, max-age=300");
	call_reply_field(c, "Repr-Digest", "sha-256=:%s:", digest);
	call_flow(c, 200, strstr(name, ".csv") != NULL ?
	    "text/csv; charset=utf-8" : "application/x-ndjson");
	return NEXT;
}

static enum next
send_piece(struct call *c)
{
	struct sending *s = c->own;
	ssize_t n = read(s->fd, s->bytes, sizeof(s->bytes));

	if (n <= 0)
		return NEXT;
	buf_reset(&s->piece);
	buf_add(&s->piece, s->bytes, (size_t)n);
	(void)call_goto(c, "send");
	return call_flow_piece(c, &s->piece);
}

static enum next
end_it(struct call *c)
{
	return call_flow_end(c);
}

static const struct step steps[] = {
	{ "is it one",	sandbox_only },
	{ "open",	open_it },
	{ "send",	send_piece },
	{ "end",	end_it },
	{ NULL,		NULL }
};

const struct route route_sandbox_set = {
	"GET", "/developers/sets/{file}", steps,
	.own_size = sizeof(struct sending), .kind = ROUTE_API
};
