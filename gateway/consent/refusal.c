/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.c - a recipient that was refused leaves a line. */
#include "consent/refusal.h"
#include <string.h>
#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/pace.h"
#include "journal/gate.h"
#include "journal/line.h"

void
refusal_note(struct call *c, const char *named, struct line *line)
{
	static struct pace pace = { .per_second = 1, .burst = 10 };
	const char *rule = call_refused(c);
	struct line_row row;

	if (rule == NULL || !pace_allows(&pace, named))
		return;
	line->reason = rule;
	line->outcome = call_status(c) < 500 ? "4xx" : "5xx";
	line->records = line->bytes = -1;
	if (line->actor == NULL)
		line->actor = "recipient";
	line->call = c->id;
	line_make(&row, c->arena, line);
	gate_note(c->house->gate, &row);
}

/* Of those there are, where one is asked for: a line repeats no text of the
 * asker's. */
static const char *
dataset_asked(struct call *c)
{
	static const char about[] = "/v1/datasets/{id}";
	const struct dataset *d;

	if (strncmp(c->route->path, about, sizeof(about) - 1) != 0)
		return NULL;
	d = dataset_find(c->house->catalogue, call_path_arg(c, "id"));
	return d == NULL ? NULL : arena_printf(c->arena, "%s@%d",
	    d->schema->id, d->schema->version);
}

static void
on_end(struct call *c, bool sent UNUSED)
{
	struct line line = { .event = "pull.refused",
	    .dataset = dataset_asked(c), .to = c->access->client_id,
	    .subject = &c->access->subject, .grant = &c->access->grant };

	refusal_note(c, c->access->grant_text, &line);
}

enum next
refusal_watch(struct call *c)
{
	call_on_end(c, on_end);
	return NEXT;
}
