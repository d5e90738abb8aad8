/* SPDX-License-Identifier: Apache-2.0 */
/* errand.c - one thing done at one cloud: questions, answers, an outcome. */
#include "push/errand.h"
#include <assert.h>
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "http/house.h"
#include "push/destination.h"

enum { RETRY_AFTER_MAX_S = 3600 };

const char *
outcome_name(enum outcome o)
{
	static const char *const names[] = {
	    [DELIVERED] = "delivered", [ALREADY] = "already",
	    [CONFLICT] = "conflict", [LATER] = "later", [REAUTH] = "reauth",
	    [GONE] = "gone", [MOVED] = "moved", [REFUSED] = "refused" };

	assert(o < countof(names));
	return names[o];
}

const struct connector *
connector_find(const char *kind)
{
	static const struct connector *const all[] = { &connector_cozy,
	    &connector_solid, &connector_webdav, &connector_webhook };

	for (size_t i = 0; i < countof(all); i++)
		if (strcmp(all[i]->kind, kind) == 0)
			return all[i];
	return NULL;
}

void
errand_run(struct errand *e, enum errand_kind kind)
{
	const struct connector *c = connector_find(e->to->kind);

	assert(c != NULL);
	e->connector = c;
	switch (kind) {
	case ERRAND_BEGIN:
		c->begin(e);
		return;
	case ERRAND_COMPLETE:
		c->complete(e);
		return;
	case ERRAND_DELIVER:
		c->deliver(e);
		return;
	case ERRAND_CHECK:
		c->check(e);
		return;
	case ERRAND_LEAVE:
		c->leave(e);
		return;
	}
}

void
errand_forget(struct errand *e)
{
	if (e->job != NULL)
		http_forget(e->job);
	e->job = NULL;
	e->ended = true;
}

/* What was renewed on the way is kept whatever the outcome. */
void
errand_end(struct errand *e, enum outcome outcome, const char *why)
{
	assert(!e->ended);
	e->ended = true;
	e->outcome = outcome;
	e->why = why;
	if (e->saves)
		destination_save(e->to, e->house);
	e->on_end(e);
}

int64_t
errand_left_ms(const struct errand *e)
{
	return (e->until_us - clock_mono_us()) / 1000;
}

/* ---- asking ---- */

static const struct { int failure; enum outcome outcome; const char *why; }
silences[] = {
	{ E_DENIED, REFUSED, "address not public" },
	{ E_BAD_INPUT, REFUSED, "not understood" },
	{ E_TOO_LARGE, LATER, "answer too large" },
	{ E_TIMEOUT, LATER, "timeout" },
};

static void
on_answer(const struct http_answer *answer, void *arg)
{
	struct errand *e = arg;

	e->job = NULL;
	if (answer->failure == 0) {
		e->asked_n++;
		e->took_us += answer->took_us;
		e->then(e, answer);
		return;
	}
	for (size_t i = 0; i < countof(silences); i++)
		if (silences[i].failure == answer->failure) {
			errand_end(e, silences[i].outcome, silences[i].why);
			return;
		}
	errand_end(e, LATER, arena_printf(e->arena, "unreachable: %s",
	    answer->why));
}

void
errand_ask(struct errand *e, const struct http_request *r, errand_then *then)
{
	struct http_request timed = *r;
	int64_t left = errand_left_ms(e);

	if (left <= 0) {
		errand_end(e, LATER, "out of time");
		return;
	}
	timed.deadline_ms = (int)left;
	timed.tag = e->tag;
	timed.to = e->to->client_id;
	e->then = then;
	e->asked = arena_strdup(e->arena, r->url);
	e->job = http_ask(e->house->client, &timed, on_answer, e);
}

const char *
errand_field(struct errand *e, const char *name, const char *value)
{
	return arena_printf(e->arena, "%s: %s", name, value);
}

static void
drop(void *json)
{
	json_decref(json);
}

json_t *
errand_json(struct errand *e, const struct http_answer *answer)
{
	json_t *json = json_loadb(answer->body, answer->body_n,
	    JSON_REJECT_DUPLICATES, NULL);

	if (json != NULL)
		arena_defer(e->arena, drop, json);
	return json;
}

/* ---- what statuses mean everywhere ---- */

int
retry_after_s(const char *field, int64_t now_s)
{
	int64_t s = 0;

	if (field == NULL || field[0] == '\0')
		return 0;
	if (parse_int(&s, field, 0, INT64_MAX) < 0) {
		time_t at = curl_getdate(field, NULL);

		s = at == -1 ? 0 : (int64_t)at - now_s;
	}
	return s <= 0 ? 0 : s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int)s;
}

static const struct { int status; enum outcome outcome; } meanings[] = {
	{ 301, MOVED }, { 302, REFUSED }, { 303, REFUSED }, { 307, MOVED },
	{ 308, MOVED }, { 400, REFUSED }, { 401, REAUTH }, { 402, REFUSED },
	{ 403, GONE }, { 404, REFUSED }, { 405, REFUSED }, { 408, LATER },
	{ 409, CONFLICT }, { 410, MOVED }, { 412, CONFLICT },
	{ 413, REFUSED }, { 415, REFUSED }, { 422, REFUSED }, { 425, LATER },
	{ 429, LATER }, { 501, REFUSED }, { 507, REFUSED },
};

void
errand_end_as(struct errand *e, const struct http_answer *answer,
    enum outcome outcome)
{
	e->wait_s = retry_after_s(http_answer_field(answer, "retry-after"),
	    clock_s());
	errand_end(e, outcome, arena_printf(e->arena, "http %d",
	    answer->status));
}

void
errand_end_by_status(struct errand *e, const struct http_answer *answer)
{
	enum outcome outcome = LATER;

	for (size_t i = 0; i < countof(meanings); i++)
		if (meanings[i].status == answer->status)
			outcome = meanings[i].outcome;
	errand_end_as(e, answer, outcome);
}
