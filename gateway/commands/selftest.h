/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.h - the whole chain of a running gateway, tried by ourselves.
 *
 * The wire is walked as any PIMS does (try.h). What nobody but the house can do,
 * to come in as the self-test's customer, to end the grant and to look her lines
 * up, is done in its database.
 */
#ifndef SELFTEST_H
#define SELFTEST_H
#include <stdint.h>
#include "base/error.h"
#include "commands/journal.h"
#include "commands/try.h"

/* The recipient that stands for it; reports leave it out (sql/report_*.sql). */
#define SELFTEST_CLIENT "guichet-selftest"

struct catalogue;

struct selftest {
	struct arena *a;
	struct journal_ask house;	/* settings, database */
	struct catalogue *catalogue;
	struct attempt attempt;
	struct flow flow;
	struct subject_ref subject;
	struct uuid grant;		/* once given */
	bool given;
	int64_t wait_s;			/* for the journal */
	const char **datasets;
	size_t datasets_n;
	const char *dataset;		/* the one being pulled */
	char found[200];		/* what a step that went well tells */
	struct fault fault;		/* or what the one that failed does */
};

/* Each: 0, or E_... and the fault. */
typedef int selftest_step(struct selftest *);
selftest_step selftest_recipient, selftest_enter, selftest_withdraw,
    selftest_journal;

#endif
