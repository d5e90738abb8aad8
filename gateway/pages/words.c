/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - every word our pages say, read from PO files.
 *
 * The part of the format we use: comments, msgid, msgstr, strings continued on
 * further lines, \n \t \" \\. Whatever else a line holds is a fault: our own
 * files are read strictly, at start and by the unit test.
 */
#include "pages/words.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "pages/assets.h"

const char *const lang_codes[LANG_COUNT] = { [LANG_EN] = "en",
    [LANG_FR] = "fr" };

struct entry { char *id, *text; };

struct words {
	struct entry *entries[LANG_COUNT];	/* sorted by id */
	size_t n[LANG_COUNT];
};

/* ---- reading PO ---- */

enum part { NOTHING, ID, TEXT };

struct reader {
	struct words *w;
	enum lang lang;
	const char *name;
	int line;
	enum part part;
	struct buf id, text;
	struct fault *fault;
};

static int
complain(struct reader *r, const char *cause)
{
	return fault_set(r->fault, "E190", r->name, r->line, 1, "%s", cause);
}

/* "..." up to the end of the line, unescaped, added to the part being read. */
static int
read_string(struct reader *r, const char *s)
{
	struct buf *to = r->part == ID ? &r->id : &r->text;

	if (*s++ != '"' || r->part == NOTHING)
		return complain(r, "a string is expected after msgid or msgstr");
	for (; *s != '\0' && *s != '"'; s++) {
		if (*s != '\\') {
			buf_char(to, *s);
			continue;
		}
		s++;
		if (*s == '\0' || strchr("nt\"\\", *s) == NULL)
			return complain(r, "unknown escape in a string");
		buf_char(to, *s == 'n' ? '\n' : *s == 't' ? '\t' : *s);
	}
	return *s == '"' && s[1] == '\0' ? 0 :
	    complain(r, "the string does not end the line");
}

/* Keeps what was read; the entry with the empty id is PO's own header. */
static void
finish(struct reader *r)
{
	size_t n = r->w->n[r->lang];

	if (r->part == TEXT && r->id.len > 0) {
		r->w->entries[r->lang] = xrealloc(r->w->entries[r->lang],
		    (n + 1) * sizeof(struct entry));
		r->w->entries[r->lang][n] = (struct entry){
		    xstrdup(r->id.data),
		    xstrdup(r->text.data == NULL ? "" : r->text.data) };
		r->w->n[r->lang]++;
	}
	buf_reset(&r->id);
	buf_reset(&r->text);
	r->part = NOTHING;
}

static int
read_line(struct reader *r, const char *line)
{
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	if (line[0] == '"')
		return read_string(r, line);
	if (strncmp(line, "msgid ", 6) == 0) {
		finish(r);
		r->part = ID;
		return read_string(r, line + 6);
	}
	if (strncmp(line, "msgstr ", 7) == 0 && r->part == ID) {
		r->part = TEXT;
		return read_string(r, line + 7);
	}
	return complain(r, "the line is neither msgid, msgstr nor a comment");
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id,
	    ((const struct entry *)b)->id);
}

/* Sorted for bsearch; a name written twice is a fault. */
static int
settle(struct reader *r)
{
	struct entry *e = r->w->entries[r->lang];
	size_t n = r->w->n[r->lang];

	if (n > 0)
		qsort(e, n, sizeof(*e), by_id);
	for (size_t i = 1; i < n; i++)
		if (strcmp(e[i - 1].id, e[i].id) == 0)
			return fault_set(r->fault, "E190", r->name, 0, 0,
			    "'%s' is written twice", e[i].id);
	return 0;
}

int
words_parse(struct words *w, enum lang lang, const char *name, const char *po,
    struct fault *f)
{
	struct reader r = { .w = w, .lang = lang, .name = name, .fault = f };
	int rc = 0;

	while (rc == 0 && *po != '\0') {
		size_t n = strcspn(po, "\n");
		char *line = xstrndup(po, n);

		r.line++;
		rc = read_line(&r, line);
		free(line);
		po += n + (po[n] == '\n');
	}
	finish(&r);
	buf_clear(&r.id);
	buf_clear(&r.text);
	return rc < 0 ? rc : settle(&r);
}

/* ---- all of them ---- */

struct words *
words_new(void)
{
	return xcalloc(1, sizeof(struct words));
}

int
words_load(struct words **out, const char *time_zone, struct fault *f)
{
	struct words *w = words_new();
	char name[8];
	int rc = 0;

	for (int lang = 0; rc == 0 && lang < LANG_COUNT; lang++) {
		snprintf(name, sizeof(name), "%s.po", lang_codes[lang]);
		for (const struct asset *a = assets_table; a->name != NULL; a++)
			if (rc == 0 && strcmp(a->name, name) == 0)
				rc = words_parse(w, (enum lang)lang, name,
				    a->data, f);
	}
	if (rc < 0) {
		words_free(w);
		return rc;
	}
	setenv("TZ", time_zone, 1);
	tzset();
	*out = w;
	return 0;
}

void
words_free(struct words *w)
{
	if (w == NULL)
		return;
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		for (size_t i = 0; i < w->n[lang]; i++) {
			free(w->entries[lang][i].id);
			free(w->entries[lang][i].text);
		}
		free(w->entries[lang]);
	}
	free(w);
}

const char *
words_find(const struct words *w, enum lang lang, const char *id)
{
	struct entry key = { (char *)(uintptr_t)id, NULL }, *e = NULL;

	if (w->n[lang] > 0)
		e = bsearch(&key, w->entries[lang], w->n[lang], sizeof(*e),
		    by_id);
	return e == NULL ? id : e->text;
}

size_t
words_count(const struct words *w, enum lang lang)
{
	return w->n[lang];
}

const char *
words_id(const struct words *w, enum lang lang, size_t i)
{
	return w->entries[lang][i].id;
}
