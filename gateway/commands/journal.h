/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h - what the verbs of `guichet journal` share. */
#ifndef COMMANDS_JOURNAL_H
#define COMMANDS_JOURNAL_H
#include "commands/command.h"
#include "journal/line.h"
#include "journal/note.h"

struct db_now;
struct settings;

struct journal_ask {
	struct common common;
	const char *log_name, *known, *vkey;	/* flags, or NULL */
	const char *from, *to, *customer, *pims;
	const char *lang, *reason;
	const char *keys_dir, *hsm, *notes_dir, *socket, *user, *origin; /* signer */
	const char *name, *state, *listen, *certificate, *certificate_key;
	struct flag_list knows;			/* witness */
	bool sides;
	enum journal_log log;
	int argc;				/* what follows the verb */
	char **argv;
	/* opened when a verb needs them; closed by journal.c */
	struct settings *settings;
	struct db_now *db;
};
extern const struct command command_journal;

typedef int journal_verb(struct journal_ask *);	/* exit code */
journal_verb journal_verify, journal_export, journal_checkpoint, journal_prove,
    journal_report, journal_hold, journal_purge, journal_confirm, journal_sign,
    journal_new_epoch, journal_witness, journal_vkey;

/* A day from its first moment in UTC, or an RFC 3339 time; NULL leaves *us. */
int journal_day(int64_t *us, const char *flag, const char *text);
/* The person of --customer: EX_OK, or told. */
int journal_subject(struct journal_ask *, struct subject_ref *);

/* Settings and database; exits 78 on bad settings. EX_OK or an exit code. */
int journal_open(struct journal_ask *);
/* Of --vkey, else of this installation's key. EX_OK or an exit code. */
int journal_key(struct journal_ask *, struct note_key *);
int journal_failed(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The key that signs this log, to be freed; NULL when this user may not read it. */
EVP_PKEY *journal_signer(struct journal_ask *);
/* A file of 64 kB at most, or NULL with a word on stderr; to free. */
char *journal_slurp(const char *path);

#endif
