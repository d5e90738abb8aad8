/* SPDX-License-Identifier: Apache-2.0 */
/*
 * begin_anew.c - after a loss that cannot be mended: both logs go on under
 * another origin, and say so in the first line each gets.
 *
 * The tree is not begun anew, only its name: what was ordered before keeps its
 * place, so that old notes are held against the same entries. What was signed
 * and is lost is quoted: whoever kept it finds it named as lost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "db/db.h"
#include "journal/keep.h"
#include "journal/sequencer.h"
#include "journal/sequencer_own.h"
#include "journal/signer.h"

static int
quote_last(struct sequencer *s, struct ordered *o, struct arena *a, char **note,
    char why[WHY_MAX])
{
	int rc = signer_last(s->signer, a, o->log, note);

	*note = rc == 0 ? *note : NULL;
	o->kept = (struct checkpoint){ .size = 0 };
	if (rc == 0 && keep_parse(&o->kept, a, *note, strlen(*note), o->key) < 0)
		rc = E_BAD_INPUT;
	if (rc < 0 && rc != E_NOT_FOUND) {
		snprintf(why, WHY_MAX, "%s: the signer's last note cannot be"
		    " had: %s", journal_log_name(o->log), signer_why(s->signer));
		return rc;
	}
	return 0;
}

/* The head under its new name, and the line. */
static struct rows *
rename_head(struct sequencer *s, struct ordered *o, struct arena *a,
    const char *note, const char *reason)
{
	const struct line line = { .event = "integrity.begun_anew",
	    .outcome = journal_log_name(o->log), .reason = reason,
	    .records = note == NULL ? -1 : (int64_t)o->kept.size, .bytes = -1,
	    .actor = "operator", .quote = note };
	struct line_row row;
	struct params p;

	line_make(&row, a, &line);
	row.log = o->log;		/* each log says it itself */
	params_init(&p);
	params_int(&p, o->log);
	params_text(&p, o->origin);
	params_text(&p, note);
	line_params(&p, &row);
	return sequencer_ask(s, SQL_JOURNAL_BEGIN_ANEW, &p);
}

static int
begin_log(struct sequencer *s, struct ordered *o, struct arena *a,
    const char *reason, char why[WHY_MAX])
{
	const uint8_t *frontier;
	struct rows *rows;
	char *note;
	size_t n;
	int rc = quote_last(s, o, a, &note, why);

	if (rc < 0)
		return rc;
	if ((rows = rename_head(s, o, a, note, reason)) == NULL)
		return E_UNAVAILABLE;
	if (rows_count(rows) == 0) {
		rows_free(rows);
		snprintf(why, WHY_MAX, "%s is named %.150s in the database already:"
		    " give [journal] origin a new name", journal_log_name(o->log),
		    o->origin);
		return E_CONFLICT;
	}
	o->epoch = row_int(rows, 0, "epoch");
	o->stored = (uint64_t)row_int(rows, 0, "size");
	frontier = row_bytes(rows, 0, "frontier", &n);
	if ((rc = sequencer_load(s, o, frontier, n)) == 0)
		rc = order_rows(s, o, rows, a);
	rows_free(rows);
	return rc;
}

int
sequencer_begin_anew(struct sequencer *s, const char *reason, char why[WHY_MAX])
{
	struct arena *a;
	int rc = sequencer_begin(s);

	snprintf(why, WHY_MAX, "%s", rc == E_CONFLICT ? "a gateway leads the"
	    " journal: stop it on every host first" : "the database gives no"
	    " answer, or its tables contradict each other (see above)");
	if (rc < 0 || db_now_run(s->db, "BEGIN") < 0)
		return rc < 0 ? rc : E_UNAVAILABLE;
	a = arena_new();
	for (int i = 0; i < JOURNAL_LOGS && rc == 0; i++)
		rc = begin_log(s, &s->logs[i], a, reason, why);
	arena_free(a);
	if (db_now_run(s->db, rc == 0 ? "COMMIT" : "ROLLBACK") < 0 && rc == 0)
		rc = E_UNAVAILABLE;
	return rc;
}
