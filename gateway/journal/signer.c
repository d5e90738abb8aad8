/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.c - what the signer answers: see signer.h.
 *
 * It knows no database and no gateway, only its keys, its notes and the text
 * of one request. Signers of one host share their notes (two generations of
 * `guichet serve` overlap): one at a time, by a lock.
 */
#include "journal/signer.h"
#include <assert.h>
#include <inttypes.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/hsm.h"
#include "crypto/keys.h"
#include "journal/advance.h"
#include "journal/keep.h"

enum { WHY = 256 };

struct signer {
	char *notes_dir;
	EVP_PKEY *keys[JOURNAL_LOGS];	/* with a token: their public halves */
	struct hsm *hsm;		/* NULL: they are whole */
};

/* One request under way. */
struct request {
	struct signer *signer;
	struct arena *arena;
	struct buf *answer;
	const char *log;
	EVP_PKEY *key;
	const char *more;		/* after the log's name */
	size_t more_n;
	struct checkpoint last;		/* what is kept here */
	bool keeps, anew;		/* anew: a person lets it begin so */
	char *note;
	char why[WHY];
};

int
signer_open(struct signer **out, const char *keys_dir, const char *notes_dir,
    struct fault *f)
{
	struct signer *s = xcalloc(1, sizeof(*s));

	s->notes_dir = xstrdup(notes_dir);
	for (int i = 0; i < JOURNAL_LOGS; i++)
		if (keys_signer(&s->keys[i], keys_dir,
		    journal_log_name((enum journal_log)i), f) < 0) {
			signer_free(s);
			return E_BAD_INPUT;
		}
	*out = s;
	return 0;
}

/* The label of a log's key in a token: journal-restitution. */
static const char *
label_of(char out[64], const char *log)
{
	snprintf(out, 64, "journal-%s", log);
	return out;
}

int
signer_open_hsm(struct signer **out, const char *uri, const char *notes_dir,
    struct fault *f)
{
	struct signer *s = xcalloc(1, sizeof(*s));
	int rc = hsm_open(&s->hsm, uri, f);
	char label[64];

	s->notes_dir = xstrdup(notes_dir);
	for (int i = 0; i < JOURNAL_LOGS && rc == 0; i++)
		rc = hsm_public(&s->keys[i], s->hsm, label_of(label,
		    journal_log_name((enum journal_log)i)), f);
	if (rc < 0) {
		signer_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < JOURNAL_LOGS; i++)
		EVP_PKEY_free(s->keys[i]);
	hsm_close(s->hsm);
	free(s->notes_dir);
	free(s);
}

/* ---- answers ---- */

static void
say(struct request *r, const char *word, const char *rest)
{
	buf_reset(r->answer);
	buf_printf(r->answer, "%s%s%s", word, rest[0] == '\0' ? "" : " ", rest);
}

static void
refuse(struct request *r, const char *why)
{
	log_error("signer refuses, nothing is signed code=E309 log=%s why=%s",
	    r->log == NULL ? "" : r->log, log_quote(r->arena, why));
	say(r, "refused", why);
}

static void
broken(struct request *r)
{
	log_error("signer cannot keep its notes code=E308 why=%s",
	    log_quote(r->arena, r->why));
	say(r, "broken", r->why);
}

/* Of the last note; a note that is not ours counts as broken. */
static bool
know_last(struct request *r)
{
	int rc = keep_read(&r->last, &r->note, r->arena, r->signer->notes_dir,
	    r->log, r->key, r->why);

	r->keeps = rc == 0;
	if (rc == 0 || rc == E_NOT_FOUND)
		return true;
	broken(r);
	return false;
}

static void
answer_last(struct request *r)
{
	if (!know_last(r))
		return;
	if (r->keeps)
		say(r, "ok", r->note);
	else
		say(r, "none", "");
}

static void
answer_key(struct request *r)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long n;

	if (bio == NULL || PEM_write_bio_PUBKEY(bio, r->key) != 1)
		fatal("no memory for a key");
	n = BIO_get_mem_data(bio, &pem);
	say(r, "ok", arena_strndup(r->arena, pem, (size_t)n));
	BIO_free(bio);
}

/* ---- the guard ---- */

/* Is this one of this log's names? The first note decides which. */
static bool
origin_fits(struct request *r, const char *origin)
{
	size_t n = strlen(origin), log_n = strlen(r->log);

	if (r->keeps && strcmp(origin, r->last.origin) != 0) {
		r->anew = keep_allows(r->signer->notes_dir, r->log, origin);
		r->keeps = false;
		return r->anew;
	}
	return r->keeps || (n > log_n + 1 && origin[n - log_n - 1] == '/' &&
	    strcmp(origin + n - log_n, r->log) == 0);
}

static const char *
verdict(struct request *r, const struct checkpoint *next, int rc)
{
	if (next->size < r->last.size)
		return arena_printf(r->arena, "%" PRIu64 " lines are to be signed,"
		    " but %" PRIu64 " were: its end is lost (a restored backup?)",
		    next->size, r->last.size);
	return rc == E_CONFLICT ? "the same lines have another root than was"
	    " signed" : arena_printf(r->arena, "the first %" PRIu64 " lines are"
	    " not those that were signed", r->last.size);
}

/* False: refused, and said so. */
static bool
continues(struct request *r, const struct advance *v,
    const struct checkpoint *next)
{
	char size[24];
	int rc;

	if (!origin_fits(r, next->origin)) {
		refuse(r, arena_printf(r->arena, "it is named %s, what was signed"
		    " %s", next->origin, r->last.origin[0] == '\0' ? r->log :
		    r->last.origin));
		return false;
	}
	rc = advance_check(r->keeps ? &r->last : NULL, v, next);
	if (rc == 0)
		return true;
	if (!r->keeps)
		r->last.size = 0;
	snprintf(size, sizeof(size), "%" PRIu64, r->last.size);
	if (rc == E_CONFLICT && v->old != r->last.size &&
	    next->size >= r->last.size)
		say(r, "conflict", size);	/* it asks again, from there */
	else
		refuse(r, verdict(r, next, rc));
	return false;
}

static bool
keep(struct request *r, const char *note)
{
	const char *dir = r->signer->notes_dir;

	if ((r->anew ? keep_begin_anew(dir, r->log, note, r->why) :
	    keep_write(dir, r->log, note, r->why)) == 0)
		return true;
	broken(r);
	return false;
}

/* ---- signing ---- */

/* "HELD\n": when the asker last led. */
static bool
read_held(struct request *r, int64_t *held_ms)
{
	const char *end = memchr(r->more, '\n', r->more_n);
	uint64_t held;

	if (end == NULL || checkpoint_size(&held, r->more,
	    (size_t)(end - r->more)) < 0 || held > INT64_MAX)
		return false;
	*held_ms = (int64_t)held;
	r->more_n -= (size_t)(end + 1 - r->more);
	r->more = end + 1;
	return true;
}

static bool
is_late(struct request *r, int64_t held_ms)
{
	int64_t ago = clock_boot_ms() - held_ms;

	if (ago >= 0 && ago <= SIGNER_LEASE_MS)
		return false;
	log_warning("signer was asked too late, nothing is signed log=%s ms=%"
	    PRId64, r->log, ago);
	say(r, "late", "");
	return true;
}

/* NULL: the token does not sign, and it is said. */
static char *
sign(struct request *r, const char *text, const char *name)
{
	uint8_t signature[HSM_SIGNATURE];
	char label[64], why[HSM_WHY];

	if (r->signer->hsm == NULL)
		return note_sign(r->arena, text, name, r->key);
	if (hsm_sign(signature, r->signer->hsm, label_of(label, r->log), r->key,
	    text, strlen(text), why) == 0)
		return note_signed(r->arena, text, name, r->key, signature);
	log_error("signer has no signature code=E128 log=%s why=%s", r->log,
	    log_quote(r->arena, why));
	say(r, "broken", why);
	return NULL;
}

static void
answer_sign(struct request *r)
{
	struct checkpoint next;
	struct advance v;
	int64_t held_ms;
	char *note;

	if (!read_held(r, &held_ms) || advance_read(&v, r->more, r->more_n) < 0 ||
	    checkpoint_read(&next, v.rest, v.rest_n) < 0) {
		refuse(r, "the request is malformed");
		return;
	}
	if (!know_last(r) || !continues(r, &v, &next) || is_late(r, held_ms))
		return;
	note = sign(r, checkpoint_text(r->arena, &next), next.origin);
	/* frozen since: whoever leads now may know nothing of this */
	if (note != NULL && !is_late(r, held_ms) && keep(r, note))
		say(r, "ok", note);
}

static void
answer_keep(struct request *r)
{
	struct checkpoint next;
	struct advance v;

	if (advance_read(&v, r->more, r->more_n) < 0 ||
	    keep_parse(&next, r->arena, v.rest, v.rest_n, r->key) < 0) {
		refuse(r, "the note to keep is not signed by this journal's key");
		return;
	}
	if (know_last(r) && continues(r, &v, &next) &&
	    keep(r, arena_strndup(r->arena, v.rest, v.rest_n)))
		say(r, "ok", "");
}

static void
answer_files(struct request *r)
{
	uint8_t sum[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1], *note;

	if (!know_last(r))
		return;
	snprintf(hex, sizeof(hex), "%.*s", (int)r->more_n, r->more);
	if (!r->keeps || r->more_n != 2 * SHA256_SIZE ||
	    hex_decode(sum, sizeof(sum), hex) < 0) {
		refuse(r, "the request is malformed");
		return;
	}
	note = sign(r, arena_printf(r->arena, "files of an export of %s\n%s\n",
	    r->last.origin, hex), r->last.origin);
	if (note != NULL)
		say(r, "ok", note);
}

/* ---- requests ---- */

static const struct verb {
	const char *name;
	void (*answer)(struct request *);
} verbs[] = {
	{ "last",	answer_last },
	{ "key",	answer_key },
	{ "sign",	answer_sign },
	{ "keep",	answer_keep },
	{ "files",	answer_files },
};

/* A word up to a blank, a newline or the end. */
static const char *
next_word(struct request *r)
{
	size_t n = 0;
	const char *word;

	while (n < r->more_n && r->more[n] != ' ' && r->more[n] != '\n')
		n++;
	word = arena_strndup(r->arena, r->more, n);
	r->more += n + (n < r->more_n);
	r->more_n -= n + (n < r->more_n);
	return word;
}

static const struct verb *
read_request(struct request *r)
{
	const char *name = next_word(r), *log = next_word(r);

	for (int i = 0; i < JOURNAL_LOGS; i++)
		if (strcmp(log, journal_log_name((enum journal_log)i)) == 0) {
			r->log = journal_log_name((enum journal_log)i);
			r->key = r->signer->keys[i];
		}
	for (size_t i = 0; i < countof(verbs) && r->log != NULL; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

void
signer_answer(struct signer *s, const char *request, size_t n, struct buf *out)
{
	struct request r = { .signer = s, .arena = arena_new(), .answer = out,
	    .more = request, .more_n = n };
	const struct verb *verb = NULL;
	int lock = -1;

	if (n <= SIGNER_MESSAGE_MAX && memchr(request, '\0', n) == NULL)
		verb = read_request(&r);
	if (verb == NULL)
		refuse(&r, "the request is malformed");
	else if ((lock = keep_lock(s->notes_dir, r.why)) < 0)
		broken(&r);
	else
		verb->answer(&r);
	if (lock >= 0)
		close(lock);
	arena_free(r.arena);
}
