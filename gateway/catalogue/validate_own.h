/* SPDX-License-Identifier: Apache-2.0 */
/* validate_own.h - what running checks and making them share. */
#ifndef VALIDATE_OWN_H
#define VALIDATE_OWN_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include "catalogue/validate.h"

enum { CHECKS_DEPTH = 40 };

struct pattern {
	const char *text;		/* the document's own, not a copy */
	pcre2_code *code;
	struct pattern *next;
};
struct checks {
	const json_t *document;
	struct pattern *patterns;
};

/* What a keyword's value must be. */
enum rule { ANYTHING, TYPES, LIST, NUMBER, COUNT, TEXT, PATTERN, FORMAT, FLAG,
    SCHEMA, SCHEMAS, NAMED_SCHEMAS, NAMES, REF };

struct look;
struct keyword {
	const char *name;
	enum rule rule;
	bool (*check)(const struct look *, const json_t *rule, const json_t *v);
};
const struct keyword *keyword_find(const char *name);	/* NULL: unknown */
bool format_known(const char *name);
/* "#", or "#/$defs/name"; NULL when there is no such place */
const json_t *checks_referred(const struct checks *, const char *ref);

#endif
