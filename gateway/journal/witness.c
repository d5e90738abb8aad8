/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness.c - being a witness: see witness.h.
 *
 * Looking at what is remembered and remembering the next are one step, under a
 * lock, flushed before the answer leaves.
 */
#include "journal/witness.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "journal/advance.h"
#include "journal/keep.h"

enum { WHY = 256 };

struct witness {
	char *dir, *name;
	EVP_PKEY *key;
	size_t n;
	struct note_key logs[WITNESS_LOGS_MAX];
};

/* ---- its key ---- */

static int
make_key(const char *path, struct fault *f)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = out != NULL && key != NULL &&
	    PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    fflush(out) == 0 && fsync(fd) == 0;

	EVP_PKEY_free(key);
	if (out != NULL)
		fclose(out);
	if (ok)
		return 0;
	fault_set(f, "E120", path, 0, 0, "cannot be made: %s", strerror(errno));
	return fault_cure(f, "--state names a directory of this user's own");
}

static int
read_key(struct witness *w, struct fault *f)
{
	char path[4096];
	FILE *in;

	snprintf(path, sizeof(path), "%s/witness.pem", w->dir);
	if (mkdir(w->dir, 0700) < 0 && errno != EEXIST) {
		fault_set(f, "E120", w->dir, 0, 0, "cannot be made: %s",
		    strerror(errno));
		return fault_cure(f, "make the directory above it first");
	}
	if (access(path, F_OK) < 0 && make_key(path, f) < 0)
		return E_BAD_INPUT;
	if ((in = fopen(path, "re")) != NULL) {
		w->key = PEM_read_PrivateKey(in, NULL, NULL, (void *)"");
		fclose(in);
	}
	if (w->key != NULL && EVP_PKEY_is_a(w->key, "ED25519"))
		return 0;
	fault_set(f, "E123", path, 0, 0, "is not a private key (ED25519, PEM)");
	return fault_cure(f, "bring it back from the backup");
}

int
witness_open(struct witness **out, const char *dir, const char *name,
    const char *const *logs, struct fault *f)
{
	struct witness *w = xcalloc(1, sizeof(*w));
	int rc = 0;

	w->dir = xstrdup(dir);
	w->name = xstrdup(name);
	for (; *logs != NULL && rc == 0; logs++)
		if (w->n == WITNESS_LOGS_MAX ||
		    note_key_parse(&w->logs[w->n++], *logs) < 0) {
			rc = fault_set(f, "E123", "", 0, 0, "'%s' is not a log's "
			    "verifier key (NAME+hex+base64), or one too many",
			    *logs);
			fault_cure(f, "`guichet journal vkey` tells it, or the "
			    "file vkey of an export");
		}
	if (rc == 0 && !note_name_valid(name, strlen(name)))
		rc = fault_set(f, "E123", "", 0, 0, "'%s' cannot name a witness",
		    name);
	if (rc == 0)
		rc = read_key(w, f);
	if (rc < 0) {
		witness_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

void
witness_free(struct witness *w)
{
	if (w == NULL)
		return;
	EVP_PKEY_free(w->key);
	free(w->dir);
	free(w->name);
	free(w);
}

char *
witness_vkey(const struct witness *w, struct arena *a)
{
	struct note_key k;

	note_cosigner_of(&k, w->name, w->key);
	return note_key_text(a, &k);
}

/* ---- one checkpoint ---- */

struct adding {
	struct witness *w;
	struct arena *arena;
	struct buf *answer;
	const char *type;
	struct advance advance;
	struct note note;
	struct checkpoint next, last;
	const struct note_key *key;
	char file[2 * SHA256_SIZE + 1];	/* what is remembered of this log */
	bool remembers;
	char why[WHY];
};

static int
say(struct adding *d, int status, const char *text)
{
	buf_reset(d->answer);
	buf_str(d->answer, text);
	log_info("witness answers status=%d log=%s size=%" PRIu64, status,
	    log_quote(d->arena, d->next.origin), d->next.size);
	return status;
}

/* 0, or the status that says why not: 400, 404 or 403. */
static int
read_request(struct adding *d, const char *body, size_t n)
{
	bool known = false;

	if (advance_read(&d->advance, body, n) < 0 ||
	    note_parse(&d->note, d->arena, d->advance.rest,
	    d->advance.rest_n) < 0 ||
	    checkpoint_parse(&d->next, &d->note) < 0)
		return say(d, 400, "the request is malformed\n");
	for (size_t i = 0; i < d->w->n && d->key == NULL; i++) {
		if (strcmp(d->w->logs[i].name, d->next.origin) != 0)
			continue;
		known = true;
		if (note_verify(&d->note, &d->w->logs[i]) == 0)
			d->key = &d->w->logs[i];
	}
	if (!known)
		return say(d, 404, "this witness does not know that log\n");
	return d->key != NULL ? 0 :
	    say(d, 403, "it is not signed by a key of that log\n");
}

static int
remember_last(struct adding *d)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    d->key->bytes, sizeof(d->key->bytes));
	uint8_t sum[SHA256_SIZE];
	int rc;

	sha256(sum, d->next.origin, strlen(d->next.origin));
	hex_encode(d->file, sum, sizeof(sum));
	rc = keep_read(&d->last, NULL, d->arena, d->w->dir, d->file, key, d->why);
	EVP_PKEY_free(key);
	d->remembers = rc == 0;
	return rc == E_NOT_FOUND ? 0 : rc;
}

static int
conflict(struct adding *d)
{
	d->type = "text/x.tlog.size";
	return say(d, 409, arena_printf(d->arena, "%" PRIu64 "\n",
	    d->remembers ? d->last.size : 0));
}

static int
judge(struct adding *d)
{
	int rc = advance_check(d->remembers ? &d->last : NULL, &d->advance,
	    &d->next);

	if (rc == E_BAD_INPUT)
		return say(d, 400, "the old size is more than the new one\n");
	if (rc == E_CONFLICT)
		return conflict(d);
	if (rc < 0)
		return say(d, 422, "it does not continue what was cosigned\n");
	if (keep_write(d->w->dir, d->file, d->advance.rest, d->why) < 0) {
		log_error("witness cannot remember code=E308 why=%s",
		    log_quote(d->arena, d->why));
		return say(d, 500, "this witness cannot write its state\n");
	}
	return say(d, 200, note_cosign(d->arena, d->note.text, d->w->name,
	    d->w->key, clock_s()));
}

int
witness_add_checkpoint(struct witness *w, const char *body, size_t n,
    struct buf *answer, const char **type)
{
	struct adding d = { .w = w, .arena = arena_new(), .answer = answer,
	    .type = "text/plain; charset=utf-8" };
	int lock = keep_lock(w->dir, d.why), status;

	if (lock < 0)
		status = say(&d, 500, "this witness cannot read its state\n");
	else if (memchr(body, '\0', n) != NULL)
		status = say(&d, 400, "the request is malformed\n");
	else if ((status = read_request(&d, arena_strndup(d.arena, body, n), n))
	    == 0)
		status = remember_last(&d) < 0 ? say(&d, 500,
		    "this witness cannot read its state\n") : judge(&d);
	if (lock >= 0)
		close(lock);
	*type = d.type;
	arena_free(d.arena);
	return status;
}
