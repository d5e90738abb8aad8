/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_export.c - `guichet journal export DIR`: a log, to be verified
 * elsewhere. Reading the journal is itself a line of it.
 */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/journal.h"
#include "commands/progress.h"
#include "db/db.h"
#include "journal/export.h"

/* Whoever reads about a person leaves a line of hers. */
static int
note_it(struct journal_ask *j, const struct export *x)
{
	const struct line line = {
		.event = "journal.exported",
		.outcome = journal_log_name(j->log),
		.records = (int64_t)x->entries,
		.bytes = -1,
		.actor = "operator",
		.to = x->client,
		.subject = x->subject,
		.reason = export_is_part(x) ? "part" : "whole",
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

/* A day, from its first moment in UTC, or a whole RFC 3339 time. */
int
journal_day(int64_t *us, const char *flag, const char *text)
{
	char whole[48];

	if (text == NULL)
		return EX_OK;
	snprintf(whole, sizeof(whole), "%.30s%s", text, strchr(text, 'T') ? "" :
	    "T00:00:00Z");
	return time_parse(us, whole) == 0 ? EX_OK : journal_failed(EX_USAGE,
	    "%s takes a day such as 2026-01-31, not '%s'", flag, text);
}

int
journal_subject(struct journal_ask *j, struct subject_ref *s)
{
	struct params p;
	struct rows *rows;
	const uint8_t *key;
	int failure = 0, n;
	size_t size;

	params_init(&p);
	params_text(&p, j->customer);
	if ((rows = db_ask_now(j->db, SQL_SUBJECT_FIND, &p, &failure)) == NULL)
		return journal_failed(EX_UNAVAILABLE, "%s", db_now_error(j->db));
	if ((n = rows_count(rows)) == 1) {
		row_uuid(rows, 0, "id", &s->id);
		key = row_bytes(rows, 0, "key", &size);
		memcpy(s->key, key, sizeof(s->key));
	}
	rows_free(rows);
	return n == 1 ? EX_OK : journal_failed(EX_DATAERR, "no customer '%s' has"
	    " ever come here, or she was erased", j->customer);
}

static int
read_wish(struct journal_ask *j, struct export *x, struct subject_ref *subject)
{
	int code;

	x->client = j->pims;
	x->sides = j->sides || j->customer != NULL;
	if ((code = journal_day(&x->from_us, "--from", j->from)) != EX_OK ||
	    (code = journal_day(&x->to_us, "--to", j->to)) != EX_OK)
		return code;
	if (j->customer == NULL)
		return EX_OK;
	x->subject = subject;
	return journal_subject(j, subject);
}

static int
write_it(struct journal_ask *j, struct export *x)
{
	struct progress bar;
	int rc;

	x->progress = progress_step;
	x->arg = &bar;
	progress_begin(&bar, "exporting");
	rc = export_log(x);
	progress_end(&bar);
	if (rc < 0)
		return journal_failed(rc == E_UNAVAILABLE ? EX_UNAVAILABLE :
		    rc == E_CONFLICT ? EX_CANTCREAT : EX_IOERR, "%s", x->why);
	printf("%" PRIu64 " of %" PRIu64 " entries of %s written to %s\n"
	    "`guichet journal verify %s` verifies them%s\n", x->entries,
	    x->size, x->key->name, x->dir, x->dir,
	    x->signer != NULL || x->signer_at != NULL ? "" :
	    "; the list of files is not signed, as this user may not read the key");
	return note_it(j, x);
}

int
journal_export(struct journal_ask *j)
{
	struct export x = { .log = j->log, .dir = j->argv[0] };
	struct subject_ref subject;
	struct note_key key;
	int code;

	if ((code = journal_open(j)) != EX_OK ||
	    (code = journal_key(j, &key)) != EX_OK ||
	    (code = read_wish(j, &x, &subject)) != EX_OK)
		return code;
	x.db = j->db;
	x.key = &key;
	if (j->settings->journal_signer[0] != '\0')
		x.signer_at = j->settings->journal_signer;
	else
		x.signer = journal_signer(j);
	code = write_it(j, &x);
	EVP_PKEY_free(x.signer);
	return code;
}
