/* SPDX-License-Identifier: Apache-2.0 */
/* audit_reading.c - whoever reads the journal leaves a line of it first. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/text.h"
#include "consent/staff.h"
#include "journal/note.h"
#include "routes/audit_own.h"

/* Of a person who is looked for, only that she was is told: her reference would
 * be personal data. */
enum next
audit_read(struct call *c, const struct audit_reading *r)
{
	struct line line = { .event = r->event, .records = -1, .bytes = -1,
	    .to = r->client, .outcome = r->what,
	    .actor = staff_actor(c->staff->roles), .by = c->staff->id_text,
	    .reason = r->customer == NULL ? NULL : "one person", .call = c->id };
	struct line_row row;
	struct params p;

	line_make(&row, c->arena, &line);
	params_init(&p);
	params_text(&p, r->customer);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_AUDIT_BEGIN, &p);
}

void
audit_read_answer(struct call *c, struct audit_reading *r)
{
	const char *text = row_text(c->rows, 0, "last_note");
	struct checkpoint at;
	struct note note;
	char root[64];

	r->known = !row_null(c->rows, 0, "subject");
	if (r->known)
		row_uuid(c->rows, 0, "subject", &r->subject);
	r->behind = row_int(c->rows, 0, "behind");
	r->size = -1;
	r->root = "";
	if (text == NULL || note_parse(&note, c->arena, text, strlen(text)) < 0 ||
	    checkpoint_parse(&at, &note) < 0)
		return;
	r->size = (int64_t)at.size;
	r->signed_us = row_time(c->rows, 0, "signed");
	b64_encode(root, &at.root, sizeof(at.root));
	r->root = arena_strdup(c->arena, root);
}

int64_t
audit_day(const char *day, int add_days, int64_t otherwise)
{
	struct tm tm = { .tm_isdst = -1 };
	int y, m, d, used = 0;

	if (day == NULL || sscanf(day, "%4d-%2d-%2d%n", &y, &m, &d, &used) != 3 ||
	    day[used] != '\0' || y < 1970 || m < 1 || m > 12 || d < 1 || d > 31)
		return otherwise;
	tm.tm_year = y - 1900;
	tm.tm_mon = m - 1;
	tm.tm_mday = d + add_days;
	return (int64_t)mktime(&tm) * 1000000;
}

const char *
audit_day_text(struct arena *a, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	localtime_r(&t, &tm);
	return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday);
}
