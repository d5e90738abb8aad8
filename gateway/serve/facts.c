/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - see facts.h. */
#include "serve/facts.h"
#include <event2/event.h>
#include <stdlib.h>
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/db.h"

/* Decoding a line costs half of what a pull does: at a peak it falls behind, two
 * thousand lines a second, and catches up at night. Pages say how far it is. */
enum { BATCH = 2000, EVERY_MS = 500, BEHIND_MS = 1000, AGAIN_MS = 10000 };

struct facts {
	struct db *db;
	const char *zone;
	struct event *timer;
	struct question *question;
};

static void
again_in(struct facts *f, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	evtimer_add(f->timer, &tv);
}

static void
on_done(struct rows *rows, int failure, void *arg)
{
	struct facts *f = arg;

	f->question = NULL;
	if (failure < 0) {
		log_warning("journal lines not decoded cause=%s",
		    error_name(failure));
		again_in(f, AGAIN_MS);
		return;
	}
	again_in(f, row_int(rows, 0, "done") >= BATCH ? BEHIND_MS : EVERY_MS);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct facts *f = arg;
	struct params p;

	params_init(&p);
	params_int(&p, BATCH);
	params_text(&p, f->zone);
	f->question = db_ask(f->db, SQL_JOURNAL_FACTS, &p, on_done, f);
	if (f->question == NULL)
		again_in(f, AGAIN_MS);
}

struct facts *
facts_new(struct event_base *base, struct db *db, const char *zone)
{
	struct facts *f = xcalloc(1, sizeof(*f));

	f->db = db;
	f->zone = zone;
	f->timer = evtimer_new(base, on_turn, f);
	again_in(f, 0);
	return f;
}

void
facts_free(struct facts *f)
{
	if (f == NULL)
		return;
	if (f->question != NULL)
		db_forget(f->question);
	event_free(f->timer);
	free(f);
}
