/* SPDX-License-Identifier: Apache-2.0 */
/*
 * details.h - what exactly is asked and granted (RFC 9396).
 *
 *     [{"type":"restitution","datasets":["energy.load-curve"],
 *       "from":"2024-01-01","to":"2026-01-01",      or "history":"P2Y"
 *       "granularity":"P1D","accounts":["0123456789"],
 *       "purpose":"...","recurrence":"once|P1D|event","until":"2027-01-01"}]
 *
 * All but type and datasets are optional; an unknown member is refused. `scope`
 * naming data sets is the short form. One request has one purpose, one end and
 * one recurrence: elements that disagree are refused, as a customer can only
 * decide about one thing at a time. What differs by data set (period,
 * granularity, accounts) goes into elements of its own.
 *
 *   from, to      business time [from, to): days or RFC 3339 times
 *   history       how far back from the day of the decision: an ISO 8601
 *                 duration of days or more (P36M); it becomes a `from` in what
 *                 is granted. The period is that of data sets that have one
 *                 (x-period): the others of an element are given whole.
 *   granularity   one that the schema offers (x-granularities); finest when
 *                 absent
 *   accounts      usage points, lines, contracts: values of the field that the
 *                 schema names (x-account); all when absent
 */
#ifndef DETAILS_H
#define DETAILS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct catalogue;
struct page_ask;

#define DETAILS_MAX 64		/* data sets in all */
#define DETAILS_ACCOUNTS_MAX 32	/* of one data set */
#define DETAILS_TYPE "restitution"

struct detail {
	const char *dataset;		/* once each */
	const char *from, *to;		/* business time [from, to); NULL = open */
	const char *history;		/* asked only: granted is a from */
	const char *granularity;	/* NULL = the finest */
	const char **accounts;		/* NULL-terminated; NULL = all */
};

struct details {
	struct detail list[DETAILS_MAX];
	size_t n;
	const char *until;		/* as asked, or NULL */
	int64_t until_us;		/* 0 = not said */
	const char *purpose;		/* the PIMS' own words, or NULL */
	const char *recurrence;		/* "once", "P1D", "event" or NULL */
};

/*
 * Reads a request. catalogue: it is held against the schemas (NULL = any name:
 * what was stored). 0, or E_BAD_INPUT and why: one sentence. Texts live in the
 * arena.
 */
MUST_CHECK int details_read(struct details *, struct arena *,
    const struct catalogue *, const char *json, const char **why);
/* Adds the data sets a scope names, unless already there. */
MUST_CHECK int details_read_scope(struct details *, struct arena *,
    const struct catalogue *, const char *scope, const char **why);

const struct detail *details_find(const struct details *, const char *dataset);
/* Ids, NULL-terminated; the same joined by spaces; the JSON. */
const char **details_datasets(struct arena *, const struct details *);
const char *details_scope(struct arena *, const struct details *);
const char *details_text(struct arena *, const struct details *);

/* When the earliest period begins, for a decision taken at now_us; INT64_MIN =
 * one of them is open. */
int64_t details_earliest_us(const struct details *, int64_t now_us);

/* Leaves only the data sets named; false, and nothing changes, if one of them
 * is not there or none is named. */
bool details_keep(struct details *, const char *const *ids, size_t n);

/* ---- what the customer leaves of it ---- */

/* Of one data set. */
struct detail_choice {
	const char *dataset;
	const char *granularity;	/* NULL = as asked; else as fine, or less */
	const char *const *accounts;	/* NULL-terminated, some of those asked;
					 * NULL = as asked */
};

struct narrowing {
	const struct detail_choice *choices;	/* the others are not given */
	size_t n;
	int64_t now_us;			/* of the decision: history counts back */
	int64_t from_us;		/* INT64_MIN = as asked */
	int64_t until_us;
};

/* E_DENIED when nothing stays or something would become wider. The catalogue
 * says which granularity is less fine; NULL: only those asked are known. */
MUST_CHECK int details_narrow(struct details *out, struct arena *,
    const struct catalogue *, const struct details *asked,
    const struct narrowing *);
/* The same for whole data sets. */
const struct detail_choice *detail_choices(struct arena *,
    const char *const *ids, size_t n);

/* Adds what was allowed before and is not named anew (Grant Management,
 * merge); the later end counts. False: too many data sets. */
MUST_CHECK bool details_merge(struct details *, const struct details *before);

/* ---- reading records under it ---- */

/* What is granted, as a question for records: period, granularity, accounts.
 * ask->dataset is set before. False: the schema does not offer any more what
 * was granted, and nothing may be read. */
MUST_CHECK bool detail_ask(const struct detail *, struct page_ask *);
/* A day (its first moment, UTC) or a moment. 0, or E_BAD_INPUT. */
MUST_CHECK int detail_moment(int64_t *us, const char *);
/*
 * The later of two beginnings (later = 1), or the earlier of two ends (-1); NULL
 * is open. A day begins at the source's midnight, which this process does not
 * know: where a day and a moment are nearer than the world's offsets, what is
 * allowed is taken, as answering more than was asked is harmless and more than
 * was allowed is not.
 */
const char *detail_narrow(const char *asked, const char *allowed, int later);

#endif
