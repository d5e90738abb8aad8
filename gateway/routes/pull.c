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
#include "consent/refusal.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "http/condition.h"
#include "routes/limits.h"
#include "routes/pull_ask.h"
#include "routes/pull_trace.h"
#include "routes/routes.h"
#include "routes/sandbox.h"
#include "routes/version.h"

enum { PAGE_BYTES = 1024 * 1024 };

/* ---- the records ---- */

static enum next
read_page(struct call *c)
{
	struct pull *p = c->own;
	const struct dataset *d = p->ask.dataset;
	struct params params;

	if (c->failure < 0)
		return pull_source_failed(c);
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
	if (p->ask.dataset->removed != NULL) {
		buf_str(&p->body, ",\"removed\":[");
		buf_add(&p->body, p->gone.data, p->gone.len);
		buf_char(&p->body, ']');
	}
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
	rc = pull_write(c, p, PAGE_BYTES);
	if (rc < 0)
		return rc;
	pull_trace_held(c, p);
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

static enum next
record_it(struct call *c)
{
	struct pull *p = c->own;

	if (c->failure < 0)
		return pull_source_failed(c);
	if (write_page(c, p) < 0)
		return call_refuse(c, 500, "record_refused",
		    "a record does not fit its documentation");
	return pull_trace_begin(c, p);
}

static void
note_end(struct call *c, bool sent)
{
	pull_trace_end(c, c->own, sent);
}

/* ---- the answer ---- */

static enum next
send_page(struct call *c)
{
	struct pull *p = c->own;

	if (c->failure < 0)
		return pull_not_admitted(c);
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
	{ "note a refusal",	refusal_watch },
	{ "count",		limits_count },
	SANDBOX_STEPS,
	{ "understand",		pull_understand },
	{ "know the horizon",	pull_horizon },
	{ "read a page",	read_page },
	{ "read removals",	pull_read_removed },
	{ "record it",		record_it },
	{ "send",		send_page },
	{ NULL,			NULL }
};

const struct route route_pull = {
	"GET", "/v1/datasets/{id}", steps,
	.own_size = sizeof(struct pull), .kind = ROUTE_API
};
