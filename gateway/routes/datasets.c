/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/datasets: what this token may read, and since when until when; and
 * which accounts of hers it may not, and why, as each source says now.
 */
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/refusal.h"
#include "consent/details.h"
#include "http/call.h"
#include "routes/missing.h"
#include "routes/routes.h"

enum { SOURCES_MAX = 16 };

/* What the sources said, in the order of the catalogue. */
struct list {
	size_t at;			/* two questions a source */
	bool asked;
	const char *closed[SOURCES_MAX];	/* why she may not, or NULL */
	struct rows *accounts[SOURCES_MAX];
};

/* ---- asking each source about her ---- */

static void
free_rows(void *rows)
{
	rows_free(rows);
}

/* A source that is away says nothing. */
static void
take_answer(struct call *c, struct list *l)
{
	size_t source = l->at / 2;

	if (c->failure < 0)
		return;
	if (l->at % 2 == 1) {
		l->accounts[source] = rows_keep(c->rows);
		arena_defer(c->arena, free_rows, l->accounts[source]);
	} else if (rows_count(c->rows) > 0) {
		l->closed[source] = arena_strdup(c->arena,
		    row_text(c->rows, 0, "reason"));
	}
}

/* Does what is allowed hold data of this source? */
static bool
concerned(struct call *c, const struct source *s)
{
	for (size_t i = 0; c->access->datasets[i] != NULL; i++) {
		const struct dataset *d = dataset_find(c->house->catalogue,
		    c->access->datasets[i]);

		if (d != NULL && d->source == s)
			return true;
	}
	return false;
}

static enum next
ask_sources(struct call *c)
{
	const struct catalogue *all = c->house->catalogue;
	struct list *l = c->own;

	if (l->asked) {
		take_answer(c, l);
		l->asked = false;
		l->at++;
	}
	for (; l->at / 2 < catalogue_source_count(all) &&
	    l->at / 2 < SOURCES_MAX; l->at++) {
		struct source *s = catalogue_source(all, l->at / 2);
		const struct statement *q = l->at % 2 == 1 ? &s->accounts :
		    &s->customer;
		struct params p;

		if (q->text == NULL || !concerned(c, s))
			continue;
		params_init(&p);
		params_text(&p, c->access->customer);
		l->asked = true;
		(void)call_goto(c, "ask sources");
		return call_ask_anyway(c, s->db, q, &p);
	}
	return NEXT;
}

/* ---- what is not given, and why ---- */

static bool
allowed(const struct detail *d, const char *account)
{
	if (d->accounts == NULL)
		return true;
	for (const char **a = d->accounts; *a != NULL; a++)
		if (strcmp(*a, account) == 0)
			return true;
	return false;
}

static void
miss_accounts(struct missing_list *m, const struct detail *d,
    const struct rows *accounts)
{
	int64_t kept = 0;

	for (int i = 0; i < rows_count(accounts); i++) {
		const char *account = row_text(accounts, i, "account");
		const char *reason = row_text(accounts, i, "reason");

		if (account != NULL && !allowed(d, account))
			kept++;		/* counted: its name was not allowed */
		else if (account != NULL && reason != NULL)
			missing_add(m, (struct missing){
			    missing_account_code(reason), "account",
			    .name = account, .reason = reason });
	}
	if (kept > 0)
		missing_add(m, (struct missing){ "account_not_allowed",
		    "account", .count = kept });
}

static void
write_missing(struct jw *w, struct call *c, const struct dataset *ds,
    const struct detail *d)
{
	const struct list *l = c->own;
	struct missing_list m = { .n = 0 };

	for (size_t i = 0; i < SOURCES_MAX &&
	    i < catalogue_source_count(c->house->catalogue); i++) {
		if (catalogue_source(c->house->catalogue, i) != ds->source)
			continue;
		if (l->closed[i] != NULL)
			missing_add(&m, (struct missing){ "not_eligible",
			    "dataset", .name = ds->schema->id,
			    .reason = l->closed[i] });
		if (l->accounts[i] != NULL && ds->schema->account != NULL)
			miss_accounts(&m, d, l->accounts[i]);
	}
	missing_write(w, c, &m);
}

/* ---- what is ---- */

static void
optional(struct jw *w, const char *key, const char *value)
{
	if (value != NULL)
		jw_str_member(w, key, value);
}

static void
write_wording(struct jw *w, const char *key, const struct wording *said)
{
	jw_key(w, key);
	jw_object(w);
	jw_str_member(w, "en", said->in[LANG_EN]);
	jw_str_member(w, "fr", said->in[LANG_FR]);
	jw_end_object(w);
}

static void
write_accounts(struct jw *w, const char *const *accounts)
{
	if (accounts == NULL)
		return;
	jw_key(w, "accounts");
	jw_array(w);
	while (*accounts != NULL)
		jw_string(w, *accounts++);
	jw_end_array(w);
}

static void
write_versions(struct jw *w, const struct dataset *d)
{
	jw_key(w, "versions");
	jw_array(w);
	for (; d != NULL; d = d->older)
		jw_int(w, d->schema->version);
	jw_end_array(w);
}

static void
write_dataset(struct jw *w, struct call *c, const struct dataset *ds,
    const struct detail *d)
{
	const struct schema *s = ds->schema;

	jw_object(w);
	jw_str_member(w, "id", s->id);
	jw_int_member(w, "version", s->version);
	write_versions(w, dataset_find(c->house->catalogue, s->id));
	write_wording(w, "title", &s->title);
	optional(w, "from", d->from);
	optional(w, "to", d->to);
	optional(w, "granularity", d->granularity);
	write_accounts(w, d->accounts);
	optional(w, "update_frequency", s->frequency);
	jw_str_member(w, "href", arena_printf(c->arena, "%s/v1/datasets/%s",
	    c->house->settings->public_url, s->id));
	write_missing(w, c, ds, d);
	jw_end_object(w);
}

static enum next
list(struct call *c)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_key(&w, "datasets");
	jw_array(&w);
	for (size_t i = 0; i < catalogue_count(c->house->catalogue); i++) {
		const struct dataset *ds = dataset_spoken(c->house->catalogue,
		    catalogue_at(c->house->catalogue, i)->schema->id);
		const struct detail *d = access_covers(c->access,
		    ds->schema->id);

		if (d != NULL)
			write_dataset(&w, c, ds, d);
	}
	jw_end_array(&w);
	jw_end_object(&w);
	call_reply_field(c, "Cache-Control", "no-store");
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "note a refusal",	refusal_watch },
	{ "ask sources",	ask_sources },
	{ "list",		list },
	{ NULL,			NULL }
};

const struct route route_datasets = {
	"GET", "/v1/datasets", steps, .own_size = sizeof(struct list), .kind = ROUTE_API
};
