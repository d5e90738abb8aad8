/* SPDX-License-Identifier: Apache-2.0 */
/* role_journal.c - orders lines, grows the trees; asks witnesses and for
 * time-stamps: simply waits. */
#include <signal.h>
#include <string.h>
#include "journal/sequencer.h"
#include "journal/witness.h"
#include "serve/serve.h"

static volatile sig_atomic_t stop_asked;

static void
on_term(int sig UNUSED)
{
	stop_asked = 1;
}

static void
be_ready(struct role *r)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_term;	/* no SA_RESTART: a wait ends early */
	sigaction(SIGTERM, &sa, NULL);
	role_ready(r);
}

int
role_witness(struct role *r)
{
	be_ready(r);
	return witness_ask_all(r->plan->settings, &stop_asked);
}

/* Ready before it leads: the previous generation may lead until it goes. */
int
role_journal(struct role *r)
{
	be_ready(r);
	return sequencer_run(r->plan->settings, r->plan->keys, &stop_asked);
}
