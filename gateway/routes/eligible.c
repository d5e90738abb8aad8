/* SPDX-License-Identifier: Apache-2.0 */
/* eligible.c - asks one source after the other about the signed-in customer. */
#include "routes/eligible.h"
#include "base/arena.h"
#include "consent/session.h"

/* The reason why not; NULL = yes. Unknown there: there is nothing to give. */
static const char *
reason(struct call *c)
{
	return rows_count(c->rows) == 0 ? "unknown" :
	    arena_strdup(c->arena, row_text(c->rows, 0, "reason"));
}

static void
mark(struct call *c, struct choices *ch, const struct source *s,
    const char *why)
{
	for (size_t i = 0; i < ch->n; i++) {
		const struct dataset *d = dataset_find(c->house->catalogue,
		    ch->list[i].schema->id);

		if (d != NULL && d->source == s)
			ch->list[i].closed = why;
	}
}

enum next
eligible_ask(struct call *c, struct eligible *e, struct choices *ch,
    const char *name)
{
	const struct catalogue *all = c->house->catalogue;
	struct source *s;
	struct params p;

	if (e->asked) {
		mark(c, ch, catalogue_source(all, e->source), reason(c));
		e->source++;
		e->asked = false;
	}
	while (e->source < catalogue_source_count(all) &&
	    catalogue_source(all, e->source)->customer.text == NULL)
		e->source++;
	if (e->source == catalogue_source_count(all))
		return NEXT;
	s = catalogue_source(all, e->source);
	e->asked = true;
	params_init(&p);
	params_text(&p, c->session->customer);
	(void)call_goto(c, name);
	return call_ask(c, s->db, &s->customer, &p);
}
