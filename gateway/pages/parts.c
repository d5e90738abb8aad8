/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - pieces that several pages are made of. */
#include "pages/parts.h"
#include <string.h>
#include "base/arena.h"

#define DAY_US INT64_C(86400000000)

const char *
part_title(struct html *h, const struct catalogue *catalogue, const char *id)
{
	const struct schema *const *s = catalogue_schemas(catalogue);

	for (; *s != NULL; s++)
		if (strcmp((*s)->id, id) == 0)
			return h_wording(h, &(*s)->title);
	return id;
}

void
part_hidden(struct html *h, const char *name, const char *value)
{
	h_void(h, "input", "type", "hidden", "name", name, "value", value, NULL);
}

void
part_hidden_unless_empty(struct html *h, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		part_hidden(h, name, value);
}

void
part_fact(struct html *h, const char *id, const char *value)
{
	h_say(h, "dt", id, NULL);
	h_element(h, "dd", value, NULL);
}

void
part_faults(struct html *h, const char *id, const char *to)
{
	h_open(h, "div", "class", "faults", "role", "alert", "tabindex", "-1",
	    "autofocus", "", NULL);
	h_say(h, "h2", "form.faults", NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", id, "href", to, NULL);
	h_close(h, "p");
	h_close(h, "div");
}

void
part_login_field(struct html *h, const char *id, const char *name,
    const char *type, const char *value, const char *complete, bool wrong)
{
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", id, "for", name, NULL);
	h_void(h, "input", "id", name, "name", name, "type", type, "value",
	    value, "autocomplete", complete, "required", "", "maxlength", "100",
	    "autocapitalize", "none", "spellcheck", "false", "aria-invalid",
	    wrong ? "true" : NULL, NULL);
	h_close(h, "div");
}

void
part_two_buttons(struct html *h, const char *no, const char *yes)
{
	h_open(h, "div", "class", "two", NULL);
	h_say(h, "button", no, "class", "button", "type", "submit", "name",
	    "decision", "value", "refuse", "formnovalidate", "", NULL);
	h_say(h, "button", yes, "class", "button", "type", "submit", "name",
	    "decision", "value", "allow", NULL);
	h_close(h, "div");
}

/* ---- data sets ---- */

static bool
left_out(const struct choice *c, const char *path)
{
	const char **w = c->at == NULL ? NULL : c->at->without;

	for (; w != NULL && *w != NULL; w++) {
		size_t n = strlen(*w);

		if (strncmp(path, *w, n) == 0 &&
		    (path[n] == '\0' || path[n] == '.' || path[n] == '['))
			return true;
	}
	return false;
}

static bool
is_told(struct html *h, const struct choice *c, const struct schema_field *f)
{
	return h_wording(h, &f->title)[0] != '\0' && f->type != FIELD_OBJECT &&
	    !left_out(c, f->path);
}

/* The title of what it is a part of ("lines[].amount": that of "lines"), or
 * "". */
static const char *
whole_title(struct html *h, const struct schema *s, const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t n = dot == NULL ? 0 : (size_t)(dot - path);

	if (n > 2 && path[n - 1] == ']')
		n -= 2;
	for (size_t i = 0; n > 0 && i < s->field_count; i++)
		if (strncmp(s->fields[i].path, path, n) == 0 &&
		    s->fields[i].path[n] == '\0')
			return h_wording(h, &s->fields[i].title);
	return "";
}

static bool
title_is_shared(struct html *h, const struct choice *c,
    const struct schema_field *f)
{
	const struct schema *s = c->schema;
	const char *title = h_wording(h, &f->title);
	int n = 0;

	for (size_t i = 0; i < s->field_count; i++)
		n += is_told(h, c, &s->fields[i]) &&
		    strcmp(h_wording(h, &s->fields[i].title), title) == 0;
	return n > 1;
}

/* "Amount"; "Amount (Lines)" beside another amount. */
static const char *
field_name(struct html *h, const struct choice *c, const struct schema_field *f)
{
	const char *title = h_wording(h, &f->title);
	const char *whole = whole_title(h, c->schema, f->path);

	return whole[0] == '\0' || !title_is_shared(h, c, f) ? title :
	    arena_printf(h->arena, "%s (%s)", title, whole);
}

static bool
among(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What is in it, on demand: the names of its fields, two levels deep, each
 * said once. */
static void
contents(struct html *h, const struct choice *c)
{
	const struct schema *s = c->schema;
	const char **names = arena_alloc(h->arena, (s->field_count + 1) *
	    sizeof(*names));
	size_t n = 0;

	h_open(h, "details", NULL);
	h_say(h, "summary", "choice.contents", NULL);
	h_open(h, "ul", "class", "fields", NULL);
	for (size_t i = 0; i < s->field_count; i++) {
		const char *name = field_name(h, c, &s->fields[i]);

		if (!is_told(h, c, &s->fields[i]) || among(names, n, name))
			continue;
		names[n++] = name;
		h_element(h, "li", name, NULL);
	}
	h_close(h, "ul");
	h_close(h, "details");
}

const char *
part_reason(struct html *h, const char *closed)
{
	const char *id = arena_printf(h->arena, "closed.%s", closed);
	const char *words = h_word(h, id);

	return strcmp(words, id) == 0 ? closed : words;
}

/* The title without the finest granularity, when it ends with it. */
static const char *
plain_title(struct html *h, const struct schema *s)
{
	const char *title = h_wording(h, &s->title);
	const char *end = arena_printf(h->arena, ", %s",
	    h_wording(h, &s->granularities[0].name));
	size_t n = strlen(title), m = strlen(end);

	return n > m && strcmp(title + n - m, end) == 0 ?
	    arena_strndup(h->arena, title, n - m) : title;
}

/* "Electricity used, one total a day" */
static const char *
choice_title(struct html *h, const struct choice *c)
{
	return c->at == NULL ? h_wording(h, &c->schema->title) :
	    arena_printf(h->arena, "%s, %s", plain_title(h, c->schema),
	    h_wording(h, &c->at->name));
}

/* The sentence at this granularity, when it has one of its own. */
static const char *
choice_sentence(struct html *h, const struct choice *c)
{
	const struct wording *at = c->at == NULL ? NULL : &c->at->consent;

	return h_wording(h, at != NULL && at->in[h->lang] != NULL ? at :
	    &c->schema->consent);
}

static void
closed_choice(struct html *h, const struct choice *c)
{
	h_open(h, "li", "class", "choice closed", NULL);
	h_open(h, "div", NULL);
	h_element(h, "p", choice_title(h, c), "class", "name", NULL);
	h_element(h, "p", part_reason(h, c->closed), NULL);
	h_close(h, "div");
	h_close(h, "li");
}

/* "all", "any": said beside what it is about. */
static void
held(struct html *h, const char *how)
{
	if (how != NULL)
		h_say(h, "p", arena_printf(h->arena, "held.%s", how), "class",
		    "held", NULL);
}

static void
choice(struct html *h, const struct choice *c, size_t i)
{
	const char *id = arena_printf(h->arena, "d%zu", i);
	const char *hint = arena_printf(h->arena, "d%zu-hint", i);

	h_open(h, "li", "class", "choice", NULL);
	h_void(h, "input", "type", "checkbox", "id", id, "name", "dataset",
	    "value", c->value, "aria-describedby", hint, "checked",
	    c->ticked ? "" : NULL, NULL);
	h_open(h, "div", NULL);
	h_element(h, "label", choice_title(h, c), "for", id, NULL);
	h_element(h, "p", choice_sentence(h, c), "id", hint, NULL);
	if (c->days != 0)
		h_element(h, "p", h_count(h, "choice.days", c->days, NULL),
		    NULL);
	held(h, c->held);
	contents(h, c);
	h_close(h, "div");
	h_close(h, "li");
}

void
part_choices(struct html *h, const struct choice *choices, size_t n, bool wrong)
{
	h_open(h, "fieldset", "class", wrong ? "wrong" : NULL,
	    "aria-describedby", wrong ? "what-wrong what-hint" : "what-hint",
	    NULL);
	h_say(h, "legend", "choice.legend", NULL);
	h_say(h, "p", "choice.hint", "id", "what-hint", "class", "hint", NULL);
	if (wrong)
		h_say(h, "p", "choice.none", "id", "what-wrong", "class",
		    "fault", NULL);
	h_open(h, "ul", "class", "choices", NULL);
	for (size_t i = 0; i < n; i++)
		if (choices[i].closed != NULL)
			closed_choice(h, &choices[i]);
		else
			choice(h, &choices[i], i);
	h_close(h, "ul");
	h_close(h, "fieldset");
}

/* ---- meters, lines ---- */

static void
account(struct html *h, const struct account *a, size_t i)
{
	const char *id = arena_printf(h->arena, "a%zu", i);
	const char *name = a->label == NULL ? a->id :
	    arena_printf(h->arena, "%s (%s)", a->label, a->id);

	h_open(h, "li", "class", a->closed == NULL ? "choice" : "choice closed",
	    NULL);
	if (a->closed == NULL)
		h_void(h, "input", "type", "checkbox", "id", id, "name",
		    "account", "value", a->value, "checked",
		    a->ticked ? "" : NULL, NULL);
	h_open(h, "div", NULL);
	if (a->closed == NULL) {
		h_element(h, "label", name, "for", id, NULL);
		held(h, a->held);
	} else {
		h_element(h, "p", name, "class", "name", NULL);
		h_element(h, "p", part_reason(h, a->closed), NULL);
	}
	h_close(h, "div");
	h_close(h, "li");
}

void
part_accounts(struct html *h, const struct account *list, size_t n, bool wrong)
{
	if (n < 2)
		return;
	h_open(h, "fieldset", "class", wrong ? "wrong" : NULL,
	    "aria-describedby", wrong ? "which-wrong which-hint" : "which-hint",
	    NULL);
	h_say(h, "legend", "account.legend", NULL);
	h_say(h, "p", "account.hint", "id", "which-hint", "class", "hint", NULL);
	if (wrong)
		h_say(h, "p", "account.none", "id", "which-wrong", "class",
		    "fault", NULL);
	h_open(h, "ul", "class", "choices", NULL);
	for (size_t i = 0; i < n; i++)
		account(h, &list[i], i);
	h_close(h, "ul");
	h_close(h, "fieldset");
}

static bool
any_held(const struct choice *choices, size_t n, const struct account *accounts,
    size_t account_n, const char *how)
{
	for (size_t i = 0; i < n; i++)
		if (choices[i].held != NULL &&
		    strcmp(choices[i].held, how) == 0)
			return true;
	for (size_t i = 0; i < account_n; i++)
		if (accounts[i].held != NULL &&
		    strcmp(accounts[i].held, how) == 0)
			return true;
	return false;
}

void
part_held(struct html *h, const struct choice *choices, size_t n,
    const struct account *accounts, size_t account_n, int64_t by_us)
{
	if (any_held(choices, n, accounts, account_n, "all"))
		h_element(h, "p", h_fill(h, "held.wait", "date",
		    h_date(h, by_us), NULL), "class", "hint", NULL);
	if (any_held(choices, n, accounts, account_n, "any"))
		h_say(h, "p", "held.tell", "class", "hint", NULL);
}

/* ---- from when, until when ---- */

int64_t
span_from_us(const struct span *s)
{
	int64_t from = s->from_us;

	if (strcmp(s->since, "year") == 0)
		from = s->now_us - 365 * DAY_US;
	else if (strcmp(s->since, "today") == 0)
		from = s->now_us;
	return from > s->from_us ? from : s->from_us;
}

int64_t
span_until_us(const struct span *s, int64_t days)
{
	int64_t until = s->now_us + days * DAY_US;

	return s->until_us != 0 && s->until_us < until ? s->until_us : until;
}

static void
option(struct html *h, const char *value, const char *text, bool chosen)
{
	h_element(h, "option", text, "value", value, "selected",
	    chosen ? "" : NULL, NULL);
}

static void
since(struct html *h, const struct span *s)
{
	bool all = s->from_us == INT64_MIN;
	const char *asked = all ? h_word(h, "since.all") :
	    h_fill(h, "since.date", "date", h_day(h, s->from_us), NULL);
	int64_t year = s->now_us - 365 * DAY_US;

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "since.label", "for", "since", NULL);
	h_open(h, "select", "id", "since", "name", "since", NULL);
	option(h, "asked", asked, strcmp(s->since, "asked") == 0);
	if (s->from_us < year)
		option(h, "year", h_word(h, "since.year"),
		    strcmp(s->since, "year") == 0);
	option(h, "today", h_word(h, "since.today"),
	    strcmp(s->since, "today") == 0);
	h_close(h, "select");
	h_close(h, "div");
}

static const char *
length_text(struct html *h, int64_t days)
{
	static const int64_t named[] = { 30, 90, 180, 365, 730, 1095 };

	for (size_t i = 0; i < countof(named); i++)
		if (days == named[i])
			return h_word(h, arena_printf(h->arena, "days.%lld",
			    (long long)days));
	return h_count(h, "days", days, NULL);
}

static void
until_option(struct html *h, const struct span *s, int64_t days)
{
	option(h, arena_printf(h->arena, "%lld", (long long)days),
	    h_fill(h, "until.option", "length", length_text(h, days), "date",
	    h_day(h, span_until_us(s, days)), NULL), days == s->days);
}

static void
until(struct html *h, const struct span *s)
{
	static const int64_t lengths[] = { 1, 30, 90, 180, 365, 730, 1095 };
	bool met = false;	/* the maximum is one of the usual lengths */

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "until.label", "for", "days", NULL);
	h_open(h, "select", "id", "days", "name", "days", NULL);
	for (size_t i = 0; i < countof(lengths); i++) {
		if (lengths[i] <= s->days_max)
			until_option(h, s, lengths[i]);
		met = met || lengths[i] == s->days_max;
	}
	if (!met)
		until_option(h, s, s->days_max);
	h_close(h, "select");
	h_close(h, "div");
}

void
part_span(struct html *h, const struct span *s)
{
	h_open(h, "div", "class", "span", NULL);
	since(h, s);
	until(h, s);
	h_close(h, "div");
}
