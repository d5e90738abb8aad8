/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_entries.c - entries.jsonl, report.csv and, for a part, range.json.
 *
 * Entries are copied as they are stored, not made anew: if somebody altered a
 * line in the database, its export names that line too. What a part leaves out
 * is stood for by hashes, before the next entry (spine.h).
 */
#include "journal/export_own.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/text.h"
#include "db/db.h"
#include "journal/events.h"
#include "journal/spine.h"
#include "journal/tile.h"

enum { CHUNK = 4096, LEAF_MAX = 65535 };

struct out {
	struct export *x;
	const struct tiles *tiles;
	bool part;
	uint64_t at;			/* entries before it are accounted for */
	FILE *entries, *report;
	struct buf line, csv;
	struct csv row;
	char *text;			/* base64 of one field */
};

bool
export_is_part(const struct export *x)
{
	return x->subject != NULL || x->client != NULL || x->from_us > 0 ||
	    x->to_us > 0;
}

/* ---- what stands for those left out ---- */

static void
write_hashes(struct buf *out, const struct proof *gap)
{
	char text[48];

	for (size_t i = 0; i < gap->n; i++) {
		b64_encode(text, &gap->hashes[i], sizeof(gap->hashes[i]));
		buf_printf(out, "%s\"%s\"", i == 0 ? "" : ",", text);
	}
}

static int
write_gap(struct out *o, const char *member, uint64_t end)
{
	struct proof gap;
	int rc = spine_gap(&gap, o->tiles, o->at, end);

	if (rc < 0)
		return export_failed(o->x, rc, "the hash tiles cannot be read");
	buf_printf(&o->line, ",\"%s\":[", member);
	write_hashes(&o->line, &gap);
	buf_char(&o->line, ']');
	return 0;
}

/* ---- one entry ---- */

static void
write_bytes(struct out *o, const char *member, const void *bytes, size_t n)
{
	if (bytes == NULL)
		return;
	b64_encode(o->text, bytes, n);
	buf_printf(&o->line, ",\"%s\":\"", member);
	buf_str(&o->line, o->text);
	buf_char(&o->line, '"');
}

static void
write_sides(struct out *o, const struct rows *rows, int i)
{
	const uint8_t *side, *salt;
	size_t side_n, salt_n;

	if (!o->x->sides)
		return;
	side = row_bytes(rows, i, "side", &side_n);
	salt = row_bytes(rows, i, "salt", &salt_n);
	if (side == NULL || salt == NULL)
		return;			/* none, or erased */
	write_bytes(o, "salt", salt, salt_n);
	write_bytes(o, "side", side, side_n);
}

/* The decoded entry, for a spreadsheet: in the order of the leaf. */
static void
report_row(struct out *o, uint64_t seq, const void *leaf, size_t n)
{
	static const char *const texts[] = { "t", "ev", "ds", "to", "oc" };
	static const char *const counts[] = { "n", "b", "att" };
	json_t *j = leaf == NULL ? NULL : json_loadb(leaf, n, 0, NULL);
	const struct event_kind *kind;

	csv_int(&o->row, (int64_t)seq);
	for (size_t i = 0; i < countof(texts); i++)
		csv_text(&o->row, json_string_value(json_object_get(j, texts[i])));
	for (size_t i = 0; i < countof(counts); i++) {
		json_t *count = json_object_get(j, counts[i]);

		if (json_is_integer(count))
			csv_int(&o->row, json_integer_value(count));
		else
			csv_text(&o->row, NULL);
	}
	csv_text(&o->row, json_string_value(json_object_get(j, "act")));
	kind = j == NULL ? NULL : event_find(json_string_value(
	    json_object_get(j, "ev")) ? json_string_value(json_object_get(j,
	    "ev")) : "");
	for (int lang = 0; lang < LANG_COUNT; lang++)
		csv_text(&o->row, kind == NULL ? NULL : kind->said.in[lang]);
	csv_end_row(&o->row);
	json_decref(j);
}

static int
write_entry(struct out *o, const struct rows *rows, int i)
{
	uint64_t seq = (uint64_t)row_int(rows, i, "seq");
	size_t n, hash_n;
	const uint8_t *leaf = row_bytes(rows, i, "leaf", &n);
	const uint8_t *hash = row_bytes(rows, i, "hash", &hash_n);
	int rc;

	buf_printf(&o->line, "{\"seq\":%" PRIu64, seq);
	if (leaf != NULL)
		write_bytes(o, "leaf", leaf, n);
	else {
		buf_str(&o->line, ",\"leaf\":null");
		write_bytes(o, "leaf_hash", hash, hash_n);
		o->x->purged++;
	}
	write_sides(o, rows, i);
	if (o->part && seq > o->at && (rc = write_gap(o, "before", seq)) < 0)
		return rc;
	buf_str(&o->line, "}\n");
	report_row(o, seq, leaf, n);
	o->at = seq + 1;
	o->x->entries++;
	return 0;
}

static void
flush(struct out *o)
{
	if (o->line.len > 0)
		fwrite(o->line.data, 1, o->line.len, o->entries);
	if (o->csv.len > 0)
		fwrite(o->csv.data, 1, o->csv.len, o->report);
	buf_reset(&o->line);
	buf_reset(&o->csv);
}

/* ---- all of them ---- */

/* The first id that could have been made then (RFC 9562 5.7). */
static const struct uuid *
first_id(struct uuid *id, int64_t us)
{
	int64_t ms = us / 1000;

	memset(id, 0, sizeof(*id));
	for (int i = 5; i >= 0; i--, ms >>= 8)
		id->bytes[i] = (uint8_t)ms;
	return us > 0 ? id : NULL;
}

static struct rows *
ask_chunk(struct export *x, uint64_t first, uint64_t past)
{
	struct uuid from, to;
	struct params p;
	struct rows *rows;
	int failure = 0;

	params_init(&p);
	params_int(&p, x->log);
	params_int(&p, (int64_t)first);
	params_int(&p, (int64_t)past);
	params_uuid(&p, x->subject == NULL ? NULL : &x->subject->id);
	params_text(&p, x->client);
	params_uuid(&p, first_id(&from, x->from_us));
	params_uuid(&p, first_id(&to, x->to_us));
	rows = db_ask_now(x->db, x->sides ? SQL_JOURNAL_EXPORT_SIDES :
	    SQL_JOURNAL_EXPORT, &p, &failure);
	if (rows == NULL)
		export_failed(x, failure, "%.200s", db_now_error(x->db));
	return rows;
}

static int
write_chunks(struct out *o)
{
	struct export *x = o->x;
	int rc = 0;

	for (uint64_t first = 0; first < x->size && rc == 0; first += CHUNK) {
		uint64_t past = x->size - first < CHUNK ? x->size : first + CHUNK;
		struct rows *rows = ask_chunk(x, first, past);

		if (rows == NULL)
			return E_UNAVAILABLE;
		for (int i = 0; i < rows_count(rows) && rc == 0; i++)
			rc = write_entry(o, rows, i);
		rows_free(rows);
		flush(o);
		if (x->progress != NULL)
			x->progress(past, x->size, x->arg);
	}
	return rc;
}

/* What was asked; never for whom. */
static int
write_range(struct out *o)
{
	struct export *x = o->x;
	char time[TIME_TEXT_MAX];
	struct jw w;
	int rc;

	jw_init(&w, &o->line);
	jw_object(&w);
	jw_int_member(&w, "size", (int64_t)x->size);
	jw_int_member(&w, "entries", (int64_t)x->entries);
	jw_bool_member(&w, "customer", x->subject != NULL);
	if (x->client != NULL)
		jw_str_member(&w, "pims", x->client);
	if (x->from_us > 0) {
		time_text_ms(time, x->from_us);
		jw_str_member(&w, "from", time);
	}
	if (x->to_us > 0) {
		time_text_ms(time, x->to_us);
		jw_str_member(&w, "to", time);
	}
	jw_end_object(&w);
	buf_cut(&o->line, o->line.len - 1);	/* one member more */
	if ((rc = write_gap(o, "after", x->size)) < 0)
		return rc;
	return export_text(x, "range.json", o->line.data, "}\n");
}

static void
report_head(struct out *o)
{
	static const char *const columns[] = { "seq", "time", "event",
	    "data_set", "recipient", "outcome", "records", "bytes", "attempt",
	    "actor", "meaning", "sens" };

	csv_begin(&o->row, &o->csv);
	for (size_t i = 0; i < countof(columns); i++)
		csv_text(&o->row, columns[i]);
	csv_end_row(&o->row);
}

static int
write_all(struct out *o)
{
	int rc;

	if ((o->entries = export_create(o->x, "entries.jsonl")) == NULL)
		return E_SYSTEM;
	if ((o->report = export_create(o->x, "report.csv")) == NULL) {
		fclose(o->entries);
		return E_SYSTEM;
	}
	report_head(o);
	rc = write_chunks(o);
	if (export_finish(o->x, o->entries, "entries.jsonl") < 0 ||
	    export_finish(o->x, o->report, "report.csv") < 0)
		return E_SYSTEM;
	return rc == 0 && o->part ? write_range(o) : rc;
}

int
export_entries(struct export *x, const struct tiles *tiles)
{
	struct out o = { .x = x, .tiles = tiles, .part = export_is_part(x) };
	int rc;

	o.text = malloc(LEAF_MAX * 4 / 3 + 8);
	buf_init(&o.line);
	buf_init(&o.csv);
	x->entries = x->purged = 0;
	rc = o.text == NULL ? E_SYSTEM : write_all(&o);
	buf_clear(&o.line);
	buf_clear(&o.csv);
	free(o.text);
	return rc;
}
