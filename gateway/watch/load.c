/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - see load.h. One that is lost is told again ten seconds later. */
#include "watch/load.h"
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "catalogue/budget.h"
#include "catalogue/catalogue.h"
#include "db/db.h"
#include "http/house.h"

enum { EVERY_S = 10 };

struct load {
	struct house *house;
	struct event *timer;
	char host[256];
	int64_t told_us;
	size_t n;
	struct budget_counts before[];
};

static void
on_put(struct rows *rows UNUSED, int failure UNUSED, void *arg UNUSED)
{
}

static void
tell(struct load *l, size_t i, int64_t ms)
{
	const struct source *s = catalogue_source(l->house->catalogue, i);
	struct budget_counts *before = &l->before[i], now;
	struct params p;

	budget_count(s, &now);
	params_init(&p);
	params_text(&p, l->host);
	params_text(&p, s->name);
	params_int(&p, (int64_t)(now.asked - before->asked));
	params_int(&p, (int64_t)(now.waited_us - before->waited_us) / 1000);
	params_int(&p, ms);
	params_int(&p, budget_rate(s));
	(void)db_ask(l->house->db, SQL_SOURCE_LOAD_PUT, &p, on_put, NULL);
	*before = now;
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	static const struct timeval tv = { EVERY_S, 0 };
	struct load *l = arg;
	int64_t now = clock_mono_us();

	for (size_t i = 0; i < l->n; i++)
		tell(l, i, (now - l->told_us) / 1000);
	l->told_us = now;
	evtimer_add(l->timer, &tv);
}

struct load *
load_new(struct house *h)
{
	static const struct timeval tv = { EVERY_S, 0 };
	size_t n = catalogue_source_count(h->catalogue);
	struct load *l = xcalloc(1, sizeof(*l) + n * sizeof(l->before[0]));

	l->house = h;
	l->n = n;
	gethostname(l->host, sizeof(l->host) - 1);
	l->told_us = clock_mono_us();
	for (size_t i = 0; i < n; i++)
		budget_count(catalogue_source(h->catalogue, i), &l->before[i]);
	l->timer = evtimer_new(h->base, on_timer, l);
	evtimer_add(l->timer, &tv);
	return l;
}

void
load_free(struct load *l)
{
	if (l == NULL)
		return;
	event_free(l->timer);
	free(l);
}
