/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c - see budget.h. */
#include "catalogue/budget.h"
#include <event2/event.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalogue/catalogue_own.h"
#include "http/counters.h"

enum { WINDOWS_MAX = 8, RATE_MAX = 100000, FULL_US = 2000000,
    DAY_MINUTES = 1440 };

struct shared {
	_Atomic int64_t due_us;		/* monotonic: the next one */
	_Atomic uint64_t asked, waited_us;
};

struct budget {
	int64_t usual;
	struct { int from, to; int64_t rate; } windows[WINDOWS_MAX];
	int n;
	struct shared *shared;
};

struct budget_wait {
	struct event *timer;
	void (*go)(void *);
	void *arg;
};

/* ---- the setting ---- */

static int
read_window(struct budget *b, const char *text)
{
	unsigned from_h, from_m, to_h, to_m;
	const char *equals = strchr(text, '=');
	int end = 0;

	if (b->n == WINDOWS_MAX || equals == NULL || sscanf(text,
	    "%2u:%2u-%2u:%2u%n", &from_h, &from_m, &to_h, &to_m, &end) != 4 ||
	    text + end != equals || from_h > 23 || from_m > 59 || to_h > 24 ||
	    to_m > 59 || parse_int(&b->windows[b->n].rate, equals + 1, 0,
	    RATE_MAX) < 0)
		return E_BAD_INPUT;
	b->windows[b->n].from = (int)(from_h * 60 + from_m);
	b->windows[b->n++].to = (int)(to_h * 60 + to_m) % DAY_MINUTES;
	return 0;
}

int
budget_new(struct budget **out, struct arena *a, const char *text)
{
	struct budget *b = arena_alloc(a, sizeof(*b));
	char *copy = arena_strdup(a, text == NULL ? "0" : text), *save, *word;

	word = strtok_r(copy, " \t", &save);
	if (word == NULL || parse_int(&b->usual, word, 0, RATE_MAX) < 0)
		return E_BAD_INPUT;
	while ((word = strtok_r(NULL, " \t", &save)) != NULL)
		if (read_window(b, word) < 0)
			return E_BAD_INPUT;
	b->shared = mmap(NULL, sizeof(*b->shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->shared == MAP_FAILED)
		fatal("no memory for what a source is asked");
	*out = b;
	return 0;
}

void
budget_free(struct budget *b)
{
	if (b != NULL)
		munmap(b->shared, sizeof(*b->shared));
}

int64_t
budget_rate(const struct source *s)
{
	const struct budget *b = s->budget;
	int64_t now = clock_s();
	int64_t minute = (now + zone_offset(s->zone, now)) / 60 % DAY_MINUTES;

	for (int i = 0; i < b->n; i++) {
		int from = b->windows[i].from, to = b->windows[i].to;

		if (from < to ? minute >= from && minute < to :
		    minute >= from || minute < to)
			return b->windows[i].rate;
	}
	return b->usual;
}

/* ---- turns ---- */

/* Takes so many turns: how long until the first, -1 too long. */
static int64_t
reserve(struct source *s, int questions, int64_t most_us)
{
	struct shared *shared = s->budget->shared;
	int64_t rate = budget_rate(s), now = clock_mono_us();
	int64_t due = shared->due_us, at;

	if (rate > 0)
		do {
			at = due > now ? due : now;
			if (at - now > most_us)
				return -1;
		} while (!atomic_compare_exchange_weak(&shared->due_us, &due,
		    at + questions * INT64_C(1000000) / rate));
	else
		at = now;
	shared->asked += (uint64_t)questions;
	shared->waited_us += (uint64_t)(at - now);
	counter_add(COUNTER_SOURCE_ASKED, (uint64_t)questions);
	counter_add(COUNTER_SOURCE_WAITED_MS, (uint64_t)(at - now) / 1000);
	return at - now;
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct budget_wait w = *(struct budget_wait *)arg;

	budget_forget(arg);
	w.go(w.arg);
}

bool
budget_take(struct budget_wait **wait, struct source *s,
    struct event_base *base, int questions, void (*go)(void *), void *arg)
{
	int64_t us = reserve(s, questions, FULL_US);
	struct timeval tv = { us / 1000000, us % 1000000 };

	*wait = NULL;
	if (us <= 0)
		return us == 0;
	*wait = xcalloc(1, sizeof(**wait));
	**wait = (struct budget_wait){ evtimer_new(base, on_turn, *wait), go,
	    arg };
	evtimer_add((*wait)->timer, &tv);
	return false;
}

void
budget_add(struct source *s)
{
	(void)reserve(s, 1, INT64_MAX);
}

void
budget_forget(struct budget_wait *w)
{
	if (w == NULL)
		return;
	event_free(w->timer);
	free(w);
}

void
budget_count(const struct source *s, struct budget_counts *out)
{
	*out = (struct budget_counts){ s->budget->shared->asked,
	    s->budget->shared->waited_us };
}
