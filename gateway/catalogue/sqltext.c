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
#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "catalogue/catalogue_own.h"

enum { SQL_MAX = 256 * 1024 };

struct parameter { const char *name; int number[3]; };

/* By what the SQL is for: a page, the watch's question, a customer's state. */
static const struct parameter parameters[] = {
	{ "customer",	{ ASK_CUSTOMER,	0, 1 } },
	{ "since",	{ ASK_SINCE,	1, 0 } },
	{ "until",	{ ASK_UNTIL,	2, 0 } },
	{ "limit",	{ ASK_LIMIT,	0, 0 } },
};

char *
file_read(struct arena *a, const char *path, size_t max, struct fault *f)
{
	FILE *in = fopen(path, "re");
	char *text;
	size_t n;

	if (in == NULL) {
		fault_set(f, "E201", path, 0, 0, "cannot be read: %s",
		    strerror(errno));
		fault_cure(f, "check the name of the file and who may read it");
		return NULL;
	}
	text = arena_alloc(a, max + 2);
	n = fread(text, 1, max + 1, in);
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

/* ---- what is no SQL to us: strings, names, comments ---- */

static size_t
quoted_end(const char *s, size_t i)
{
	char quote = s[i];
	bool escapes = quote == '\'' && i > 0 && (s[i - 1] | 32) == 'e';

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

static size_t
block_end(const char *s, size_t i)
{
	int depth = 0;

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

static size_t
dollar_end(const char *s, size_t i)
{
	size_t tag = i + 1;
	const char *end;

	while (isalnum((unsigned char)s[tag]) || s[tag] == '_')
		tag++;
	if (s[tag] != '$' || isdigit((unsigned char)s[i + 1]))
		return i + 1;
	for (end = s + tag + 1; *end != '\0'; end++)
		if (strncmp(end, s + i, tag + 1 - i) == 0)
			return (size_t)(end - s) + tag + 1 - i;
	return (size_t)(end - s);
}

/* Just after what begins at i, if that hides parameters; else i. */
static size_t
skip_hidden(const char *s, size_t i)
{
	if (s[i] == '\'' || s[i] == '"')
		return quoted_end(s, i);
	if (s[i] == '-' && s[i + 1] == '-')
		return i + strcspn(s + i, "\n");
	if (s[i] == '/' && s[i + 1] == '*')
		return block_end(s, i);
	if (s[i] == '$')
		return dollar_end(s, i);
	if (s[i] == ':' && s[i + 1] == ':')
		return i + 2;
	return i;
}

/* ---- parameters ---- */

struct scan {
	const char *path;
	char *text;
	enum sql_for what;
	unsigned used;
	struct fault *fault;
};

static int
unknown_parameter(const struct scan *s, size_t at, const char *name)
{
	const char *names[countof(parameters)];
	size_t n = 0;
	int line, column;

	for (size_t i = 0; i < countof(parameters); i++)
		if (parameters[i].number[s->what] > 0)
			names[n++] = parameters[i].name;
	sqltext_place(s->text, at, &line, &column);
	fault_set(s->fault, "E203", s->path, line, column,
	    "there is no parameter :%s here", name);
	if (nearest(name, names, n) != NULL)
		return fault_cure(s->fault, "perhaps you meant :%s",
		    nearest(name, names, n));
	return fault_cure(s->fault, "%s", s->what == SQL_FOR_CHANGED ?
	    "use :since and :until" : "use :customer, :since, :until, :limit");
}

static int
replace(struct scan *s, size_t at, size_t n)
{
	char name[64], number[8];
	size_t i, digits;

	if (n - 1 >= sizeof(name))
		n = sizeof(name);
	snprintf(name, sizeof(name), "%.*s", (int)(n - 1), s->text + at + 1);
	for (i = 0; i < countof(parameters); i++)
		if (strcmp(parameters[i].name, name) == 0)
			break;
	if (i == countof(parameters) || parameters[i].number[s->what] == 0)
		return unknown_parameter(s, at, name);
	digits = (size_t)snprintf(number, sizeof(number), "$%d",
	    parameters[i].number[s->what]);
	memset(s->text + at, ' ', n);
	memcpy(s->text + at, number, digits);
	s->used |= 1u << parameters[i].number[s->what];
	return 0;
}

static int
scan(struct scan *s)
{
	size_t i = 0, next, end = 0;

	while (s->text[i] != '\0') {
		if ((next = skip_hidden(s->text, i)) != i) {
			if (s->text[i] != '-' && s->text[i] != '/')
				end = next;
			i = next;
			continue;
		}
		if (s->text[i] == ':' && isalpha((unsigned char)s->text[i + 1])) {
			size_t n = 1;

			while (isalnum((unsigned char)s->text[i + n]) ||
			    s->text[i + n] == '_')
				n++;
			if (replace(s, i, n) < 0)
				return E_BAD_INPUT;
		}
		if (!isspace((unsigned char)s->text[i]))
			end = i + 1;
		i++;
	}
	s->text[end] = '\0';		/* final comments and blanks go */
	if (end > 0 && s->text[end - 1] == ';')
		s->text[end - 1] = '\0';
	return 0;
}

int
sqltext_read(const char **out, unsigned *used, struct arena *a, const char *path,
    enum sql_for what, struct fault *f)
{
	struct scan s = { path, NULL, what, 0, f };

	if ((s.text = file_read(a, path, SQL_MAX, f)) == NULL)
		return E_BAD_INPUT;
	if (scan(&s) < 0)
		return E_BAD_INPUT;
	*out = s.text;
	*used = s.used;
	return 0;
}
