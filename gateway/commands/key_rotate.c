/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_rotate.c - `guichet key rotate`: a new sealing key, and everything sealed
 * in the database sealed by it, in batches, while the gateway runs.
 *
 * A worker sees the new key in the directory and seals with it from then on
 * (seal.c); the pass is repeated until it finds nothing sealed by an older one. Stopped half way, `--resume` goes on: each row is whole before and
 * after. Old keys stay: cursors that PIMS keep were sealed by them.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/client.h"
#include "commands/key.h"
#include "commands/progress.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "journal/line.h"

enum { BATCH_DEFAULT = 500, BATCH_MAX = 5000, PASSES_MAX = 10 };

struct rotation {
	struct db_now *db;
	struct keys *keys;
	int64_t batch;
	struct uuid after;
	long read, sealed, broken;	/* in this pass */
	long all;
	struct progress progress;
};

/* The same text under the newest key; NULL when it cannot be opened. */
static const char *
again(struct rotation *r, struct arena *a, const char *context,
    const char *sealed)
{
	size_t n;
	char *plain = unseal(r->keys, a, context, sealed, &n);
	const char *fresh;

	if (plain == NULL) {
		r->broken++;
		return NULL;
	}
	fresh = seal(r->keys, a, context, plain, n);
	explicit_bzero(plain, n);
	return fresh;
}

/* ---- destinations, by batches ---- */

static int
write_batch(struct rotation *r, struct arena *a, const struct uuid *ids,
    const char **was, const char **is, size_t n)
{
	struct params p;
	int failure = 0;
	struct rows *rows;

	if (n == 0)
		return 0;
	params_init(&p);
	params_uuids(&p, a, ids, n);
	params_texts(&p, a, was, n);
	params_texts(&p, a, is, n);
	rows = db_ask_now(r->db, SQL_DESTINATION_RESEAL, &p, &failure);
	if (rows != NULL)
		r->sealed += rows_count(rows);
	rows_free(rows);
	return failure;
}

static int
do_batch(struct rotation *r, struct rows *rows, struct arena *a)
{
	size_t count = (size_t)rows_count(rows), n = 0;
	struct uuid *ids = arena_alloc(a, (count + 1) * sizeof(*ids));
	const char **was = arena_alloc(a, (count + 1) * sizeof(*was));
	const char **is = arena_alloc(a, (count + 1) * sizeof(*is));

	for (int i = 0; i < (int)count; i++) {
		const char *sealed = row_text(rows, i, "sealed");
		char id[UUID_TEXT];

		row_uuid(rows, i, "grant_id", &r->after);
		uuid_text(id, &r->after);
		if (sealed_newest(r->keys, sealed))
			continue;
		ids[n] = r->after;
		was[n] = sealed;
		is[n] = again(r, a, arena_printf(a, "destination %s", id),
		    sealed);
		n += is[n] != NULL;
	}
	r->read += (long)count;
	progress_step((uint64_t)r->read, (uint64_t)r->all, &r->progress);
	return write_batch(r, a, ids, was, is, n);
}

/* 1 = there may be more. */
static int
next_batch(struct rotation *r)
{
	struct arena *a = arena_new();
	struct params p;
	int failure = 0, n = 0;
	struct rows *rows;

	params_init(&p);
	params_uuid(&p, &r->after);
	params_int(&p, r->batch);
	rows = db_ask_now(r->db, SQL_DESTINATION_SEALED, &p, &failure);
	if (rows != NULL) {
		n = rows_count(rows);
		failure = do_batch(r, rows, a);
	}
	rows_free(rows);
	arena_free(a);
	return failure < 0 ? failure : n == r->batch;
}

/* ---- endpoints ---- */

static int
reseal_endpoint(struct rotation *r, const char *client, const char *sealed)
{
	struct arena *a = arena_new();
	const char *fresh = again(r, a, arena_printf(a, "endpoint %s", client),
	    sealed);
	struct rows *rows = NULL;
	struct params p;
	int failure = 0;

	if (fresh != NULL) {
		params_init(&p);
		params_text(&p, client);
		params_text(&p, sealed);
		params_text(&p, fresh);
		rows = db_ask_now(r->db, SQL_ENDPOINT_RESEAL, &p, &failure);
		r->sealed += rows != NULL && rows_count(rows) == 1;
	}
	rows_free(rows);
	arena_free(a);
	return failure;
}

static int
endpoints(struct rotation *r)
{
	int failure = 0;
	struct rows *rows = db_ask_now(r->db, SQL_ENDPOINT_SEALED, PARAMS_NONE,
	    &failure);

	for (int i = 0; rows != NULL && failure == 0 && i < rows_count(rows); i++)
		if (!sealed_newest(r->keys, row_text(rows, i, "sealed")))
			failure = reseal_endpoint(r,
			    row_text(rows, i, "client_id"),
			    row_text(rows, i, "sealed"));
	rows_free(rows);
	return failure;
}

/* ---- the whole of it ---- */

static int
pass(struct rotation *r)
{
	int more = 1;

	r->all = r->read;
	r->read = r->sealed = r->broken = 0;
	r->after = (struct uuid){ { 0 } };
	while (more == 1)
		more = next_batch(r);
	return more < 0 ? more : endpoints(r);
}

static int
all_passes(struct rotation *r)
{
	long total = 0;
	int failure = 0, n = 0;

	progress_begin(&r->progress, "sealing");
	do {
		failure = pass(r);
		total += r->sealed;
	} while (failure == 0 && r->sealed > 0 && ++n < PASSES_MAX);
	progress_end(&r->progress);
	if (failure < 0)
		return client_failed(r->db, failure);
	printf("sealed anew: %ld\n", total);
	if (r->broken > 0)
		fprintf(stderr, "guichet key: %ld could not be opened by any key "
		    "here and stay as they are\n", r->broken);
	return r->broken > 0 ? EX_DATAERR : EX_OK;
}

int
key_tell(struct db_now *db, const char *which)
{
	struct arena *a = arena_new();
	const struct line line = { .event = "admin.key_rotated", .records = -1,
	    .bytes = -1, .actor = "operator", .reason = which };
	struct line_row row;
	struct params p;
	int failure = 0;

	line_make(&row, a, &line);
	params_init(&p);
	line_params(&p, &row);
	rows_free(db_ask_now(db, SQL_JOURNAL_APPEND, &p, &failure));
	arena_free(a);
	return failure;
}

int
key_rotate(const struct settings *s, bool resume, int64_t batch)
{
	struct rotation r = { .batch = batch > 0 && batch <= BATCH_MAX ? batch :
	    BATCH_DEFAULT };
	struct fault f;
	int rc, failure;

	r.db = client_database(s);	/* before a key is made for nothing */
	if ((!resume && keys_seal_new(s->keys_dir, &f) < 0) ||
	    keys_load(&r.keys, s->keys_dir, &f) < 0) {
		fault_print(stderr, &f);
		db_now_close(r.db);
		return EX_CONFIG;
	}
	failure = resume ? 0 : key_tell(r.db, "sealing key");
	rc = failure < 0 ? client_failed(r.db, failure) : all_passes(&r);
	keys_free(r.keys);
	db_now_close(r.db);
	return rc;
}
