/* SPDX-License-Identifier: Apache-2.0 */
/* pgoutput.c - see pgoutput.h. */
#include "watch/pgoutput.h"
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"

static const int64_t epoch_2000_us = INT64_C(946684800000000);

struct pgoutput {
	struct pgoutput_relation *relations[PGOUTPUT_RELATIONS];
	int n;
	const struct pgoutput_relation *emptied[PGOUTPUT_RELATIONS];
	struct pgoutput_value old[PGOUTPUT_COLUMNS], new[PGOUTPUT_COLUMNS];
};

/* What is left to read; bad once more was wanted than there is. */
struct rest { const char *at; size_t n; bool bad; };

/* ---- small things ---- */

static const char *
take(struct rest *r, size_t n)
{
	const char *at = r->at;

	if (r->bad || n > r->n) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	r->n -= n;
	return at;
}

static uint64_t
number(struct rest *r, size_t bytes)
{
	const char *at = take(r, bytes);
	uint64_t v = 0;

	for (size_t i = 0; at != NULL && i < bytes; i++)
		v = v << 8 | (uint8_t)at[i];
	return v;
}

static const char *
string(struct rest *r)
{
	const char *end = r->bad ? NULL : memchr(r->at, '\0', r->n);

	if (end == NULL) {
		r->bad = true;
		return NULL;
	}
	return take(r, (size_t)(end - r->at) + 1);
}

static int64_t
instant(struct rest *r)
{
	int64_t us = (int64_t)number(r, 8);

	return us > INT64_MAX - epoch_2000_us ? INT64_MAX : us + epoch_2000_us;
}

/* ---- tables ---- */

static void
relation_free(struct pgoutput_relation *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < r->n; i++)
		free(r->columns[i].name);
	free(r->columns);
	free(r->schema);
	free(r->name);
	free(r);
}

static struct pgoutput_relation **
place_of(struct pgoutput *p, uint32_t id)
{
	int i = 0;

	while (i < p->n && p->relations[i]->id != id)
		i++;
	return &p->relations[i];
}

static const struct pgoutput_relation *
known(struct pgoutput *p, struct rest *r)
{
	uint32_t id = (uint32_t)number(r, 4);
	struct pgoutput_relation **at = place_of(p, id);

	if (r->bad || at == &p->relations[p->n]) {
		r->bad = true;
		return NULL;
	}
	return *at;
}

static void
read_columns(struct pgoutput_relation *t, struct rest *r)
{
	int n = (int)number(r, 2);

	if (n > PGOUTPUT_COLUMNS)
		r->bad = true;
	if (r->bad)
		return;
	t->columns = xcalloc((size_t)n + 1, sizeof(*t->columns));
	for (int i = 0; i < n && !r->bad; i++) {
		uint64_t flags = number(r, 1);
		const char *name = string(r);

		number(r, 8);		/* its type, and how it is bounded */
		if (r->bad)
			break;
		t->columns[t->n++] = (struct pgoutput_column){ xstrdup(name),
		    (flags & 1) != 0 };
	}
}

/* It may be told again, changed. */
static void
read_relation(struct pgoutput *p, struct rest *r, struct pgoutput_message *m)
{
	struct pgoutput_relation *t = xcalloc(1, sizeof(*t)), **at;
	const char *schema, *name;

	t->id = (uint32_t)number(r, 4);
	schema = string(r);
	name = string(r);
	t->identity = (char)number(r, 1);
	read_columns(t, r);
	at = place_of(p, t->id);
	if (r->bad || r->n > 0 || at == &p->relations[PGOUTPUT_RELATIONS]) {
		r->bad = true;
		relation_free(t);
		return;
	}
	t->schema = xstrdup(schema);
	t->name = xstrdup(name);
	if (at == &p->relations[p->n])
		p->n++;
	else
		relation_free(*at);
	*at = t;
	m->relation = t;
}

static void
read_emptied(struct pgoutput *p, struct rest *r, struct pgoutput_message *m)
{
	uint64_t n = number(r, 4);

	number(r, 1);			/* CASCADE, RESTART IDENTITY */
	if (n > PGOUTPUT_RELATIONS)
		r->bad = true;
	for (uint64_t i = 0; i < n && !r->bad; i++)
		p->emptied[i] = known(p, r);
	m->emptied = p->emptied;
	m->emptied_n = (int)n;
}

/* ---- rows ---- */

static void
read_value(struct pgoutput_value *v, struct rest *r)
{
	*v = (struct pgoutput_value){ .kind = (char)number(r, 1) };
	switch (v->kind) {
	case 'n':
	case 'u':
		return;
	case 't':
	case 'b':
		v->n = number(r, 4);
		v->data = take(r, v->n);
		return;
	default:
		r->bad = true;
	}
}

static void
read_row(struct pgoutput_row *row, struct pgoutput_value *values, char kind,
    const struct pgoutput_relation *t, struct rest *r)
{
	int n = (int)number(r, 2);

	if (t == NULL || n != t->n)
		r->bad = true;
	for (int i = 0; i < n && !r->bad; i++)
		read_value(&values[i], r);
	*row = (struct pgoutput_row){ kind, n, values };
}

/* relation, then the old row as far as it is told, then the new one. */
static void
read_change(struct pgoutput *p, struct rest *r, struct pgoutput_message *m)
{
	char kind;

	m->relation = known(p, r);
	kind = (char)number(r, 1);
	if (m->type != 'I' && (kind == 'K' || kind == 'O')) {
		read_row(&m->old, p->old, kind, m->relation, r);
		if (m->type == 'D')
			return;
		kind = (char)number(r, 1);
	}
	if (m->type == 'D' || kind != 'N')
		r->bad = true;
	else
		read_row(&m->new, p->new, kind, m->relation, r);
}

/* ---- messages ---- */

static void
read_message(struct pgoutput *p, struct rest *r, struct pgoutput_message *m)
{
	switch (m->type) {
	case 'B':
		m->lsn = (int64_t)number(r, 8);
		m->at_us = instant(r);
		m->xid = (uint32_t)number(r, 4);
		break;
	case 'C':
		number(r, 9);		/* flags, where it begins */
		m->lsn = (int64_t)number(r, 8);
		m->at_us = instant(r);
		break;
	case 'R':
		read_relation(p, r, m);
		break;
	case 'I':
	case 'U':
	case 'D':
		read_change(p, r, m);
		break;
	case 'T':
		read_emptied(p, r, m);
		break;
	case 'O':			/* where it came from */
	case 'Y':			/* a type is told */
	case 'M':			/* somebody's message */
		m->type = 0;
		r->n = 0;
		break;
	default:
		r->bad = true;
	}
}

int
pgoutput_read(struct pgoutput *p, const char *data, size_t n,
    struct pgoutput_message *out)
{
	struct rest r = { data, n, false };

	*out = (struct pgoutput_message){ .type = (char)number(&r, 1) };
	if (!r.bad)
		read_message(p, &r, out);
	return r.bad || r.n > 0 ? E_BAD_INPUT : 0;
}

struct pgoutput *
pgoutput_new(void)
{
	return xcalloc(1, sizeof(struct pgoutput));
}

void
pgoutput_free(struct pgoutput *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < p->n; i++)
		relation_free(p->relations[i]);
	free(p);
}
