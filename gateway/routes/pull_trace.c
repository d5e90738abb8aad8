/* SPDX-License-Identifier: Apache-2.0 */
/* pull_trace.c - writes what leaves, before it leaves. */
#include "routes/pull_trace.h"
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "crypto/hash.h"
#include "journal/gate.h"

static const struct line *
begun_line(struct call *c, struct pull *p, char digest[2 * SHA256_SIZE + 1],
    char covers[COVERED_TEXT])
{
	p->line = (struct line){
		.event = "pull.begun",
		.dataset = p->name,
		.to = c->access->client_id,
		.outcome = p->had ? "unchanged" : c->head ? "head" : NULL,
		.records = p->had ? 0 : p->page.records + p->removed,
		.bytes = p->had ? 0 : (int64_t)p->body.len,
		.actor = "recipient",
		.subject = &c->access->subject,
		.grant = &c->access->grant,
		.digest = digest,
		.covers = p->had || c->head ? NULL :
		    covered_text(covers, &p->page.covered),
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

enum next
pull_admit(struct call *c, const struct line_row *row)
{
	return call_wait(c, forget_pass, gate_admit(c->house->gate, row,
	    on_verdict, c));
}

enum next
pull_trace_begin(struct call *c, struct pull *p)
{
	char digest[2 * SHA256_SIZE + 1], covers[COVERED_TEXT];
	struct line_row row;

	line_make(&row, c->arena, begun_line(c, p, digest, covers));
	uuid_text(p->begun, &row.id);
	return pull_admit(c, &row);
}

void
pull_trace_end(struct call *c, struct pull *p, bool sent)
{
	struct line_row row;

	if (p->line.event == NULL)
		return;
	p->line.event = "pull.ended";
	p->line.outcome = sent ? "complete" : "aborted";
	p->line.digest = p->line.covers = NULL;
	p->line.of = p->begun;
	line_make(&row, c->arena, &p->line);
	gate_note(c->house->gate, &row);
	p->line.event = NULL;
}

void
pull_trace_held(struct call *c, const struct pull *p)
{
	const struct line line = { .event = "record.rejected",
	    .dataset = p->name, .to = c->access->client_id,
	    .records = p->page.held, .bytes = -1, .actor = "system",
	    .subject = &c->access->subject, .grant = &c->access->grant,
	    .reason = RECORD_UNWRITABLE, .call = c->id };
	struct line_row row;

	if (p->page.held == 0)
		return;
	line_make(&row, c->arena, &line);
	gate_note(c->house->gate, &row);
}

enum next
pull_not_admitted(struct call *c)
{
	if (c->failure == E_DENIED)
		return call_refuse(c, 403, "no_grant",
		    "the consent behind this token is no longer valid");
	call_reply_field(c, "Retry-After", "1");
	return call_refuse(c, 503, "journal_away",
	    "nothing is sent that cannot be recorded first; try later");
}

enum next
pull_source_failed(struct call *c)
{
	if (c->failure == E_STATEMENT)
		return call_refuse(c, 500, "source_refused", "the database "
		    "that holds these records refused the question; the "
		    "identifier of this call tells our people why");
	call_reply_field(c, "Retry-After", "5");
	return call_refuse(c, 503, "source_away", "the database that holds "
	    "these records cannot be reached; nothing is lost, try later");
}
