/* SPDX-License-Identifier: Apache-2.0 */
/* role_web.c - answers calls: the HTTP edge with all routes. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "base/error.h"
#include "base/settings.h"
#include "consent/access.h"
#include "consent/oidc.h"
#include "http/house.h"
#include "http/server.h"
#include "pages/layout.h"
#include "journal/gate.h"
#include "pages/words.h"
#include "http/call.h"
#include "serve/serve.h"

enum { NOTE_MS = 2000 };

struct web {
	struct house house;
	struct role *role;
	struct server *server;
};

static void
on_noted(void *arg)
{
	struct web *w = arg;

	event_base_loopexit(w->house.base, NULL);
}

/* No call is left; how they ended is still on its way to the journal. */
static void
on_drained(void *arg)
{
	struct web *w = arg;

	gate_drain(w->house.gate, NOTE_MS, on_noted, w);
}

static void
stop(void *arg)
{
	struct web *w = arg;

	server_drain(w->server, (int)w->house.settings->drain_timeout_ms,
	    on_drained, w);
	sockets_leave(w->role->sockets, w->role->plan, NOBODYS);
}

static void
listen_all(struct web *w, struct role *r)
{
	const struct plan *p = r->plan;
	SSL_CTX *const tls[SOCKET_KINDS] = { [SOCKET_PUBLIC] = p->tls,
	    [SOCKET_MTLS] = p->tls_mtls };

	for (int kind = 0; kind < SOCKET_KINDS; kind++) {
		int fd = socket_of(r->sockets, p, kind, r->index);

		if (fd >= 0)
			server_listen(w->server, fd, tls[kind],
			    kind == SOCKET_ADMIN ? admin_routes : routes);
	}
}

/* [login] mode = oidc. */
static struct oidc *
open_login(const struct house *h)
{
	static const char *claims[3];
	const struct settings *s = h->settings;
	char redirect[2100], back[2100];
	const struct oidc_options o = {
		.name = "login", .issuer = s->login_issuer,
		.client_id = s->login_client_id,
		.secret_file = s->login_secret_file,
		.ca_file = s->login_ca_file, .scope = s->login_scope,
		.rsa_alg = s->login_rsa_alg, .redirect_uri = redirect,
		.back_uri = back, .claims = claims
	};

	if (strcmp(s->login_mode, "oidc") != 0)
		return NULL;
	snprintf(redirect, sizeof(redirect), "%s/login/callback", s->public_url);
	snprintf(back, sizeof(back), "%s/", s->public_url);
	claims[0] = s->login_customer_claim;
	claims[1] = s->login_name_claim;
	return oidc_new(h->base, s, h->keys, &o);
}

/* Theirs where it is said, else that of customers. */
static const char *
either(const char *own, const char *other)
{
	return own[0] != '\0' ? own : other;
}

/* Another client, or at another provider, has another secret. */
static const char *
staff_secret(const struct settings *s)
{
	return s->staff_issuer[0] != '\0' || s->staff_client_id[0] != '\0' ?
	    s->staff_secret_file : s->login_secret_file;
}

/* And colleagues', when a claim tells their roles. */
static struct oidc *
open_staff_login(const struct house *h)
{
	static const char *claims[3];
	const struct settings *s = h->settings;
	char redirect[2100], back[2100];
	const struct oidc_options o = {
		.name = "staff",
		.issuer = either(s->staff_issuer, s->login_issuer),
		.client_id = either(s->staff_client_id, s->login_client_id),
		.secret_file = staff_secret(s), .ca_file = s->login_ca_file,
		.scope = either(s->staff_scope, s->login_scope),
		.rsa_alg = s->login_rsa_alg, .redirect_uri = redirect,
		.back_uri = back, .claims = claims
	};

	if (strcmp(s->login_mode, "oidc") != 0 || s->staff_role_claim[0] == '\0')
		return NULL;
	snprintf(redirect, sizeof(redirect), "%s/staff/login/callback",
	    s->public_url);
	snprintf(back, sizeof(back), "%s/", s->public_url);
	claims[0] = s->staff_role_claim;
	claims[1] = s->login_name_claim;
	return oidc_new(h->base, s, h->keys, &o);
}

int
role_web(struct role *r)
{
	struct web w = { .role = r };
	struct fault f;

	house_open(&w.house, r);
	access_open(&w.house);
	w.house.login = open_login(&w.house);
	w.house.staff_login = open_staff_login(&w.house);
	if (words_load(&w.house.words, w.house.settings->time_zone,
	    &f) < 0)
		fatal("%s: %s", f.file, f.cause);
	layout_open();
	w.server = server_new(&w.house);
	listen_all(&w, r);
	role_ready(r);
	role_until_stopped(&w.house, r, stop, &w);
	server_free(w.server);
	oidc_free(w.house.login);
	oidc_free(w.house.staff_login);
	access_close(&w.house);
	words_free(w.house.words);
	house_close(&w.house);
	return EX_OK;
}
