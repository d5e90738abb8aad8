/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preview.c - `guichet preview`: what would a PIMS get for this customer?
 *
 * The first record of each data set: field, where it comes from, value. Values
 * are masked: the shape of a record can be looked at without looking at a
 * person. --show-values shows them, and is noted in the journal first; nothing
 * is shown that cannot be noted.
 */
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/cell.h"
#include "catalogue/check.h"
#include "catalogue/describe.h"
#include "catalogue/origin.h"
#include "catalogue/page.h"
#include "catalogue/validate.h"
#include "commands/command.h"
#include "journal/line.h"

enum { VALUE_MAX = 48 };

static int run(int argc, char **argv);

const struct command command_preview = {
	"preview", "Show what a PIMS would get for one customer.", run,
	"--customer REF [DATASET...] [--show-values [--json]]"
};

struct preview {
	struct settings *settings;
	struct arena *arena;
	const char *customer;
	bool show, json;
};

/* ---- the journal ---- */

/* 0, or the exit code. */
static int
note(struct preview *p, const struct dataset *d)
{
	const struct line line = { .event = "record.previewed",
	    .dataset = arena_printf(p->arena, "%s@%d", d->schema->id,
	    d->schema->version), .records = 1, .bytes = -1,
	    .actor = "operator" };
	struct line_row row;
	struct params params;
	struct db_now *own;
	char why[256];
	int failure = E_UNAVAILABLE;

	if (db_now_open(&own, p->settings->database_url, "guichet preview",
	    why) == 0) {
		line_make(&row, p->arena, &line);
		params_init(&params);
		line_params(&params, &row);
		rows_free(db_ask_now(own, SQL_JOURNAL_APPEND, &params, &failure));
		snprintf(why, sizeof(why), "%s", db_now_error(own));
		db_now_close(own);
	}
	if (failure == 0)
		return EX_OK;
	fprintf(stderr, "guichet preview: values are not shown, as the journal "
	    "cannot note it: %s\n", why);
	return EX_UNAVAILABLE;
}

/* ---- one value ---- */

/* Letters and digits covered, so that only the shape is left. */
static void
mask(struct buf *b, const char *json)
{
	bool quoted = false;

	for (; *json != '\0'; json++) {
		if (*json == '"')
			quoted = !quoted;
		if ((*json & 0xc0) == 0x80)
			continue;
		if (*json & 0x80 || (*json >= '0' && *json <= '9'))
			buf_char(b, *json & 0x80 ? 'x' : '9');
		else if (quoted && ((*json | 32) >= 'a' && (*json | 32) <= 'z'))
			buf_char(b, 'x');
		else
			buf_char(b, *json);
	}
}

/* Column i of the first row as JSON, of a list its first item; items counts
 * them. NULL: nothing. */
static const char *
value_of(struct preview *p, const struct dataset *d, const struct rows *rows,
    int i, int *items)
{
	struct cell cell;
	struct walk walk;
	struct buf b;

	*items = 0;
	row_cell(rows, 0, i, &cell);
	if (strstr(rows_column_name(rows, i), "[]") != NULL) {
		if (!walk_begin(&walk, &cell))
			return NULL;
		*items = walk.left;
		if (!walk_next(&walk, &cell))
			return NULL;
	}
	buf_init_in(&b, p->arena);
	if (cell.n < 0 || !cell_to_json(&b, &cell, d->source->zone))
		return NULL;
	return b.data;
}

static void
print_value(struct preview *p, const struct dataset *d, const struct rows *rows,
    int i)
{
	int items;
	const char *value = value_of(p, d, rows, i, &items);
	struct buf b;

	buf_init_in(&b, p->arena);
	if (value == NULL)
		buf_str(&b, "(none)");
	else if (p->show)
		buf_str(&b, value);
	else
		mask(&b, value);
	if (b.len > VALUE_MAX) {
		size_t cut = VALUE_MAX;

		while (cut > 0 && (b.data[cut] & 0xc0) == 0x80)
			cut--;
		buf_cut(&b, cut);
		buf_str(&b, "...");
	}
	if (items > 1)
		buf_printf(&b, " and %d more", items - 1);
	puts(b.data);
}

/* ---- one data set ---- */

static int
print_table(struct preview *p, struct db_now *now, const struct dataset *d,
    const struct rows *rows)
{
	int count = rows_count(rows);
	struct origin *origins;
	struct fault f;
	size_t n;

	if (origins_read(&origins, &n, p->arena, now, d, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	printf("\n%s: %s (the first of %s%d)\n", d->schema->id,
	    d->schema->title.in[LANG_EN], count > 100 ? "more than " : "",
	    count > 100 ? 100 : count);
	for (size_t i = 0; i < n; i++) {
		printf("  %-26s %-30s ", origins[i].path,
		    origins[i].from == NULL ? "(computed)" : origins[i].from);
		print_value(p, d, rows, (int)i);
	}
	return EX_OK;
}

static int
show_record(struct preview *p, struct db_now *now, const struct page_ask *ask,
    const struct rows *rows)
{
	const struct dataset *d = ask->dataset;
	struct invalid bad;
	struct record r;
	int rc = EX_OK;

	if (rows_count(rows) == 0) {
		fprintf(stderr, "%s: no record\n", d->schema->id);
		return EX_OK;
	}
	if (page_record(&r, ask, rows, 0, p->arena) < 0) {
		fprintf(stderr, "%s: the first record cannot be written: a value "
		    "has no JSON, or lists differ in length\n", d->schema->id);
		return EX_DATAERR;
	}
	if (p->json)
		puts(r.json);
	else
		rc = print_table(p, now, d, rows);
	if (checks_run_text(d->schema->checks, r.json, r.n, &bad) < 0) {
		fprintf(stderr, "%s: breaks its schema: '%s' %s\n",
		    d->schema->id, bad.path, bad.why);
		return EX_DATAERR;
	}
	return rc;
}

static int
show_dataset(struct preview *p, const struct dataset *d)
{
	struct page_ask ask = { .dataset = d, .customer = p->customer,
	    .until_us = clock_us(), .limit = 100 };
	struct db_now *now;
	struct rows *rows;
	const char *why;
	struct fault f;
	int rc;

	if (p->show && (rc = note(p, d)) != EX_OK)
		return rc;
	if (live_open(&now, d->source, &f) < 0) {
		fault_print(stderr, &f);
		return EX_UNAVAILABLE;
	}
	rows = check_page(now, &ask, p->arena, &why);
	if (rows == NULL) {
		fprintf(stderr, "%s: %s\n", d->schema->id, why);
		rc = EX_DATAERR;
	} else {
		rc = show_record(p, now, &ask, rows);
	}
	rows_free(rows);
	db_now_close(now);
	return rc;
}

static int
show_all(struct preview *p, struct catalogue *c, char **wanted, int n)
{
	int worst = EX_OK;

	for (int i = 0; i < n; i++)
		if (dataset_find(c, wanted[i]) == NULL) {
			fprintf(stderr, "guichet preview: no data set %s is served "
			    "here\n", wanted[i]);
			return EX_USAGE;
		}
	for (size_t i = 0; i < catalogue_count(c); i++) {
		const struct dataset *d = catalogue_at(c, i);
		bool asked = n == 0;
		int rc;

		for (int k = 0; k < n; k++)
			asked = asked || strcmp(wanted[k], d->schema->id) == 0;
		if (asked && (rc = show_dataset(p, d)) != EX_OK)
			worst = rc;
	}
	return worst;
}

static int
run(int argc, char **argv)
{
	struct preview p = { .customer = NULL };
	const struct flag own[] = {
		{ "--customer", FLAG_TEXT, &p.customer,
		    "REF  the organisation's own reference" },
		{ "--show-values", FLAG_SET, &p.show,
		    "unmasked; it is noted in the journal" },
		{ 0 } };
	struct common common;
	int n = command_args(&command_preview, &common, own, argc, argv), rc;
	struct catalogue *c = NULL;
	struct fault f;

	if (p.customer == NULL)
		return command_misused(&command_preview, "whose records?");
	p.json = common.json;
	if (p.json && !p.show)
		return command_misused(&command_preview, "--json is what would "
		    "be sent: it needs --show-values");
	p.settings = command_settings(&common);
	p.arena = arena_new();
	if (catalogue_load(&c, p.settings, &f) < 0 ||
	    catalogue_describe(c, &f) < 0) {
		fault_print(stderr, &f);
		rc = EX_CONFIG;
	} else {
		rc = show_all(&p, c, argv, n);
	}
	catalogue_free(c);
	arena_free(p.arena);
	settings_free(p.settings);
	return rc;
}
