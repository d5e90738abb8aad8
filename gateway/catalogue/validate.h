/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate.h - does a record keep what its schema promises?
 *
 * The part of JSON Schema 2020-12 that our schemas use, no more: type, enum,
 * const, properties, required, additionalProperties, items, minimum, maximum
 * (and exclusive), minLength, maxLength, minItems, maxItems, uniqueItems,
 * pattern, format (date, date-time, uri, email: asserted), allOf, anyOf, oneOf,
 * not, $ref within the document. A keyword that is neither of these nor an
 * annotation is refused when the schema is read: what would not be looked at
 * must not seem to be.
 */
#ifndef VALIDATE_H
#define VALIDATE_H
#include <jansson.h>
#include <stddef.h>
#include "base/attr.h"

struct arena;
struct checks;		/* the patterns of one document, compiled */

/* 0 and *out (in the arena), or E_BAD_INPUT: at names the keyword or pattern,
 * why says what is wrong with it. */
MUST_CHECK int checks_make(const struct checks **out, struct arena *,
    const json_t *document, const char **at, const char **why);

/* Where a record breaks its schema, without a word of what is in it. */
struct invalid { char path[120]; char why[120]; };
/* 0, or E_BAD_INPUT and the first place. */
MUST_CHECK int checks_run(const struct checks *, const json_t *record,
    struct invalid *);
/* The same for a text of JSON, one record. */
MUST_CHECK int checks_run_text(const struct checks *, const char *json, size_t n,
    struct invalid *);

#endif
