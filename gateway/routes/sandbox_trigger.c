/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_trigger.c - makes happen in the sandbox what happens elsewhere. */
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "journal/line.h"
#include "routes/sandbox.h"

enum { DAYS_MAX = 3650, CALLS_MAX = 1000, DELAY_MAX_MS = 30000 };

/* What a synthetic organisation lets a developer do (organisation.sql). */
static const struct statement correct = { "sandbox correct",
    "SELECT guichet_sandbox.correct($1::text) AS dataset", true };
static const struct statement take_away = { "sandbox remove",
    "SELECT guichet_sandbox.remove($1::text) AS dataset", true };

/* ---- whose ---- */

enum next
trigger_find(struct call *c, struct trigger *t)
{
	struct params p;

	params_init(&p);
	params_bytes(&p, t->hash, sizeof(t->hash));
	return call_ask(c, c->house->db, SQL_SANDBOX_GRANTS, &p);
}

static void
free_rows(void *rows)
{
	rows_free(rows);
}

bool
trigger_found(struct call *c, struct trigger *t)
{
	if (rows_count(c->rows) == 0)
		return false;
	t->mine = rows_keep(c->rows);
	arena_defer(c->arena, free_rows, t->mine);
	t->client = row_text(t->mine, 0, "client");
	t->row = -1;
	for (int i = 0; t->grant != NULL && i < rows_count(t->mine); i++)
		if (!row_null(t->mine, i, "grant_id") &&
		    strcmp(row_text(t->mine, i, "grant_id"), t->grant) == 0)
			t->row = i;
	return true;
}

/* ---- its line ---- */

static void
note(struct call *c, struct trigger *t, struct params *p)
{
	struct uuid *grant = arena_alloc(c->arena, sizeof(*grant));
	struct line_row row;

	if (t->row >= 0)
		row_uuid(t->mine, t->row, "grant_id", grant);
	line_make(&row, c->arena, &(struct line){ .event = "sandbox.triggered",
	    .to = t->client, .records = -1, .bytes = -1, .actor = "recipient",
	    .grant = t->row >= 0 ? grant : NULL, .reason = t->event,
	    .call = c->id });
	line_params(p, &row);
}

/* ---- what ---- */

static enum next
move_clock(struct call *c, struct trigger *t, int64_t seconds)
{
	struct params p;

	params_init(&p);
	params_text(&p, t->client);
	params_text(&p, t->row < 0 ? NULL : t->grant);
	params_int(&p, seconds);
	note(c, t, &p);
	return call_ask(c, c->house->db, SQL_SANDBOX_CLOCK, &p);
}

static enum next
put_fault(struct call *c, struct trigger *t)
{
	bool clear = strcmp(t->event, "clear") == 0;
	struct params p;

	params_init(&p);
	params_text(&p, t->grant);
	params_text(&p, t->client);
	params_text(&p, clear ? "fail" : t->event);
	params_int(&p, clear ? 0 : t->calls);
	params_int(&p, t->ms);
	note(c, t, &p);
	return call_ask(c, c->house->db, SQL_SANDBOX_FAULT_PUT, &p);
}

/* As her own withdrawal, but for who asked: the same statement, by the same
 * rules. */
static enum next
revoke(struct call *c, struct trigger *t)
{
	struct subject_ref who;
	struct line_row row;
	struct params p;
	struct uuid id;
	size_t n;

	row_uuid(t->mine, t->row, "grant_id", &id);
	row_uuid(t->mine, t->row, "subject", &who.id);
	memcpy(who.key, row_bytes(t->mine, t->row, "key", &n), sizeof(who.key));
	line_make(&row, c->arena, &(struct line){ .event = "consent.withdrawn",
	    .to = t->client, .records = -1, .bytes = -1, .actor = "customer",
	    .subject = &who, .grant = &id, .reason = "sandbox", .call = c->id });
	params_init(&p);
	params_uuid(&p, &id);
	params_text(&p, "withdrawn");
	params_text(&p, "customer");
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_GRANT_END, &p);
}

/* One source after the other, until one of them has something to change. */
static enum next
change_source(struct call *c, struct trigger *t, const char *step)
{
	const struct statement *s = strcmp(t->event, "correct") == 0 ?
	    &correct : &take_away;
	const struct catalogue *all = c->house->catalogue;

	if (t->asked && c->failure == 0 && rows_count(c->rows) == 1)
		t->dataset = arena_strdup(c->arena,
		    row_text(c->rows, 0, "dataset"));
	while (t->dataset == NULL && t->source < catalogue_source_count(all)) {
		struct source *src = catalogue_source(all, t->source++);
		struct params p;

		if (src->sandbox == NULL)
			continue;
		params_init(&p);
		params_text(&p, row_text(t->mine, t->row, "customer"));
		t->asked = true;
		(void)call_goto(c, step);
		return call_ask_anyway(c, src->sandbox, s, &p);
	}
	if (t->dataset == NULL)
		t->refused = "no source here has a record of this customer that "
		    "could change so";
	return NEXT;
}

/* NULL: it can be. */
static const char *
wrong(const struct trigger *t)
{
	static const char *const events[] = { "clock", "expire", "revoke",
	    "correct", "remove", "delay", "fail", "throttle", "clear" };
	size_t i = 0;

	while (i < countof(events) && (t->event == NULL ||
	    strcmp(events[i], t->event) != 0))
		i++;
	if (i == countof(events))
		return "event is clock, expire, revoke, correct, remove, delay, "
		    "fail, throttle or clear";
	if (i == 0 && (t->days < 1 || t->days > DAYS_MAX))
		return "days is a number from 1 to 3650";
	if ((i > 0 || t->grant != NULL) && t->row < 0)
		return "grant_id names no consent of this client";
	if (i >= 5 && i < 8 && (t->calls < 1 || t->calls > CALLS_MAX))
		return "calls is a number from 1 to 1000";
	if (i == 5 && (t->ms < 1 || t->ms > DELAY_MAX_MS))
		return "ms is a number from 1 to 30000";
	return NULL;
}

static enum next
begin(struct call *c, struct trigger *t, const char *step)
{
	if ((t->refused = wrong(t)) != NULL)
		return NEXT;
	if (strcmp(t->event, "correct") == 0 || strcmp(t->event, "remove") == 0)
		return change_source(c, t, step);
	t->asked = true;
	(void)call_goto(c, step);
	if (strcmp(t->event, "clock") == 0)
		return move_clock(c, t, t->days * 86400);
	if (strcmp(t->event, "expire") == 0)
		return move_clock(c, t, -1);
	return strcmp(t->event, "revoke") == 0 ? revoke(c, t) : put_fault(c, t);
}

enum next
trigger_act(struct call *c, struct trigger *t, const char *step)
{
	if (!t->asked)
		return begin(c, t, step);
	if (strcmp(t->event, "correct") == 0 || strcmp(t->event, "remove") == 0)
		return change_source(c, t, step);
	if (rows_count(c->rows) == 0)
		t->refused = "this consent has ended already";
	return NEXT;
}
