/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_signer.c - `guichet journal signer`: the signer as a service of its
 * own, under a user of its own (deploy/systemd/guichet-signer.service).
 *
 * It reads no settings: whoever may write guichet.conf must not be able to send
 * it elsewhere. What it needs is in its unit, which is root's.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/error.h"
#include "base/log.h"
#include "commands/journal.h"
#include "crypto/keys.h"
#include "journal/signer.h"

static volatile sig_atomic_t stop_asked;

static void
on_term(int sig UNUSED)
{
	stop_asked = 1;
}

/* A key that is gone while its notes are there is lost: never made anew. */
static int
keys_ready(struct journal_ask *j, struct signer **out, struct fault *f)
{
	char path[4096];

	if (j->hsm != NULL)
		return signer_open_hsm(out, j->hsm, j->notes_dir, f);
	for (int i = 0; i < JOURNAL_LOGS; i++) {
		snprintf(path, sizeof(path), "%.4000s/%s.note", j->notes_dir,
		    journal_log_name((enum journal_log)i));
		if (access(path, F_OK) == 0)
			return signer_open(out, j->keys_dir, j->notes_dir, f);
	}
	if (keys_make_signer(j->keys_dir, j->keys_dir, f) < 0)
		return E_BAD_INPUT;
	return signer_open(out, j->keys_dir, j->notes_dir, f);
}

static int
serve(struct journal_ask *j, struct signer *signer, uid_t user)
{
	struct sigaction sa;
	char address[SIGNER_ADDRESS];
	int listener;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if ((listener = signer_listen(j->socket, address)) < 0)
		return journal_failed(EX_CANTCREAT, "%s: %s", j->socket,
		    strerror(errno));
	sd_notify(0, "READY=1");
	signer_confine(j->hsm != NULL);
	log_info("signer listens at=%s", address);
	signer_serve(signer, listener, user, 0, &stop_asked);
	unlink(j->socket);
	close(listener);
	return EX_OK;
}

int
journal_sign(struct journal_ask *j)
{
	struct passwd *pw;
	struct signer *signer;
	struct fault f;
	int code;

	if ((j->keys_dir == NULL) == (j->hsm == NULL) || j->notes_dir == NULL || j->socket == NULL ||
	    j->user == NULL)
		return command_misused(&command_journal, "signer takes --keys"
		    " or --hsm, and --notes, --socket and --user");
	if ((pw = getpwnam(j->user)) == NULL)
		return journal_failed(EX_NOUSER, "no such user: %s", j->user);
	umask(077);
	log_open(false, LEVEL_INFO, "signer");
	if (keys_ready(j, &signer, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	code = serve(j, signer, pw->pw_uid);
	signer_free(signer);
	return code;
}
