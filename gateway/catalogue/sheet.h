/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet.h - records as rows of a table: a column for each field documented, a row
 * for each record; where a record holds a list of objects (the readings of a day),
 * a row for each item, the record's own fields repeated.
 */
#ifndef SHEET_H
#define SHEET_H
#include <stddef.h>
#include "base/csv.h"

struct arena;
struct schema;

struct sheet;
struct sheet *sheet_new(struct arena *, const struct schema *);
void sheet_header(const struct sheet *, struct csv *);
/* One record's JSON, as page.h wrote it: trusted to be well formed. */
void sheet_record(const struct sheet *, struct csv *, const char *json, size_t n);

#endif
