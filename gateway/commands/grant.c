/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.c - `guichet grant list|show|revoke|export|import`: what customers
 * allowed.
 *
 * For operators: no customer appears here, only her pseudonym. Revoking is
 * effective in every worker at once, and the customer sees that it was us.
 */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/client.h"
#include "commands/command.h"
#include "commands/grant_move.h"
#include "consent/grant.h"
#include "db/db.h"

static int run(int argc, char **argv);

const struct command command_grant = {
	"grant", "List, show and revoke what customers allowed.", run,
	"list [--client ID] [--state STATE] [--limit N] [--json]\n"
	"   or: guichet grant show ID\n"
	"   or: guichet grant revoke ID --reason TEXT\n"
	"   or: guichet grant export FILE\n"
	"   or: guichet grant import FILE --jwks FILE"
};

struct wish {
	const char *client, *state, *reason, *jwks;
	const struct settings *settings;
	int64_t limit;
	bool json;
};

/* ---- showing ---- */

static void
write_time(struct jw *w, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(text, us);
	jw_str_member(w, key, us == 0 ? NULL : text);
}

static void
write_one(struct jw *w, const struct grant *g)
{
	jw_object(w);
	jw_str_member(w, "grant_id", g->id_text);
	jw_str_member(w, "client_id", g->client_id);
	jw_str_member(w, "subject", g->pairwise);
	jw_str_member(w, "state", g->state);
	jw_str_member(w, "ended_by", g->ended_by);
	jw_key(w, "authorization_details");
	jw_raw(w, g->details, strlen(g->details));
	jw_str_member(w, "purpose", g->purpose);
	jw_str_member(w, "language", g->language);
	write_time(w, "created", g->created_us);
	write_time(w, "expires", g->expires_us);
	write_time(w, "ended", g->ended_us);
	jw_end_object(w);
}

static void
tell_one(const struct grant *g)
{
	char created[TIME_TEXT_MAX], expires[TIME_TEXT_MAX];

	time_text_ms(created, g->created_us);
	time_text_ms(expires, g->expires_us);
	printf("%s  %-9s  %-20s  %.10s to %.10s ", g->id_text, g->state,
	    g->client_id, created, expires);
	for (size_t i = 0; g->datasets[i] != NULL; i++)
		printf(" %s", g->datasets[i]);
	putchar('\n');
}

static void
print(const struct rows *r, bool json, bool list)
{
	struct arena *a = arena_new();
	struct grant g;
	struct buf out;
	struct jw w;

	buf_init_in(&out, a);
	jw_init(&w, &out);
	if (list)
		jw_array(&w);
	for (int i = 0; i < rows_count(r); i++) {
		grant_read(&g, r, i, a);
		if (json)
			write_one(&w, &g);
		else
			tell_one(&g);
	}
	if (list)
		jw_end_array(&w);
	if (json)
		puts(out.data);
	arena_free(a);
}

/* ---- the verbs ---- */

static int
list(struct db_now *db, const struct wish *wish)
{
	struct params p;
	struct rows *r;
	int failure;

	params_init(&p);
	params_text(&p, wish->client);
	params_text(&p, wish->state);
	params_int(&p, wish->limit);
	if ((r = db_ask_now(db, SQL_GRANT_LIST, &p, &failure)) == NULL)
		return client_failed(db, failure);
	print(r, wish->json, true);
	rows_free(r);
	return EX_OK;
}

/* The one named; NULL: said why, *rc is the exit code. */
static struct rows *
find(struct db_now *db, const char *id_text, int *rc)
{
	struct params p;
	struct rows *r;
	struct uuid id;
	int failure;

	*rc = EX_DATAERR;
	if (uuid_parse(&id, id_text) < 0) {
		fprintf(stderr, "guichet grant: '%s' is no grant id\n", id_text);
		return NULL;
	}
	params_init(&p);
	params_uuid(&p, &id);
	if ((r = db_ask_now(db, SQL_GRANT_FIND, &p, &failure)) == NULL) {
		*rc = client_failed(db, failure);
		return NULL;
	}
	if (rows_count(r) == 1)
		return r;
	fprintf(stderr, "guichet grant: there is no grant %s\n", id_text);
	rows_free(r);
	return NULL;
}

static int
show(struct db_now *db, const char *id)
{
	int rc;
	struct rows *r = find(db, id, &rc);

	if (r == NULL)
		return rc;
	print(r, true, false);
	rows_free(r);
	return EX_OK;
}

static int
end(struct db_now *db, const struct rows *found, const char *reason)
{
	struct arena *a = arena_new();
	struct grant g;
	struct params p;
	struct rows *r;
	int failure, rc = EX_OK;

	grant_read(&g, found, 0, a);
	params_init(&p);
	grant_end_params(&p, a, &g, "operator", reason, NULL);
	r = db_ask_now(db, SQL_GRANT_END, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(r) == 1)
		printf("%s is revoked\n", g.id_text);
	else {
		fprintf(stderr, "guichet grant: %s had ended already\n", g.id_text);
		rc = EX_DATAERR;
	}
	rows_free(r);
	arena_free(a);
	return rc;
}

static int
revoke(struct db_now *db, const char *id, const char *reason)
{
	struct rows *found;
	int rc;

	if (reason == NULL)
		return command_misused(&command_grant,
		    "say why: --reason TEXT (it is kept in the journal)");
	if ((found = find(db, id, &rc)) == NULL)
		return rc;
	rc = end(db, found, reason);
	rows_free(found);
	return rc;
}

static int
act(struct db_now *db, int n, char **argv, const struct wish *wish)
{
	if (n == 1 && strcmp(argv[0], "list") == 0)
		return list(db, wish);
	if (n == 2 && strcmp(argv[0], "show") == 0)
		return show(db, argv[1]);
	if (n == 2 && strcmp(argv[0], "revoke") == 0)
		return revoke(db, argv[1], wish->reason);
	if (n == 2 && strcmp(argv[0], "export") == 0)
		return grant_export(db, wish->settings, argv[1]);
	if (n == 2 && strcmp(argv[0], "import") == 0 && wish->jwks != NULL)
		return grant_import(db, argv[1], wish->jwks);
	if (n == 2 && strcmp(argv[0], "import") == 0)
		return command_misused(&command_grant, "say whose it is: --jwks "
		    "FILE, the /oauth/jwks of the installation that made it");
	return command_misused(&command_grant,
	    "say list, show ID, revoke ID, export FILE or import FILE");
}

static int
run(int argc, char **argv)
{
	struct wish wish = { .limit = 100 };
	struct common common;
	const struct flag flags[] = {
		{ "--client", FLAG_TEXT, &wish.client, "ID  of this client only" },
		{ "--state", FLAG_TEXT, &wish.state,
		  "STATE  active, pending, paused, withdrawn or expired" },
		{ "--limit", FLAG_NUMBER, &wish.limit, "N  at most (100)" },
		{ "--jwks", FLAG_TEXT, &wish.jwks,
		  "FILE  import: public keys of the installation that made it" },
		{ "--reason", FLAG_TEXT, &wish.reason, "TEXT  why it is revoked" },
		{ NULL }
	};
	int n = command_args(&command_grant, &common, flags, argc, argv), rc;
	struct settings *s = command_settings(&common);
	struct db_now *db = client_database(s);

	wish.json = common.json;
	wish.settings = s;
	rc = act(db, n, argv, &wish);
	db_now_close(db);
	settings_free(s);
	return rc;
}
