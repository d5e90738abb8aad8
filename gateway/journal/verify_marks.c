/* SPDX-License-Identifier: Apache-2.0 */
/* verify_marks.c - the log must continue every note of its past. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "journal/verify_own.h"

int
verify_note(struct verification *v, struct checkpoint *out, const char *what,
    const char *text, bool past)
{
	struct arena *a = arena_new();
	struct note_key key = *v->key;
	struct note note;
	int rc = note_parse(&note, a, text, strlen(text));

	if (rc == 0)
		rc = checkpoint_parse(out, &note);
	if (rc == 0 && past && note_name_valid(out->origin, strlen(out->origin)))
		note_key_renamed(&key, v->key, out->origin);
	if (rc < 0)
		rc = verify_bad(v, "the %s is not a signed checkpoint", what);
	else if ((rc = note_verify(&note, &key)) == E_NOT_FOUND)
		rc = verify_bad(v, "the %s is not signed by the key %s+%08"
		    PRIx32, what, key.name, key.id);
	else if (rc < 0)
		rc = verify_bad(v, "the signature of the %s is wrong", what);
	else if (strcmp(out->origin, key.name) != 0)
		rc = verify_bad(v, "the %s is of the log %.100s, the key of"
		    " %.100s", what, out->origin, key.name);
	arena_free(a);
	return rc;
}

static int
read_past(struct mark *m, struct verification *v, struct arena *a,
    const struct past_note *past)
{
	char size[24];
	int rc;

	m->name = arena_printf(a, "checkpoint checkpoints/%.40s", past->name);
	if ((rc = verify_note(v, &m->is, m->name, past->note, true)) < 0)
		return rc;
	snprintf(size, sizeof(size), "%" PRIu64, m->is.size);
	return strcmp(size, past->name) == 0 ? 0 : verify_bad(v,
	    "the %s is of size %s", m->name, size);
}

static int
by_size(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return (x->is.size > y->is.size) - (x->is.size < y->is.size);
}

static const char *
began_anew(const struct verification *v, const struct mark *m)
{
	return strcmp(m->is.origin, v->key->name) == 0 ? "" : "; it began anew"
	    " since, and its entry integrity.begun_anew quotes what was lost";
}

int
marks_read(struct marks *m, struct verification *v, struct evidence *e,
    struct arena *a)
{
	const struct past_note *past = evidence_past(e);
	size_t n = 0;
	int rc;

	while (past[n].name != NULL)
		n++;
	*m = (struct marks){ .list = arena_alloc(a, (n + 1) * sizeof(*m->list)) };
	for (; m->n < n; m->n++)
		if ((rc = read_past(&m->list[m->n], v, a, &past[m->n])) < 0)
			return rc;
	if (v->known != NULL) {
		m->list[m->n].name = "known checkpoint";
		m->list[m->n++].is = v->before;
		m->kept = true;
	}
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].is.size > v->now.size)
			return verify_bad(v, "the log was rolled back: the %s"
			    " has %" PRIu64 " entries, this one %" PRIu64 "%s",
			    m->list[i].name, m->list[i].is.size, v->now.size,
			    began_anew(v, &m->list[i]));
	qsort(m->list, m->n, sizeof(*m->list), by_size);
	return 0;
}

bool
marks_wait(struct marks *m, uint64_t size)
{
	while (m->next < m->n && m->list[m->next].is.size < size)
		m->next++;
	return m->next < m->n && m->list[m->next].is.size == size;
}

void
marks_hold(struct marks *m, uint64_t size, const struct hash *root)
{
	for (size_t i = m->next; i < m->n && m->list[i].is.size == size; i++) {
		m->list[i].met = true;
		m->list[i].other = memcmp(&m->list[i].is.root, root,
		    sizeof(*root)) != 0;
	}
}

int
marks_end(const struct marks *m, struct verification *v)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mark *k = &m->list[i];

		if (k->other)
			return verify_bad(v, "the log was signed anew: its first"
			    " %" PRIu64 " entries are not those of the %s%s",
			    k->is.size, k->name, began_anew(v, k));
		if (!k->met && strcmp(k->name, "known checkpoint") == 0)
			return verify_bad(v, "this part of the log cannot be"
			    " held against the known checkpoint");
	}
	return 0;
}
