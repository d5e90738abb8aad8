/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_forget.c - `guichet journal purge`: bodies older than their class's limit
 * go, hashes stay; `guichet journal hold` keeps them meanwhile.
 */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "commands/journal_forget.h"
#include "db/db.h"

enum { SOME = 10000 };

int
forget_with_line(struct journal_ask *j, const struct statement *st, struct params *p,
    const struct line *line)
{
	struct arena *a = arena_new();
	struct line_row row;
	struct rows *r;
	int failure = 0, n;

	line_make(&row, a, line);
	line_params(p, &row);
	r = db_ask_now(j->db, st, p, &failure);
	n = r == NULL ? failure : rows_count(r);
	rows_free(r);
	arena_free(a);
	return n;
}

int
forget_told(struct journal_ask *j, int n, const char *none)
{
	if (n < 0)
		return journal_failed(EX_UNAVAILABLE, "%s", db_now_error(j->db));
	return n == 0 ? journal_failed(EX_DATAERR, "%s", none) : EX_OK;
}

static int
hold_set(struct journal_ask *j)
{
	const struct line line = { .event = "hold.set", .records = -1, .bytes = -1,
	    .actor = "operator", .reason = j->reason,
	    .outcome = j->customer != NULL ? "one person" : "everybody" };
	char text[UUID_TEXT];
	struct params p;
	struct uuid id;
	int code;

	uuid_make(&id);
	params_init(&p);
	params_uuid(&p, &id);
	params_text(&p, j->customer);
	params_text(&p, j->reason);
	code = forget_told(j, forget_with_line(j, SQL_HOLD_SET, &p, &line),
	    "nobody of that reference has come here");
	uuid_text(text, &id);
	if (code == EX_OK)
		puts(text);
	return code;
}

static int
hold_release(struct journal_ask *j)
{
	const struct line line = { .event = "hold.released", .records = -1,
	    .bytes = -1, .actor = "operator", .reason = j->reason };
	struct params p;
	struct uuid id;

	if (uuid_parse(&id, j->argv[1]) < 0)
		return journal_failed(EX_USAGE, "'%s' is no hold's id", j->argv[1]);
	if (forget_waits(j->settings))
		return forget_ask(j, &(struct wish){ .what = "release",
		    .hold = &id });
	params_init(&p);
	params_uuid(&p, &id);
	return forget_told(j, forget_with_line(j, SQL_HOLD_RELEASE, &p, &line),
	    "no such hold, or it is released already");
}

/* Newest first; whom one is for is not told, only whether it is for all. */
static int
hold_list(struct journal_ask *j)
{
	struct rows *r;
	int failure = 0;

	r = db_ask_now(j->db, SQL_HOLD_LIST, PARAMS_NONE, &failure);
	if (r == NULL)
		return journal_failed(EX_UNAVAILABLE, "%s", db_now_error(j->db));
	for (int i = 0; i < rows_count(r); i++)
		printf("%s  %s  %-9s %-8s %s\n", row_text(r, i, "id"),
		    row_text(r, i, "set_at"), row_bool(r, i, "all_of_them") ?
		    "everybody" : "one", row_bool(r, i, "released") ?
		    "released" : "holds", row_text(r, i, "reason"));
	rows_free(r);
	return EX_OK;
}

int
journal_hold(struct journal_ask *j)
{
	bool set = strcmp(j->argv[0], "set") == 0;
	int code;

	if (j->argc == 1 && strcmp(j->argv[0], "list") == 0)
		return (code = journal_open(j)) != EX_OK ? code : hold_list(j);
	if (!(set && j->argc == 1) &&
	    !(strcmp(j->argv[0], "release") == 0 && j->argc == 2))
		return journal_failed(EX_USAGE, "say hold list, hold set"
		    " [--customer REF], or hold release ID");
	if (j->reason == NULL)
		return journal_failed(EX_USAGE, "say why: --reason TEXT (it is"
		    " kept in the journal)");
	if ((code = journal_open(j)) != EX_OK)
		return code;
	return set ? hold_set(j) : hold_release(j);
}

/* ---- purge ---- */

static int64_t
purge_some(struct journal_ask *j, const struct uuid *past)
{
	struct params p;
	struct rows *r;
	int failure = 0;
	int64_t n;

	params_init(&p);
	params_int(&p, j->log);
	params_uuid(&p, past);
	params_int(&p, SOME);
	if ((r = db_ask_now(j->db, SQL_PURGE_SOME, &p, &failure)) == NULL)
		return failure;
	n = row_int(r, 0, "purged");
	rows_free(r);
	return n;
}

static int
note_purge(struct journal_ask *j, int64_t n)
{
	const struct line line = { .event = "journal.purged", .records = n,
	    .bytes = -1, .actor = "operator", .reason = j->reason,
	    .outcome = journal_log_name(j->log) };
	struct params p;

	params_init(&p);
	return forget_with_line(j, SQL_JOURNAL_APPEND, &p, &line) < 0 ?
	    journal_failed(EX_UNAVAILABLE, "%s", db_now_error(j->db)) : EX_OK;
}

int
forget_purge(struct journal_ask *j, const struct uuid *past, int64_t *all)
{
	int64_t n;

	*all = 0;
	do {
		if ((n = purge_some(j, past)) < 0)
			return journal_failed(EX_UNAVAILABLE, "%s",
			    db_now_error(j->db));
		*all += n;
	} while (n == SOME);
	printf("%" PRId64 " lines of %s purged; their hashes stay\n", *all,
	    journal_log_name(j->log));
	return EX_OK;
}

/* The first id of that moment. */
static void
id_at(struct uuid *id, int64_t us)
{
	int64_t ms = us / 1000;

	*id = (struct uuid){ { 0 } };
	for (int i = 5; i >= 0; i--, ms >>= 8)
		id->bytes[i] = (uint8_t)ms;
}

int
journal_purge(struct journal_ask *j)
{
	int64_t before = 0, n;
	struct uuid past;
	int code;

	if (j->to == NULL || j->reason == NULL)
		return journal_failed(EX_USAGE, "say up to which day and why:"
		    " --to DATE --reason TEXT");
	if ((code = journal_day(&before, "--to", j->to)) != EX_OK ||
	    (code = journal_open(j)) != EX_OK)
		return code;
	id_at(&past, before);
	if (forget_waits(j->settings))
		return forget_ask(j, &(struct wish){ .what = "purge",
		    .past = &past });
	return (code = forget_purge(j, &past, &n)) != EX_OK ? code :
	    note_purge(j, n);
}
