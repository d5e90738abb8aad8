/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_own.h - what the files of db/ share: the pool, its links, its questions.
 *
 * A question waits in db->waiting, then goes out on a link; what a link still
 * expects from the server stands in its ring, in the order of the pipeline:
 * settings, preparations, questions, and the Sync that ends each segment.
 */
#ifndef DB_OWN_H
#define DB_OWN_H
#include <event2/event.h>
#include <libpq-fe.h>
#include <sys/queue.h>
#include "db/db.h"

enum {
	DEPTH_MAX	= 128,	/* questions in flight on one link */
	AWAY_MS		= 2000,	/* away so long: questions fail at once */
	CONNECT_MS	= 5000,	/* an attempt to connect */
	CONNECT_TURN_MS	= 2000,	/* when another host can be asked instead */
	BACKOFF_MIN_MS	= 100,
	BACKOFF_MAX_MS	= 3000,
	GATHER_MAX	= 16,	/* questions in one; more gain nothing */
	GATHER_DEPTH	= 1,	/* on a link: behind these, others gather */
	ANSWER_MS	= 60000	/* no progress so long: the peer is dead */
};

TAILQ_HEAD(question_list, question);

struct question {
	TAILQ_ENTRY(question) link;
	struct db *db;
	const struct statement *statement;
	db_on_rows *on_rows;	/* NULL: forgotten */
	void *arg;
	int slot;		/* of the statement, in the pool */
	unsigned serial;	/* of the prepared form it was sent with */
	int tries;		/* times it was interrupted */
	bool sent, calling;
	bool blamed;		/* its own preparation failed */
	bool alone;		/* was gathered once, and that failed */
	struct question_list members;	/* those it asks for, when gathered */
	int n;			/* parameters; copied behind this struct */
	const char **values;
	int *lengths, *formats;
};

enum expect_kind {
	EXPECT_SETTING,		/* of the session, or of the segment */
	EXPECT_PREPARED,
	EXPECT_ROWS,
	EXPECT_SYNC
};
struct expect {
	enum expect_kind kind;
	int slot;
	unsigned serial;		/* EXPECT_PREPARED */
	struct question *question;	/* EXPECT_ROWS */
};

enum link_state {
	LINK_AWAY,		/* waits for the back-off timer */
	LINK_CONNECTING,	/* PQconnectPoll is at work */
	LINK_OPENING,		/* settings and preparations are under way */
	LINK_READY
};

struct link {
	struct db *db;
	enum link_state state;
	PGconn *pg;
	struct event *readable, *writable, *timer;
	struct expect *ring;	/* ring_size is a power of two */
	unsigned ring_size, head, tail;
	bool answered;		/* the head's result came, its NULL did not */
	bool segment;		/* questions were sent since the last Sync */
	unsigned depth;		/* questions in flight */
	unsigned failures;	/* connections failed in a row */
	int64_t progress_us;	/* when the server last said something */
	unsigned *prepared;	/* by slot: serial of its prepared form; 0 = none */
	int prepared_n;
	unsigned serials;	/* given so far: no name is used twice */
	struct question_list again;	/* aborted by a neighbour's error */
	struct question *held;	/* a write whose rows came, whose commit did not */
	PGresult *held_res;
};

/* Statements get a slot when first seen. */
struct slot { const struct statement *statement; };

struct db {
	struct event_base *base;
	struct db_options options;	/* texts are ours */
	struct event *flush, *away;
	struct question_list waiting;
	struct db_counts counts;
	int64_t away_us;		/* since when; 0 = ready */
	bool away_told, calling;
	struct slot *slots;
	int slot_n, slot_size;
	int link_n;
	struct link links[];
};

/* ---- db.c: the pool ---- */
void db_flush_soon(struct db *);
void db_link_changed(struct db *, const char *why);	/* up, or down and why */
/* Calls on_rows once (rows NULL = failure), frees the question and the rows,
 * unless somebody keeps them. */
void question_end(struct question *, struct rows *, int failure);
int db_slot(struct db *, const struct statement *);
struct question *question_new(struct db *, const struct statement *,
    const struct params *, db_on_rows *, void *arg);
void question_free(struct question *);

/* ---- gather.c: short reads of the same statement go as one ---- */
bool may_gather(const struct question *);
/* The first that waits, with those like it: taken from the queue, to be sent. */
struct question *gather(struct db *);

/* ---- link.c: one connection ---- */
void link_init(struct link *, struct db *);
void link_clear(struct link *);
void link_send(struct link *, struct question *);
void link_flush(struct link *);	/* ends the segment, hands bytes to the kernel */

/* ---- connect.c ---- */
/* Sent with a comment before it that names us and the statement, for whoever
 * looks at what runs (pg_stat_activity). */
bool signed_prepare(PGconn *, const char *name, const struct statement *);
bool signed_ask(PGconn *, const struct question *);
/* How long an attempt to connect may take, in ms: several hosts take turns. */
int connect_ms(const char *url);
/* turn: which of several hosts is asked first (failures so far) */
PGconn *pg_start(const char *url, const char *application_name, bool wait,
    unsigned turn);
PGconn *pg_start_stream(const char *url, const char *application_name);
int64_t backoff_us(unsigned failures);	/* with jitter */
struct timeval tv_of_us(int64_t us);
#define REASON_MAX 200
void reason_of(char out[REASON_MAX], const char *message); /* for why="..." */

/* ---- rows.c ---- */
struct rows *rows_new(PGresult *);
/* So many of whole's rows, from `first`, without its last column. */
struct rows *rows_part(struct rows *whole, int first, int n);

/* ---- params.c ---- */
/* One dimension of items of that type; data NULL is NULL. */
enum { OID_TEXT_ITEM = 25, OID_TIME_ITEM = 1184 };
void params_items(struct params *, struct arena *, uint32_t oid,
    const struct piece *, size_t n);

/* ---- failure.c ---- */
int failure_of(const PGresult *);	/* E_... */
bool failure_lost(const PGresult *);	/* the connection itself is over */
void failure_log(const char *db, const char *statement, const PGresult *);

#endif
