/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pims_webhook.c - a PIMS that receives everything at one address: a POST for
 * each handful of records, a CloudEvent signed as Standard Webhooks
 * (endpoint.h). All customers' records go there, each under the name that only
 * this PIMS knows her by.
 *
 * begin: the customer is sent to the PIMS' own page, or has typed the code that
 * it showed her. complete: the PIMS is told that code, and answers whether it
 * knows it: so her records reach the account she meant, and no other. A 410 is
 * the endpoint's last word: nothing more is sent to it.
 */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "consent/grant.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/house.h"
#include "push/connector.h"
#include "push/destination.h"
#include "push/endpoint.h"
#include "push/errand.h"
#include "push/parcel.h"

static const int64_t SEQUENCE_MAX = INT64_C(1) << 53;	/* as JSON has it */

struct own {
	struct endpoint_wait *wait;
	void (*next)(struct errand *, const struct endpoint *);
	struct message message;
	char subject[44];
};

/* ---- the endpoint first ---- */

static void
drop_wait(void *arg)
{
	struct own *own = arg;

	if (own->wait != NULL)
		endpoint_forget(own->wait);
}

static void
on_known(const struct endpoint *endpoint, int failure, void *arg)
{
	struct errand *e = arg;
	struct own *own = e->own;

	own->wait = NULL;
	if (e->ended)			/* cut off meanwhile */
		return;
	if (failure < 0)
		errand_end(e, LATER, "database away");
	else if (endpoint == NULL)
		errand_end(e, REFUSED, "no endpoint");
	else if (strcmp(endpoint->state, "disabled") == 0)
		errand_end(e, GONE, "its endpoint is disabled");
	else if (strcmp(endpoint->state, "open") != 0)
		errand_end(e, LATER, "its endpoint is not proven yet");
	else
		own->next(e, endpoint);
}

/* The arena's end is the errand's: nobody is called after it. */
static void
with_endpoint(struct errand *e,
    void (*next)(struct errand *, const struct endpoint *))
{
	struct own *own = arena_alloc(e->arena, sizeof(*own));

	e->own = own;
	own->next = next;
	grant_pairwise(own->subject, &e->to->subject, e->to->client_id);
	arena_defer(e->arena, drop_wait, own);
	own->wait = endpoint_ask(e->house, e->to->client_id, on_known, e);
}

static struct jw *
say(struct errand *e, const char *type, const char *id)
{
	struct own *own = e->own;

	own->message = (struct message){ .id = id, .type = type,
	    .source = e->house->settings->public_url,
	    .subject = own->subject };
	message_begin(&own->message, e->arena);
	jw_str_member(&own->message.w, "grant", e->to->grant_text);
	return &own->message.w;
}

static void
send(struct errand *e, const struct endpoint *endpoint, errand_then *then)
{
	struct own *own = e->own;
	struct http_request r;

	message_end(&own->message, &r, endpoint, e->arena);
	errand_ask(e, &r, then);
}

/* ---- what it answers ---- */

static void
on_disabled(struct rows *rows, int failure, void *arg UNUSED)
{
	if (failure == 0 && rows_count(rows) == 1)
		log_warning("an endpoint answered 410 and is disabled "
		    "cure=\"guichet client prove\"");
}

static void
disable(struct errand *e)
{
	struct arena *a = arena_new();
	const struct line line = { .event = "endpoint.disabled",
	    .to = e->to->client_id, .records = -1, .bytes = -1,
	    .actor = "recipient", .reason = "http 410", .call = e->tag };
	struct line_row row;
	struct params p;

	line_make(&row, a, &line);
	params_init(&p);
	line_params(&p, &row);
	params_text(&p, e->to->client_id);
	params_text(&p, "disabled");
	params_text(&p, "http 410");
	params_text(&p, e->to->address);
	if (db_ask(e->house->db, SQL_ENDPOINT_STATE, &p, on_disabled, NULL) ==
	    NULL)
		log_warning("an endpoint's 410 could not be written down");
	arena_free(a);
}

static bool
received(const struct http_answer *answer)
{
	return answer->status >= 200 && answer->status < 300;
}

/* Whatever is wrong there, somebody will mend it: only 410 is for ever. */
static void
end_unreceived(struct errand *e, const struct http_answer *answer)
{
	if (answer->status != 410) {
		errand_end_as(e, answer, LATER);
		return;
	}
	disable(e);
	errand_end(e, GONE, "http 410: it wants nothing more");
}

/* ---- begin and complete ---- */

static void
query(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s=", name);
	percent_encode(b, value);
}

static void
approve_at(struct errand *e, const char *link)
{
	const struct own *own = e->own;
	char state[48];
	struct buf b;

	random_token(state, 32);
	destination_set_secret(e->to, "redirect_state", state);
	buf_init_in(&b, e->arena);
	buf_printf(&b, "%s%c", link, strchr(link, '?') == NULL ? '?' : '&');
	query(&b, "state", state);
	query(&b, "&grant", e->to->grant_text);
	query(&b, "&subject", own->subject);
	query(&b, "&redirect_uri", arena_printf(e->arena,
	    "%s/connect/callback/%s", e->house->settings->public_url,
	    e->to->grant_text));
	e->url = b.data;
}

static void
begin_at(struct errand *e, const struct endpoint *endpoint)
{
	e->to->address = arena_strdup(e->arena, endpoint->url);
	e->to->host = arena_strdup(e->arena, endpoint->host);
	destination_set_state(e->to, "payload",
	    endpoint->notice ? "notice" : "records");
	if (endpoint->link != NULL)
		approve_at(e, endpoint->link);
	else if (e->code == NULL) {
		errand_end(e, REFUSED, "no code of hers");
		return;
	}
	errand_end(e, DELIVERED, "ready");
}

static void
begin(struct errand *e)
{
	with_endpoint(e, begin_at);
}

static void
on_linked(struct errand *e, const struct http_answer *answer)
{
	if (received(answer)) {
		destination_set_secret(e->to, "redirect_state", NULL);
		errand_end(e, DELIVERED, "linked");
	} else if (answer->status == 403 || answer->status == 404)
		errand_end(e, REAUTH, "code refused");
	else
		end_unreceived(e, answer);
}

static void
complete_at(struct errand *e, const struct endpoint *endpoint)
{
	struct jw *w = say(e, "guichet.connection.opened",
	    arena_printf(e->arena, "open_%s", e->to->grant_text));

	jw_str_member(w, "code", e->code);
	jw_key(w, "datasets");
	jw_array(w);
	for (const char *const *id = e->to->datasets; *id != NULL; id++)
		jw_string(w, *id);
	jw_end_array(w);
	send(e, endpoint, on_linked);
}

static void
complete(struct errand *e)
{
	if (e->code == NULL)
		errand_end(e, REAUTH, "no code");
	else
		with_endpoint(e, complete_at);
}

/* ---- deliver ---- */

/* The same for every attempt at the same records: a repeat shows. */
static const char *
message_id(struct errand *e)
{
	const struct parcel *p = e->parcel;
	uint8_t sum[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	const char *all = arena_printf(e->arena, "%s %lld %s", p->subscription,
	    (long long)p->sequence, p->digest);

	sha256(sum, all, strlen(all));
	hex_encode(hex, sum, sizeof(sum));
	return arena_printf(e->arena, "msg_%.32s", hex);
}

static void
write_records(struct jw *w, const struct parcel *p)
{
	jw_key(w, "records");
	jw_array(w);
	for (int i = 0; i < p->n; i++) {
		jw_object(w);
		jw_str_member(w, "id", p->items[i].id);
		jw_int_member(w, "sequence", p->sequence + i);
		if (p->items[i].removed)
			jw_bool_member(w, "removed", true);
		jw_key(w, "record");
		jw_raw(w, p->items[i].json, p->items[i].n);
		jw_end_object(w);
	}
	jw_end_array(w);
	jw_bool_member(w, "more", p->more);
}

/* 409 {"expected": N}: it waits for that number, not for the one it was sent. */
static bool
waits_for(struct errand *e, const struct http_answer *answer)
{
	json_t *json = answer->status == 409 ? errand_json(e, answer) : NULL;
	const json_t *n = json_object_get(json, "expected");

	if (!json_is_integer(n) || json_integer_value(n) < 1 ||
	    json_integer_value(n) > SEQUENCE_MAX ||
	    json_integer_value(n) == e->parcel->sequence)
		return false;
	e->expected = json_integer_value(n);
	errand_end_as(e, answer, CONFLICT);
	return true;
}

static void
on_delivered(struct errand *e, const struct http_answer *answer)
{
	if (waits_for(e, answer))
		return;
	if (!received(answer)) {
		end_unreceived(e, answer);
		return;
	}
	e->done = e->parcel->n;
	errand_end(e, DELIVERED, "received");
}

static void
deliver_at(struct errand *e, const struct endpoint *endpoint)
{
	const struct parcel *p = e->parcel;
	bool notice = destination_notice(e->to);
	struct jw *w = say(e, notice ? "guichet.notice" : "guichet.records",
	    message_id(e));

	jw_str_member(w, "dataset", p->dataset->schema->id);
	jw_int_member(w, "version", p->dataset->schema->version);
	jw_str_member(w, "subscription", p->subscription);
	if (!notice)
		write_records(w, p);
	send(e, endpoint, on_delivered);
}

static void
deliver(struct errand *e)
{
	with_endpoint(e, deliver_at);
}

/* ---- check and leave ---- */

static void
check_at(struct errand *e, const struct endpoint *endpoint UNUSED)
{
	errand_end(e, DELIVERED, "open");
}

static void
check(struct errand *e)
{
	with_endpoint(e, check_at);
}

static void
on_left(struct errand *e, const struct http_answer *answer)
{
	if (received(answer) || answer->status == 404)
		errand_end(e, DELIVERED, "told");
	else
		end_unreceived(e, answer);
}

static void
leave_at(struct errand *e, const struct endpoint *endpoint)
{
	say(e, "guichet.connection.ended",
	    arena_printf(e->arena, "end_%s", e->to->grant_text));
	send(e, endpoint, on_left);
}

static void
leave(struct errand *e)
{
	with_endpoint(e, leave_at);
}

const struct connector connector_webhook = {
	"webhook", begin, complete, deliver, check, leave
};
