/* SPDX-License-Identifier: Apache-2.0 */
/* report_page.h - a report's rows as a page, a table for spreadsheets, or JSON. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H
#include "journal/report.h"
#include "pages/html.h"

struct rows;

/* A table with a caption, its rows, and the sums of what can be summed up. */
void report_table(struct html *, const struct report *, const struct rows *,
    const struct catalogue *);
/* RFC 4180, titles in that language, codes as they are. */
void report_csv(struct html *, struct buf *out, const struct report *,
    const struct rows *);
/* One object a row; the names of its columns as they are. */
void report_jsonl(struct buf *out, const struct report *, const struct rows *);

#endif
