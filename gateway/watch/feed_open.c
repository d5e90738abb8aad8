/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed_open.c - before a stream is read: is the slot there, are the data sets
 * ours, is anything missing?
 */
#include <string.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "http/house.h"
#include "watch/feed.h"

static void claim_next(struct feed *);

static void
start(struct feed *f)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < f->n; i++)
		if (f->machines[i]->at < least)
			least = f->machines[i]->at;
	f->reached = least;
	f->idle_us = clock_mono_us();
	f->streaming = true;
	f->told = f->lost = f->lost_told = false;
	feed_figures(f->watch);
	log_info("changes are streamed source=%s slot=%s", f->source->name,
	    f->source->slot);
	stream_start(f->stream, least);
}

static void
on_resynced(struct rows *rows, int failure, void *arg)
{
	struct feed *f = arg;
	struct machine *m = f->machines[f->at];

	f->question = NULL;
	if (failure < 0) {
		feed_fail(f, "begin to compare", failure);
		return;
	}
	if (row_int(rows, 0, "woken") > 0)
		log_error("changes were missed, all is compared with the source "
		    "source=%s dataset=%s subscriptions=%lld",
		    f->source->name, m->dataset->schema->id,
		    (long long)row_int(rows, 0, "woken"));
	m->at = f->confirmed;
	f->at++;
	claim_next(f);
}

static void
resync(struct feed *f, const struct machine *m)
{
	struct params p;

	params_init(&p);
	params_text(&p, f->source->name);
	params_text(&p, m->dataset->schema->id);
	params_text(&p, f->origin);
	params_int(&p, f->confirmed);
	feed_ask(f, f->watch->house->db, SQL_WATCH_RESYNC, &p, on_resynced,
	    "begin to compare");
}

static void
on_claimed(struct rows *rows, int failure, void *arg)
{
	struct feed *f = arg;
	struct machine *m = f->machines[f->at];
	const char *origin;

	f->question = NULL;
	if (failure < 0) {
		feed_fail(f, "claim the data set", failure);
		return;
	}
	if (rows_count(rows) == 0) {		/* another host's, for a while */
		feed_end(f, BUSY_MS);
		return;
	}
	m->at = row_int(rows, 0, "place");
	origin = row_text(rows, 0, "origin");
	if (origin == NULL || strcmp(origin, f->origin) != 0 ||
	    m->at < f->confirmed) {
		resync(f, m);
		return;
	}
	f->at++;
	claim_next(f);
}

static void
claim_params(struct params *p, const struct machine *m)
{
	params_init(p);
	params_text(p, m->dataset->source->name);
	params_text(p, m->dataset->schema->id);
	params_text(p, m->watch->owner);
	params_int(p, machine_lease_s(m));
	params_time(p, clock_us());
}

static void
claim_next(struct feed *f)
{
	struct params p;

	if (f->at == f->n) {
		start(f);
		return;
	}
	claim_params(&p, f->machines[f->at]);
	feed_ask(f, f->watch->house->db, SQL_WATCH_CLAIM, &p, on_claimed,
	    "claim the data set");
}

static void
on_tables(struct rows *rows, int failure, void *arg)
{
	struct feed *f = arg;

	f->question = NULL;
	if (failure < 0) {
		feed_fail(f, "see what is published", failure);
		return;
	}
	changed_tables(&f->rows, rows);
	f->at = 0;
	claim_next(f);
}

void
feed_opened(const struct stream_found *found, void *arg)
{
	struct feed *f = arg;
	struct params p;

	f->lost = !found->there || found->lost;
	if (f->lost) {
		if (!f->lost_told)
			log_error("the slot is %s, so that changes are not seen "
			    "code=E241 source=%s slot=%s cure=\"have it made "
			    "again (guichet adapter replication %s): all is "
			    "compared afterwards\"", found->there ? "lost" :
			    "not there", f->source->name, f->source->slot,
			    f->source->name);
		f->lost_told = true;
		feed_end(f, AGAIN_MS);
		return;
	}
	snprintf(f->origin, sizeof(f->origin), "%s", found->origin);
	f->confirmed = found->confirmed;
	params_init(&p);
	params_text(&p, f->source->slot);
	feed_ask(f, f->source->db, &tables_published, &p, on_tables,
	    "see what is published");
}
