/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - `guichet check` beyond names and types: how the source will answer
 * (level 3), what it answers for a few customers (4), what our role may do (5).
 * Only data sets that passed level 2 are looked at. Reads only.
 */
#ifndef CHECK_H
#define CHECK_H
#include "catalogue/catalogue.h"
#include "catalogue/findings.h"

enum { SAMPLED_MAX = 5 };

void check_plans(struct catalogue *, struct findings *);
/* customers: references to sample; when n is 0, three who changed lately. */
void check_samples(struct catalogue *, const char *const *customers, size_t n,
    struct findings *);
void check_rights(struct catalogue *, struct findings *);

/* One customer's first page on a patient connection: rows, or NULL and *why.
 * For samples and `guichet preview`. */
struct db_now;
struct page_ask;
struct rows *check_page(struct db_now *, const struct page_ask *,
    struct arena *, const char **why);

#endif
