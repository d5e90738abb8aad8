/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_set_page.c - one data set: what it means, field by field, an example,
 * how fresh it is, what is left out, and who receives it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "pages/data_page.h"
#include "pages/parts.h"
#include "pages/sandbox_page.h"

/* ---- an example, made of the fields' own ---- */

static json_t *
example_of(const json_t *field)
{
	const json_t *given = json_object_get(field, "examples"), *inner;
	json_t *out, *list;
	const char *name;

	if (json_array_size(given) > 0)
		return json_deep_copy(json_array_get(given, 0));
	if ((inner = json_object_get(field, "items")) != NULL) {
		list = json_array();
		json_array_append_new(list, example_of(inner));
		return list;
	}
	out = json_object();
	inner = json_object_get(field, "properties");
	json_object_foreach((json_t *)inner, name, list)
		json_object_set_new(out, name, example_of(list));
	return out;
}

static void
code(struct html *h, const char *title, const char *text)
{
	h_open(h, "figure", "class", "code", NULL);
	h_say(h, "figcaption", title, NULL);
	h_element(h, "pre", text, "tabindex", "0", NULL);
	h_close(h, "figure");
}

static void
example(struct html *h, const struct data_set_view *v)
{
	const struct schema *s = v->schema;
	json_t *record = example_of(s->document);
	char *text = json_dumps(record, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	h_open(h, "aside", "class", "side", "aria-label",
	    h_word(h, "data.example"), NULL);
	code(h, "data.ask", arena_printf(h->arena,
	    "curl \\\n  %s/v1/datasets/%s \\\n"
	    "  -H \"Authorization: DPoP $TOKEN\" \\\n"
	    "  -H \"DPoP: $PROOF\"", v->public_url, s->id));
	code(h, "data.record", text == NULL ? "" : text);
	free(text);
	json_decref(record);
	h_open(h, "p", NULL);
	h_say(h, "a", "data.schema", "href", arena_printf(h->arena,
	    "%s/schema.json", data_place(h, s, v->newest)), NULL);
	h_close(h, "p");
	h_close(h, "aside");
}

/* ---- facts ---- */

static const char *
lasts(const struct html *h, const char *duration)
{
	const char *id = arena_printf(h->arena, "lasts.%s", duration);
	const char *said = h_word(h, id);

	return said == id ? duration : said;
}

static void
fact_code(struct html *h, const char *id, const char *value)
{
	h_say(h, "dt", id, NULL);
	h_open(h, "dd", NULL);
	h_element(h, "code", value, NULL);
	h_close(h, "dd");
}

static const char *
joined(struct html *h, const char *const *names)
{
	const char *out = "";

	for (; *names != NULL; names++)
		out = arena_printf(h->arena, "%s%s%s", out,
		    *out == '\0' ? "" : ", ", *names);
	return out;
}

static const char *
depth(struct html *h, const struct data_set_view *v)
{
	if (v->schema->period == NULL)
		return h_word(h, "data.depth.now");
	if (v->served == NULL || v->served->source->keeps_days == 0)
		return h_word(h, "data.depth.all");
	return h_fill(h, "data.depth.days", "days", arena_printf(h->arena,
	    "%lld", (long long)v->served->source->keeps_days), NULL);
}

static void
facts(struct html *h, const struct data_set_view *v)
{
	const struct schema *s = v->schema;

	h_open(h, "dl", "class", "facts", NULL);
	fact_code(h, "data.id", arena_printf(h->arena, "%s@%d", s->id,
	    s->version));
	part_fact(h, "data.frequency", data_every(h, s->frequency));
	part_fact(h, "data.latency", h_fill(h, "data.within", "time",
	    lasts(h, s->latency), NULL));
	part_fact(h, "data.depth", depth(h, v));
	if (v->served != NULL && v->served->consent_days != 0)
		part_fact(h, "data.consent_days", h_count(h, "days",
		    v->served->consent_days, NULL));
	fact_code(h, "data.key", joined(h, s->natural_key));
	if (s->period != NULL)
		fact_code(h, "data.period", s->period);
	fact_code(h, "data.doctype", s->doctype);
	if (v->receivers != NULL)
		part_fact(h, "data.receivers", v->receivers[0] == NULL ?
		    h_word(h, "data.nobody") : joined(h, v->receivers));
	h_close(h, "dl");
}

/* ---- versions ---- */

static const char *
day_of(struct html *h, const struct schema *s, const char *name)
{
	const char *day = json_string_value(json_object_get(s->document, name));
	char whole[32];
	int64_t us;

	if (day == NULL)
		return NULL;
	snprintf(whole, sizeof(whole), "%.10sT12:00:00Z", day);
	return time_parse(&us, whole) < 0 ? day : h_date(h, us);
}

static void
one_version(struct html *h, const struct data_set_view *v,
    const struct schema *one)
{
	const char *since = day_of(h, one, "x-deprecated");
	const char *until = day_of(h, one, "x-sunset");
	const char *name = h_fill(h, "data.version.n", "version",
	    arena_printf(h->arena, "%d", one->version), NULL);

	h_open(h, "li", NULL);
	if (one == v->schema)
		h_element(h, "strong", name, NULL);
	else
		h_element(h, "a", name, "href", data_place(h, one, v->newest),
		    NULL);
	h_text(h, " \u00b7 ");
	h_text(h, since == NULL ? h_word(h, one == v->newest ?
	    "data.version.newest" : "data.version.older") :
	    h_fill(h, "data.version.leaving", "date", since, NULL));
	if (until != NULL) {
		h_text(h, " ");
		h_text(h, h_fill(h, "data.version.until", "date", until, NULL));
	}
	h_close(h, "li");
}

/* Shown when there is something to choose, or an end to know of. */
static void
versions(struct html *h, const struct data_set_view *v)
{
	if (v->newest->older == NULL &&
	    day_of(h, v->newest, "x-deprecated") == NULL)
		return;
	h_say(h, "h2", "data.versions", "id", "versions", NULL);
	h_say(h, "p", "data.versions.text", NULL);
	h_open(h, "ul", "class", "plain", NULL);
	for (const struct schema *s = v->newest; s != NULL; s = s->older)
		one_version(h, v, s);
	h_close(h, "ul");
}

/* ---- fields ---- */

static const char *
type_word(const struct schema_field *f)
{
	static const char *const words[] = {
		[FIELD_STRING] = "type.string", [FIELD_DATE] = "type.date",
		[FIELD_DATE_TIME] = "type.date-time",
		[FIELD_INTEGER] = "type.integer",
		[FIELD_NUMBER] = "type.number", [FIELD_BOOLEAN] = "type.boolean",
		[FIELD_OBJECT] = "type.object", [FIELD_LIST] = "type.list",
		[FIELD_ANY] = "type.any" };

	return words[f->type];
}

static void
codes(struct html *h, const struct schema_field *f)
{
	if (f->code_count == 0)
		return;
	h_open(h, "dl", "class", "codes", NULL);
	for (size_t i = 0; i < f->code_count; i++) {
		if (f->codes[i].value == NULL)
			continue;
		h_open(h, "dt", NULL);
		h_element(h, "code", f->codes[i].value, NULL);
		h_close(h, "dt");
		h_element(h, "dd", h_wording(h, &f->codes[i].label), NULL);
	}
	h_close(h, "dl");
}

static void
example_value(struct html *h, const struct schema_field *f)
{
	char *text;

	if (f->example == NULL)
		return;
	text = json_dumps(f->example, JSON_ENCODE_ANY);
	h_open(h, "p", "class", "small", NULL);
	h_say(h, "span", "data.eg", NULL);
	h_text(h, " ");
	h_element(h, "code", text == NULL ? "" : text, NULL);
	h_close(h, "p");
	free(text);
}

static void
field_names(struct html *h, const struct schema_field *f)
{
	h_open(h, "p", "class", "name", NULL);
	h_element(h, "code", f->path, NULL);
	h_close(h, "p");
	h_open(h, "p", "class", "marks", NULL);
	h_say(h, "span", type_word(f), "class", "tag", NULL);
	if (f->unit != NULL)
		h_element(h, "span", f->unit, "class", "tag unit", NULL);
	if (f->required)
		h_say(h, "span", "data.required", "class", "tag must", NULL);
	if (f->sensitivity != NULL && strcmp(f->sensitivity, "ordinary") != 0)
		h_say(h, "span", arena_printf(h->arena, "sensitivity.%s",
		    f->sensitivity), "class", "tag care", NULL);
	h_close(h, "p");
}

static void
fields(struct html *h, const struct schema *s)
{
	h_say(h, "h2", "data.fields", "id", "fields", NULL);
	h_open(h, "ul", "class", "props", NULL);
	for (size_t i = 0; i < s->field_count; i++) {
		const struct schema_field *f = &s->fields[i];

		h_open(h, "li", "id", f->path, NULL);
		h_open(h, "div", NULL);
		field_names(h, f);
		h_close(h, "div");
		h_open(h, "div", NULL);
		h_element(h, "p", h_wording(h, &f->title), "class", "title",
		    NULL);
		h_element(h, "p", h_wording(h, &f->description), NULL);
		codes(h, f);
		example_value(h, f);
		h_close(h, "div");
		h_close(h, "li");
	}
	h_close(h, "ul");
}

/* ---- what is left out ---- */

static const char *
said(const struct html *h, const json_t *object)
{
	const char *text = json_string_value(json_object_get(object,
	    h->lang == LANG_FR ? "fr" : "en"));

	return text == NULL ? "" : text;
}

static void
coarser(struct html *h, const struct schema *s)
{
	if (s->granularity_count < 2)
		return;
	h_say(h, "h2", "data.granularity", NULL);
	h_say(h, "p", "data.granularity.lead", NULL);
	h_open(h, "dl", "class", "codes", NULL);
	for (size_t i = 0; i < s->granularity_count; i++) {
		h_open(h, "dt", NULL);
		h_element(h, "code", s->granularities[i].id, NULL);
		h_close(h, "dt");
		h_element(h, "dd", h_wording(h, &s->granularities[i].name), NULL);
	}
	h_close(h, "dl");
}

static void
excluded(struct html *h, const struct data_set_view *v)
{
	const json_t *list = json_object_get(v->schema->document, "x-excluded");
	const struct schema_field *absent[24];
	size_t i, n = v->served == NULL ? 0 : dataset_absent(v->served, absent, 24);
	const json_t *one;

	if (json_array_size(list) == 0 && n == 0)
		return;
	h_say(h, "h2", "data.excluded", NULL);
	h_open(h, "dl", "class", "codes", NULL);
	json_array_foreach(list, i, one) {
		h_element(h, "dt", said(h, one), NULL);
		h_element(h, "dd", said(h, json_object_get(one, "reason")), NULL);
	}
	for (i = 0; i < n; i++) {
		h_element(h, "dt", h_wording(h, &absent[i]->title), NULL);
		h_say(h, "dd", "missing.not_held", NULL);
	}
	h_close(h, "dl");
}

/* Synthetic records of it: "energy.contract.ndjson" and ".csv". */
static void
sets(struct html *h, const struct data_set_view *v)
{
	size_t len = strlen(v->schema->id), n = 0;

	for (size_t i = 0; i < v->set_n; i++) {
		const struct sandbox_set *s = &v->sets[i];

		if (strncmp(s->name, v->schema->id, len) != 0 ||
		    strcspn(s->name + len, ".") != 0 ||
		    strchr(s->name + len + 1, '.') != NULL)
			continue;
		if (n++ == 0) {
			h_say(h, "h2", "sandbox.sets", NULL);
			h_say(h, "p", "sandbox.sets.text", NULL);
			h_open(h, "dl", "class", "codes", NULL);
		}
		part_set(h, s);
	}
	if (n > 0)
		h_close(h, "dl");
}

static void
state(struct html *h, const struct data_set_view *v)
{
	const char *a = v->schema->availability;
	const char *id = v->served != NULL ? "data.here" : a != NULL &&
	    strcmp(a, "available") != 0 ? arena_printf(h->arena, "data.%s", a) :
	    "data.nothere";

	h_open(h, "p", "class", "marks", NULL);
	h_say(h, "span", id, "class", v->served != NULL ? "state active" :
	    "state", NULL);
	h_close(h, "p");
}

void
data_set_page(struct html *h, const struct data_set_view *v)
{
	const struct schema *s = v->schema;

	h_open(h, "p", "class", "crumb", NULL);
	h_say(h, "a", "data.h1", "href", "/data", NULL);
	h_close(h, "p");
	h_element(h, "h1", h_wording(h, &s->title), NULL);
	state(h, v);
	h_element(h, "p", h_wording(h, &s->description), "class", "lead", NULL);
	h_open(h, "div", "class", "split", NULL);
	h_open(h, "div", NULL);
	facts(h, v);
	h_say(h, "h2", "data.consent", NULL);
	h_open(h, "figure", "class", "purpose", NULL);
	h_element(h, "blockquote", h_wording(h, &s->consent), NULL);
	h_close(h, "figure");
	versions(h, v);
	coarser(h, s);
	fields(h, s);
	excluded(h, v);
	sets(h, v);
	h_close(h, "div");
	example(h, v);
	h_close(h, "div");
}
