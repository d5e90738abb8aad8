/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.h - tables for spreadsheets (RFC 4180), which never become formulas.
 *
 * A text that a spreadsheet would take for a formula (it begins with = + - @ or
 * a control character) gets an apostrophe in front. Numbers are not texts.
 */
#ifndef CSV_H
#define CSV_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct csv { struct buf *out; int column; };

/* With the mark that makes spreadsheets read UTF-8. */
void csv_begin(struct csv *, struct buf *out);
void csv_text(struct csv *, const char *);		/* NULL is empty */
void csv_int(struct csv *, int64_t);
/* A number as it is written, digit for digit. */
void csv_number(struct csv *, const char *, size_t n);
void csv_end_row(struct csv *);

#endif
