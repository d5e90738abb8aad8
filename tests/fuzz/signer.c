/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the signer and the witnesses are asked, as whoever broke into the gateway
 * would ask it: the whole request; or a request to sign that is not late, so that
 * only its proof and its text are the stranger's. Whatever comes, the answer is one
 * of six words, and what was signed never shrinks.
 */
#include <assert.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/keys.h"
#include "journal/advance.h"
#include "journal/signer.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerInitialize(int *, char ***);

static char dir[64], notes[80];
static struct signer *signer;

/* The signer logs whatever it refuses: not among what the fuzzer says. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char **more = calloc((size_t)*argc + 2, sizeof(*more));

	memcpy(more, *argv, (size_t)*argc * sizeof(*more));
	more[(*argc)++] = strdup("-close_fd_mask=3");
	*argv = more;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void
clean(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
begin(void)
{
	struct fault f;

	snprintf(dir, sizeof(dir), "%s/guichet-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
	atexit(clean);
	snprintf(notes, sizeof(notes), "%s/notes", dir);
	if (mkdir(notes, 0700) < 0 ||
	    keys_make_signer(dir, dir, &f) < 0 ||
	    signer_open(&signer, dir, notes, &f) < 0)
		abort();
}

static const char *
ask(struct arena *a, const char *text, size_t n)
{
	static const char *const words[] = { "ok", "none", "conflict ", "late",
	    "refused ", "broken " };
	struct buf out;

	buf_init_in(&out, a);
	signer_answer(signer, text, n, &out);
	for (size_t i = 0; i < countof(words); i++)
		if (strncmp(out.data, words[i], strlen(words[i])) == 0)
			return out.data;
	abort();
}

/* The size of the last note, 0: there is none. */
static uint64_t
last(struct arena *a)
{
	const char *said = ask(a, "last restitution", 16), *size;

	if (strcmp(said, "none") == 0)
		return 0;
	assert((size = strchr(said, '\n')) != NULL);
	return strtoull(size + 1, NULL, 10);
}

/* Requests are read as they are written. */
static void
look(struct arena *a, const char *text, size_t n)
{
	struct advance v, again;
	struct buf out;

	if (advance_read(&v, text, n) < 0)
		return;
	buf_init_in(&out, a);
	advance_write(&out, v.old, &v.proof);
	assert(advance_read(&again, out.data, out.len) == 0);
	assert(again.old == v.old && again.proof.n == v.proof.n);
	assert(again.rest_n == 0 && v.rest_n <= n);
	assert(memcmp(again.proof.hashes, v.proof.hashes,
	    v.proof.n * sizeof(v.proof.hashes[0])) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct buf request;
	uint64_t before;

	if (signer == NULL)
		begin();
	look(a, (const char *)data, n);
	before = last(a);
	ask(a, (const char *)data, n);
	buf_init_in(&request, a);
	buf_printf(&request, "sign restitution %" PRId64 "\n", clock_boot_ms());
	buf_add(&request, data, n);
	ask(a, request.data, request.len);
	assert(last(a) >= before);
	arena_free(a);
	return 0;
}
