/* SPDX-License-Identifier: Apache-2.0 */
/* grant.c - giving, refusing and ending what a customer allows. */
#include "consent/grant.h"
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "crypto/hash.h"

enum { CODE_LIFE_S = 60, SWEEP_S = 10, SWEEP_MAX = 100 };

void
grant_pairwise(char out[44], const struct subject_ref *s, const char *client_id)
{
	uint8_t mac[SHA256_SIZE];
	struct arena *a = arena_new();
	const char *what = arena_printf(a, "guichet/pairwise/v1\n%s", client_id);

	hmac_sha256(mac, s->key, sizeof(s->key), what, strlen(what));
	b64url_encode(out, mac, sizeof(mac));
	arena_free(a);
}

/* ---- deciding ---- */

/* All that makes the grant: $1 to $11. */
static void
grant_params(struct params *p, struct call *c, const struct decision *d,
    const struct uuid *id)
{
	const char **datasets = details_datasets(c->arena, d->details);
	char *pairwise = arena_alloc(c->arena, 44);

	grant_pairwise(pairwise, &c->session->subject, d->client->id);
	params_bytes(p, d->pushed->hash, sizeof(d->pushed->hash));
	params_text(p, d->client->id);
	params_uuid(p, id);
	params_uuid(p, &c->session->subject.id);
	params_text(p, pairwise);
	params_texts(p, c->arena, datasets, d->details->n);
	params_text(p, details_text(c->arena, d->details));
	params_text(p, d->purpose);
	params_text(p, d->language == LANG_FR ? "fr" : "en");
	params_bytes(p, d->notice_sha256, sizeof(d->notice_sha256));
	params_time(p, d->expires_us);
}

static void
code_params(struct params *p, struct call *c, const struct pushed *r,
    const char *code)
{
	uint8_t *hash = arena_alloc(c->arena, SHA256_SIZE);

	sha256(hash, code, strlen(code));
	params_bytes(p, hash, SHA256_SIZE);
	params_text(p, r->redirect_uri);
	params_text(p, r->challenge);
	params_text(p, r->dpop_jkt);
	params_int(p, CODE_LIFE_S);
}

/* What is added may be allowed for less long than what was there before. */
static void
cut_life(struct call *c, struct details *all, struct decision *d)
{
	int64_t days = catalogue_consent_days(c->house->catalogue,
	    details_datasets(c->arena, all), c->house->settings->grant_days_max);
	int64_t most = clock_us() + days * INT64_C(86400000000);
	char *text;

	if (d->expires_us > most)
		d->expires_us = most;
	if (all->until_us <= most)
		return;
	text = arena_alloc(c->arena, TIME_TEXT_MAX);
	time_text_ms(text, most);
	all->until = text;
	all->until_us = most;
}

/* What was allowed before stays, unless it is replaced. */
static bool
merge(struct decision *d, struct call *c)
{
	const struct pushed *r = d->pushed;
	struct details *all = arena_alloc(c->arena, sizeof(*all));
	struct details before;
	const char *why;

	if (r->grant_details == NULL || details_read(&before, c->arena, NULL,
	    r->grant_details, &why) < 0)
		return false;
	if (r->action == PUSHED_REPLACE)
		return true;
	*all = *d->details;
	if (!details_merge(all, &before))
		return false;
	d->details = all;
	if (r->grant_expires_us > d->expires_us)
		d->expires_us = r->grant_expires_us;
	cut_life(c, all, d);
	return true;
}

enum next
grant_give(struct call *c, const struct decision *d, const char **answer)
{
	bool anew = d->pushed->action == PUSHED_CREATE;
	struct uuid id = d->pushed->grant;
	struct line line = { .to = d->client->id,
	    .records = -1, .bytes = -1, .actor = "customer",
	    .subject = &c->session->subject, .grant = &id, .call = c->id };
	struct decision whole = *d;
	struct agreement others;
	struct line_row row;
	struct params p;
	char code[44];

	if (anew)
		uuid_make(&id);
	else if (!merge(&whole, c))
		return call_refuse(c, 400, "bad_request_uri",
		    "the consent that was to be changed has ended");
	random_token(code, 32);
	*answer = pushed_answer(c, d->pushed, "code", code, NULL);
	agreement_make(&others, d->others, c->house->catalogue, whole.details,
	    c->session->customer);
	line.event = others.awaited > 0 ? "consent.awaiting" :
	    anew ? "consent.given" : "consent.changed";
	line_make(&row, c->arena, &line);
	params_init(&p);
	grant_params(&p, c, &whole, &id);
	code_params(&p, c, d->pushed, code);
	line_params(&p, &row);
	if (!anew)
		params_text(&p, d->pushed->grant_details);
	params_text(&p, c->session->acr);
	params_time(&p, c->session->auth_time_us);
	agreement_params(&p, c->arena, &others, c->house->settings);
	return call_ask(c, c->house->db, anew ? SQL_GRANT_GIVE :
	    SQL_GRANT_CHANGE, &p);
}

enum next
grant_refuse(struct call *c, const struct pushed *r, const char **answer)
{
	struct line line = { .event = "consent.refused", .to = r->client_id,
	    .records = -1, .bytes = -1, .actor = "customer",
	    .subject = &c->session->subject, .call = c->id };
	struct line_row row;
	struct params p;

	*answer = pushed_answer(c, r, "error", "access_denied",
	    "error_description", "the customer did not agree", NULL);
	line_make(&row, c->arena, &line);
	params_init(&p);
	params_bytes(&p, r->hash, sizeof(r->hash));
	params_text(&p, r->client_id);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_GRANT_REFUSE, &p);
}

bool
grant_decided(struct call *c)
{
	return rows_count(c->rows) == 1;
}

/* ---- reading ---- */

bool
grant_ended(const struct grant *g)
{
	return strcmp(g->state, "withdrawn") == 0 ||
	    strcmp(g->state, "expired") == 0 || g->expires_us <= clock_us();
}

static void
read_bytes(uint8_t out[32], const struct rows *r, int i, const char *column)
{
	size_t n;
	const uint8_t *bytes = row_bytes(r, i, column, &n);

	assert(n == 32);
	memcpy(out, bytes, n);
}

static const char *
text(struct arena *a, const struct rows *r, int i, const char *column)
{
	return arena_strdup(a, row_text(r, i, column));
}

void
grant_read(struct grant *g, const struct rows *r, int i, struct arena *a)
{
	size_t n;

	*g = (struct grant){
		.client_id = text(a, r, i, "client"),
		.client_name = text(a, r, i, "name"),
		.kind = text(a, r, i, "kind"),
		.client_uri = text(a, r, i, "uri"),
		.client_contact = text(a, r, i, "contact"),
		.pairwise = text(a, r, i, "pairwise"),
		.datasets = row_texts(r, i, "datasets", a, &n),
		.details = text(a, r, i, "details"),
		.purpose = text(a, r, i, "purpose"),
		.language = text(a, r, i, "language"),
		.state = text(a, r, i, "state"),
		.ended_by = text(a, r, i, "ended_by"),
		.created_us = row_time(r, i, "created"),
		.expires_us = row_time(r, i, "expires"),
		.ended_us = row_time(r, i, "ended"),
	};
	row_uuid(r, i, "id", &g->id);
	uuid_text(g->id_text, &g->id);
	row_uuid(r, i, "subject", &g->subject.id);
	read_bytes(g->subject.key, r, i, "key");
	read_bytes(g->notice_sha256, r, i, "notice");
}

enum next
grant_find(struct call *c, const struct uuid *id)
{
	struct params p;

	params_init(&p);
	params_uuid(&p, id);
	return call_ask(c, c->house->db, SQL_GRANT_FIND, &p);
}

struct grant *
grant_found(struct call *c)
{
	struct grant *g;

	if (rows_count(c->rows) == 0)
		return NULL;
	g = arena_alloc(c->arena, sizeof(*g));
	grant_read(g, c->rows, 0, c->arena);
	return g;
}

/* ---- ending ---- */

void
grant_end_params(struct params *p, struct arena *a, const struct grant *g,
    const char *by, const char *reason, const char *call)
{
	bool expired = strcmp(by, "time") == 0;
	struct line line = { .event = expired ? "consent.expired" :
	    "consent.withdrawn", .to = g->client_id, .records = -1, .bytes = -1,
	    .actor = expired ? "system" : by, .subject = &g->subject,
	    .grant = &g->id, .reason = reason, .call = call };
	struct line_row *row = arena_alloc(a, sizeof(*row));

	line_make(row, a, &line);
	params_uuid(p, &g->id);
	params_text(p, expired ? "expired" : "withdrawn");
	params_text(p, by);
	line_params(p, row);
}

enum next
grant_end(struct call *c, const struct grant *g, const char *by,
    const char *reason)
{
	struct params p;

	params_init(&p);
	grant_end_params(&p, c->arena, g, by, reason, c->id);
	return call_ask(c, c->house->db, SQL_GRANT_END, &p);
}

/* ---- those that are to end ---- */

struct grant_sweep {
	struct db *db;
	struct event *timer;
	struct question *looking, *settling;
	struct ending {
		struct grant_sweep *sweep;
		struct question *question;	/* NULL: answered */
	} endings[SWEEP_MAX];
	int left;			/* of them, not answered yet */
	bool more;			/* there were more than one look shows */
};

static void look(struct grant_sweep *);

static void
on_ended(struct rows *r UNUSED, int failure, void *arg)
{
	struct ending *e = arg;
	struct grant_sweep *s = e->sweep;

	e->question = NULL;
	if (failure != 0)
		log_warning("a grant could not be ended error=%s",
		    error_name(failure));
	if (--s->left == 0 && s->more && failure == 0)
		look(s);
}

static void
on_due(struct rows *r, int failure, void *arg)
{
	struct grant_sweep *s = arg;
	struct arena *a = arena_new();

	s->looking = NULL;
	s->more = failure == 0 && rows_count(r) == SWEEP_MAX;
	for (int i = 0; failure == 0 && i < rows_count(r); i++) {
		bool gone = row_bool(r, i, "gone");
		bool lapsed = row_bool(r, i, "lapsed");
		struct ending *e = &s->endings[i];
		struct grant g;
		struct params p;

		grant_read(&g, r, i, a);
		params_init(&p);
		grant_end_params(&p, a, &g, gone ? "recipient" : "time",
		    gone ? "the recipient has left" : lapsed ?
		    "a co-holder did not answer" : NULL, NULL);
		e->sweep = s;
		e->question = db_ask(s->db, SQL_GRANT_END, &p, on_ended, e);
		s->left += e->question != NULL;
	}
	arena_free(a);
}

static void
on_settled(struct rows *r UNUSED, int failure, void *arg UNUSED)
{
	if (failure != 0)
		log_warning("the end of a grant was not written error=%s",
		    error_name(failure));
}

/* Withdrawn, and nothing is under way any more. */
static void
on_settling(struct rows *r, int failure, void *arg)
{
	struct grant_sweep *s = arg;
	struct arena *a = arena_new();

	s->settling = NULL;
	for (int i = 0; failure == 0 && i < rows_count(r); i++) {
		struct line line = { .event = "consent.effective",
		    .records = -1, .bytes = -1, .actor = "system" };
		struct line_row row;
		struct grant g;
		struct params p;

		grant_read(&g, r, i, a);
		line.to = g.client_id;
		line.subject = &g.subject;
		line.grant = &g.id;
		line_make(&row, a, &line);
		params_init(&p);
		params_uuid(&p, &g.id);
		line_params(&p, &row);
		(void)db_ask(s->db, SQL_GRANT_SETTLED, &p, on_settled, NULL);
	}
	arena_free(a);
}

static void
look(struct grant_sweep *s)
{
	if (s->looking == NULL && s->left == 0)
		s->looking = db_ask(s->db, SQL_GRANT_DUE, PARAMS_NONE, on_due, s);
}

static void
on_sweep(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct grant_sweep *s = arg;

	if (s->settling == NULL)
		s->settling = db_ask(s->db, SQL_GRANT_SETTLING, PARAMS_NONE,
		    on_settling, s);
	look(s);
}

struct grant_sweep *
grant_sweep_new(struct event_base *base, struct db *db)
{
	struct grant_sweep *s = xcalloc(1, sizeof(*s));
	struct timeval every = { SWEEP_S, 0 };

	s->db = db;
	s->timer = event_new(base, -1, EV_PERSIST, on_sweep, s);
	event_add(s->timer, &every);
	return s;
}

void
grant_sweep_free(struct grant_sweep *s)
{
	if (s == NULL)
		return;
	if (s->looking != NULL)
		db_forget(s->looking);
	if (s->settling != NULL)
		db_forget(s->settling);
	for (int i = 0; i < SWEEP_MAX; i++)
		if (s->endings[i].question != NULL)
			db_forget(s->endings[i].question);
	event_free(s->timer);
	free(s);
}
