/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /journal/{log}/checkpoint: the last signed note of a log.
 * c2sp.org/tlog-tiles; whoever keeps one can prove later that nothing since
 * was taken back. Public: no line names a person.
 */
#include <string.h>
#include "http/call.h"
#include "journal/line.h"
#include "routes/routes.h"

static enum next
find_note(struct call *c)
{
	const char *name = call_path_arg(c, "log");
	struct params p;

	for (int i = 0; i < JOURNAL_LOGS; i++) {
		if (strcmp(name, journal_log_name((enum journal_log)i)) != 0)
			continue;
		params_init(&p);
		params_int(&p, i);
		return call_ask(c, c->house->db, SQL_JOURNAL_NOTE_LAST, &p);
	}
	return call_refuse(c, 404, "no_such_log", "there is no such log");
}

static enum next
send_note(struct call *c)
{
	const char *note;

	if (rows_count(c->rows) == 0)
		return call_refuse(c, 404, "not_yet",
		    "no checkpoint of this log was signed yet");
	note = row_text(c->rows, 0, "note");
	call_reply_field(c, "Cache-Control", "public, max-age=1");
	return call_answer(c, 200, "text/plain; charset=utf-8", note,
	    strlen(note));
}

static const struct step steps[] = {
	{ "find the note",	find_note },
	{ "send it",		send_note },
	{ NULL,			NULL }
};

const struct route route_journal_checkpoint = {
	"GET", "/journal/{log}/checkpoint", steps, .kind = ROUTE_API
};
