/* SPDX-License-Identifier: Apache-2.0 */
/* commitments_page.c - five promises, five live figures. */
#include "pages/commitments_page.h"
#include <jansson.h>
#include "base/arena.h"
#include "pages/parts.h"

/* A figure and what it counts; NULL: not known. */
static void
figure(struct html *h, const char *value, const char *label)
{
	h_open(h, "div", NULL);
	h_element(h, "dt", label, NULL);
	h_element(h, "dd", value == NULL ? h_word(h, "commit.untold") : value,
	    NULL);
	h_close(h, "div");
}

static void
open_one(struct html *h, const char *name)
{
	h_open(h, "section", "class", "card commitment", "aria-labelledby", name,
	    NULL);
	h_say(h, "h2", arena_printf(h->arena, "commit.%s", name), "id", name,
	    NULL);
	h_say(h, "p", arena_printf(h->arena, "commit.%s.text", name), NULL);
	h_open(h, "dl", "class", "pledges", NULL);
}

static void
close_one(struct html *h)
{
	h_close(h, "dl");
	h_close(h, "section");
}

static const char *
number(struct html *h, const struct commitments_view *v, int64_t n)
{
	return v->known ? h_number(h, n) : NULL;
}

static void
durable(struct html *h, const struct commitments_view *v)
{
	open_one(h, "durable");
	figure(h, h_number(h, (int64_t)catalogue_count(v->catalogue)),
	    h_word(h, "commit.sets"));
	figure(h, v->since_us == 0 ? NULL : h_date(h, v->since_us),
	    h_word(h, "commit.since"));
	figure(h, number(h, v, v->grants), h_word(h, "commit.live"));
	close_one(h);
}

static void
control(struct html *h, const struct commitments_view *v)
{
	open_one(h, "control");
	figure(h, h_word(h, "commit.withdrawal.value"),
	    h_word(h, "commit.withdrawal"));
	figure(h, number(h, v, v->given), h_word(h, "commit.given"));
	figure(h, number(h, v, v->withdrawn), h_word(h, "commit.withdrawn"));
	close_one(h);
}

static void
transparency(struct html *h, const struct commitments_view *v)
{
	const char *at = v->checkpoint_us == 0 ? NULL : arena_printf(h->arena,
	    "%s, %s", h_day(h, v->checkpoint_us), h_clock(h, v->checkpoint_us));

	open_one(h, "transparency");
	figure(h, number(h, v, v->size), h_word(h, "commit.lines"));
	figure(h, at, h_word(h, "commit.checkpoint"));
	figure(h, h_word(h, "commit.verify"), h_word(h, "commit.verifiable"));
	close_one(h);
}

static size_t
codes_labelled(const struct catalogue *c)
{
	const struct schema *const *s = catalogue_schemas(c);
	size_t n = 0;

	for (; *s != NULL; s++)
		for (size_t i = 0; i < (*s)->field_count; i++)
			n += (*s)->fields[i].code_count;
	return n;
}

static size_t
fields_documented(const struct catalogue *c)
{
	const struct schema *const *s = catalogue_schemas(c);
	size_t n = 0;

	for (; *s != NULL; s++)
		n += (*s)->field_count;
	return n;
}

static void
openness(struct html *h, const struct commitments_view *v)
{
	open_one(h, "openness");
	figure(h, number(h, v, v->recipients), h_word(h, "commit.recipients"));
	figure(h, h_number(h, (int64_t)fields_documented(v->catalogue)),
	    h_word(h, "commit.fields"));
	figure(h, h_number(h, (int64_t)codes_labelled(v->catalogue)),
	    h_word(h, "commit.codes"));
	close_one(h);
}

static void
sharing(struct html *h, const struct commitments_view *v)
{
	open_one(h, "sharing");
	figure(h, h_word(h, "commit.free.value"), h_word(h, "commit.free"));
	figure(h, v->delay_s < 0 ? NULL : h_fill(h, "commit.s", "n",
	    h_number(h, v->delay_s), NULL), h_word(h, "commit.delay"));
	figure(h, h_number(h, v->formats), h_word(h, "commit.ways"));
	close_one(h);
}

/* ---- promised freshness, and what is kept back ---- */

static void
freshness(struct html *h, const struct commitments_view *v)
{
	h_say(h, "h2", "commit.promised", NULL);
	h_say(h, "p", "commit.promised.text", NULL);
	h_open(h, "dl", "class", "codes", NULL);
	for (size_t i = 0; i < catalogue_count(v->catalogue); i++) {
		const struct schema *s = catalogue_at(v->catalogue, i)->schema;
		const char *id = arena_printf(h->arena, "every.%s", s->frequency);

		h_open(h, "dt", NULL);
		h_element(h, "a", h_wording(h, &s->title), "href",
		    arena_printf(h->arena, "/data/%s", s->id), NULL);
		h_close(h, "dt");
		h_element(h, "dd", h_word(h, id) == id ? s->frequency :
		    h_word(h, id), NULL);
	}
	h_close(h, "dl");
}

static const char *
said(const struct html *h, const json_t *object)
{
	return json_string_value(json_object_get(object,
	    h->lang == LANG_FR ? "fr" : "en"));
}

static void
kept_back(struct html *h, const struct schema *s)
{
	const json_t *list = json_object_get(s->document, "x-excluded"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		h_element(h, "dt", arena_printf(h->arena, "%s \u00b7 %s",
		    h_wording(h, &s->title), said(h, one)), NULL);
		h_element(h, "dd", said(h, json_object_get(one, "reason")), NULL);
	}
}

void
commitments_page(struct html *h, const struct commitments_view *v)
{
	h_say(h, "h1", "commit.h1", NULL);
	h_element(h, "p", h_fill(h, "commit.lead", "organisation",
	    v->organisation, NULL), "class", "lead", NULL);
	durable(h, v);
	control(h, v);
	transparency(h, v);
	openness(h, v);
	sharing(h, v);
	freshness(h, v);
	h_say(h, "h2", "commit.excluded", NULL);
	h_say(h, "p", "commit.excluded.text", NULL);
	h_open(h, "dl", "class", "codes", NULL);
	for (size_t i = 0; i < catalogue_count(v->catalogue); i++)
		kept_back(h, catalogue_at(v->catalogue, i)->schema);
	h_close(h, "dl");
}
