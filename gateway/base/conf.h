/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the INI files people write (guichet.conf, source.conf), by libinih.
 *
 * What libinih would do in silence is an error here: a line over 198 bytes
 * (it would be cut), an indented line (it would continue the one above), a
 * line that is no key = value, a NUL byte. A key given twice is found by
 * whoever keeps the values (conf_repeated tells it). Text after " ;" is a comment.
 */
#ifndef CONF_H
#define CONF_H
#include <stdint.h>
#include <stdio.h>
#include "base/attr.h"

struct fault;

struct conf_line {
	const char *file;
	int number;
	const char *section, *key, *value;	/* section "" = none yet */
};
/* 0, or E_BAD_INPUT with the fault filled: reading ends there. */
typedef int conf_on_line(const struct conf_line *, void *arg, struct fault *);

/* file names the stream in faults. 0, or E_BAD_INPUT and the fault. */
MUST_CHECK int conf_read(FILE *in, const char *file, conf_on_line *, void *arg,
    struct fault *);
MUST_CHECK int conf_read_file(const char *path, conf_on_line *, void *arg,
    struct fault *);

/* The faults every reader of such a file tells alike. known: the keys of the
 * section, for "perhaps you meant". */
int conf_unknown(struct fault *, const struct conf_line *,
    const char *const *known, size_t n);
int conf_repeated(struct fault *, const struct conf_line *, int first_line);

/* path as seen from the directory of file; the caller frees. */
char *conf_path(const char *file, const char *path);

#endif
