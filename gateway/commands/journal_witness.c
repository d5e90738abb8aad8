/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_witness.c - `guichet journal witness`: a program for a machine of the
 * compliance officer's own. It needs no settings and no database: a directory,
 * a name, an address, and the verifier keys of the logs it watches over.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "commands/journal.h"
#include "crypto/keys.h"
#include "http/call.h"
#include "http/counters.h"
#include "http/server.h"
#include "journal/witness.h"

enum { BODY_MAX = 64 * 1024, DRAIN_MS = 2000 };

static struct witness *witness;
static struct house house;

static enum next
add_checkpoint(struct call *c)
{
	const char *type;
	struct buf out;
	int status;

	buf_init_in(&out, c->arena);
	status = witness_add_checkpoint(witness, c->body, c->body_n, &out, &type);
	return call_answer_buf(c, status, type, &out);
}

/* For whoever opens the address in a browser. */
static enum next
tell(struct call *c)
{
	char *text = arena_printf(c->arena, "%s\n", witness_vkey(witness,
	    c->arena));

	return call_answer(c, 200, "text/plain; charset=utf-8", text,
	    strlen(text));
}

static const struct step add_steps[] = {
	{ "add it", add_checkpoint }, { NULL, NULL } };
static const struct step tell_steps[] = {
	{ "tell its key", tell }, { NULL, NULL } };
static const struct route
    route_add = { "POST", "/add-checkpoint", add_steps, .body_max = BODY_MAX },
    route_tell = { "GET", "/", tell_steps };
static const struct route *const table[] = { &route_add, &route_tell, NULL };

static void
on_drained(void *base)
{
	event_base_loopbreak(base);
}

static void
on_term(evutil_socket_t fd UNUSED, short what UNUSED, void *server)
{
	server_drain(server, DRAIN_MS, on_drained, house.base);
}

static int
use_tls(struct settings *s, struct keys **keys, SSL_CTX **tls, struct fault *f)
{
	if (s->tls_certificate[0] == '\0')
		return 0;
	if (keys_make(s->keys_dir, f) < 0 || keys_load(keys, s->keys_dir, f) < 0)
		return E_BAD_INPUT;
	return server_tls(tls, s, *keys, false, f);
}

static int
serve(struct settings *s, struct fault *f)
{
	struct server *server;
	struct event *term, *interrupt;
	struct keys *keys = NULL;
	SSL_CTX *tls = NULL;
	int fd;

	if (server_check(s, f) < 0 || use_tls(s, &keys, &tls, f) < 0 ||
	    server_bind(&fd, s->listen, f) < 0)
		return E_BAD_INPUT;
	house.settings = s;
	house.base = event_base_new();
	counters_take(counters_make(1), 0, "witness");
	server = server_new(&house);
	server_listen(server, fd, tls, table);
	term = evsignal_new(house.base, SIGTERM, on_term, server);
	interrupt = evsignal_new(house.base, SIGINT, on_term, server);
	event_add(term, NULL);
	event_add(interrupt, NULL);
	log_info("witness listens at=%s", s->listen);
	event_base_dispatch(house.base);
	server_free(server);
	event_free(term);
	event_free(interrupt);
	event_base_free(house.base);
	close(fd);
	SSL_CTX_free(tls);
	keys_free(keys);
	return 0;
}

static int
run(struct journal_ask *j, struct arena *a, struct fault *f)
{
	const char *logs[WITNESS_LOGS_MAX + 1] = { NULL };
	struct settings s = {
		.public_url = (char *)"https://witness.invalid",
		.listen = (char *)j->listen, .trusted_proxies = (char *)"",
		.client_certificate_header = (char *)"",
		.tls_certificate = (char *)(j->certificate == NULL ? "" :
		    j->certificate),
		.tls_key = (char *)(j->certificate_key == NULL ? "" :
		    j->certificate_key),
		.keys_dir = arena_printf(a, "%s/tls", j->state),
		.connections_max = 100, .head_timeout_ms = 10000,
		.body_timeout_ms = 10000, .answer_timeout_ms = 10000,
		.idle_timeout_ms = 75000, .web_workers = 1,
		.listen_mtls = (char *)"", .listen_plain = (char *)"",
		.admin_listen = (char *)"", .mtls_url = (char *)"",
		.push_allow = (char *)"", .file = (char *)"--listen" };
	int rc;

	for (size_t i = 0; i < j->knows.n && i < WITNESS_LOGS_MAX; i++)
		logs[i] = j->knows.items[i];
	if (witness_open(&witness, j->state, j->name, logs, f) < 0)
		return E_BAD_INPUT;
	printf("%s\n", witness_vkey(witness, a));
	fflush(stdout);
	rc = serve(&s, f);
	witness_free(witness);
	return rc;
}

/* What a witness, or an auditor, is given to know the log by. */
int
journal_vkey(struct journal_ask *j)
{
	struct arena *a = arena_new();
	struct note_key key;
	int code;

	j->settings = command_settings(&j->common);
	if ((code = journal_key(j, &key)) == EX_OK)
		puts(note_key_text(a, &key));
	arena_free(a);
	return code;
}

int
journal_witness(struct journal_ask *j)
{
	struct arena *a;
	struct fault f;
	int rc;

	if (j->name == NULL || j->state == NULL || j->listen == NULL ||
	    j->knows.n == 0)
		return command_misused(&command_journal, "witness takes --name,"
		    " --state, --listen and --knows");
	if ((j->certificate == NULL) != (j->certificate_key == NULL))
		return command_misused(&command_journal, "--certificate and"
		    " --certificate-key go together");
	log_open(false, LEVEL_INFO, "witness");
	a = arena_new();
	rc = run(j, a, &f);
	arena_free(a);
	if (rc < 0)
		fault_print(stderr, &f);
	return rc < 0 ? EX_CONFIG : EX_OK;
}
