/* SPDX-License-Identifier: Apache-2.0 */
/* export_own.h - what the files of the export share. */
#ifndef EXPORT_OWN_H
#define EXPORT_OWN_H
#include <stdio.h>
#include "journal/export.h"

struct arena;

/* Files that every export carries along (deploy/embed). */
struct export_file { const char *name, *data; size_t size; };
extern const struct export_file scripts_table[];	/* ends with a NULL name */

int export_failed(struct export *, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
FILE *export_create(struct export *, const char *name);	/* NULL: told */
int export_finish(struct export *, FILE *, const char *name);
int export_text(struct export *, const char *name, const char *text,
    const char *end);

/* ---- export_entries.c ---- */
struct tiles;
MUST_CHECK int export_entries(struct export *, const struct tiles *);

/* ---- export_files.c ---- */
MUST_CHECK int export_scripts(struct export *);
MUST_CHECK int export_past(struct export *);
MUST_CHECK int export_stamps(struct export *);
MUST_CHECK int export_sums(struct export *, struct arena *);

#endif
