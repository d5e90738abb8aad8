/* SPDX-License-Identifier: Apache-2.0 */
/*
 * details.h - what exactly is asked and granted (RFC 9396).
 *
 *     [{"type":"restitution","datasets":["energy.load-curve"],
 *       "from":"2024-01-01","to":"2026-01-01","until":"2027-01-01",
 *       "purpose":"...","recurrence":"once|P1D|event"}]
 *
 * All but type and datasets are optional; an unknown member is refused. `scope`
 * naming data sets is the short form. One request has one purpose, one end and
 * one recurrence: elements that disagree are refused, as a customer can only
 * decide about one thing at a time.
 */
#ifndef DETAILS_H
#define DETAILS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct catalogue;

#define DETAILS_MAX 64		/* data sets in all */
#define DETAILS_TYPE "restitution"

struct detail {
	const char *dataset;		/* once each */
	const char *from, *to;		/* business time [from, to); NULL = open */
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
 * Reads a request. catalogue: unknown data sets are refused (NULL = any name:
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

/* Leaves only the data sets named; false, and nothing changes, if one of them
 * is not there or none is named. */
bool details_keep(struct details *, const char *const *ids, size_t n);

/*
 * What the customer leaves of it: only the data sets in keep, from no earlier
 * than from_us (INT64_MIN = as asked), until until_us. E_DENIED when nothing
 * stays or something would become wider.
 */
MUST_CHECK int details_narrow(struct details *out, struct arena *,
    const struct details *asked, const char *const *keep, size_t n,
    int64_t from_us, int64_t until_us);

#endif
