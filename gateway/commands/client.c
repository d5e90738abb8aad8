/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c - `guichet client add|list|suspend|admit`: who may receive.
 *
 * A PIMS is admitted by a person, here. Suspending one is effective in every
 * worker within a second; its grants stay, and work again once it is admitted.
 */
#include "commands/client.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "db/db.h"
#include "journal/line.h"

static int run(int argc, char **argv);

const struct command command_client = {
	"client", "Register, list, suspend and admit recipients.", run,
	"add [ID] --name NAME --jwks FILE --redirect-uri URL\n"
	"           --datasets \"ID ID...\" --purpose-en TEXT --purpose-fr TEXT\n"
	"   or: guichet client add [ID] --kind cozy|solid|webdav --name NAME\n"
	"   or: guichet client add [ID] --kind webhook --name NAME --endpoint URL\n"
	"           [--link URL] --purpose-en TEXT --purpose-fr TEXT\n"
	"   or: guichet client endpoint ID --endpoint URL [--payload notice]\n"
	"   or: guichet client prove ID\n"
	"   or: guichet client rotate ID [--hours N]\n"
	"   or: guichet client signals ID --endpoint URL | --off\n"
	"   or: guichet client list [--json]\n"
	"   or: guichet client suspend ID --reason TEXT\n"
	"   or: guichet client admit ID [--reason TEXT]\n"
	"   or: guichet client decline ID --reason TEXT\n"
	"   or: guichet client invite --name WHOM [--uses N] [--days N] [--admit]\n"
	"   or: guichet client export ID | guichet client request FILE [--as ID]"
};

struct db_now *
client_database(const struct settings *s)
{
	struct db_now *db;
	char why[256];

	if (db_now_open(&db, s->database_url, "guichet client", why) == 0)
		return db;
	fprintf(stderr, "guichet: the database cannot be reached: %s\n", why);
	exit(EX_UNAVAILABLE);
}

int
client_failed(const struct db_now *db, int failure)
{
	fprintf(stderr, "guichet client: %s (%s)\n", db_now_error(db),
	    error_name(failure));
	return failure == E_UNAVAILABLE ? EX_UNAVAILABLE : EX_SOFTWARE;
}

/* ---- list ---- */

static void
write_texts(struct jw *w, const char *key, const struct rows *r, int i)
{
	struct arena *a = arena_new();
	size_t n;
	const char **texts = row_texts(r, i, key, a, &n);

	jw_key(w, key);
	jw_array(w);
	for (size_t k = 0; k < n; k++)
		jw_string(w, texts[k]);
	jw_end_array(w);
	arena_free(a);
}

static void
write_one(struct jw *w, const struct rows *r, int i)
{
	static const char *const texts[] = { "kind", "name", "uri", "contact",
	    "auth_method", "binding", "state", "state_reason", "created",
	    "signals_url" };

	jw_object(w);
	jw_str_member(w, "client_id", row_text(r, i, "id"));
	for (size_t k = 0; k < countof(texts); k++)
		jw_str_member(w, texts[k], row_text(r, i, texts[k]));
	write_texts(w, "redirect_uris", r, i);
	write_texts(w, "datasets", r, i);
	jw_int_member(w, "grants", row_int(r, i, "grants"));
	jw_end_object(w);
}

static void
list_json(const struct rows *r)
{
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_array(&w);
	for (int i = 0; i < rows_count(r); i++)
		write_one(&w, r, i);
	jw_end_array(&w);
	puts(out.data);
	buf_clear(&out);
}

static void
list_text(const struct rows *r)
{
	for (int i = 0; i < rows_count(r); i++) {
		const char *reason = row_text(r, i, "state_reason");

		printf("%-24s %-6s %-10s %6lld grants  %s%s%s%s\n",
		    row_text(r, i, "id"), row_text(r, i, "kind"),
		    row_text(r, i, "state"),
		    (long long)row_int(r, i, "grants"), row_text(r, i, "name"),
		    reason == NULL ? "" : " (", reason == NULL ? "" : reason,
		    reason == NULL ? "" : ")");
	}
	if (rows_count(r) == 0)
		puts("nobody yet; `guichet client add` registers a recipient");
}

static int
list(const struct settings *s, bool json)
{
	struct db_now *db = client_database(s);
	int failure, rc = EX_OK;
	struct rows *r = db_ask_now(db, SQL_CLIENT_LIST, PARAMS_NONE, &failure);

	if (r == NULL)
		rc = client_failed(db, failure);
	else if (json)
		list_json(r);
	else
		list_text(r);
	rows_free(r);
	db_now_close(db);
	return rc;
}

/* ---- suspend, admit ---- */

static int
set_state(const struct settings *s, const char *id, const char *state,
    const char *event, const char *reason)
{
	struct db_now *db = client_database(s);
	struct arena *a = arena_new();
	struct line line = { .event = event, .to = id, .records = -1,
	    .bytes = -1, .actor = "operator", .reason = reason };
	struct line_row row;
	struct params p;
	int failure, rc = EX_OK;
	struct rows *r;

	line_make(&row, a, &line);
	params_init(&p);
	params_text(&p, id);
	params_text(&p, state);
	params_text(&p, reason);
	line_params(&p, &row);
	r = db_ask_now(db, SQL_CLIENT_STATE, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(r) == 1)
		printf("%s is %s\n", id, state);
	else {
		fprintf(stderr, "guichet client: nothing to change: no client "
		    "'%s', or it is %s already\n", id, state);
		rc = EX_DATAERR;
	}
	rows_free(r);
	arena_free(a);
	db_now_close(db);
	return rc;
}

/* ---- the command ---- */

static int
act(const char *verb, const char *id, const char *reason,
    struct client_wish *w, const struct settings *s, bool json)
{
	w->id = id;
	if (strcmp(verb, "add") == 0)
		return client_add(w, s, json);
	if (strcmp(verb, "list") == 0 && id == NULL)
		return list(s, json);
	if ((strcmp(verb, "suspend") == 0 || strcmp(verb, "decline") == 0) &&
	    id != NULL)
		return reason == NULL ? command_misused(&command_client,
		    "say why: --reason TEXT (it is kept in the journal)") :
		    verb[0] == 's' ?
		    set_state(s, id, "suspended", "client.suspended", reason) :
		    set_state(s, id, "refused", "client.declined", reason);
	if (strcmp(verb, "invite") == 0 && id == NULL)
		return client_invite(w, s);
	if (strcmp(verb, "export") == 0 && id != NULL)
		return client_export(id, s);
	if (strcmp(verb, "request") == 0 && id != NULL)
		return client_request(id, w, s);
	if (strcmp(verb, "admit") == 0 && id != NULL)
		return set_state(s, id, "admitted", "client.admitted", reason);
	if (strcmp(verb, "endpoint") == 0 && id != NULL)
		return client_endpoint(id, w, s);
	if (strcmp(verb, "prove") == 0 && id != NULL)
		return client_prove(id, s);
	if (strcmp(verb, "rotate") == 0 && id != NULL)
		return client_rotate(id, w->hours, s);
	if (strcmp(verb, "signals") == 0 && id != NULL)
		return client_signals(id, w, s);
	return command_misused(&command_client,
	    "say add, list, suspend, admit, decline, invite, export, request, "
	    "endpoint, prove, rotate or signals");
}

static int
run(int argc, char **argv)
{
	struct client_wish w = { .kind = "oauth", .hours = -1, .uses = 1,
	    .days = 7 };
	const char *reason = NULL;
	struct common common;
	struct settings *s;
	const struct flag flags[] = {
		{ "--name", FLAG_TEXT, &w.name, "NAME  as customers read it" },
		{ "--kind", FLAG_TEXT, &w.kind, "oauth (default), cozy, solid, webdav, webhook" },
		{ "--uri", FLAG_TEXT, &w.uri, "URL  where it presents itself" },
		{ "--contact", FLAG_TEXT, &w.contact, "ADDRESS  e-mail of its people" },
		{ "--jwks", FLAG_TEXT, &w.jwks, "FILE  its public keys (JWKS)" },
		{ "--jwks-uri", FLAG_TEXT, &w.jwks_uri,
		  "URL  or where it publishes them" },
		{ "--certificate", FLAG_TEXT, &w.certificate,
		  "FILE  its client certificate (PEM), instead of --jwks" },
		{ "--redirect-uri", FLAG_LIST, &w.redirects,
		  "URL  where customers go back to; may be repeated" },
		{ "--redirect", FLAG_LIST, &w.old_redirects, "URL  the same" },
		{ "--datasets", FLAG_TEXT, &w.datasets, "\"ID ID\"  what it may ask" },
		{ "--purpose-en", FLAG_TEXT, &w.purpose_en, "TEXT  what for" },
		{ "--purpose-fr", FLAG_TEXT, &w.purpose_fr, "TEXT  pour quoi" },
		{ "--auth", FLAG_TEXT, &w.auth,
		  "private_key_jwt (default) or self_signed_tls_client_auth" },
		{ "--binding", FLAG_TEXT, &w.binding,
		  "dpop (default) or mtls: what tokens are bound to" },
		{ "--endpoint", FLAG_TEXT, &w.endpoint,
		  "URL  where it receives signed messages" },
		{ "--link", FLAG_TEXT, &w.link,
		  "URL  its page where customers approve" },
		{ "--payload", FLAG_TEXT, &w.payload,
		  "records (default), or notice: it pulls when told" },
		{ "--hours", FLAG_NUMBER, &w.hours,
		  "N  the keys before sign for so long (24)" },
		{ "--off", FLAG_SET, &w.off, "no more signals" },
		{ "--how-en", FLAG_TEXT, &w.how_en,
		  "TEXT  what it is and how one gets one" },
		{ "--how-fr", FLAG_TEXT, &w.how_fr, "TEXT  le même en français" },
		{ "--how-url", FLAG_TEXT, &w.how_url, "URL  where one gets one" },
		{ "--uses", FLAG_NUMBER, &w.uses,
		  "N  registrations an invitation is good for (1)" },
		{ "--days", FLAG_NUMBER, &w.days, "N  and for how long (7)" },
		{ "--admit", FLAG_SET, &w.admit,
		  "who comes by it is admitted at once (sandbox)" },
		{ "--as", FLAG_TEXT, &w.as, "ID  of the recipient requested" },
		{ "--reason", FLAG_TEXT, &reason, "TEXT  why it is suspended" },
		{ NULL }
	};
	int n = command_args(&command_client, &common, flags, argc, argv), rc;

	if (n < 1 || n > 2)
		return command_misused(&command_client,
		    "say add, list, suspend, admit, endpoint, prove, rotate or "
		    "signals");
	s = command_settings(&common);
	rc = act(argv[0], n == 2 ? argv[1] : NULL, reason, &w, s, common.json);
	settings_free(s);
	return rc;
}
