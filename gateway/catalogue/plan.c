/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - from aliases to a tree, and from a row to JSON along it. */
#include "catalogue/plan.h"
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/cell.h"

/* ---- making the tree ---- */

static struct node *
node_under(struct arena *a, struct node *parent, const char *name, size_t n,
    enum node_kind kind)
{
	struct node **at = &parent->child, *node;

	for (; *at != NULL; at = &(*at)->next)
		if (strlen((*at)->name) == n && memcmp((*at)->name, name, n) == 0)
			return *at;
	node = arena_alloc(a, sizeof(*node));
	node->kind = kind;
	node->name = arena_strndup(a, name, n);
	node->key = arena_printf(a, ",\"%s\":", node->name);
	node->key_n = n + 4;
	node->column = -1;
	return *at = node;
}

/* Walks "a.b[].c" down from the root; the last part is a value. */
static struct node *
node_for(struct arena *a, struct node *root, const char *alias)
{
	struct node *at = root;

	for (;;) {
		size_t n = strcspn(alias, ".[");

		if (alias[n] == '\0')
			return node_under(a, at, alias, n, NODE_VALUE);
		if (alias[n] == '.') {
			at = node_under(a, at, alias, n, NODE_OBJECT);
			alias += n + 1;
			continue;
		}
		at = node_under(a, at, alias, n, NODE_LIST);
		alias += n + 2;			/* "[]" */
		if (*alias == '\0')
			return node_under(a, at, "", 0, NODE_VALUE);
		alias++;			/* "." */
	}
}

static int
column_of(const struct column *columns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int
zip_count(const struct node *n)
{
	int most = 0, own = 0;

	for (const struct node *c = n->child; c != NULL; c = c->next) {
		int below = zip_count(c);

		own += c->kind == NODE_VALUE;
		most = below > most ? below : most;
	}
	return n->kind == NODE_LIST && own > most ? own : most;
}

/* Is this column left out at that granularity? */
static bool
left_out(const struct schema *s, size_t g, const char *alias)
{
	const char **without = s->granularity_count == 0 ? NULL :
	    s->granularities[g].without;

	for (; without != NULL && *without != NULL; without++) {
		size_t n = strlen(*without);

		if (strncmp(alias, *without, n) == 0 &&
		    strchr(".[", alias[n]) != NULL)
			return true;
	}
	return false;
}

static const struct node *
tree(struct arena *a, const struct schema *s, size_t g,
    const struct column *columns, size_t n)
{
	struct node *root = arena_alloc(a, sizeof(*root));

	root->kind = NODE_OBJECT;
	root->column = -1;
	for (size_t i = 0; i < n; i++)
		if (!left_out(s, g, columns[i].name))
			node_for(a, root, columns[i].name)->column = (int)i;
	return root;
}

static const struct node **
trees(struct arena *a, const struct schema *s, const struct column *columns,
    size_t n)
{
	size_t count = s->granularity_count == 0 ? 1 : s->granularity_count;
	const struct node **roots = arena_alloc(a, count * sizeof(*roots));

	for (size_t g = 0; g < count; g++)
		roots[g] = tree(a, s, g, columns, n);
	return roots;
}

int
plan_make(struct record_plan **out, struct arena *a, const struct dataset *d,
    const struct column *columns, size_t n, struct fault *f)
{
	struct record_plan *p = arena_alloc(a, sizeof(*p));

	p->roots = trees(a, d->schema, columns, n);
	if (zip_count(p->roots[0]) > ZIP_MAX)
		return fault_set(f, "E211", d->sql_file, 0, 0,
		    "a list is zipped from more than %d arrays", ZIP_MAX);
	p->zone = d->source->zone;
	p->changed = column_of(columns, n, d->schema->changed);
	p->period = d->schema->period == NULL ? -1 :
	    column_of(columns, n, d->schema->period);
	p->key_n = (int)keyset_key_count(d->schema);
	for (int i = 0; i < p->key_n; i++)
		p->key[i] = column_of(columns, n, d->schema->natural_key[i]);
	*out = p;
	return 0;
}

/* ---- writing ---- */

struct writing {
	struct buf *out;
	const struct record_plan *plan;
	const struct rows *rows;
	int row;
	bool bad;
};

static bool write_object(struct writing *, const struct node *);

static void
member(struct writing *w, const struct node *n, bool *any)
{
	int skip = *any ? 0 : 1;	/* the first has no comma */

	size_t size = n->key_n - (size_t)skip;
	char *p = cell_room(w->out, size);

	memcpy(p, n->key + skip, size);
	w->out->len += size;
	*any = true;
}

static void
put(struct writing *w, char c)
{
	char *p = cell_room(w->out, 1);

	p[0] = c;
	p[1] = '\0';
	w->out->len++;
}

/* One object of a zipped list. A NULL in an array is an absent member. */
static void
write_zipped(struct writing *w, const struct node *list, struct walk *walks)
{
	bool any = false;
	int i = 0;

	put(w, '{');
	for (const struct node *c = list->child; c != NULL; c = c->next, i++) {
		struct cell cell;

		if (walks[i].end == NULL)
			continue;
		if (!walk_next(&walks[i], &cell)) {
			w->bad = true;
			break;
		}
		if (cell.n < 0)
			continue;
		member(w, c, &any);
		w->bad |= !cell_to_json(w->out, &cell, w->plan->zone);
	}
	put(w, '}');
}

static void
write_plain(struct writing *w, struct walk *walk)
{
	struct cell cell;

	if (!walk_next(walk, &cell))
		w->bad = true;
	else if (cell.n < 0)
		buf_str(w->out, "null");
	else
		w->bad |= !cell_to_json(w->out, &cell, w->plan->zone);
}

/* How many items? -1: all arrays are NULL; arrays must agree. */
static int
begin_walks(struct writing *w, const struct node *list, struct walk *walks)
{
	int n = -1, i = 0;

	for (const struct node *c = list->child; c != NULL; c = c->next, i++) {
		struct cell cell;

		row_cell(w->rows, w->row, c->column, &cell);
		if (!walk_begin(&walks[i], &cell))
			w->bad = true;
		if (cell.n < 0)
			continue;
		if (n >= 0 && n != walks[i].left)
			w->bad = true;
		n = walks[i].left;
	}
	return n;
}

static bool
write_list(struct writing *w, const struct node *list)
{
	struct walk walks[ZIP_MAX];
	bool plain = list->child->name[0] == '\0';
	int n = begin_walks(w, list, walks);

	if (n < 0)
		return false;
	put(w, '[');
	for (int i = 0; i < n && !w->bad; i++) {
		if (i > 0)
			put(w, ',');
		if (plain)
			write_plain(w, walks);
		else
			write_zipped(w, list, walks);
	}
	put(w, ']');
	return true;
}

static bool
write_value(struct writing *w, const struct node *n)
{
	struct cell cell;

	row_cell(w->rows, w->row, n->column, &cell);
	if (cell.n < 0)
		return false;
	w->bad |= !cell_to_json(w->out, &cell, w->plan->zone);
	return true;
}

/* False, and nothing written by the caller's account: it held only NULLs. */
static bool
write_object(struct writing *w, const struct node *object)
{
	bool any = false;

	put(w, '{');
	for (const struct node *c = object->child; c != NULL; c = c->next) {
		size_t before = w->out->len;
		bool had = any, wrote;

		member(w, c, &any);
		wrote = c->kind == NODE_VALUE ? write_value(w, c) :
		    c->kind == NODE_LIST ? write_list(w, c) : write_object(w, c);
		if (!wrote) {
			w->out->len = before;
			any = had;
		}
	}
	put(w, '}');
	return any;
}

int
plan_write(struct buf *out, const struct record_plan *p, int g,
    const struct rows *rows, int row)
{
	struct writing w = { out, p, rows, row, false };

	write_object(&w, p->roots[g]);
	return w.bad ? E_BAD_INPUT : 0;
}
