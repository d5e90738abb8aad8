/* SPDX-License-Identifier: Apache-2.0 */
/* key.c - `guichet key new|list|rotate|announce|switch`: the keys of this installation. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "commands/client.h"
#include "commands/command.h"
#include "commands/key.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "journal/signer.h"

static int run(int argc, char **argv);

const struct command command_key = {
	"key", "Make, list or replace the keys of this installation.", run,
	"new | list | rotate [--resume] [--batch N] | announce | switch"
};

static int
failed(const struct fault *f)
{
	fault_print(stderr, f);
	return EX_CONFIG;
}

static int
make(const struct settings *s)
{
	struct fault f;

	return keys_make(s->keys_dir, &f) < 0 ||
	    signer_keys_make(s, &f) < 0 ? failed(&f) : EX_OK;
}

/* What signs receipts and proofs: a next one is published, later it signs. */
static int
change_signing(const struct settings *s, bool announce)
{
	struct db_now *db = client_database(s);
	struct fault f;
	int failure, rc;

	if ((announce ? keys_sign_announce(s->keys_dir, &f) :
	    keys_sign_switch(s->keys_dir, &f)) < 0) {
		db_now_close(db);
		return failed(&f);
	}
	failure = key_tell(db, announce ? "next signing key announced" :
	    "signing key");
	rc = failure < 0 ? client_failed(db, failure) : EX_OK;
	db_now_close(db);
	if (rc == EX_OK)
		puts(announce ? "copy it to every host, reload each (SIGHUP);"
		    " switch a day later" : "reload every host (SIGHUP)");
	return rc;
}

/* Names, jobs and ages; never what is inside. */
static const char *
job_of(const char *name)
{
	static const struct { const char *begins, *job; } jobs[] = {
	    { "sign-es256-next", "is published, and signs nothing yet" },
	    { "sign-es256", "signs receipts, signals, proofs and assertions" },
	    { "sign-", "signed once: what is from then still verifies" },
	    { "seal-", "seals secrets kept in the database" },
	    { "journal-", "the journal's checkpoints: .pem signs, .pub verifies" },
	    { "ticket", "protects TLS session tickets" } };

	for (size_t i = 0; i < countof(jobs); i++)
		if (strncmp(name, jobs[i].begins, strlen(jobs[i].begins)) == 0)
			return jobs[i].job;
	return NULL;
}

static void
show(struct jw *json, const char *dir, const char *name)
{
	char path[4096], made[TIME_TEXT_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (job_of(name) == NULL || stat(path, &st) < 0)
		return;
	time_text_ms(made, (int64_t)st.st_mtime * 1000000);
	if (json == NULL) {
		printf("%-26s %.10s  %s\n", name, made, job_of(name));
		return;
	}
	jw_object(json);
	jw_str_member(json, "file", name);
	jw_str_member(json, "made", made);
	jw_str_member(json, "job", job_of(name));
	jw_end_object(json);
}

static void
show_all(struct jw *json, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		show(json, dir, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* Lists only what could be loaded: `list` is also the check of the keys. */
static int
list(const char *dir, bool json)
{
	struct keys *keys;
	struct fault f;
	struct buf out;
	struct jw w;

	if (keys_load(&keys, dir, &f) < 0)
		return failed(&f);
	if (!json) {
		show_all(NULL, dir);
		printf("signing key id: %s\n", keys_signing_kid(keys));
	} else {
		buf_init(&out);
		jw_init(&w, &out);
		jw_object(&w);
		jw_str_member(&w, "signing_kid", keys_signing_kid(keys));
		jw_key(&w, "files");
		jw_array(&w);
		show_all(&w, dir);
		jw_end_array(&w);
		jw_end_object(&w);
		puts(out.data);
		buf_clear(&out);
	}
	keys_free(keys);
	return EX_OK;
}

enum verb { NEW, LIST, ROTATE, ANNOUNCE, SWITCH, NONE };

static enum verb
verb_of(const char *name)
{
	static const char *const names[] = { "new", "list", "rotate", "announce",
	    "switch" };
	int i = 0;

	while (i < NONE && strcmp(names[i], name) != 0)
		i++;
	return (enum verb)i;
}

static int
run(int argc, char **argv)
{
	bool resume = false;
	int64_t batch = 0;
	const struct flag flags[] = {
		{ "--resume", FLAG_SET, &resume,
		  "rotate: go on with the key made before" },
		{ "--batch", FLAG_NUMBER, &batch, "N  rotate: rows at once (500)" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_key, &common, flags, argc, argv), rc;
	struct settings *s;
	enum verb verb;

	if (n != 1 || (verb = verb_of(argv[0])) == NONE)
		return command_misused(&command_key, "say new, list, rotate,"
		    " announce or switch");
	s = command_settings(&common);
	rc = verb == NEW ? make(s) :
	    verb == ROTATE ? key_rotate(s, resume, batch) :
	    verb == LIST ? list(s->keys_dir, common.json) :
	    change_signing(s, verb == ANNOUNCE);
	settings_free(s);
	return rc;
}
