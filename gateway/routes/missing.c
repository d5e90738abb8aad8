/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - says what is not there. */
#include "routes/missing.h"
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/jw.h"
#include "catalogue/catalogue.h"
#include "http/call.h"
#include "pages/words.h"

const char *const missing_codes[] = {
	"outside_consent",	/* the customer allowed less */
	"not_held",		/* the organisation has no such field */
	"excluded",		/* it has, and keeps it back for a reason */
	"held_back",		/* records that break their documentation */
	"coarser",		/* the customer allowed a wider step */
	"account_not_allowed",	/* other accounts of the same customer */
	"before_retention",	/* older than what the organisation keeps */
	"not_eligible",		/* the source says why not (customers.sql) */
	"removed_meter",	/* the meter or line is gone (accounts.sql) */
	"account_closed",	/* not to be given, for another reason */
	NULL
};

void
missing_add(struct missing_list *l, struct missing m)
{
	if (l->n < MISSING_MAX)
		l->of[l->n++] = m;
}

void
missing_fields(struct missing_list *l, const struct dataset *d)
{
	const struct schema_field *absent[MISSING_MAX];
	const json_t *kept_back = json_object_get(d->schema->document,
	    "x-excluded"), *one;
	size_t n = dataset_absent(d, absent, countof(absent)), at;

	for (size_t i = 0; i < n; i++)
		missing_add(l, (struct missing){ .code = "not_held",
		    .what = "field", .name = absent[i]->path });
	json_array_foreach(kept_back, at, one)
		missing_add(l, (struct missing){ .code = "excluded",
		    .what = "field", .name = json_string_value(
		    json_object_get(one, "name")) });
}

const char *
missing_account_code(const char *reason)
{
	return strcmp(reason, "removed_meter") == 0 ? "removed_meter" :
	    "account_closed";
}

static void
write_words(struct jw *w, struct call *c, const char *code)
{
	const char *id = arena_printf(c->arena, "missing.%s", code);

	jw_key(w, "why");
	jw_object(w);
	for (enum lang l = 0; l < LANG_COUNT; l++)
		jw_str_member(w, lang_codes[l],
		    words_find(c->house->words, l, id));
	jw_end_object(w);
}

static void
write_one(struct jw *w, struct call *c, const struct missing *m)
{
	jw_object(w);
	jw_str_member(w, "what", m->what);
	if (m->name != NULL)
		jw_str_member(w, "name", m->name);
	if (m->from != NULL)
		jw_str_member(w, "from", m->from);
	if (m->to != NULL)
		jw_str_member(w, "to", m->to);
	if (m->reason != NULL)
		jw_str_member(w, "reason", m->reason);
	if (m->count != 0)
		jw_int_member(w, "count", m->count);
	jw_str_member(w, "code", m->code);
	write_words(w, c, m->code);
	jw_end_object(w);
}

void
missing_write(struct jw *w, struct call *c, const struct missing_list *l)
{
	if (l->n == 0)
		return;
	jw_key(w, "missing");
	jw_array(w);
	for (size_t i = 0; i < l->n; i++)
		write_one(w, c, &l->of[i]);
	jw_end_array(w);
}

static bool
said_before(const struct missing_list *l, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(l->of[j].code, l->of[i].code) == 0)
			return true;
	return false;
}

void
missing_field(struct call *c, const struct missing_list *l)
{
	struct buf b;

	if (l->n == 0)
		return;
	buf_init_in(&b, c->arena);
	for (size_t i = 0; i < l->n; i++)
		if (!said_before(l, i))
			buf_printf(&b, "%s%s", b.len > 0 ? ", " : "",
			    l->of[i].code);
	call_reply_field(c, "Guichet-Missing", "%s", b.data);
}
