/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feedback.c - `guichet feedback list|show|answer`: records that PIMS found
 * faulty, and what our people have to say about it.
 *
 * `show` opens what was sealed: which record, and the PIMS' words.
 */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/client.h"
#include "commands/command.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "journal/line.h"

static int run(int argc, char **argv);

const struct command command_feedback = {
	"feedback", "List, show and answer what PIMS say of faulty records.", run,
	"list [--state open|answered]\n"
	"   or: guichet feedback show ID\n"
	"   or: guichet feedback answer ID --text TEXT"
};

static struct rows *
find(struct db_now *db, const char *state, const struct uuid *id, int *failure)
{
	struct params p;

	params_init(&p);
	params_text(&p, state);
	params_uuid(&p, id);
	return db_ask_now(db, SQL_FEEDBACK_LIST, &p, failure);
}

static int
list(struct db_now *db, const char *state)
{
	int failure;
	struct rows *r = find(db, state, NULL, &failure);

	if (r == NULL)
		return client_failed(db, failure);
	for (int i = 0; i < rows_count(r); i++)
		printf("%s  %-8s  %-16s %-24s %s\n", row_text(r, i, "id"),
		    row_text(r, i, "state"), row_text(r, i, "code"),
		    row_text(r, i, "dataset"), row_text(r, i, "client_id"));
	if (rows_count(r) == 0)
		puts("nothing");
	rows_free(r);
	return EX_OK;
}

static int
show(struct db_now *db, const struct settings *s, const struct uuid *id)
{
	struct arena *a = arena_new();
	struct keys *keys;
	struct fault f;
	struct rows *r;
	char *plain = NULL;
	int failure, rc = EX_OK;
	size_t n;

	if (keys_load(&keys, s->keys_dir, &f) < 0) {
		fault_print(stderr, &f);
		arena_free(a);
		return EX_CONFIG;
	}
	if ((r = find(db, NULL, id, &failure)) == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(r) == 1)
		plain = unseal(keys, a, arena_printf(a, "feedback %s",
		    row_text(r, 0, "id")), row_text(r, 0, "sealed"), &n);
	if (plain != NULL)
		puts(plain);
	else if (rc == EX_OK) {
		fputs("guichet feedback: there is no such report, or its seal "
		    "cannot be opened\n", stderr);
		rc = EX_DATAERR;
	}
	rows_free(r);
	keys_free(keys);
	arena_free(a);
	return rc;
}

static int
answer(struct db_now *db, const struct uuid *id, const char *text)
{
	const struct line line = { .event = "feedback.answered", .records = -1,
	    .bytes = -1, .actor = "operator" };
	struct arena *a = arena_new();
	struct line_row row;
	struct params p;
	struct rows *r;
	int failure, rc = EX_OK;

	line_make(&row, a, &line);
	params_init(&p);
	params_uuid(&p, id);
	params_text(&p, text);
	line_params(&p, &row);
	r = db_ask_now(db, SQL_FEEDBACK_ANSWER, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(r) == 0) {
		fputs("guichet feedback: there is no open report of this id\n",
		    stderr);
		rc = EX_DATAERR;
	} else
		puts("answered");
	rows_free(r);
	arena_free(a);
	return rc;
}

static int
run(int argc, char **argv)
{
	const char *state = NULL, *text = NULL;
	const struct flag flags[] = {
		{ "--state", FLAG_TEXT, &state, "STATE  open or answered" },
		{ "--text", FLAG_TEXT, &text, "TEXT  what the PIMS will read" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_feedback, &common, flags, argc, argv), rc;
	struct settings *s;
	struct db_now *db;
	struct uuid id;

	if (n < 1 || (n == 1) != (strcmp(argv[0], "list") == 0) ||
	    (n == 2 && uuid_parse(&id, argv[1]) < 0) || n > 2)
		return command_misused(&command_feedback,
		    "say list, show ID or answer ID");
	if (n == 2 && strcmp(argv[0], "answer") == 0 && text == NULL)
		return command_misused(&command_feedback, "say what: --text TEXT");
	if (n == 2 && strcmp(argv[0], "answer") != 0 &&
	    strcmp(argv[0], "show") != 0)
		return command_misused(&command_feedback,
		    "say list, show ID or answer ID");
	s = command_settings(&common);
	db = client_database(s);
	rc = n == 1 ? list(db, state) : strcmp(argv[0], "show") == 0 ?
	    show(db, s, &id) : answer(db, &id, text);
	db_now_close(db);
	settings_free(s);
	return rc;
}
