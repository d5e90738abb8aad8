/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_prove.c - `guichet journal checkpoint` prints the last signed note;
 * `guichet journal prove` that one line is in it (c2sp.org/tlog-proof).
 */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "commands/journal.h"
#include "db/db.h"
#include "journal/evidence.h"

int
journal_checkpoint(struct journal_ask *j)
{
	struct evidence *e = NULL;
	char why[256];
	int code = journal_open(j);

	if (code != EX_OK)
		return code;
	if (evidence_open_db(&e, j->db, j->log, why) < 0)
		return journal_failed(EX_UNAVAILABLE, "%s", why);
	fputs(evidence_note(e), stdout);
	evidence_close(e);
	return EX_OK;
}

/* A place, or the id of a line, which also tells its log. */
static int
find_place(struct journal_ask *j, int64_t *place)
{
	struct uuid id;
	struct params p;
	struct rows *rows;
	int failure = 0;

	if (parse_int(place, j->argv[0], 0, INT64_MAX) == 0)
		return EX_OK;
	if (uuid_parse(&id, j->argv[0]) < 0)
		return journal_failed(EX_USAGE, "'%s' is neither the place nor"
		    " the id of a line", j->argv[0]);
	params_init(&p);
	params_uuid(&p, &id);
	rows = db_ask_now(j->db, SQL_JOURNAL_FIND, &p, &failure);
	if (rows != NULL && rows_count(rows) == 1) {
		*place = row_int(rows, 0, "seq");
		j->log = (enum journal_log)row_int(rows, 0, "log");
	} else
		failure = failure < 0 ? failure : E_NOT_FOUND;
	rows_free(rows);
	return failure == 0 ? EX_OK : journal_failed(EX_DATAERR, "no line has"
	    " the id %s (a line is ordered within a second or two)", j->argv[0]);
}

static int
print_proof(struct evidence *e, const struct checkpoint *now, int64_t place)
{
	struct tiles tiles = evidence_tiles(e, now->size);
	struct proof proof;
	char text[48];

	if ((uint64_t)place >= now->size)
		return journal_failed(EX_DATAERR, "the last checkpoint has %"
		    PRIu64 " lines; line %" PRId64 " comes with a later one",
		    now->size, place);
	if (tree_prove_inclusion(&proof, &tiles, (uint64_t)place,
	    now->size) < 0)
		return journal_failed(EX_DATAERR, "the hashes of the tree"
		    " cannot be read");
	printf("c2sp.org/tlog-proof@v1\nindex %" PRId64 "\n", place);
	for (size_t i = 0; i < proof.n; i++) {
		b64_encode(text, &proof.hashes[i], sizeof(proof.hashes[i]));
		puts(text);
	}
	printf("\n%s", evidence_note(e));
	return EX_OK;
}

static int
prove(struct evidence *e, int64_t place)
{
	struct arena *a = arena_new();
	struct checkpoint now;
	struct note note;
	int code;

	if (note_parse(&note, a, evidence_note(e),
	    strlen(evidence_note(e))) < 0 || checkpoint_parse(&now, &note) < 0)
		code = journal_failed(EX_DATAERR, "the last checkpoint is none");
	else
		code = print_proof(e, &now, place);
	arena_free(a);
	return code;
}

int
journal_prove(struct journal_ask *j)
{
	struct evidence *e = NULL;
	char why[256];
	int64_t place;
	int code;

	if ((code = journal_open(j)) != EX_OK ||
	    (code = find_place(j, &place)) != EX_OK)
		return code;
	if (evidence_open_db(&e, j->db, j->log, why) < 0)
		return journal_failed(EX_UNAVAILABLE, "%s", why);
	code = prove(e, place);
	evidence_close(e);
	return code;
}
