/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_export.c - `guichet journal export DIR`: a log, to be verified
 * elsewhere. Reading the journal is itself a line of it.
 */
#include <inttypes.h>
#include "base/arena.h"
#include "base/error.h"
#include "commands/journal.h"
#include "commands/progress.h"
#include "db/db.h"
#include "journal/export.h"

static int
note_it(struct journal_ask *j, const struct export *x)
{
	const struct line line = {
		.event = "journal.exported",
		.outcome = journal_log_name(j->log),
		.records = (int64_t)x->entries,
		.bytes = -1,
		.actor = "operator",
	};
	struct arena *a = arena_new();
	struct line_row row;
	struct params p;
	struct rows *rows;
	int failure = 0;

	line_make(&row, a, &line);
	params_init(&p);
	line_params(&p, &row);
	rows = db_ask_now(j->db, SQL_JOURNAL_APPEND, &p, &failure);
	rows_free(rows);
	arena_free(a);
	return failure < 0 ? journal_failed(EX_UNAVAILABLE, "the export could"
	    " not be noted in the journal: %s", db_now_error(j->db)) : EX_OK;
}

int
journal_export(struct journal_ask *j)
{
	struct export x = { .log = j->log, .dir = j->argv[0] };
	struct progress bar;
	struct note_key key;
	int code, rc;

	if ((code = journal_open(j)) != EX_OK ||
	    (code = journal_key(j, &key)) != EX_OK)
		return code;
	x.db = j->db;
	x.key = &key;
	x.progress = progress_step;
	x.arg = &bar;
	progress_begin(&bar, "exporting");
	rc = export_log(&x);
	progress_end(&bar);
	if (rc < 0)
		return journal_failed(rc == E_UNAVAILABLE ? EX_UNAVAILABLE :
		    rc == E_CONFLICT ? EX_CANTCREAT : EX_IOERR, "%s", x.why);
	printf("%" PRIu64 " entries of %s written to %s\n"
	    "`guichet journal verify %s` verifies them\n", x.entries, key.name,
	    x.dir, x.dir);
	return note_it(j, &x);
}
