/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs.h - pages written as files: what `guichet docs` is made of.
 *
 * A site is a new directory: en/ and fr/ with one page a name, the style and the
 * picture in static/, an index.html that leads to both languages. Links are
 * relative, so that it is read from a disk as from any file server.
 */
#ifndef DOCS_H
#define DOCS_H
#include "pages/layout.h"

struct catalogue;

struct site {
	const char *dir;
	const struct settings *settings;
	struct words *words;
	struct arena *arena;
	int files;			/* written so far */
};

/* Makes the directory, which must be new or empty. 0, or the exit code, told. */
MUST_CHECK int site_open(struct site *, const char *dir, const struct settings *);
/* Writes dir/name, whose folder is made when it is not there. */
MUST_CHECK int site_file(struct site *, const char *name, const void *, size_t);
/* One page in both languages: show puts what stands between header and footer.
 * path is its place in a counter: "/data", "/data/energy.contract". */
typedef void site_show(struct html *, void *arg);
MUST_CHECK int site_page(struct site *, const char *path, const char *title_id,
    site_show *, void *arg);
/* The style, the picture, the way to both languages. */
MUST_CHECK int site_end(struct site *);
void site_close(struct site *);

/* ---- docs_sets.c ---- */
struct sandbox_set;
/* Synthetic people's records of every sector, as sets/<data-set>.ndjson and .csv. */
MUST_CHECK int docs_sets(struct site *, const struct catalogue *, int64_t people,
    const struct sandbox_set **out, size_t *n);

/* ---- docs_mapping.c ---- */
/* Where each field comes from: asks the live sources. */
MUST_CHECK int docs_mapping(struct site *, const struct catalogue *);

#endif
