/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlitems.c - what an adapter selects, item by item: the expression that a
 * person wrote for each column, at its place in the file.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "catalogue/catalogue_own.h"

struct walk_text {
	const char *text;
	size_t from;			/* where the item under way begins */
	bool selecting;
	struct sql_item *out;
	size_t n, max;
};

static bool
is_space(char c)
{
	return isspace((unsigned char)c) != 0;
}

/* "c.puis_sous  AS subscribed_power" ends before its AS, which may be left out. */
static size_t
without_alias(const char *s, size_t from, size_t to)
{
	size_t end = to, name;

	if (end > from && s[end - 1] == '"')
		for (end--; end > from && s[end - 1] != '"'; end--)
			;
	else
		while (end > from && (isalnum((unsigned char)s[end - 1]) ||
		    s[end - 1] == '_' || s[end - 1] & 0x80))
			end--;
	name = end - (s[to - 1] == '"');
	for (end = name; end > from && is_space(s[end - 1]); end--)
		;
	if (end < name && end >= from + 3 && strncasecmp(s + end - 2, "as", 2) == 0 &&
	    is_space(s[end - 3])) {
		for (end -= 2; end > from && is_space(s[end - 1]); end--)
			;
		return end;
	}
	/* no AS: "c.jour" is named by its last word and stays whole */
	return s[to - 1] == '"' && end < name && end > from ? end : to;
}

static void
item_ends(struct walk_text *w, size_t at)
{
	size_t from = w->from, to = at;

	while (from < to && (is_space(w->text[from]) || w->text[from] == '-' ||
	    w->text[from] == '/')) {
		size_t end = sqltext_skip(w->text, from);

		if (end == from && !is_space(w->text[from]))
			break;		/* a sign, no comment */
		from = end > from ? end : from + 1;
	}
	while (to > from && is_space(w->text[to - 1]))
		to--;
	if (w->n < w->max && to > from)
		w->out[w->n] = (struct sql_item){ from,
		    without_alias(w->text, from, to) };
	w->n++;
	w->from = at + 1;
}

/* Words that begin and end the list of what is selected, outside brackets. */
static void
take_word(struct walk_text *w, size_t at, size_t end)
{
	size_t n = end - at;

	if (!w->selecting && n == 6 && strncasecmp(w->text + at, "select", 6) == 0) {
		w->selecting = true;
		w->from = end;
	} else if (w->selecting && n == 4 &&
	    strncasecmp(w->text + at, "from", 4) == 0) {
		item_ends(w, at);
		w->selecting = false;
	}
}

size_t
sqltext_items(const char *text, struct sql_item *out, size_t max)
{
	struct walk_text w = { .text = text, .out = out, .max = max };
	int depth = 0;
	bool done = false;

	for (size_t i = 0, end; text[i] != '\0' && !done; i = end) {
		end = sqltext_skip(text, i);
		if (end != i) {
			bool was = w.selecting;

			if (depth == 0)
				take_word(&w, i, end);
			done = was && !w.selecting;
			continue;
		}
		end = i + 1;
		depth += (text[i] == '(') + (text[i] == '[');
		depth -= (text[i] == ')') + (text[i] == ']');
		if (text[i] == ',' && depth == 0 && w.selecting)
			item_ends(&w, i);
	}
	if (w.selecting)
		item_ends(&w, strlen(text));
	return w.n;
}
