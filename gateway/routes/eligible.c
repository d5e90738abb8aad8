/* SPDX-License-Identifier: Apache-2.0 */
/* eligible.c - asks one source after the other about the signed-in customer. */
#include "routes/eligible.h"
#include "base/arena.h"
#include "base/log.h"
#include "consent/session.h"

/* The reason why not; NULL = yes. Unknown there: there is nothing to give. Nor
 * when it cannot be read who else must agree. */
static const char *
reason(struct call *c, struct choices *ch, const struct source *s)
{
	const char *why;

	if (rows_count(c->rows) == 0)
		return "unknown";
	if (coholders_read(&ch->others, c->arena, s,
	    row_text(c->rows, 0, "facts"), &why) == 0)
		return arena_strdup(c->arena, row_text(c->rows, 0, "reason"));
	log_error("call=%s code=E235 file=%s coholders why=\"%s\"", c->id,
	    s->customers_file, why);
	return "coholders";
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

static void
take_accounts(struct call *c, struct choices *ch, const struct source *s,
    const struct details *asked)
{
	for (int i = 0; i < rows_count(c->rows); i++) {
		const struct account a = { .source = s->name,
		    .id = row_text(c->rows, i, "account"),
		    .label = row_text(c->rows, i, "label"),
		    .closed = row_text(c->rows, i, "reason") };

		if (a.id != NULL)
			choices_account(ch, c->arena, c->house->catalogue, asked,
			    &a);
	}
}

/* Every data set listed, whole: what a customer decides by herself. */
static struct details *
all_of(struct call *c, const struct choices *ch)
{
	struct details *d = arena_alloc(c->arena, sizeof(*d));

	for (size_t i = 0; i < ch->n && d->n < DETAILS_MAX; i++)
		d->list[d->n++].dataset = ch->list[i].schema->id;
	return d;
}

/* The next question to this source; NULL when there is none left. */
static const struct statement *
next_question(struct eligible *e, const struct source *s)
{
	if (e->at == ELIGIBLE_ASK) {
		e->at = ELIGIBLE_TOLD;
		if (s->customer.text != NULL)
			return &s->customer;
	}
	if (e->at == ELIGIBLE_TOLD && s->accounts.text != NULL) {
		e->at = ELIGIBLE_ACCOUNTS;
		return &s->accounts;
	}
	e->at = ELIGIBLE_ASK;
	return NULL;
}

static void
take_answer(struct call *c, struct eligible *e, struct choices *ch,
    const struct source *s, const struct details *asked)
{
	if (e->at == ELIGIBLE_TOLD)
		mark(c, ch, s, reason(c, ch, s));
	else if (e->at == ELIGIBLE_ACCOUNTS)
		take_accounts(c, ch, s, asked == NULL ? all_of(c, ch) : asked);
}

enum next
eligible_ask(struct call *c, struct eligible *e, struct choices *ch,
    const struct details *asked, const char *name)
{
	const struct catalogue *all = c->house->catalogue;

	while (e->source < catalogue_source_count(all)) {
		struct source *s = catalogue_source(all, e->source);
		const struct statement *q;
		struct params p;

		take_answer(c, e, ch, s, asked);
		if ((q = next_question(e, s)) == NULL) {
			e->source++;
			continue;
		}
		params_init(&p);
		params_text(&p, c->session->customer);
		(void)call_goto(c, name);
		return call_ask(c, s->db, q, &p);
	}
	choices_share(ch, all);
	return NEXT;
}
