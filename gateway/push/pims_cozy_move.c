/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pims_cozy_move.c - a Cozy that has another address now: its old one answers each
 * question with 308 and the same path at the new one. It is followed when the new
 * address knows us, by the registration that the old one gave us; else its owner
 * has to tell us where it is.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "db/db.h"
#include "http/house.h"
#include "journal/line.h"
#include "push/destination.h"
#include "push/pims_cozy.h"

/* "https://new.example" out of "https://new.example/data/...", if the rest is what
 * was asked; NULL: it leads elsewhere (to a page, inside, nowhere). */
static const char *
new_address(struct errand *e, const char *location)
{
	size_t old = strlen(e->to->address), n, rest;
	const char *base, *why;

	if (location == NULL || strncmp(e->asked, e->to->address, old) != 0)
		return NULL;
	n = strlen(location);
	rest = strlen(e->asked + old);
	if (n <= rest || strcmp(location + n - rest, e->asked + old) != 0)
		return NULL;
	base = arena_strndup(e->arena, location, n - rest);
	if (http_url_check(base, &why) < 0 ||
	    strpbrk(base + strlen("https://"), "/?") != NULL ||
	    strcmp(base, e->to->address) == 0)
		return NULL;
	return base;
}

static void
on_written(struct rows *rows UNUSED, int failure, void *arg UNUSED)
{
	if (failure < 0)	/* we are told again where it is */
		log_info("a new address could not be written down why=%s",
		    error_name(failure));
}

static void
write_down(struct errand *e)
{
	const struct line line = { .event = "destination.moved",
	    .to = e->to->client_id, .records = -1, .bytes = -1,
	    .actor = "recipient", .subject = &e->to->subject,
	    .grant = &e->to->grant, .call = e->tag };
	struct line_row row;
	struct params p;

	line_make(&row, e->arena, &line);
	params_init(&p);
	line_params(&p, &row);
	params_uuid(&p, &e->to->grant);
	params_text(&p, e->to->address);
	params_text(&p, e->to->host);
	if (db_ask(e->house->db, SQL_DESTINATION_MOVE, &p, on_written, NULL) ==
	    NULL)
		on_written(NULL, E_FULL, NULL);
}

static void
on_asked(struct errand *e, const struct http_answer *answer)
{
	struct cozy_own *own = e->own;
	const char *id = destination_text(e->to->state, "client_id");
	const char *known = answer->status != 200 ? NULL :
	    destination_text(errand_json(e, answer), "client_id");

	if (id == NULL || known == NULL || strcmp(id, known) != 0) {
		e->to->address = own->old;
		errand_end(e, MOVED, "moved, and not known there");
		return;
	}
	e->to->host = http_url_host(e->arena, e->to->address);
	log_info("delivery=%s pims=%s a personal cloud has moved, and is followed",
	    e->tag, e->to->client_id);
	write_down(e);
	own->again_there(e);
}

bool
cozy_moved(struct errand *e, const struct http_answer *answer,
    void (*again)(struct errand *))
{
	struct cozy_own *own = e->own;
	const char *base;

	if (answer->status != 308 && answer->status != 301)
		return false;
	base = new_address(e, http_answer_field(answer, "location"));
	if (own->old != NULL || base == NULL) {
		errand_end_by_status(e, answer);
		return true;
	}
	own->old = e->to->address;
	own->again_there = again;
	e->to->address = base;
	cozy_ask_registration(e, "GET", on_asked);
	return true;
}
