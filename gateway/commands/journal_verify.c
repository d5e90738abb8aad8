/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_verify.c - `guichet journal verify [DIR|URL]`: is it what was signed?
 *
 * It always says what the log was held against, because a log by itself cannot
 * show that it was rolled back or signed anew with another key.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/mem.h"
#include "base/settings.h"
#include "commands/journal.h"
#include "commands/progress.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "journal/kept.h"
#include "journal/verify.h"

struct held {			/* what it was held against, in words */
	char key[200], past[300];
	bool files;		/* an export */
	bool served;		/* by a gateway, over HTTP */
};

static bool
is_url(const struct journal_ask *j)
{
	return j->argc == 1 && (strncmp(j->argv[0], "https://", 8) == 0 ||
	    strncmp(j->argv[0], "http://", 7) == 0);
}

static int
open_evidence(struct journal_ask *j, struct evidence **e)
{
	char why[256];
	int code, rc;

	if (is_url(j))
		rc = evidence_open_web(e, j->argv[0], j->log, why);
	else if (j->argc == 1)
		rc = evidence_open_dir(e, j->argv[0], why);
	else if ((code = journal_open(j)) != EX_OK)
		return code;
	else
		rc = evidence_open_db(e, j->db, j->log, why);
	if (rc == 0)
		return EX_OK;
	/* an export that lacks its checkpoint is a doubt, no mistyped path */
	return journal_failed(rc == E_UNAVAILABLE ? EX_UNAVAILABLE :
	    j->argc == 1 && access(j->argv[0], X_OK) == 0 ? EXIT_FAILURE :
	    EX_NOINPUT, "%s", why);
}

static int
choose_key(struct journal_ask *j, const struct evidence *e,
    struct note_key *key, struct held *held)
{
	held->files = evidence_dir(e) != NULL;
	held->served = is_url(j);
	if (j->vkey != NULL) {
		snprintf(held->key, sizeof(held->key), "the key you gave");
		return journal_key(j, key);
	}
	if (held->served && access(j->common.config, R_OK) < 0)
		return journal_failed(EX_USAGE, "a gateway cannot vouch for its"
		    " own key: name the one you hold with --vkey (the file vkey"
		    " of an export)");
	if (held->served)
		j->settings = command_settings(&j->common);
	if (j->argc == 0 || held->served) {
		snprintf(held->key, sizeof(held->key),
		    "the key of this installation");
		return journal_key(j, key);
	}
	snprintf(held->key, sizeof(held->key), "the key found in the export"
	    " itself: compare it with one you hold (--vkey)");
	if (evidence_vkey(e) != NULL &&
	    note_key_parse(key, evidence_vkey(e)) == 0)
		return EX_OK;
	return journal_failed(EXIT_FAILURE, "%s/vkey is not a verifier key; name"
	    " one with --vkey", j->argv[0]);
}

/* The note this host's signer keeps, or NULL; to free. */
static char *
kept_here(struct journal_ask *j)
{
	struct arena *a = arena_new();
	struct keys *keys = NULL;
	struct checkpoint c;
	struct fault f;
	char *text = NULL, why[256];
	EVP_PKEY *key = NULL;

	if (keys_load(&keys, j->settings->keys_dir, &f) == 0)
		key = keys_journal(keys, journal_log_name(j->log));
	if (key == NULL || kept_note(&c, &text, a, j->settings, j->log, key,
	    why) < 0)
		text = NULL;
	text = text == NULL ? NULL : xstrdup(text);
	keys_free(keys);
	arena_free(a);
	return text;
}

/* --known, else the note this host keeps, else nothing. */
static int
choose_past(struct journal_ask *j, char **known, struct held *held)
{
	*known = NULL;
	if (j->known != NULL) {
		snprintf(held->past, sizeof(held->past),
		    "the checkpoint you kept (%.200s)", j->known);
		*known = journal_slurp(j->known);
		return *known == NULL ? EX_NOINPUT : EX_OK;
	}
	snprintf(held->past, sizeof(held->past), "no earlier checkpoint: a log"
	    " rolled back to an older signed state would not show (--known)");
	if (j->settings == NULL || (*known = kept_here(j)) == NULL)
		return EX_OK;
	snprintf(held->past, sizeof(held->past), "the checkpoint this host's"
	    " signer keeps");
	return EX_OK;
}

static void
tell(const struct verification *v, const struct held *held)
{
	if (v->good && v->part)
		printf("good: %s, %" PRIu64 " entries, a part of %" PRIu64
		    ", every one as signed\n", v->now.origin, v->entries,
		    v->now.size);
	else if (v->good)
		printf("good: %s, %" PRIu64 " entries, every one as signed\n",
		    v->now.origin, v->entries);
	else
		printf("NOT GOOD: %s\n", v->why);
	if (v->purged > 0)
		printf("%" PRIu64 " entries were %s; their hashes alone were"
		    " verified\n", v->purged, held->served ? "not given (a body"
		    " of their bundle is purged)" : "purged by retention");
	printf("signature held against: %s (%s+%08" PRIx32 ")\n", held->key,
	    v->key->name, v->key->id);
	printf("past held against: %s\n", held->past);
	if (v->good && held->files)
		printf("its other files: as exported; the list of them is %s\n",
		    v->files_signed ? "signed" : "not signed by anybody");
}

static void
tell_json(const struct verification *v, const struct held *held)
{
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_object(&w);
	jw_bool_member(&w, "good", v->good);
	jw_str_member(&w, "origin", v->key->name);
	jw_int_member(&w, "entries", (int64_t)v->entries);
	jw_int_member(&w, "size", (int64_t)v->now.size);
	jw_bool_member(&w, "part", v->part);
	jw_int_member(&w, "purged", (int64_t)v->purged);
	if (v->named) {
		jw_int_member(&w, "first_bad", (int64_t)v->first_bad);
		jw_int_member(&w, "last_bad", (int64_t)v->last_bad);
	}
	if (!v->good)
		jw_str_member(&w, "why", v->why);
	jw_str_member(&w, "key", held->key);
	jw_bool_member(&w, "files_signed", v->files_signed);
	jw_str_member(&w, "past", held->past);
	jw_end_object(&w);
	puts(out.data);
	buf_clear(&out);
}

static int
verify(struct journal_ask *j, struct evidence *e)
{
	struct verification v = { 0 };
	struct progress bar;
	struct note_key key;
	struct held held = { .files = false };
	char *known;
	int code, rc;

	if ((code = choose_key(j, e, &key, &held)) != EX_OK ||
	    (code = choose_past(j, &known, &held)) != EX_OK)
		return code;
	v.key = &key;
	v.known = known;
	v.progress = progress_step;
	v.arg = &bar;
	progress_begin(&bar, "verifying");
	rc = verify_log(&v, e);
	progress_end(&bar);
	free(known);
	if (rc < 0)
		return journal_failed(rc == E_UNAVAILABLE ? EX_UNAVAILABLE
		    : EX_IOERR, "%s", v.why);
	if (j->common.json)
		tell_json(&v, &held);
	else
		tell(&v, &held);
	return v.good ? EX_OK : 1;
}

int
journal_verify(struct journal_ask *j)
{
	struct evidence *e = NULL;
	int code = open_evidence(j, &e);

	if (code == EX_OK)
		code = verify(j, e);
	evidence_close(e);
	return code;
}
