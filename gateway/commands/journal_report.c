/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_report.c - `guichet journal report NAME`: the reports of the auditors'
 * pages, for a script. Who asks is told in the journal, like any other reader.
 */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "commands/journal.h"
#include "db/db.h"
#include "journal/report.h"
#include "pages/report_page.h"
#include "pages/words.h"

static int
list_them(void)
{
	for (const struct report *r = reports; r->name != NULL; r++)
		printf("%s%s\n", r->name, r->customer ? "  --customer REF" : "");
	return EX_OK;
}

/* The subject of a report about one person, for its line. */
static int
note_reading(struct journal_ask *j, struct arena *a, const struct report *r)
{
	struct subject_ref who;
	const struct line line = { .event = "report.produced", .records = -1,
	    .bytes = -1, .actor = "operator", .outcome = r->name,
	    .to = j->pims, .subject = r->customer ? &who : NULL };
	struct line_row row;
	struct params p;
	int failure = 0, code;

	if (r->customer && (code = journal_subject(j, &who)) != EX_OK)
		return code;
	line_make(&row, a, &line);
	params_init(&p);
	line_params(&p, &row);
	rows_free(db_ask_now(j->db, SQL_JOURNAL_APPEND, &p, &failure));
	return failure < 0 ? journal_failed(EX_UNAVAILABLE, "%s",
	    db_now_error(j->db)) : EX_OK;
}

static int
print(struct journal_ask *j, struct arena *a, const struct report *r,
    const struct rows *rows)
{
	struct words *words;
	struct fault f;
	struct html h;
	struct buf out;

	buf_init_in(&out, a);
	if (j->common.json) {
		report_jsonl(&out, r, rows);
	} else {
		if (words_load(&words, j->settings->time_zone, &f) < 0) {
			fault_print(stderr, &f);
			return EX_CONFIG;
		}
		h_init(&h, &out, a, words, j->lang != NULL &&
		    strcmp(j->lang, "fr") == 0 ? LANG_FR : LANG_EN);
		report_csv(&h, &out, r, rows);
		words_free(words);
	}
	if (out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	return EX_OK;
}

static int
ask(struct journal_ask *j, struct arena *a, const struct report *r)
{
	struct report_wish w = { .to_us = clock_us() + 3600 * INT64_C(1000000),
	    .client = j->pims, .customer = j->customer };
	struct catalogue *catalogue = NULL;
	struct params p;
	struct rows *rows;
	struct fault f;
	int code, failure = 0;

	if ((code = journal_day(&w.from_us, "--from", j->from)) != EX_OK ||
	    (code = journal_day(&w.to_us, "--to", j->to)) != EX_OK ||
	    (code = note_reading(j, a, r)) != EX_OK)
		return code;
	if (catalogue_load(&catalogue, j->settings, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	report_params(&p, a, r, &w, catalogue);
	if ((rows = db_ask_now(j->db, r->statement, &p, &failure)) == NULL)
		code = journal_failed(EX_UNAVAILABLE, "%s", db_now_error(j->db));
	else
		code = print(j, a, r, rows);
	rows_free(rows);
	catalogue_free(catalogue);
	return code;
}

int
journal_report(struct journal_ask *j)
{
	const struct report *r;
	struct arena *a;
	int code;

	if (j->argc == 0)
		return list_them();
	if ((r = report_find(j->argv[0])) == NULL)
		return journal_failed(EX_USAGE, "no report '%s'; `guichet journal"
		    " report` lists them", j->argv[0]);
	if (r->customer && j->customer == NULL)
		return journal_failed(EX_USAGE, "say whose: --customer REF");
	if ((code = journal_open(j)) != EX_OK)
		return code;
	a = arena_new();
	code = ask(j, a, r);
	arena_free(a);
	return code;
}
