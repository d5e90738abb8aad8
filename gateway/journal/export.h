/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.h - a log, or a part of it, written into a directory, to be verified
 * without us. gateway/journal/export/README tells every file of it.
 */
#ifndef EXPORT_H
#define EXPORT_H
#include <openssl/evp.h>
#include <stdbool.h>
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
	EVP_PKEY *signer;		/* signs the list of files; or NULL */
	const char *signer_at;		/* or a process that does (signer.h) */
	bool sides;			/* what links entries to persons, too */
	/* a part: each NULL or 0 = any */
	const struct subject_ref *subject;	/* her key is written as well */
	const char *client;
	int64_t from_us, to_us;
	void (*progress)(uint64_t done, uint64_t of, void *arg); /* or NULL */
	void *arg;

	uint64_t size;			/* of the log at its checkpoint */
	uint64_t entries, purged;	/* what was written */
	char why[256];			/* one sentence on failure */
};
MUST_CHECK int export_log(struct export *);
bool export_is_part(const struct export *);	/* is something left out? */

#endif
