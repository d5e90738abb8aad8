/* SPDX-License-Identifier: Apache-2.0 */
/* roles.c - who works in this house, and how many of each. */
#include "base/settings.h"
#include "serve/serve.h"

static int
web_count(const struct settings *s)
{
	return (int)s->web_workers;
}

static int
pushers(const struct settings *s)
{
	return (int)s->push_workers;
}

static int
one(const struct settings *s)
{
	(void)s;
	return 1;
}

/* None of ours when the signer is a service of its own. */
static int
signers(const struct settings *s)
{
	return s->journal_signer[0] == '@';
}

static int
witness_askers(const struct settings *s)
{
	return s->journal_witnesses[0] != '\0' ||
	    s->journal_stamp_url[0] != '\0';
}

const struct role_kind role_kinds[] = {
	{ "signer", signers, role_signer, NULL },
	{ "web", web_count, role_web, "app" },
	{ "push", pushers, role_push, "app" },
	{ "watch", one, role_watch, "app" },
	{ "journal", one, role_journal, "sequencer" },
	{ "witness", witness_askers, role_witness, "sequencer" },
	{ 0 }
};
