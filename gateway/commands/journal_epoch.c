/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_epoch.c - `guichet journal new-epoch`: the end of what was signed is
 * lost for good, and a person decides to go on.
 *
 * Two sides have to agree. The database: both logs get the origin of the
 * settings, and a first line that quotes the last note. The signer: it lets
 * them begin under that name, once. A signer of its own is asked by whoever may
 * write its notes, on each host: `new-epoch --origin NAME --notes DIR`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "commands/journal.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "journal/keep.h"
#include "journal/kept.h"
#include "journal/sequencer.h"
#include "journal/signer.h"

static int
allow(const char *notes_dir, const char *base)
{
	char origin[NOTE_NAME], why[256];

	for (int i = 0; i < JOURNAL_LOGS; i++) {
		const char *log = journal_log_name((enum journal_log)i);

		snprintf(origin, sizeof(origin), "%s/%s", base, log);
		if (!note_name_valid(origin, strlen(origin)))
			return journal_failed(EX_USAGE, "%s cannot name a log",
			    base);
		if (keep_allow(notes_dir, log, origin, why) < 0)
			return journal_failed(EX_CANTCREAT, "%s", why);
	}
	printf("The signer whose notes are in %s lets the logs begin as %s.\n",
	    notes_dir, base);
	return EX_OK;
}

/* Is something lost at all? */
static int
look(struct journal_ask *j, struct keys *keys)
{
	bool lost = false;

	for (int i = 0; i < JOURNAL_LOGS; i++) {
		const char *name = journal_log_name((enum journal_log)i);
		EVP_PKEY *key = keys_journal(keys, name);
		struct checkpoint kept;
		char why[256] = "its public key is missing";
		int rc = key == NULL ? E_SYSTEM : kept_continues(&kept,
		    j->settings, j->db, (enum journal_log)i, key, why);

		if (rc == E_CONFLICT)
			printf("%s: %s\n", name, why);
		else if (rc < 0 && rc != E_NOT_FOUND)
			return journal_failed(EX_UNAVAILABLE, "%s: %s", name, why);
		lost = lost || rc == E_CONFLICT;
	}
	return lost ? EX_OK : journal_failed(EX_DATAERR, "the database holds all"
	    " that was signed here: there is nothing to begin anew");
}

/* Without `guichet serve` there is no signer of ours: one that only tells. */
static pid_t
tell_last(struct settings *s)
{
	static const volatile sig_atomic_t never;
	char address[SIGNER_ADDRESS];
	pid_t parent = getpid(), pid;
	struct signer *signer;
	struct fault f;
	int listener;

	if (s->journal_signer[0] != '\0')
		return 0;
	if ((listener = signer_listen(NULL, address)) < 0)
		return -1;
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (signer_open(&signer, s->keys_dir, s->journal_notes_dir, &f) < 0)
			_exit(EX_CONFIG);
		signer_confine(false);
		signer_serve(signer, listener, geteuid(), parent, &never);
		_exit(EX_OK);
	}
	close(listener);
	free(s->journal_signer);
	s->journal_signer = xstrdup(address);
	return pid;
}

static int
begin(struct journal_ask *j, struct keys *keys, bool own_signer)
{
	pid_t pid = tell_last(j->settings);
	struct sequencer *s = pid < 0 ? NULL : sequencer_new(j->settings, keys);
	char why[256];
	int rc;

	if (s == NULL)
		return journal_failed(EX_OSERR, "no signer can be asked");
	rc = sequencer_begin_anew(s, j->reason, why);
	sequencer_free(s);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (rc < 0)
		return journal_failed(rc == E_CONFLICT ? EX_DATAERR :
		    EX_UNAVAILABLE, "%s", why);
	printf("The logs go on as %s; the first line of each quotes what was"
	    " signed.\n", j->settings->journal_origin);
	if (!own_signer)
		return allow(j->settings->journal_notes_dir,
		    j->settings->journal_origin);
	printf("Now, on every host, let the signer begin so:\n"
	    "  runuser -u guichet-signer -- guichet journal new-epoch --origin %s"
	    " --notes /var/lib/guichet-signer/notes\n",
	    j->settings->journal_origin);
	return EX_OK;
}

int
journal_new_epoch(struct journal_ask *j)
{
	struct keys *keys;
	struct fault f;
	int code;

	if (j->origin != NULL && j->notes_dir != NULL)
		return allow(j->notes_dir, j->origin);
	if (j->reason == NULL || j->origin != NULL || j->notes_dir != NULL)
		return command_misused(&command_journal, "new-epoch takes --reason;"
		    " for a signer of its own --origin and --notes");
	log_open(false, LEVEL_WARNING, "journal");
	if ((code = journal_open(j)) != EX_OK)
		return code;
	if (keys_load(&keys, j->settings->keys_dir, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	if ((code = look(j, keys)) == EX_OK)
		code = begin(j, keys, j->settings->journal_signer[0] != '\0');
	keys_free(keys);
	return code;
}
