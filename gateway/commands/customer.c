/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer.c - `guichet customer erase`: the journal forgets a person.
 *
 * Her key, side records and salts are destroyed; leaves, tree, proofs and old
 * checkpoints stay and verify, and nobody can tell any more which lines were hers.
 * All in one transaction, with the line that says how many side records it were.
 */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/command.h"
#include "db/db.h"
#include "journal/line.h"

static int run(int argc, char **argv);

const struct command command_customer = {
	"customer", "Erase what links the journal to a person.", run,
	"erase REF --reason TEXT"
};

static int
failed(int code, const char *why, const char *cure)
{
	fprintf(stderr, "guichet customer: %s\n", why);
	if (cure != NULL)
		fprintf(stderr, "  cure: %s\n", cure);
	return code;
}

static int
look(struct db_now *db, const char *customer, struct uuid *id, int64_t *sides)
{
	struct params p;
	struct rows *r;
	int failure = 0, code = EX_OK;

	params_init(&p);
	params_text(&p, customer);
	if ((r = db_ask_now(db, SQL_ERASE_LOOK, &p, &failure)) == NULL)
		return failed(EX_UNAVAILABLE, db_now_error(db), NULL);
	if (rows_count(r) == 0)
		code = failed(EX_DATAERR, "nobody of that reference has come here,"
		    " or she was erased", NULL);
	else if (row_bool(r, 0, "held"))
		code = failed(EX_DATAERR, "a legal hold keeps her lines",
		    "guichet journal hold list, then release");
	else if (row_int(r, 0, "live") > 0)
		code = failed(EX_DATAERR, "she still allows somebody to receive",
		    "guichet grant list and revoke, or let her withdraw");
	else {
		row_uuid(r, 0, "id", id);
		*sides = row_int(r, 0, "sides");
	}
	rows_free(r);
	return code;
}

static int
destroy(struct db_now *db, struct arena *a, const struct uuid *id, int64_t sides,
    const char *reason)
{
	const struct line line = { .event = "subject.erased", .records = sides,
	    .bytes = -1, .actor = "operator", .reason = reason };
	struct line_row row;
	struct params p;
	struct rows *r;
	int failure = 0;
	bool same;

	line_make(&row, a, &line);
	params_init(&p);
	params_uuid(&p, id);
	line_params(&p, &row);
	if ((r = db_ask_now(db, SQL_ERASE_DO, &p, &failure)) == NULL)
		return failed(EX_UNAVAILABLE, db_now_error(db), NULL);
	same = row_int(r, 0, "sides") == sides;
	rows_free(r);
	return same ? EX_OK : failed(EX_TEMPFAIL, "lines of hers were written"
	    " meanwhile, nothing was erased", "try again");
}

static int
erase(struct db_now *db, struct arena *a, const char *customer,
    const char *reason)
{
	struct uuid id;
	int64_t sides;
	int code;

	if (db_now_run(db, "BEGIN") < 0)
		return failed(EX_UNAVAILABLE, db_now_error(db), NULL);
	if ((code = look(db, customer, &id, &sides)) == EX_OK &&
	    (code = destroy(db, a, &id, sides, reason)) == EX_OK &&
	    db_now_run(db, "COMMIT") < 0)
		code = failed(EX_UNAVAILABLE, db_now_error(db), NULL);
	if (code != EX_OK)
		return code;		/* the session's end rolls back */
	printf("erased: %" PRId64 " side records, salts and her key. Backups made"
	    " before still hold them: see docs/how-to/forget-a-person.md\n", sides);
	return EX_OK;
}

static int
run(int argc, char **argv)
{
	const char *reason = NULL;
	const struct flag flags[] = {
		{ "--reason", FLAG_TEXT, &reason, "TEXT  why; no name in it" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_customer, &common, flags, argc, argv), rc;
	struct settings *s;
	struct db_now *db;
	struct arena *a;
	char why[256];

	if (n != 2 || strcmp(argv[0], "erase") != 0)
		return command_misused(&command_customer, "say erase REF");
	if (reason == NULL)
		return command_misused(&command_customer,
		    "say why: --reason TEXT (it is kept in the journal)");
	s = command_settings(&common);
	if (db_now_open(&db, s->database_direct_url, "guichet customer", why) < 0)
		return failed(EX_UNAVAILABLE, why, NULL);
	a = arena_new();
	rc = erase(db, a, argv[1], reason);
	arena_free(a);
	db_now_close(db);
	settings_free(s);
	return rc;
}
