/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscription_plan.c - `guichet subscription plan`: how much is still to be given,
 * and how long it may take. Nothing is delivered and nothing changes: a few
 * customers of each PIMS and data set are counted at the source, the others are
 * taken to be like them.
 */
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/check.h"
#include "catalogue/describe.h"
#include "catalogue/page.h"
#include "commands/client.h"
#include "commands/command.h"
#include "commands/progress.h"
#include "commands/subscription_plan.h"
#include "consent/details.h"
#include "push/parcel.h"

enum { PAGE = 1000, PAGES_MAX = 200 };

/* One PIMS and data set. */
struct share {
	const char *client, *dataset;
	int64_t subscriptions, received;
	int looked_at;
	int64_t counted, pages, us;	/* records of those, reads, their time */
	bool served, whole;		/* whole: nobody has more than we count */
	double records, messages, read_s;
};

struct plan {
	const struct plan_wish *wish;
	const struct settings *settings;
	struct catalogue *catalogue;
	struct arena *arena;
	struct share *shares;
	int n;
};

/* ---- counting at the source ---- */

static bool
ask_of(struct page_ask *ask, struct details *all, struct plan *p,
    const struct dataset *d, const char *customer, const char *details)
{
	const struct detail *one;
	const char *why;

	if (details_read(all, p->arena, NULL, details, &why) < 0 ||
	    (one = details_find(all, d->schema->id)) == NULL)
		return false;
	*ask = (struct page_ask){ .dataset = d, .customer = customer,
	    .until_us = clock_us(), .limit = PAGE };
	return detail_ask(one, ask);
}

/* Records of one page; *at is its end. -1: it cannot be read. */
static int
count_page(struct share *s, struct plan *p, struct db_now *source,
    struct page_ask *ask, struct cursor *at)
{
	int64_t began = clock_mono_us();
	const char *why;
	struct rows *rows = check_page(source, ask, p->arena, &why);
	int n = rows == NULL ? -1 : rows_count(rows);
	struct record last;

	s->us += clock_mono_us() - began;
	s->pages++;
	if (n < 0) {
		fprintf(stderr, "guichet subscription: %s cannot be counted: "
		    "%s\n", s->dataset, why);
	} else if (n > PAGE) {
		n = page_place(&last, ask, rows, PAGE - 1, p->arena) < 0 ? -1 :
		    PAGE;
		*at = (struct cursor){ .dataset = ask->dataset,
		    .changed = last.changed };
		memcpy(at->key, last.key, sizeof(last.key));
		ask->after = at;
	}
	rows_free(rows);
	return n;
}

static int
count_one(struct share *s, struct plan *p, struct db_now *source,
    const char *customer, const char *details)
{
	struct details *all = arena_alloc(p->arena, sizeof(*all));
	struct cursor *at = arena_alloc(p->arena, sizeof(*at));
	const struct dataset *d = dataset_spoken(p->catalogue, s->dataset);
	struct page_ask ask;
	int n = PAGE;

	if (!ask_of(&ask, all, p, d, customer, details))
		return EX_OK;			/* no longer in her grant */
	for (int i = 0; n == PAGE; i++) {
		if (i == PAGES_MAX) {
			s->whole = false;
			break;
		}
		if ((n = count_page(s, p, source, &ask, at)) < 0)
			return EX_DATAERR;
		s->counted += n;
	}
	return EX_OK;
}

/* Then for all of them. */
static void
estimate(struct share *s)
{
	double each = s->looked_at == 0 ? 0 :
	    (double)s->counted / s->looked_at;
	double of = s->looked_at == 0 ? 0 :
	    (double)s->subscriptions / s->looked_at;

	s->records = each * (double)s->subscriptions - (double)s->received;
	if (s->records < 0)
		s->records = 0;
	s->messages = s->records / PARCEL_MAX;
	if (s->records > 0 && s->messages < (double)s->subscriptions)
		s->messages = (double)s->subscriptions;
	s->read_s = (double)s->us / 1e6 * of;
}

static int
count_share(struct share *s, struct plan *p, const struct rows *rows, int i)
{
	const struct dataset *d = dataset_spoken(p->catalogue, s->dataset);
	size_t n, m;
	const char **customers = row_texts(rows, i, "customers", p->arena, &n);
	const char **details = row_texts(rows, i, "details", p->arena, &m);
	struct db_now *source;
	struct fault f;
	int rc = EX_OK;

	if (!(s->served = d != NULL))
		return EX_OK;
	if (live_open(&source, d->source, &f) < 0) {
		fault_print(stderr, &f);
		return EX_UNAVAILABLE;
	}
	for (size_t k = 0; k < n && k < m && rc == EX_OK; k++) {
		rc = count_one(s, p, source, customers[k], details[k]);
		s->looked_at++;
	}
	db_now_close(source);
	estimate(s);
	return rc;
}

static int
count_all(struct plan *p, const struct rows *rows)
{
	struct progress bar;
	int rc = EX_OK;

	p->n = rows_count(rows);
	p->shares = arena_alloc(p->arena, ((size_t)p->n + 1) *
	    sizeof(*p->shares));
	progress_begin(&bar, "counting");
	for (int i = 0; i < p->n && rc == EX_OK; i++) {
		p->shares[i] = (struct share){
		    .client = row_text(rows, i, "client"),
		    .dataset = row_text(rows, i, "dataset"),
		    .subscriptions = row_int(rows, i, "subscriptions"),
		    .received = row_int(rows, i, "received"), .whole = true };
		rc = count_share(&p->shares[i], p, rows, i);
		progress_step((uint64_t)i + 1, (uint64_t)p->n, &bar);
	}
	progress_end(&bar);
	return rc;
}

/* ---- telling ---- */

static void
time_words(char out[32], double s)
{
	if (s < 120)
		snprintf(out, 32, "%.0f s", s);
	else if (s < 7200)
		snprintf(out, 32, "%.0f min", s / 60);
	else
		snprintf(out, 32, "%.1f h", s / 3600);
}

/* Reading may be what takes longest. */
static double
seconds(const struct plan *p, const struct share *s)
{
	double sent = s->records / (double)p->wish->rate;

	return sent > s->read_s ? sent : s->read_s;
}

static void
tell(const struct plan *p)
{
	double records = 0, all = 0;
	char words[32];

	for (int i = 0; i < p->n; i++) {
		const struct share *s = &p->shares[i];

		time_words(words, seconds(p, s));
		if (s->served)
			printf("%-20s %-26s %9lld subscriptions %s%.0f records "
			    "in %.0f messages  %s\n", s->client, s->dataset,
			    (long long)s->subscriptions, s->whole ? "" :
			    "more than ", s->records, s->messages, words);
		else
			printf("%-20s %-26s %9lld subscriptions, not served "
			    "here\n", s->client, s->dataset,
			    (long long)s->subscriptions);
		records += s->records;
		all += seconds(p, s);
	}
	time_words(words, all);
	printf("%.0f records, %s one after the other, at %lld records a second "
	    "(--rate)\n", records, words, (long long)p->wish->rate);
}

static void
tell_json(const struct plan *p)
{
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_array(&w);
	for (int i = 0; i < p->n; i++) {
		const struct share *s = &p->shares[i];

		jw_object(&w);
		jw_str_member(&w, "client", s->client);
		jw_str_member(&w, "dataset", s->dataset);
		jw_bool_member(&w, "served", s->served);
		jw_int_member(&w, "subscriptions", s->subscriptions);
		jw_int_member(&w, "looked_at", s->looked_at);
		jw_int_member(&w, "received", s->received);
		jw_int_member(&w, "records", (int64_t)(s->records + 0.5));
		jw_int_member(&w, "messages", (int64_t)(s->messages + 0.5));
		jw_int_member(&w, "read_ms", (int64_t)(s->read_s * 1000));
		jw_int_member(&w, "seconds", (int64_t)(seconds(p, s) + 0.5));
		jw_bool_member(&w, "whole", s->whole);
		jw_end_object(&w);
	}
	jw_end_array(&w);
	puts(out.data);
	buf_clear(&out);
}

/* ---- all of it ---- */

static struct rows *
ask(struct db_now *db, const struct plan_wish *w, int *failure)
{
	struct params p;

	params_init(&p);
	params_bool(&p, w->again);
	params_text(&p, w->host);
	params_text(&p, w->client);
	params_text(&p, w->dataset);
	params_text(&p, w->customer);
	params_int(&p, w->sample);
	return db_ask_now(db, SQL_SUBSCRIPTION_PLAN, &p, failure);
}

int
subscription_plan(const struct settings *s, struct db_now *db,
    const struct plan_wish *wish)
{
	struct plan p = { .wish = wish, .settings = s };
	struct rows *rows = NULL;
	struct fault f;
	int failure, rc = EX_CONFIG;

	p.arena = arena_new();
	if (catalogue_load(&p.catalogue, s, &f) < 0 ||
	    catalogue_describe(p.catalogue, &f) < 0)
		fault_print(stderr, &f);
	else if ((rows = ask(db, wish, &failure)) == NULL)
		rc = client_failed(db, failure);
	else
		rc = count_all(&p, rows);
	if (rc == EX_OK && wish->json)
		tell_json(&p);
	else if (rc == EX_OK)
		tell(&p);
	rows_free(rows);
	catalogue_free(p.catalogue);
	arena_free(p.arena);
	return rc;
}
