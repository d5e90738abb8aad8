/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - `guichet check` beyond names and types: how the source will answer
 * (level 3), what it answers for a few customers (4), what our role may do (5).
 * Only data sets that passed level 2 are looked at. Reads only.
 */
#ifndef CHECK_H
#define CHECK_H
#include <libpq-fe.h>
#include "catalogue/catalogue.h"
#include "catalogue/findings.h"

enum { SAMPLED_MAX = 5 };

void check_plans(struct catalogue *, struct findings *);
/* customers: references to sample; when n is 0, three who changed lately. */
void check_samples(struct catalogue *, const char *const *customers, size_t n,
    struct findings *);
void check_rights(struct catalogue *, struct findings *);

/* check_units.c: how many of a field's values lie where the schema expects them,
 * as they are, and times 1/1000, 1000, 1/100, 100. */
enum { UNITS_MAX = 200, UNITS_ENOUGH = 5 };
struct units { int seen[UNITS_MAX], fits[UNITS_MAX][5]; };
void units_see(struct units *, const struct schema *, const char *json, size_t n);
/* Is field i mostly elsewhere? Then what would mend it. */
bool units_wrong(const struct units *, size_t i, const char **cure);

/* check_charset.c: is it a charset that PostgreSQL complains of? Then where. */
bool charset_blamed(const char *why);
void check_charset(struct findings *, const struct dataset *, PGconn *,
    struct arena *, const char *customer, const char *why);

/* compat.c: may readers of the old schemas (NULL-terminated) read the new? */
void check_against(const struct schema *const *old,
    const struct schema *const *new, struct findings *);
/* May a new version be given to those who allowed the one before? */
void check_versions(const struct schema *const *all, struct findings *);
/* The schemas of a directory, for check_against; catalogue_free ends them. */
MUST_CHECK int catalogue_old(struct catalogue **out, const char *dir,
    struct fault *);

/* One customer's first page on a patient connection: rows, or NULL and *why.
 * For samples and `guichet preview`. */
struct db_now;
struct page_ask;
struct rows *check_page(struct db_now *, const struct page_ask *,
    struct arena *, const char **why);

#endif
