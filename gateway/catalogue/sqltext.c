/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqltext.c - an adapter's SQL, as a person wrote it.
 *
 * Parameters are spelled as psql spells them (:customer), so that a DBA runs
 * the very file in psql. A parameter is longer than the $n that replaces it
 * and is padded with blanks: every place PostgreSQL names in an error is the
 * place in the file.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "catalogue/catalogue_own.h"

enum { SQL_MAX = 256 * 1024 };

struct parameter { const char *name; int number[SQL_FORS]; };

/* By what the SQL is for: a page, the watch's question, a customer's state, who
 * signed in. */
static const struct parameter parameters[] = {
	{ "customer",	{ ASK_CUSTOMER,	0, 1, 0 } },
	{ "since",	{ ASK_SINCE,	1, 0, 0 } },
	{ "until",	{ ASK_UNTIL,	2, 0, 0 } },
	{ "claim",	{ 0,		0, 0, 1 } },
	{ "claims",	{ 0,		0, 0, 2 } },
};

char *
file_read(struct arena *a, const char *path, size_t max, struct fault *f)
{
	FILE *in = fopen(path, "re");
	struct stat st = { 0 };
	char *text;
	size_t n;

	if (in == NULL || fstat(fileno(in), &st) < 0) {
		fault_set(f, "E201", path, 0, 0, "cannot be read: %s",
		    strerror(errno));
		fault_cure(f, "check the name of the file and who may read it");
		return NULL;
	}
	n = (size_t)st.st_size < max ? (size_t)st.st_size : max;
	text = arena_alloc(a, n + 2);	/* it stays: no more than it is long */
	n = fread(text, 1, n + 1, in) + ((size_t)st.st_size > max);
	fclose(in);
	if (n <= max && utf8_valid(text, n) && strlen(text) == n)
		return text;
	fault_set(f, "E202", path, 0, 0, n > max ? "is too long" :
	    "is not plain UTF-8 text");
	fault_cure(f, "save it as UTF-8, of at most %zu bytes", max);
	return NULL;
}

/* ---- places ---- */

void
sqltext_place(const char *text, size_t at, int *line, int *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at && text[i] != '\0'; i++) {
		if (text[i] == '\n') {
			(*line)++;
			*column = 1;
		} else if ((text[i] & 0xc0) != 0x80) {
			(*column)++;
		}
	}
}

size_t
sqltext_byte_of(const char *text, int character)
{
	size_t i = 0;

	for (int n = 1; text[i] != '\0'; i++)
		if ((text[i] & 0xc0) != 0x80 && n++ == character)
			break;
	return i;
}

/* The last "alias" or alias as a word: a column's name stands at its end. */
size_t
sqltext_alias(const char *text, const char *alias)
{
	size_t n = strlen(alias), found = 0;

	for (const char *p = text; (p = strstr(p, alias)) != NULL; p++) {
		char before = p == text ? ' ' : p[-1], after = p[n];

		if (!isalnum((unsigned char)before) && before != '_' &&
		    !isalnum((unsigned char)after) && after != '_')
			found = (size_t)(p - text);
	}
	return found;
}

/* ---- what hides parameters: comments, strings, quoted names ---- */

static bool
is_comment(const char *s)
{
	return (s[0] == '-' && s[1] == '-') || (s[0] == '/' && s[1] == '*');
}

/* Block comments nest. */
static size_t
comment_end(const char *s, size_t i)
{
	int depth = 0;

	if (s[i] == '-')
		return i + strcspn(s + i, "\n");
	for (; s[i] != '\0'; i++) {
		if (s[i] == '/' && s[i + 1] == '*') {
			depth++;
			i++;
		} else if (s[i] == '*' && s[i + 1] == '/') {
			i++;
			if (--depth == 0)
				return i + 1;
		}
	}
	return i;
}

/* i is at the opening quote, single or double; a doubled one goes on. */
static size_t
string_end(const char *s, size_t i, bool escapes)
{
	char quote = s[i];

	for (i++; s[i] != '\0'; i++) {
		if (escapes && s[i] == '\\' && s[i + 1] != '\0')
			i++;
		else if (s[i] == quote && s[i + 1] == quote)
			i++;
		else if (s[i] == quote)
			return i + 1;
	}
	return i;
}

/* $tag$...$tag$; just $ when it is no such thing. */
static size_t
dollar_end(const char *s, size_t i)
{
	size_t tag = i + 1;
	const char *end;

	while (isalnum((unsigned char)s[tag]) || s[tag] == '_')
		tag++;
	if (s[tag] != '$' || isdigit((unsigned char)s[i + 1]))
		return i;
	for (end = s + tag + 1; *end != '\0'; end++)
		if (strncmp(end, s + i, tag + 1 - i) == 0)
			return (size_t)(end - s) + tag + 1 - i;
	return (size_t)(end - s);
}

/* Behind what begins at i, if that hides parameters; else i. */
static size_t
hidden_end(const char *s, size_t i)
{
	if (s[i] == '\'' || s[i] == '"')
		return string_end(s, i, false);
	if (s[i] == '$')
		return dollar_end(s, i);
	if (s[i] == ':' && (s[i + 1] == ':' || s[i + 1] == '='))
		return i + 2;
	return i;
}

/* ---- parameters ---- */

struct scan {
	const char *path;
	char *text;
	enum sql_for what;
	unsigned used;
	int depth, brackets;		/* of ( and [ still open */
	bool ended;			/* by a semicolon */
	size_t end;			/* behind the last byte that counts */
	struct fault *fault;
};

/* At byte `at` of the file. */
static int
wrong(const struct scan *s, size_t at, const char *code, const char *cause,
    const char *cure)
{
	int line, column;

	sqltext_place(s->text, at, &line, &column);
	fault_set(s->fault, code, s->path, line, column, "%s", cause);
	return fault_cure(s->fault, "%s", cure);
}

static int
unknown_parameter(const struct scan *s, size_t at, const char *name)
{
	static const char *const cures[SQL_FORS] = {
	    [SQL_FOR_PAGE] = "use :customer, and :since and :until if you like",
	    [SQL_FOR_CHANGED] = "use :since and :until",
	    [SQL_FOR_CUSTOMER] = "use :customer",
	    [SQL_FOR_LOGIN] = "use :claim, and :claims (JSON) if you like" };
	const char *names[countof(parameters)], *near;
	char cause[120];
	size_t n = 0;

	for (size_t i = 0; i < countof(parameters); i++)
		if (parameters[i].number[s->what] > 0)
			names[n++] = parameters[i].name;
	near = nearest(name, names, n);
	snprintf(cause, sizeof(cause), "there is no parameter :%s here", name);
	wrong(s, at, "E203", cause, cures[s->what]);
	if (near != NULL)
		return fault_cure(s->fault, "perhaps you meant :%s", near);
	if (strcmp(name, "limit") == 0 || strcmp(name, "after") == 0)
		return fault_cure(s->fault, "take it out: the gateway adds the "
		    "order, the place to go on from and the limit by itself");
	return E_BAD_INPUT;
}

static size_t
word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* The parameter whose colon stands at `at`; *n, the bytes it takes. */
static int
replace(struct scan *s, size_t at, size_t *n)
{
	char name[64], number[8];
	size_t i, digits;

	*n = 1 + word_length(s->text + at + 1);
	snprintf(name, sizeof(name), "%.*s", (int)*n - 1, s->text + at + 1);
	for (i = 0; i < countof(parameters); i++)
		if (strcmp(parameters[i].name, name) == 0)
			break;
	if (i == countof(parameters) || parameters[i].number[s->what] == 0) {
		if (s->brackets > 0)
			return 0;	/* a slice: values[low:high] */
		return unknown_parameter(s, at, name);
	}
	digits = (size_t)snprintf(number, sizeof(number), "$%d",
	    parameters[i].number[s->what]);
	memset(s->text + at, ' ', *n);
	memcpy(s->text + at, number, digits);
	s->used |= 1u << parameters[i].number[s->what];
	return 0;
}

/* Brackets that do not match would end our subquery instead of the person's. */
static int
count_brackets(struct scan *s, size_t at)
{
	switch (s->text[at]) {
	case '(':	s->depth++; break;
	case ')':	s->depth--; break;
	case '[':	s->brackets++; break;
	case ']':	s->brackets--; break;
	default:	break;
	}
	if (s->depth >= 0 && s->brackets >= 0)
		return 0;
	return wrong(s, at, "E218", "this bracket was never opened",
	    "take it out, or open it");
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* e'...' is the one word that changes how a string ends. */
static size_t
word_end(const char *s, size_t i)
{
	size_t end = i;

	while (is_word(s[end]) || s[end] == '$')
		end++;
	if (s[end] == '\'' && end == i + 1 && (s[i] | 32) == 'e')
		return string_end(s, end, true);
	return end;
}

/* One visible character or parameter at *i; *i goes behind it. */
static int
take(struct scan *s, size_t *i)
{
	const char *t = s->text + *i;
	size_t n = 1;

	if (s->ended && !isspace((unsigned char)*t))
		return wrong(s, *i, "E218", "more follows the semicolon",
		    "write one SELECT per file");
	if (*t == '$' && isdigit((unsigned char)t[1]))
		return wrong(s, *i, "E203", "$n is not for people",
		    "write :customer");
	if (*t == ';')
		s->ended = true;
	else if (*t == ':' && (isalpha((unsigned char)t[1]) || t[1] == '_')) {
		if (replace(s, *i, &n) < 0)
			return E_BAD_INPUT;
	} else if (is_word(*t)) {
		n = word_end(s->text, *i) - *i;
	} else if (count_brackets(s, *i) < 0)
		return E_BAD_INPUT;
	if (!isspace((unsigned char)*t) && *t != ';')
		s->end = *i + n;
	*i += n;
	return 0;
}

static int
scan(struct scan *s)
{
	size_t i = 0, next;

	while (s->text[i] != '\0') {
		if (is_comment(s->text + i)) {
			i = comment_end(s->text, i);
		} else if ((next = hidden_end(s->text, i)) != i) {
			if (s->ended)
				return wrong(s, i, "E218", "more follows the "
				    "semicolon", "write one SELECT per file");
			s->end = i = next;
		} else if (take(s, &i) < 0) {
			return E_BAD_INPUT;
		}
	}
	if (s->end == 0)
		return wrong(s, 0, "E218", "there is no SQL in it",
		    "write one SELECT whose columns are named after the schema");
	if (s->depth > 0 || s->brackets > 0)
		return wrong(s, s->end, "E218", "a bracket is not closed",
		    "close it");
	s->text[s->end] = '\0';		/* the semicolon and final comments go */
	return 0;
}

int
sqltext_scan(char *text, unsigned *used, const char *path, enum sql_for what,
    struct fault *f)
{
	struct scan s = { .path = path, .text = text, .what = what, .fault = f };

	if (scan(&s) < 0)
		return E_BAD_INPUT;
	*used = s.used;
	return 0;
}

int
sqltext_read(const char **out, unsigned *used, struct arena *a, const char *path,
    enum sql_for what, struct fault *f)
{
	char *text = file_read(a, path, SQL_MAX, f);

	if (text == NULL || sqltext_scan(text, used, path, what, f) < 0)
		return E_BAD_INPUT;
	*out = text;
	return 0;
}

/* ---- the same, with something else for its $n ---- */

/* Behind what holds no parameter at i; i itself where one may stand. */
size_t
sqltext_skip(const char *s, size_t i)
{
	if (is_comment(s + i))
		return comment_end(s, i);
	if (is_word(s[i]))
		return word_end(s, i);
	return hidden_end(s, i);
}

void
sqltext_replace(struct buf *out, const char *text, const char *const *with,
    int n)
{
	size_t i = 0, end;

	while (text[i] != '\0') {
		int k = text[i] == '$' ? atoi(text + i + 1) : 0;

		if ((end = sqltext_skip(text, i)) != i)
			buf_add(out, text + i, end - i);
		else if (k >= 1 && k <= n) {
			buf_str(out, with[k - 1]);
			end = i + 1 + strspn(text + i + 1, "0123456789");
		} else
			buf_add(out, text + i, (end = i + 1) - i);
		i = end;
	}
}
