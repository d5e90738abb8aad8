/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_stream.c - reads, records and sends page after page.
 *
 * What is sent has a beginning and an end of its own: as JSON, {"records":[...
 * ],"next":...,"more":...}; as lines, `next` and `more` are trailer fields. When
 * the consent ends half-way, or the source goes away, the answer ends properly
 * with more = true and the code in `stopped`: `next` goes on from there.
 */
#include "routes/pull_stream.h"
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "routes/pull_trace.h"
#include "routes/version.h"

enum { STREAM_RECORDS = 250, STREAM_BYTES = 512 * 1024 };

/* ---- reading ---- */

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct call *c = arg;
	struct stream *s = c->own;

	s->question = NULL;
	s->rows = rows == NULL ? NULL : rows_keep(rows);
	call_wake(c, failure);
}

static void
forget(void *arg)
{
	struct stream *s = arg;

	db_forget(s->question);
	s->question = NULL;
}

static void
release(struct call *c, bool sent)
{
	struct stream *s = c->own;

	pull_trace_end(c, &s->pull, sent);
	rows_free(s->rows);
	arena_free(s->now);
	arena_free(s->before);
	buf_clear(&s->pull.body);
	buf_clear(&s->packed);
}

static void
begin(struct call *c, struct stream *s)
{
	s->begun = true;
	s->pull.ask.limit = STREAM_RECORDS;
	buf_init(&s->pull.body);
	buf_init(&s->packed);
	call_on_end(c, release);
	if (call_takes_gzip(c))
		s->pack = pack_new(c->arena);
}

/* The cursor of the page before lives in its arena: one page longer. */
static void
turn_page(struct stream *s)
{
	arena_free(s->before);
	s->before = s->now;
	s->now = arena_new();
}

static enum next
stop(struct call *c, struct stream *s, const char *code)
{
	s->stopped = code;
	s->pull.page.more = true;
	return call_goto(c, "finish");
}

enum next
stream_read(struct call *c)
{
	struct stream *s = c->own;
	const struct dataset *d = s->pull.ask.dataset;
	struct params params;

	if (!s->begun && c->failure < 0)	/* the horizon */
		return pull_source_failed(c);
	if (!s->begun)
		begin(c, s);
	turn_page(s);
	if (page_params(&params, s->now, &s->pull.ask) < 0)
		return call_refuse(c, 400, "bad_cursor",
		    "the cursor does not fit this data set");
	s->question = db_ask(d->source->db, &d->page, &params, on_rows, c);
	if (s->question != NULL)
		return call_wait(c, forget, s);
	c->failure = E_FULL;
	return NEXT;
}

/* ---- recording ---- */

/* Before the first byte a refusal; after, the answer's own end. */
static enum next
give_up(struct call *c, struct stream *s)
{
	if (s->pages > 0)
		return stop(c, s, c->failure == E_STATEMENT ?
		    "source_refused" : "source_away");
	return pull_source_failed(c);
}

static int
write_page(struct stream *s)
{
	struct pull *p = &s->pull;
	int rc;

	buf_reset(&p->body);
	if (p->form == PAGE_LIST)
		buf_str(&p->body, s->pages == 0 ? "{\"records\":[" :
		    s->records > 0 ? "," : "");
	rc = page_write(&p->page, &p->body, p->form, &p->ask, s->rows,
	    STREAM_BYTES, s->now);
	rows_free(s->rows);
	s->rows = NULL;
	if (rc == 0 && p->page.records == 0 && s->pages > 0)
		buf_reset(&p->body);	/* no comma before nothing */
	return rc;
}

enum next
stream_record(struct call *c)
{
	struct stream *s = c->own;

	if (c->failure < 0)
		return give_up(c, s);
	if (write_page(s) == 0)
		return pull_trace_begin(c, &s->pull);
	if (s->pages > 0)
		return stop(c, s, "record_refused");
	return call_refuse(c, 500, "record_refused",
	    "a record does not fit its documentation");
}

/* ---- sending ---- */

static void
start_flow(struct call *c, struct stream *s)
{
	struct pull *p = &s->pull;

	call_reply_field(c, "Cache-Control", "no-store");
	call_reply_field(c, "Vary", "Accept-Encoding");
	if (s->pack != NULL)
		call_reply_field(c, "Content-Encoding", "gzip");
	if (p->form == PAGE_LINES)
		call_reply_field(c, "Trailer", "Guichet-Next, Guichet-More, "
		    "Guichet-Records, Guichet-Stopped");
	missing_field(c, &p->missing);
	version_tell(c, p->ask.dataset);
	call_flow(c, 200, p->form == PAGE_LINES ? "application/x-ndjson" :
	    "application/json");
}

static enum next
send(struct call *c, struct stream *s, bool last)
{
	if (s->pack == NULL)
		return call_flow_piece(c, &s->pull.body);
	buf_reset(&s->packed);
	pack_add(s->pack, &s->packed, s->pull.body.data, s->pull.body.len, last);
	return call_flow_piece(c, &s->packed);
}

enum next
stream_send(struct call *c)
{
	struct stream *s = c->own;
	struct pull *p = &s->pull;

	if (c->failure < 0 && s->pages == 0)
		return pull_not_admitted(c);
	if (c->failure < 0)
		return stop(c, s, c->failure == E_DENIED ? "no_grant" :
		    "journal_away");
	if (s->pages++ == 0)
		start_flow(c, s);
	s->records += p->page.records;
	pull_trace_held(c, p);
	if (p->page.held > 0)
		missing_add(&p->missing, (struct missing){ "held_back",
		    "records", .count = p->page.held });
	return send(c, s, false);
}

/* ---- the end ---- */

static void
write_end(struct call *c, struct stream *s)
{
	struct pull *p = &s->pull;
	struct jw w;

	buf_reset(&p->body);
	if (p->form == PAGE_LINES)
		return;
	buf_char(&p->body, ']');
	jw_init(&w, &p->body);
	w.level = 1;			/* within the object begun by hand */
	w.more = 2;
	jw_str_member(&w, "next", p->next);
	jw_bool_member(&w, "more", p->page.more);
	jw_int_member(&w, "count", s->records);
	if (s->stopped != NULL)
		jw_str_member(&w, "stopped", s->stopped);
	missing_write(&w, c, &p->missing);
	jw_end_object(&w);
}

static void
write_trailers(struct call *c, struct stream *s)
{
	if (s->pull.form != PAGE_LINES)
		return;
	if (s->pull.next != NULL)
		call_reply_field(c, "Guichet-Next", "%s", s->pull.next);
	call_reply_field(c, "Guichet-More", s->pull.page.more ? "true" : "false");
	call_reply_field(c, "Guichet-Records", "%lld", (long long)s->records);
	if (s->stopped != NULL)
		call_reply_field(c, "Guichet-Stopped", "%s", s->stopped);
}

/* A page has left: where it ended, and on to the next. */
enum next
stream_sent(struct call *c)
{
	struct stream *s = c->own;
	struct pull *p = &s->pull;

	pull_trace_end(c, p, true);
	p->cursor = p->page.last;
	p->ask.after = &p->cursor;
	if (p->cursor.changed != NULL)
		p->next = cursor_seal(c->house->keys, s->now, &p->cursor,
		    c->access->grant_text);
	if (s->on_page != NULL)
		s->on_page(c, s);
	return p->page.more ? call_goto(c, "read") : NEXT;
}

enum next
stream_finish(struct call *c)
{
	struct stream *s = c->own;

	log_info("call=%s pims=%s records streamed dataset=%s rows=%lld%s%s",
	    c->id, c->access->client_id, s->pull.ask.dataset->schema->id,
	    (long long)s->records, s->stopped == NULL ? "" : " stopped=",
	    s->stopped == NULL ? "" : s->stopped);
	write_end(c, s);
	write_trailers(c, s);
	return send(c, s, true);
}

enum next
stream_end(struct call *c)
{
	return call_flow_end(c);
}
