/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.h - one log written into a directory, to be verified without us.
 *
 *     checkpoint	the signed note (c2sp.org/tlog-checkpoint)
 *     vkey		the key to verify it with; better: the one you hold
 *     entries.jsonl	{"seq":0,"leaf":"<base64 of the exact bytes>"} a line
 *     tile/		the hash tiles (c2sp.org/tlog-tiles)
 *     README		how to read and verify all this, in English and French
 */
#ifndef EXPORT_H
#define EXPORT_H
#include <stdint.h>
#include "base/attr.h"
#include "journal/line.h"
#include "journal/note.h"

struct db_now;

struct export {
	struct db_now *db;
	enum journal_log log;
	const char *dir;		/* must not exist, or be empty */
	const struct note_key *key;
	void (*progress)(uint64_t done, uint64_t of, void *arg); /* or NULL */
	void *arg;

	uint64_t entries, purged;	/* what was written */
	char why[256];			/* one sentence on failure */
};
MUST_CHECK int export_log(struct export *);

#endif
