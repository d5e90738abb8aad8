/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate_make.c - is a schema one that validate.c looks at wholly?
 *
 * Every keyword is known and has a value of its kind, every pattern is
 * compiled, once, before the first record is held against it.
 */
#include "catalogue/validate_own.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"

struct making {
	struct checks *checks;
	struct arena *arena;
	const char *at, *why;
};

static int make(struct making *, const json_t *schema, int depth);

static int
wrong(struct making *m, const char *at, const char *why)
{
	m->at = at;
	m->why = why;
	return E_BAD_INPUT;
}

static void
forget_code(void *code)
{
	pcre2_code_free(code);
}

/* As ECMA-262 reads it, with the u flag: $ is the very end. */
static int
make_pattern(struct making *m, const json_t *rule)
{
	struct pattern *p = arena_alloc(m->arena, sizeof(*p));
	PCRE2_SIZE offset;
	int error;

	p->text = json_string_value(rule);
	p->code = pcre2_compile((PCRE2_SPTR)p->text, json_string_length(rule),
	    PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
	    PCRE2_NEVER_BACKSLASH_C, &error, &offset, NULL);
	if (p->code == NULL)
		return wrong(m, p->text, "the pattern is no regular expression");
	arena_defer(m->arena, forget_code, p->code);
	p->next = m->checks->patterns;
	m->checks->patterns = p;
	return 0;
}

static int
make_format(struct making *m, const json_t *rule)
{
	if (format_known(json_string_value(rule)))
		return 0;
	return wrong(m, json_string_value(rule),
	    "the format is none of date, date-time, uri, email");
}

static int
make_each(struct making *m, const json_t *rules, int depth)
{
	const char *name;
	const json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
		if (make(m, rule, depth) < 0)
			return E_BAD_INPUT;
	json_object_foreach((json_t *)rules, name, rule)
		if (make(m, rule, depth) < 0)
			return E_BAD_INPUT;
	return 0;
}

static bool
are_texts(const json_t *list)
{
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(list);
}

static bool
are_types(const json_t *rule)
{
	static const char names[] =
	    " object array string number integer boolean null ";
	size_t i;
	const json_t *item;
	char word[16];

	if (json_is_string(rule)) {
		snprintf(word, sizeof(word), " %s ", json_string_value(rule));
		return strstr(names, word) != NULL;
	}
	json_array_foreach(rule, i, item)
		if (!json_is_string(item) || !are_types(item))
			return false;
	return json_array_size(rule) > 0;
}

static bool
rule_fits(const struct making *m, enum rule rule, const json_t *v)
{
	switch (rule) {
	case TYPES:	return are_types(v);
	case LIST:	return json_is_array(v);
	case NUMBER:	return json_is_number(v);
	case COUNT:	return json_is_integer(v) && json_integer_value(v) >= 0;
	case TEXT: case PATTERN: case FORMAT:
			return json_is_string(v);
	case FLAG:	return json_is_boolean(v);
	case SCHEMA:	return json_is_object(v) || json_is_boolean(v);
	case SCHEMAS:	return json_array_size(v) > 0;
	case NAMED_SCHEMAS: return json_is_object(v);
	case NAMES:	return are_texts(v);
	case REF:	return checks_referred(m->checks, 
			    json_string_value(v)) != NULL;
	default:	return true;
	}
}

static int
make_keyword(struct making *m, const char *name, const json_t *rule, int depth)
{
	const struct keyword *k = keyword_find(name);

	if (strncmp(name, "x-", 2) == 0)
		return 0;
	if (k == NULL)
		return wrong(m, name, "this keyword is not understood here");
	if (!rule_fits(m, k->rule, rule))
		return wrong(m, name, "this keyword has a value it cannot have");
	if (k->rule == PATTERN)
		return make_pattern(m, rule);
	if (k->rule == FORMAT)
		return make_format(m, rule);
	if (k->rule == SCHEMA)
		return make(m, rule, depth + 1);
	if (k->rule == SCHEMAS || k->rule == NAMED_SCHEMAS)
		return make_each(m, rule, depth + 1);
	return 0;
}

static int
make(struct making *m, const json_t *schema, int depth)
{
	const char *name;
	json_t *rule;

	if (json_is_boolean(schema))
		return 0;
	if (!json_is_object(schema) || depth > CHECKS_DEPTH)
		return wrong(m, "type", "a schema is an object, nested 40 deep at "
		    "most");
	json_object_foreach((json_t *)schema, name, rule)
		if (make_keyword(m, name, rule, depth) < 0)
			return E_BAD_INPUT;
	return 0;
}

int
checks_make(const struct checks **out, struct arena *a, const json_t *document,
    const char **at, const char **why)
{
	struct making m = { .arena = a };

	m.checks = arena_alloc(a, sizeof(*m.checks));
	m.checks->document = document;
	if (make(&m, document, 0) < 0) {
		*at = m.at;
		*why = m.why;
		return E_BAD_INPUT;
	}
	*out = m.checks;
	return 0;
}
