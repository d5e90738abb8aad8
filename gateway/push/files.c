/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - records as files, one conditional write after the other. */
#include "push/files.h"
#include "base/arena.h"
#include "push/parcel.h"

enum { CONFLICTS_MAX = 3, ENOUGH_MS = 1500 };

static errand_then on_written, on_seen;

static void
write_one(struct errand *e)
{
	const struct files *f = e->own;
	const struct item *item = &e->parcel->items[e->done];

	if (item->removed) {
		f->ways->ask(e, "DELETE", f->ways->url(e, e->done), NULL, NULL,
		    0, on_written);
		return;
	}
	f->ways->ask(e, "PUT", f->ways->url(e, e->done), f->etag == NULL ?
	    "If-None-Match: *" : errand_field(e, "If-Match", f->etag),
	    item->json, item->n, on_written);
}

static void
see(struct errand *e)
{
	const struct files *f = e->own;

	f->ways->ask(e, "HEAD", f->ways->url(e, e->done), NULL, NULL, 0,
	    on_seen);
}

static void
on_seen(struct errand *e, const struct http_answer *answer)
{
	struct files *f = e->own;
	const char *etag = http_answer_field(answer, "etag");

	if (answer->status == 404)
		f->etag = NULL;
	else if (answer->status == 200 && etag != NULL)
		f->etag = arena_strdup(e->arena, etag);
	else if (f->ways->trouble(e, answer, see))
		return;
	else {
		errand_end_by_status(e, answer);
		return;
	}
	write_one(e);
}

static bool
written(int status)
{
	return status == 200 || status == 201 || status == 204 || status == 205;
}

static void
on_written(struct errand *e, const struct http_answer *answer)
{
	struct files *f = e->own;

	if (written(answer->status) || (answer->status == 404 &&
	    e->parcel->items[e->done].removed)) {
		e->done++;
		f->conflicts = 0;
		f->etag = NULL;
		files_write(e);
	} else if (answer->status == 412 && ++f->conflicts <= CONFLICTS_MAX)
		see(e);
	else if (!f->ways->trouble(e, answer, write_one))
		errand_end_by_status(e, answer);
}

/* Rather a part of it in time than all of it too late. */
void
files_write(struct errand *e)
{
	if (e->done == e->parcel->n)
		errand_end(e, DELIVERED, "received");
	else if (e->done > 0 && errand_left_ms(e) < ENOUGH_MS)
		errand_end(e, DELIVERED, "received in part");
	else
		write_one(e);
}
