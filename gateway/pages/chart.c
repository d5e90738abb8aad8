/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chart.c - bars as SVG, for eyes; and as a table, for everybody.
 *
 * No script, no style of its own: colours come from the sheet, so that dark mode
 * and forced colours work.
 */
#include <inttypes.h>
#include "base/arena.h"
#include "pages/audit_page.h"

enum { WIDTH = 960, HEIGHT = 200, LEFT = 64, BOTTOM = 26, TOP = 8 };

/* A round number not below it: 1, 2, 5 x 10^n. */
static int64_t
nice(int64_t most)
{
	static const int64_t steps[] = { 1, 2, 5 };

	for (int64_t ten = 1; ; ten *= 10)
		for (size_t i = 0; i < countof(steps); i++)
			if (steps[i] * ten >= most)
				return steps[i] * ten;
}

static const char *
num(struct html *h, double x)
{
	return arena_printf(h->arena, "%.1f", x);
}

static void
line_at(struct html *h, int64_t value, int64_t top)
{
	double y = HEIGHT - BOTTOM - (double)(HEIGHT - BOTTOM - TOP) *
	    (double)value / (double)top;

	h_open(h, "line", "class", "rule", "x1", num(h, LEFT), "x2",
	    num(h, WIDTH), "y1", num(h, y), "y2", num(h, y), NULL);
	h_close(h, "line");
	h_element(h, "text", h_number(h, value), "class", "tick", "x",
	    num(h, LEFT - 8), "y", num(h, y + 4), "text-anchor", "end", NULL);
}

static void
bar(struct html *h, const struct chart_bar *b, size_t i, double step, int64_t top)
{
	double room = HEIGHT - BOTTOM - TOP;
	double height = room * (double)b->value / (double)top;
	double wide = step * .72 > 42 ? 42 : step * .72;

	if (b->value > 0 && height < 2)
		height = 2;
	h_open(h, "rect", "class", "bar-of", "x", num(h, LEFT + step * ((double)i
	    + .5) - wide / 2), "y", num(h, HEIGHT - BOTTOM - height), "width",
	    num(h, wide), "height", num(h, height), "rx", "2", NULL);
	h_element(h, "title", arena_printf(h->arena, "%s: %s", b->label,
	    h_number(h, b->value)), NULL);
	h_close(h, "rect");
}

static void
label(struct html *h, const struct chart_bar *b, size_t i, double step)
{
	h_element(h, "text", b->label, "class", "tick", "x", num(h, LEFT + step *
	    ((double)i + .5)), "y", num(h, HEIGHT - 6), "text-anchor", "middle",
	    NULL);
}

static void
picture(struct html *h, const char *title, const struct chart_bar *bars, size_t n,
    int64_t most)
{
	double step = (double)(WIDTH - LEFT) / (double)n;
	size_t every = n <= 10 ? 1 : (n + 9) / 10;
	int64_t top = nice(most > 4 ? most : 4);

	h_open(h, "svg", "class", "chart", "viewBox", arena_printf(h->arena,
	    "0 0 %d %d", WIDTH, HEIGHT), "role", "img", "aria-label", title, NULL);
	line_at(h, 0, top);
	line_at(h, top / 2, top);
	line_at(h, top, top);
	for (size_t i = 0; i < n; i++)
		bar(h, &bars[i], i, step, top);
	for (size_t i = 0; i < n; i += every)
		label(h, &bars[i], i, step);
	h_close(h, "svg");
}

static void
table(struct html *h, const char *title, const char *column,
    const struct chart_bar *bars, size_t n)
{
	h_open(h, "details", NULL);
	h_say(h, "summary", "chart.table", NULL);
	h_open(h, "table", "class", "grid", NULL);
	h_element(h, "caption", title, NULL);
	h_open(h, "thead", NULL);
	h_open(h, "tr", NULL);
	h_say(h, "th", "chart.day", "scope", "col", NULL);
	h_element(h, "th", column, "scope", "col", "class", "number", NULL);
	h_close(h, "tr");
	h_close(h, "thead");
	h_open(h, "tbody", NULL);
	for (size_t i = 0; i < n; i++) {
		h_open(h, "tr", NULL);
		h_element(h, "th", bars[i].label, "scope", "row", NULL);
		h_element(h, "td", h_number(h, bars[i].value), "class", "number",
		    NULL);
		h_close(h, "tr");
	}
	h_close(h, "tbody");
	h_close(h, "table");
	h_close(h, "details");
}

void
part_chart(struct html *h, const char *title, const char *column,
    const struct chart_bar *bars, size_t n)
{
	int64_t most = 0;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		most = bars[i].value > most ? bars[i].value : most;
	h_open(h, "figure", "class", "figure", NULL);
	h_element(h, "figcaption", title, NULL);
	picture(h, title, bars, n, most);
	table(h, title, column, bars, n);
	h_close(h, "figure");
}
