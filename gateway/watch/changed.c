/* SPDX-License-Identifier: Apache-2.0 */
/* changed.c - see changed.h. */
#include "watch/changed.h"
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/jw.h"
#include "db/db.h"

struct published {
	uint32_t id;
	const char *name;
	const char **key, **primary;	/* NULL-terminated */
};

void
changed_init(struct changed_rows *c)
{
	memset(c, 0, sizeof(*c));
	c->arena = arena_new();
	c->kept = arena_new();
}

void
changed_clear(struct changed_rows *c)
{
	arena_free(c->arena);
	arena_free(c->kept);
}

void
changed_forget(struct changed_rows *c)
{
	arena_free(c->arena);
	c->arena = arena_new();
	c->n = 0;
	c->gone = false;
}

void
changed_tables(struct changed_rows *c, const struct rows *rows)
{
	size_t n;

	arena_free(c->kept);
	c->kept = arena_new();
	c->tables_n = (size_t)rows_count(rows);
	c->tables = arena_alloc(c->kept, (c->tables_n + 1) *
	    sizeof(*c->tables));
	for (size_t i = 0; i < c->tables_n; i++)
		c->tables[i] = (struct published){
		    (uint32_t)row_int(rows, (int)i, "id"),
		    arena_strdup(c->kept, row_text(rows, (int)i, "name")),
		    row_texts(rows, (int)i, "keys", c->kept, &n),
		    row_texts(rows, (int)i, "primary_key", c->kept, &n) };
}

static const struct published *
find(const struct changed_rows *c, const struct pgoutput_relation *r)
{
	for (size_t i = 0; i < c->tables_n; i++)
		if (c->tables[i].id == r->id)
			return &c->tables[i];
	return NULL;
}

/* ---- keys ---- */

static const struct pgoutput_value *
value_of(const struct pgoutput_relation *r, const struct pgoutput_row *row,
    const char *column)
{
	for (int i = 0; i < row->n; i++)
		if (strcmp(r->columns[i].name, column) == 0)
			return &row->values[i];
	return NULL;
}

/* What an old row's K has not, is NULL there without being so: left out. */
static bool
is_told(const struct pgoutput_relation *r, const struct pgoutput_row *row,
    const struct pgoutput_value *v)
{
	return v != NULL && v->kind != 'u' && (row->kind != 'K' ||
	    r->columns[v - row->values].key);
}

static const char *
key_of(struct arena *a, const struct published *t,
    const struct pgoutput_relation *r, const struct pgoutput_row *row)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, a);
	jw_init(&w, &out);
	jw_object(&w);
	for (const char **k = t->key; *k != NULL; k++) {
		const struct pgoutput_value *v = value_of(r, row, *k);

		if (!is_told(r, row, v))
			continue;
		jw_key(&w, *k);
		if (v->kind == 't')
			jw_string_n(&w, v->data, v->n);
		else
			jw_null(&w);
	}
	jw_end_object(&w);
	return out.data;
}

static bool
same(const struct pgoutput_value *a, const struct pgoutput_value *b)
{
	return a == NULL || b == NULL || b->kind == 'u' || (a->kind == b->kind &&
	    a->n == b->n && (a->n == 0 || memcmp(a->data, b->data, a->n) == 0));
}

static bool
moved(const char *const *columns, const struct pgoutput_message *m)
{
	for (; *columns != NULL; columns++) {
		const struct pgoutput_value *old = value_of(m->relation, &m->old,
		    *columns);

		if (is_told(m->relation, &m->old, old) && !same(old,
		    value_of(m->relation, &m->new, *columns)))
			return true;
	}
	return false;
}

/* ---- rows ---- */

static void
add(struct changed_rows *c, const char *relation, const char *operation,
    const char *key, int64_t at_us, uint32_t xid)
{
	if (c->n == CHANGED_MAX + 2)
		return;			/* a T that empties so many tables */
	c->relation[c->n] = relation;
	c->operation[c->n] = operation;
	c->key[c->n] = key;
	c->at_us[c->n] = at_us;
	c->xid[c->n++] = xid;
	c->gone = c->gone || operation[0] == 'D' || operation[0] == 'T';
}

static bool
add_emptied(struct changed_rows *c, const struct pgoutput_message *m,
    int64_t at_us, uint32_t xid)
{
	for (int i = 0; i < m->emptied_n; i++) {
		const struct published *t = find(c, m->emptied[i]);

		if (t == NULL)
			return false;
		add(c, t->name, "T", NULL, at_us, xid);
	}
	return true;
}

bool
changed_add(struct changed_rows *c, const struct pgoutput_message *m,
    int64_t at_us, uint32_t xid)
{
	const struct published *t;
	const char *old, *new;

	if (m->type == 'T')
		return add_emptied(c, m, at_us, xid);
	if ((t = find(c, m->relation)) == NULL)
		return false;
	old = m->old.kind == 0 ? NULL : key_of(c->arena, t, m->relation,
	    &m->old);
	new = m->new.kind == 0 ? NULL : key_of(c->arena, t, m->relation,
	    &m->new);
	if (m->type == 'D' || (old != NULL && moved(t->primary, m)))
		add(c, t->name, "D", old, at_us, xid);
	else if (old != NULL && moved(t->key, m))
		add(c, t->name, "U", old, at_us, xid);
	if (m->type != 'D')
		add(c, t->name, m->type == 'I' ? "I" : "U", new, at_us, xid);
	return true;
}

void
changed_params(const struct changed_rows *c, struct params *p, struct arena *a)
{
	params_init(p);
	params_texts(p, a, c->relation, c->n);
	params_texts(p, a, c->operation, c->n);
	params_texts(p, a, c->key, c->n);
	params_ints(p, a, c->at_us, c->n);
	params_ints(p, a, c->xid, c->n);
}
