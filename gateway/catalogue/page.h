/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - reading: one bounded page of a customer's records.
 *
 * Rows come in the order (changed, natural key), after a cursor, up to the
 * source's horizon, so that a page never skips a row that commits late.
 */
#ifndef PAGE_H
#define PAGE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"
#include "base/buf.h"
#include "db/db.h"

struct arena;
struct dataset;
struct keys;
struct source;

/* ---- the horizon: up to when all that was written can be seen ---- */
/* The known horizon if younger than max_age_ms, else 0: ask, it wakes on_known
 * (us, or failure < 0). See DESIGN.md section 5 for what it asks and why. */
int64_t horizon_known(struct source *, int max_age_ms);
typedef void on_horizon(int64_t us, int failure, void *arg);
/* The source's clock when the horizon was last asked for. */
int64_t horizon_source_now(const struct source *);
struct horizon_wait;
struct horizon_wait *horizon_ask(struct source *, on_horizon *, void *arg);
void horizon_forget(struct horizon_wait *);

/* ---- cursors ---- */
struct cursor {
	const struct dataset *dataset;
	const char *changed;	/* of the last record, text as PostgreSQL's ISO; NULL = start */
	const char *key[8];	/* its natural key, texts */
	bool removed;		/* it was a removal: of one instant, these come
				 * first */
};
/* Opaque, authenticated, bound to the context (grant id). */
char *cursor_seal(const struct keys *, struct arena *, const struct cursor *,
    const char *context);
MUST_CHECK int cursor_open(struct cursor *, const struct keys *, struct arena *,
    const struct dataset *, const char *sealed, const char *context);

/* ---- the question ---- */
struct page_ask {
	const struct dataset *dataset;
	const char *customer;
	const struct cursor *after;	/* NULL = from the first record */
	const char *from, *to;		/* business time [from, to), ISO; NULL = open */
	const char **accounts;	/* values of x-account, NULL-terminated; NULL = all */
	int granularity;	/* place in x-granularities: 0 = the whole record */
	int64_t until_us;		/* the horizon */
	int limit;			/* records; one more is asked to know `more` */
};
/* Fills the parameters of dataset->page. E_BAD_INPUT: a cursor that is no place,
 * or a period, or accounts, where the data set has none. */
MUST_CHECK int page_params(struct params *, struct arena *, const struct page_ask *);

/* ---- the dates it is about ---- */
/* Of the schema's period, in days since 1970 on the source's calendar. */
struct covered { int64_t first, last; bool any; };
enum { COVERED_TEXT = 32 };
/* Widens it by one row; a data set without a period leaves it as it is. */
void covered_add(struct covered *, const struct page_ask *, const struct rows *,
    int row);
void covered_join(struct covered *, const struct covered *);
/* "2026-01-01/2026-03-31", both included, for the side record of a line; NULL:
 * there is no date. */
const char *covered_text(char text[COVERED_TEXT], const struct covered *);

/* ---- the answer ---- */
/* Why a record is held back, for the journal and the log. */
#define RECORD_UNWRITABLE "a value has no JSON, or lists differ in length"
struct page {
	int records;
	int held;		/* held back: RECORD_UNWRITABLE */
	bool more;
	struct cursor last;	/* after the last record seen; in the arena */
	struct covered covered;
	size_t bytes;		/* of JSON written */
	uint8_t digest[32];	/* SHA-256 of the record bytes */
};
enum page_form { PAGE_LIST, PAGE_LINES };	/* "a,b,c" inside [ ], or NDJSON */
/* Writes up to ask->limit records from rows, fewer if bytes_max is reached. */
MUST_CHECK int page_write(struct page *, struct buf *out, enum page_form,
    const struct page_ask *, const struct rows *, size_t bytes_max, struct arena *);

/* One record by itself (push): its JSON, its key and its change time. */
struct record { const char *json; size_t n; const char *changed; const char *key[8]; };
MUST_CHECK int page_record(struct record *, const struct page_ask *,
    const struct rows *, int row, struct arena *);
/* Its key and its change time alone. */
MUST_CHECK int page_place(struct record *, const struct page_ask *,
    const struct rows *, int row, struct arena *);

/* ---- records and removals, in one order ---- */
/* Two answers after the same cursor: what each shows, by time, removals first
 * within an instant, up to where one of them shows no further. */
struct pair {
	const struct page_ask *ask[2];		/* records, removals */
	const struct rows *rows[2];		/* the second may be NULL */
	int at[2];
};
/* 0 or 1 and *row, or -1: that is all. */
int pair_next(struct pair *, int *row);
bool pair_more(const struct pair *);		/* is there more, unseen? */

#endif
