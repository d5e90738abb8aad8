/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h - questions to a PostgreSQL, without ever waiting on the loop.
 *
 * A struct db is a few connections to one database, each in pipeline mode,
 * binary results, statements prepared when a connection opens. Questions wait
 * in a bounded queue while every pipeline is full or the database is away; a
 * lost connection is reopened with back-off by PQconnectStart. Reads of one
 * loop turn share one Sync; each write has its own, so that it commits alone.
 * A read interrupted by a lost connection is asked again (as many times as
 * there are connections, and one); a write is not: it fails with E_UNAVAILABLE
 * and its fate is unknown. A database away for two
 * seconds fails questions at once, so that callers can say 503 and not wait.
 *
 * Failures: E_CONFLICT (unique or exclusion constraint), E_TIMEOUT (statement
 * timeout), E_UNAVAILABLE (away, shutting down, out of connections, deadlock,
 * lock not available: try later), E_STATEMENT (the statement itself; logged
 * with its SQLSTATE, never with values).
 *
 * Source: PostgreSQL 15 documentation, chapter 34.5 (pipeline mode).
 */
#ifndef DB_H
#define DB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct db;
struct event_base;
struct piece;
struct question;
struct rows;
struct uuid;

/* ---- statements: one file each in gateway/sql, built in ---- */
struct statement {
	const char *name;	/* "grant_find"; unique per database */
	const char *text;
	bool writes;		/* commits alone, is never asked twice; also
				 * said by "(writes)" in its first comment line,
				 * for functions that change something */
	/*
	 * The same for many askers at once, or NULL: each parameter is a list
	 * with an item per asker (text[]; timestamptz[] for one set by
	 * params_time), and a last column, bigint, says whose row it is, from
	 * 1, in order. Short reads that wait together go as one: starting a
	 * statement is most of what they cost. Askers do not notice.
	 */
	const struct statement *gathered;
};
extern const struct statement sql_table[];
#include "sql_names.h"		/* generated: SQL_GRANT_FIND = &sql_table[n] */

/* ---- parameters: $1, $2... in the order they are added ---- */
#define PARAMS_MAX 40
struct params {
	int n;
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	char scratch[PARAMS_MAX][24];	/* for integers */
};
#define PARAMS_NONE ((const struct params *)NULL)
void params_init(struct params *);
/* Texts and bytes are borrowed until db_ask returns (it copies). NULL = NULL. */
void params_text(struct params *, const char *);
void params_int(struct params *, int64_t);
void params_bool(struct params *, bool);
void params_bytes(struct params *, const void *, size_t n);
void params_uuid(struct params *, const struct uuid *);	/* NULL = NULL */
void params_time(struct params *, int64_t us);		/* timestamptz */
/* A text[] as a literal, {"a","b"}: what a gathered statement can take. */
void params_text_list(struct params *, struct arena *, const char *const *,
    size_t n);
/* text[], uuid[], bytea[], bigint[]: built in the arena, binary */
void params_texts(struct params *, struct arena *, const char *const *, size_t n);
void params_uuids(struct params *, struct arena *, const struct uuid *, size_t n);
void params_ints(struct params *, struct arena *, const int64_t *, size_t n);
void params_byteses(struct params *, struct arena *, const struct piece *, size_t n);
/* The parameters of n askers as lists: item i of list k is parameter k of
 * each[i], of kind b(ytea), t(ext: also what goes as text), u(uid) or z
 * (timestamptz), a letter each. */
void params_lists(struct params *, struct arena *, const char *kinds,
    const struct params *const *each, size_t n);

/* ---- connections ---- */
struct db_options {
	const char *url;		/* libpq URI or keywords */
	const char *name;		/* in logs: "own", "energy" */
	const char *application_name;
	int connections;
	int queue_max;			/* questions waiting or in flight */
	bool prepared;			/* off: unnamed statements (pgbouncer) */
	bool read_only;			/* default_transaction_read_only */
	int statement_timeout_ms;	/* 0 = the server's */
	int silence_ms;			/* not a word so long while asked: the
					 * peer is dead; 0 = the time-out and 5 s */
	const char *time_zone;		/* of the session; NULL = the server's */
	bool generic_plans;		/* never planned for one parameter's value */
	const struct statement *statements; /* prepared at open, on first use too */
	size_t statement_count;
};
/* Copies the options, but not the statements. */
struct db *db_open(struct event_base *, const struct db_options *);
/* Forgets whatever is outstanding. Never from within an on_rows. */
void db_close(struct db *);
bool db_ready(const struct db *);	/* is at least one connection usable? */

struct db_counts {
	size_t waiting, in_flight, connections;	/* now; usable connections */
	unsigned long asked, failed, lost;	/* since the start */
};
void db_count(const struct db *, struct db_counts *);

/*
 * Asks. on_rows runs later, exactly once, from the loop, with failure 0 and
 * rows (valid during the callback unless rows_keep), or failure < 0 and rows
 * NULL. Returns NULL, and never calls, when the queue is full (E_FULL is what
 * the caller tells). The statement must outlive the db.
 */
typedef void db_on_rows(struct rows *, int failure, void *arg);
struct question *db_ask(struct db *, const struct statement *,
    const struct params *, db_on_rows *, void *arg);
/* The asker left: the answer, when it comes, is dropped. */
void db_forget(struct question *);

/* LISTEN on a connection of its own (never through a pooler). on_state tells
 * when notifications may have been missed (up = false) and when they flow
 * again (up = true). */
struct listener;
typedef void db_on_notify(const char *channel, const char *payload, void *arg);
typedef void db_on_listening(bool up, void *arg);
struct listener *db_listen(struct event_base *, const char *url,
    const char *const *channels, db_on_notify *, db_on_listening *, void *arg);
void db_unlisten(struct listener *);

/* ---- answers; columns by name, an unknown name is a bug ---- */
int rows_count(const struct rows *);
int rows_affected(const struct rows *);
struct rows *rows_keep(struct rows *);	/* now ours: rows_free */
void rows_free(struct rows *);		/* NULL is welcome */
bool row_null(const struct rows *, int i, const char *column);
/* Texts of text, varchar, name, json, jsonb, and what is easily told as text
 * (integers, booleans, uuid, timestamptz as RFC 3339); NULL for NULL; they live
 * as long as rows. Of any other type: cast it in the statement. */
const char *row_text(const struct rows *, int i, const char *column);
int64_t row_int(const struct rows *, int i, const char *column);	/* NULL: 0 */
bool row_bool(const struct rows *, int i, const char *column);
const uint8_t *row_bytes(const struct rows *, int i, const char *column, size_t *n);
void row_uuid(const struct rows *, int i, const char *column, struct uuid *);
int64_t row_time(const struct rows *, int i, const char *column);	/* us; NULL: 0 */
/* text[] or uuid[] -> NULL-terminated array in the arena; NULL gives none */
const char **row_texts(const struct rows *, int i, const char *column,
    struct arena *, size_t *n);
/* The raw binary cell, for readers that know the type (catalogue/record.c). */
struct cell { const char *data; int n; uint32_t type; };	/* n = -1: NULL */
int rows_columns(const struct rows *);
const char *rows_column_name(const struct rows *, int column);
void row_cell(const struct rows *, int i, int column, struct cell *);

/* ---- tools: the same statements, simply waiting ---- */
struct db_now;
MUST_CHECK int db_now_open(struct db_now **out, const char *url,
    const char *application_name, char why[256]);
void db_now_close(struct db_now *);
struct rows *db_ask_now(struct db_now *, const struct statement *,
    const struct params *, int *failure);	/* NULL and *failure < 0 */
const char *db_now_error(const struct db_now *);	/* last message, one line */
int db_now_run(struct db_now *, const char *sql);	/* a script, no answer */
void *db_now_connection(struct db_now *);		/* the PGconn, for COPY */

#endif
