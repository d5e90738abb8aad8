/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c - tells recipients of their consents, see signals.h. */
#include "push/signals.h"
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "db/db.h"
#include "http/client.h"
#include "http/counters.h"
#include "http/house.h"
#include "journal/line.h"
#include "push/errand.h"
#include "push/retry.h"
#include "push/set.h"

enum { AT_ONCE = 16, TURN_MS = 500 };

struct telling {
	LIST_ENTRY(telling) among;
	struct signals *signals;
	struct arena *arena;
	struct set set;
	struct uuid id, grant;
	const char *url;
	int attempts;
	struct question *question;
	struct http_job *job;
};

struct signals {
	struct house *house;
	struct event *turn;
	struct question *claim;
	LIST_HEAD(, telling) list;
	int under_way;
	bool stopped;
};

static void claim(struct signals *);

static void
telling_free(struct telling *t)
{
	LIST_REMOVE(t, among);
	t->signals->under_way--;
	arena_free(t->arena);
}

/* ---- settling ---- */

/* The next one of this recipient may go at once. */
static void
on_settled(struct rows *r UNUSED, int failure, void *arg)
{
	struct telling *t = arg;
	struct signals *all = t->signals;

	t->question = NULL;
	if (failure != 0)
		log_warning("signal=%s not settled, it will come again cause=%s",
		    t->set.id, error_name(failure));
	telling_free(t);
	claim(all);
}

static void
settle(struct telling *t, const struct statement *s, const struct params *p)
{
	t->question = db_ask(t->signals->house->db, s, p, on_settled, t);
	if (t->question == NULL)
		telling_free(t);	/* the lease brings it back */
}

static void
params_whose(struct params *p, const struct telling *t)
{
	params_init(p);
	params_uuid(p, &t->id);
	params_int(p, t->attempts);
}

static void
over(struct telling *t, const char *event, const char *why)
{
	struct line line = { .event = event, .to = t->set.to, .records = -1,
	    .bytes = -1, .attempt = t->attempts, .actor = "system",
	    .grant = &t->grant, .call = t->set.id, .reason = why };
	struct line_row row;
	struct params p;

	line_make(&row, t->arena, &line);
	params_whose(&p, t);
	line_params(&p, &row);
	settle(t, SQL_SIGNAL_DONE, &p);
}

static void
again(struct telling *t, const char *why, int asked_s)
{
	struct params p;

	if (t->attempts >= t->signals->house->settings->push_attempts_max) {
		log_warning("signal=%s given up pims=%s kind=%s attempt=%d",
		    t->set.id, t->set.to, t->set.kind, t->attempts);
		over(t, "signal.dropped", why);
		return;
	}
	log_info("signal=%s not received pims=%s kind=%s attempt=%d cause=%s",
	    t->set.id, t->set.to, t->set.kind, t->attempts, why);
	params_whose(&p, t);
	params_int(&p, retry_wait_ms(t->attempts, asked_s));
	params_text(&p, why);
	settle(t, SQL_SIGNAL_AGAIN, &p);
}

/* ---- sending ---- */

static void
on_answer(const struct http_answer *answer, void *arg)
{
	struct telling *t = arg;
	const char *why = NULL;
	int rc = set_answer(answer, t->arena, &why);

	t->job = NULL;
	counter_add(rc == 0 ? COUNTER_SIGNALS : COUNTER_SIGNALS_FAILED, 1);
	if (rc == 0) {
		log_info("signal=%s received pims=%s kind=%s grant=%s",
		    t->set.id, t->set.to, t->set.kind, t->set.about);
		over(t, "signal.received", NULL);
	} else if (rc == E_DENIED) {
		log_warning("signal=%s refused pims=%s kind=%s", t->set.id,
		    t->set.to, t->set.kind);
		over(t, "signal.refused", why);
	} else
		again(t, why, retry_after_s(http_answer_field(answer,
		    "retry-after"), clock_s()));
}

static void
deliver(struct telling *t)
{
	struct http_request r;

	set_request(&r, t->arena, t->signals->house->keys, &t->set, t->url);
	t->job = http_ask(t->signals->house->client, &r, on_answer, t);
}

/* ---- claiming ---- */

static const char *
kept(struct arena *a, const struct rows *r, int i, const char *column)
{
	return arena_strdup(a, row_text(r, i, column));
}

static void
begin(struct signals *all, const struct rows *r, int i)
{
	struct arena *a = arena_new();
	struct telling *t = arena_alloc(a, sizeof(*t));

	t->arena = a;
	t->signals = all;
	row_uuid(r, i, "signal", &t->id);
	row_uuid(r, i, "grant", &t->grant);
	t->attempts = (int)row_int(r, i, "attempts");
	t->url = kept(a, r, i, "url");
	t->set = (struct set){ .id = kept(a, r, i, "signal"),
	    .issuer = all->house->settings->public_url,
	    .to = kept(a, r, i, "client"), .kind = kept(a, r, i, "kind"),
	    .about = kept(a, r, i, "grant"),
	    .subject = kept(a, r, i, "pairwise"),
	    .state = kept(a, r, i, "state"), .by = kept(a, r, i, "by"),
	    .at_us = row_time(r, i, "at") };
	LIST_INSERT_HEAD(&all->list, t, among);
	all->under_way++;
	if (row_bool(r, i, "stale"))
		over(t, "signal.dropped", "a week passed");
	else
		deliver(t);
}

static void
on_claimed(struct rows *r, int failure, void *arg)
{
	struct signals *all = arg;

	all->claim = NULL;
	for (int i = 0; failure == 0 && i < rows_count(r); i++)
		begin(all, r, i);
}

static void
claim(struct signals *all)
{
	const struct settings *s = all->house->settings;
	struct params p;

	if (all->stopped || all->claim != NULL || all->under_way == AT_ONCE)
		return;
	params_init(&p);
	params_int(&p, s->push_deadline_ms / 1000 + 60);
	params_int(&p, AT_ONCE - all->under_way);
	all->claim = db_ask(all->house->db, SQL_SIGNAL_CLAIM, &p, on_claimed,
	    all);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	claim(arg);
}

/* ---- the whole ---- */

struct signals *
signals_new(struct house *h)
{
	const struct timeval every = { 0, TURN_MS * 1000 };
	struct signals *all = xcalloc(1, sizeof(*all));

	all->house = h;
	LIST_INIT(&all->list);
	all->turn = event_new(h->base, -1, EV_PERSIST, on_turn, all);
	event_add(all->turn, &every);
	return all;
}

void
signals_stop(struct signals *all)
{
	all->stopped = true;
}

static void
forget(struct telling *t)
{
	if (t->question != NULL)
		db_forget(t->question);
	if (t->job != NULL)
		http_forget(t->job);
	telling_free(t);
}

void
signals_free(struct signals *all)
{
	struct telling *t;

	if (all == NULL)
		return;
	while ((t = LIST_FIRST(&all->list)) != NULL)
		forget(t);
	if (all->claim != NULL)
		db_forget(all->claim);
	event_free(all->turn);
	free(all);
}
