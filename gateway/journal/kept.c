/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - what this host's signer keeps, for tools that look. */
#include "journal/kept.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "db/db.h"
#include "journal/keep.h"
#include "journal/signer.h"
#include "journal/store.h"

enum { WHY = 256 };

int
kept_note(struct checkpoint *out, char **text, struct arena *a,
    const struct settings *s, enum journal_log log, EVP_PKEY *key, char why[WHY])
{
	struct signer_link *l;
	int rc;

	if (s->journal_signer[0] == '\0')
		return keep_read(out, text, a, s->journal_notes_dir,
		    journal_log_name(log), key, why);
	l = signer_ask_at(s->journal_signer);
	if ((rc = signer_last(l, a, log, text)) < 0)
		snprintf(why, WHY, "%s", signer_why(l));
	else if ((rc = keep_parse(out, a, *text, strlen(*text), key)) < 0)
		snprintf(why, WHY, "the signer has another key than this"
		    " installation knows");
	signer_hang_up(l);
	return rc;
}

/* The checkpoint of what is ordered now, signed or not. */
static int
held_now(struct checkpoint *out, struct store *store, struct tiles *tiles,
    struct db_now *db, enum journal_log log)
{
	struct rows *rows;
	int rc;

	memset(out, 0, sizeof(*out));
	if ((rows = db_ask_now(db, SQL_JOURNAL_HEADS, PARAMS_NONE, &rc)) == NULL)
		return rc;
	for (int i = 0; i < rows_count(rows); i++)
		if (row_int(rows, i, "log") == (int64_t)log)
			out->size = (uint64_t)row_int(rows, i, "size");
	rows_free(rows);
	store_init(store, db, log);
	*tiles = store_tiles(store, out->size);
	return tree_root_at(&out->root, tiles, out->size);
}

int
kept_continues(struct checkpoint *kept, const struct settings *s,
    struct db_now *db, enum journal_log log, EVP_PKEY *key, char why[WHY])
{
	struct arena *a = arena_new();
	struct checkpoint now;
	struct store store;
	struct tiles tiles;
	char *text;
	int rc = kept_note(kept, &text, a, s, log, key, why);

	if (rc == 0 && (rc = held_now(&now, &store, &tiles, db, log)) < 0)
		snprintf(why, WHY, "hashes of the tree cannot be read");
	if (rc == 0) {
		memcpy(now.origin, kept->origin, sizeof(now.origin));
		rc = keep_continues(kept, &tiles, &now, why);
	}
	arena_free(a);
	return rc;
}
