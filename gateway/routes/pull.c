/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/datasets/{id}: a PIMS pulls what its user allowed.
 *
 * The journal line is committed, and the grant checked again, by one statement
 * before the first byte leaves (journal/gate.h): nothing leaves without a
 * trace. How it ended is noted afterwards.
 *
 * A page is JSON, {"records":[...],"next":...,"more":...}, or, by Accept,
 * NDJSON. There each line is a record and nothing else, so that lines can be
 * piped as they are: `next` and `more` are the fields Guichet-Next and
 * Guichet-More, which both forms carry. `next` is worth keeping even when there
 * is no more: it continues where this page ended, days later. What the answer
 * does not hold, and why, is told in `missing` (routes/missing.h).
 *
 * An asker who has the same already (If-None-Match) gets 304, and a line that
 * says so: that nothing changed is a fact about the customer too.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/log.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "consent/access.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "http/condition.h"
#include "journal/gate.h"
#include "routes/limits.h"
#include "routes/pull_ask.h"
#include "routes/routes.h"
#include "routes/version.h"

enum {
	PAGE_BYTES	= 1024 * 1024,
	HORIZON_MS	= 1000,		/* an older one is safe, only behind */
};

/* ---- up to when ---- */

static void
on_known(int64_t us, int failure, void *arg)
{
	struct call *c = arg;
	struct pull *p = c->own;

	p->ask.until_us = us;
	call_wake(c, failure);
}

static void
forget_horizon(void *wait)
{
	horizon_forget(wait);
}

static enum next
source_away(struct call *c)
{
	call_reply_field(c, "Retry-After", "5");
	return call_refuse(c, 503, "source_away", "the database that holds "
	    "these records cannot be reached; nothing is lost, try later");
}

static enum next
know_horizon(struct call *c)
{
	struct pull *p = c->own;
	struct source *source = p->ask.dataset->source;
	struct horizon_wait *wait;

	p->ask.until_us = horizon_known(source, HORIZON_MS);
	if (p->ask.until_us != 0)
		return NEXT;
	if (!db_ready(source->db))	/* or it would wait for its return */
		return source_away(c);
	wait = horizon_ask(source, on_known, c);
	return wait == NULL ? source_away(c) : call_wait(c, forget_horizon, wait);
}

/* ---- the records ---- */

static enum next
read_page(struct call *c)
{
	struct pull *p = c->own;
	const struct dataset *d = p->ask.dataset;
	struct params params;

	if (c->failure < 0)
		return source_away(c);
	params_init(&params);
	if (page_params(&params, c->arena, &p->ask) < 0)
		return call_refuse(c, 400, "bad_cursor",
		    "the cursor does not fit this data set");
	return call_ask_anyway(c, d->source->db, &d->page, &params);
}

/* What follows the records: where to go on, and what is not among them. */
static void
write_rest(struct call *c, struct pull *p)
{
	struct jw w;

	buf_char(&p->body, ']');
	jw_init(&w, &p->body);
	w.level = 1;			/* within the object begun by hand */
	w.more = 2;
	jw_str_member(&w, "next", p->next);
	jw_bool_member(&w, "more", p->page.more);
	missing_write(&w, c, &p->missing);
	jw_end_object(&w);
}

/* The same records, in the same form: then this tag is the same too. `next` is
 * sealed anew each time and says nothing else. */
static void
make_etag(struct pull *p)
{
	uint8_t facts[SHA256_SIZE + 4], digest[SHA256_SIZE];

	memcpy(facts, p->page.digest, SHA256_SIZE);
	facts[SHA256_SIZE] = (uint8_t)p->form;
	facts[SHA256_SIZE + 1] = p->page.more;
	facts[SHA256_SIZE + 2] = (uint8_t)p->ask.dataset->schema->version;
	facts[SHA256_SIZE + 3] = (uint8_t)p->missing.n;
	sha256(digest, facts, sizeof(facts));
	etag_make(p->etag, digest, 16);
}

static int
write_page(struct call *c, struct pull *p)
{
	int rc;

	buf_init_in(&p->body, c->arena);
	if (p->form == PAGE_LIST)
		buf_str(&p->body, "{\"records\":[");
	rc = page_write(&p->page, &p->body, p->form, &p->ask, c->rows,
	    PAGE_BYTES, c->arena);
	if (rc < 0)
		return rc;
	if (p->page.held > 0)
		missing_add(&p->missing, (struct missing){ "held_back",
		    "records", .count = p->page.held });
	make_etag(p);
	p->had = call_has(c, p->etag);
	p->next = p->page.last.changed == NULL ? p->cursor_text
	    : cursor_seal(c->house->keys, c->arena, &p->page.last,
	    c->access->grant_text);
	if (p->form == PAGE_LIST)
		write_rest(c, p);
	return 0;
}

/* ---- the trace ---- */

static const struct line *
begun_line(struct call *c, struct pull *p, char digest[2 * SHA256_SIZE + 1])
{
	p->line = (struct line){
		.event = "pull.begun",
		.dataset = p->name,
		.to = c->access->client_id,
		.outcome = p->had ? "unchanged" : c->head ? "head" : NULL,
		.records = p->had ? 0 : p->page.records,
		.bytes = p->had ? 0 : (int64_t)p->body.len,
		.actor = "recipient",
		.subject = &c->access->subject,
		.grant = &c->access->grant,
		.digest = digest,
		.call = c->id,
	};
	hex_encode(digest, p->page.digest, sizeof(p->page.digest));
	return &p->line;
}

static void
on_verdict(int verdict, void *call)
{
	call_wake(call, verdict);
}

static void
forget_pass(void *pass)
{
	gate_forget(pass);
}

static enum next
record_it(struct call *c)
{
	struct pull *p = c->own;
	char digest[2 * SHA256_SIZE + 1];
	struct line_row row;

	if (c->failure == E_STATEMENT)
		return call_refuse(c, 500, "source_refused", "the database "
		    "that holds these records refused the question; the "
		    "identifier of this call tells our people why");
	if (c->failure < 0)
		return source_away(c);
	if (write_page(c, p) < 0)
		return call_refuse(c, 500, "record_refused",
		    "a record does not fit its documentation");
	line_make(&row, c->arena, begun_line(c, p, digest));
	uuid_text(p->begun, &row.id);
	return call_wait(c, forget_pass, gate_admit(c->house->gate, &row,
	    on_verdict, c));
}

static void
note_end(struct call *c, bool sent)
{
	struct pull *p = c->own;
	struct line_row row;

	p->line.event = "pull.ended";
	p->line.outcome = sent ? "complete" : "aborted";
	p->line.digest = NULL;
	p->line.of = p->begun;
	line_make(&row, c->arena, &p->line);
	gate_note(c->house->gate, &row);
}

/* ---- the answer ---- */

static enum next
not_admitted(struct call *c)
{
	if (c->failure == E_DENIED)
		return call_refuse(c, 403, "no_grant",
		    "the consent behind this token is no longer valid");
	call_reply_field(c, "Retry-After", "1");
	return call_refuse(c, 503, "journal_away",
	    "nothing is sent that cannot be recorded first; try later");
}

static enum next
send_page(struct call *c)
{
	struct pull *p = c->own;

	if (c->failure < 0)
		return not_admitted(c);
	call_on_end(c, note_end);
	call_reply_field(c, "Cache-Control", "no-store");
	if (p->next != NULL)
		call_reply_field(c, "Guichet-Next", "%s", p->next);
	call_reply_field(c, "Guichet-More", p->page.more ? "true" : "false");
	missing_field(c, &p->missing);
	version_tell(c, p->ask.dataset);
	if (call_unless_had(c, p->etag) == DONE)
		return DONE;
	log_info("call=%s pims=%s records sent dataset=%s rows=%d bytes=%zu",
	    c->id, c->access->client_id, p->ask.dataset->schema->id,
	    p->page.records, p->body.len);
	return call_answer_packed(c, 200, p->form == PAGE_LINES ?
	    "application/x-ndjson" : "application/json", &p->body);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "count",		limits_count },
	{ "understand",		pull_understand },
	{ "know the horizon",	know_horizon },
	{ "read a page",	read_page },
	{ "record it",		record_it },
	{ "send",		send_page },
	{ NULL,			NULL }
};

const struct route route_pull = {
	"GET", "/v1/datasets/{id}", steps,
	.own_size = sizeof(struct pull), .kind = ROUTE_API
};
