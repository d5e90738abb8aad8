/* SPDX-License-Identifier: Apache-2.0 */
/* pushed.c - authorisation requests, kept from PAR to the decision. */
#include "consent/pushed.h"
#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "journal/line.h"

enum { SECRET_LEN = 43 };

/* ---- storing ---- */

static const char *const actions[] = { [PUSHED_CREATE] = "create",
    [PUSHED_MERGE] = "merge", [PUSHED_REPLACE] = "replace" };

static void
write_action(struct jw *w, const struct pushed *p)
{
	char id[UUID_TEXT];

	if (p->action == PUSHED_CREATE)
		return;
	uuid_text(id, &p->grant);
	jw_str_member(w, "action", actions[p->action]);
	jw_str_member(w, "grant", id);
}

static const char *
params_text_of(struct arena *a, const struct pushed *p)
{
	const char *details = details_text(a, &p->details);
	struct buf b;
	struct jw w;

	buf_init_in(&b, a);
	jw_init(&w, &b);
	jw_object(&w);
	jw_str_member(&w, "redirect_uri", p->redirect_uri);
	jw_str_member(&w, "state", p->state);
	jw_str_member(&w, "challenge", p->challenge);
	jw_str_member(&w, "ui_locales", p->ui_locales);
	write_action(&w, p);
	jw_key(&w, "details");
	jw_raw(&w, details, strlen(details));
	jw_end_object(&w);
	return b.data;
}

enum next
pushed_store(struct call *c, const struct client *m, struct pushed *p,
    const char **request_uri)
{
	struct line line = { .event = "consent.requested", .to = m->id,
	    .records = -1, .bytes = -1, .actor = "recipient", .call = c->id };
	struct line_row row;
	struct params q;
	char secret[SECRET_LEN + 1];

	random_token(secret, 32);
	sha256(p->hash, secret, SECRET_LEN);
	*request_uri = arena_printf(c->arena, PUSHED_PREFIX "%s", secret);
	line_make(&row, c->arena, &line);
	params_init(&q);
	params_bytes(&q, p->hash, sizeof(p->hash));
	params_text(&q, m->id);
	params_text(&q, params_text_of(c->arena, p));
	params_text(&q, p->dpop_jkt);
	params_int(&q, PUSHED_LIFE_S);
	params_int(&q, PUSHED_LIFE_S + PUSHED_READ_S);
	line_params(&q, &row);
	return call_ask(c, c->house->db, SQL_PUSHED_STORE, &q);
}

/* ---- finding ---- */

enum next
pushed_find(struct call *c, const char *request_uri, const char *client_id)
{
	const size_t n = sizeof(PUSHED_PREFIX) - 1;
	uint8_t hash[SHA256_SIZE];
	struct params p;

	c->rows = NULL;
	if (strncmp(request_uri, PUSHED_PREFIX, n) != 0 ||
	    strlen(request_uri) != n + SECRET_LEN)
		return NEXT;
	sha256(hash, request_uri + n, SECRET_LEN);
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	params_text(&p, client_id);
	return call_ask(c, c->house->db, SQL_PUSHED_FIND, &p);
}

static void
read_action(struct pushed *p, const struct rows *r)
{
	const char *action = row_text(r, 0, "action");

	if (action == NULL)
		return;
	p->action = strcmp(action, "merge") == 0 ? PUSHED_MERGE :
	    PUSHED_REPLACE;
	row_uuid(r, 0, "grant", &p->grant);
	p->grant_details = row_text(r, 0, "grant_details");
	p->grant_expires_us = row_time(r, 0, "grant_expires");
}

struct pushed *
pushed_found(struct call *c)
{
	struct pushed *p;
	const uint8_t *hash;
	const char *why;
	size_t n;
	int rc;

	if (c->rows == NULL || rows_count(c->rows) == 0)
		return NULL;
	p = arena_alloc(c->arena, sizeof(*p));
	rc = details_read(&p->details, c->arena, NULL,
	    row_text(c->rows, 0, "details"), &why);
	assert(rc == 0);		/* we wrote it */
	hash = row_bytes(c->rows, 0, "hash", &n);
	assert(n == sizeof(p->hash));
	memcpy(p->hash, hash, n);
	p->client_id = row_text(c->rows, 0, "client");
	p->redirect_uri = row_text(c->rows, 0, "redirect_uri");
	p->state = row_text(c->rows, 0, "state");
	p->challenge = row_text(c->rows, 0, "challenge");
	p->dpop_jkt = row_text(c->rows, 0, "jkt");
	p->ui_locales = row_text(c->rows, 0, "ui_locales");
	p->expires_us = row_time(c->rows, 0, "expires");
	read_action(p, c->rows);
	return p;
}

/* ---- answering ---- */

static void
add(struct buf *url, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_char(url, strchr(url->data, '?') == NULL ? '?' : '&');
	buf_str(url, name);
	buf_char(url, '=');
	percent_encode(url, value);
}

const char *
pushed_answer(struct call *c, const struct pushed *p, ...)
{
	struct buf url;
	const char *name;
	va_list ap;

	buf_init_in(&url, c->arena);
	buf_str(&url, p->redirect_uri);
	va_start(ap, p);
	while ((name = va_arg(ap, const char *)) != NULL)
		add(&url, name, va_arg(ap, const char *));
	va_end(ap);
	add(&url, "state", p->state);
	add(&url, "iss", c->house->settings->public_url);
	return url.data;
}
