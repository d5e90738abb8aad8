/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_signer.c - the process with the journal's key, when no other one is set.
 *
 * The key is read here, after the fork: no other process ever holds it. An
 * installation that gives the signer a user of its own ([journal] signer) runs
 * `guichet journal signer` instead, and this role is not started.
 */
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/error.h"
#include "base/settings.h"
#include "journal/signer.h"
#include "serve/serve.h"

static volatile sig_atomic_t stop_asked;

static void
on_term(int sig UNUSED)
{
	stop_asked = 1;
}

int
role_signer(struct role *r)
{
	const struct settings *s = r->plan->settings;
	struct signer *signer;
	struct sigaction sa;
	struct fault f;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	if (signer_open(&signer, s->keys_dir, s->journal_notes_dir, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	signer_confine(false);
	role_ready(r);
	signer_serve(signer, sockets_signer(r->sockets), geteuid(), getppid(),
	    &stop_asked);
	signer_free(signer);
	return EX_OK;
}
