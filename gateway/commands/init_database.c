/* SPDX-License-Identifier: Apache-2.0 */
/* init_database.c - see init.h. */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/init.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "db/roles.h"

/* A value of a libpq URL: "user", "dbname"; NULL when it does not say. */
static const char *
part_of(struct arena *a, const char *url, const char *keyword)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	const char *found = NULL;

	for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0 && o->val != NULL)
			found = arena_strdup(a, o->val);
	PQconninfoFree(all);
	return found;
}

static int
failed(struct fault *f, const char *what, const char *why)
{
	fault_set(f, "E310", "", 0, 0, "%s cannot be made: %s", what, why);
	fault_cure(f, "give --admin the URL of a role that may create roles and "
	    "databases, or have it made for you");
	return E_UNAVAILABLE;
}

static bool
is_there(PGconn *pg, const char *sql, const char *name)
{
	PGresult *r = PQexecParams(pg, sql, 1, NULL, &name, NULL, NULL, 0);
	bool there = PQntuples(r) > 0;

	PQclear(r);
	return there;
}

/* verb: "CREATE ROLE", rest: " LOGIN". Nothing is done to what is there. */
static int
make_one(PGconn *pg, struct arena *a, const char *find, const char *verb,
    const char *name, const char *rest, struct fault *f)
{
	char *quoted, *sql;
	PGresult *r;
	int rc = 0;

	if (is_there(pg, find, name))
		return 0;
	quoted = PQescapeIdentifier(pg, name, strlen(name));
	sql = arena_printf(a, "%s %s%s", verb, quoted, rest);
	r = PQexec(pg, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = failed(f, name, PQresultErrorField(r,
		    PG_DIAG_MESSAGE_PRIMARY));
	else
		printf("%s.\n", sql);
	PQclear(r);
	PQfreemem(quoted);
	return rc;
}

static int
make_both(PGconn *pg, struct arena *a, const char *role, const char *name,
    struct fault *f)
{
	char *quoted;
	int rc = 0;

	if (role != NULL)
		rc = make_one(pg, a, "SELECT FROM pg_roles WHERE rolname = $1",
		    "CREATE ROLE", role, " LOGIN", f);
	if (rc < 0 || name == NULL)
		return rc;
	quoted = PQescapeIdentifier(pg, role == NULL ? PQuser(pg) : role,
	    strlen(role == NULL ? PQuser(pg) : role));
	rc = make_one(pg, a, "SELECT FROM pg_database WHERE datname = $1",
	    "CREATE DATABASE", name, arena_printf(a, " OWNER %s", quoted), f);
	PQfreemem(quoted);
	return rc;
}

int
init_database(const char *admin, const char *own, struct fault *f)
{
	struct arena *a = arena_new();
	struct db_now *now;
	char why[256];
	int rc;

	if (db_now_open(&now, admin, "guichet init", why) < 0) {
		rc = failed(f, "the database", why);
	} else {
		rc = make_both(db_now_connection(now), a, part_of(a, own, "user"),
		    part_of(a, own, "dbname"), f);
		db_now_close(now);
	}
	arena_free(a);
	return rc;
}

/* ---- roles apart ---- */

static const struct { const char *what; bool login; } apart[] = {
	{ "app", true }, { "sequencer", true }, { "auditor", false },
	{ "dpo", false } };

/* One that was there keeps its password, which we do not know. */
static int
make_role(PGconn *pg, struct arena *a, const char *name, size_t i, FILE *passfile,
    struct fault *f)
{
	static const char find[] = "SELECT FROM pg_roles WHERE rolname = $1";
	const char *role = arena_printf(a, "%s_%s", name, apart[i].what);
	char secret[48], *quoted;
	uint8_t bytes[24];
	PGresult *r;
	int rc;

	if (is_there(pg, find, role))
		return 0;
	rc = make_one(pg, a, find, "CREATE ROLE", role, apart[i].login ?
	    " LOGIN" : " NOLOGIN", f);
	if (rc < 0 || !apart[i].login)
		return rc;
	random_bytes(bytes, sizeof(bytes));
	b64url_encode(secret, bytes, sizeof(bytes));
	quoted = PQescapeIdentifier(pg, role, strlen(role));
	r = PQexec(pg, arena_printf(a, "ALTER ROLE %s PASSWORD '%s'", quoted,
	    secret));
	rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : failed(f, role,
	    PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	PQclear(r);
	PQfreemem(quoted);
	fprintf(passfile, "*:*:*:%s:%s\n", role, secret);
	return rc;
}

static int
make_roles(const char *admin, struct arena *a, const char *name,
    const char *passfile, struct fault *f)
{
	int fd = open(passfile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "a");
	struct db_now *now;
	char why[256];
	int rc = 0;

	if (out == NULL)
		return failed(f, passfile, strerror(errno));
	if (db_now_open(&now, admin, "guichet init", why) < 0) {
		fclose(out);
		return failed(f, "the roles", why);
	}
	for (size_t i = 0; i < countof(apart) && rc == 0; i++)
		rc = make_role(db_now_connection(now), a, name, i, out, f);
	db_now_close(now);
	return fclose(out) != 0 && rc == 0 ? failed(f, passfile,
	    strerror(errno)) : rc;
}

static bool
lets_us_in(const char *url, const char *name)
{
	bool in = true;

	for (size_t i = 0; i < countof(apart) && in; i++) {
		char *as = roles_url(url, name, apart[i].what), why[256];
		struct db_now *now;

		in = !apart[i].login ||
		    db_now_open(&now, as, "guichet init", why) == 0;
		if (in && apart[i].login)
			db_now_close(now);
		free(as);
	}
	return in;
}

int
init_roles(struct arena *a, const char *admin, const char *own,
    const char *passfile, const char **name, const char **url, struct fault *f)
{
	const char *role = part_of(a, own, "user"), *by_file;
	int rc;

	*name = role = role == NULL ? "guichet" : role;
	*url = own;
	if ((rc = make_roles(admin, a, role, passfile, f)) < 0)
		return rc;
	by_file = strstr(own, "://") == NULL ?
	    arena_printf(a, "%s passfile='%s'", own, passfile) :
	    arena_printf(a, "%s%cpassfile=%s", own, strchr(own, '?') == NULL ?
	    '?' : '&', passfile);
	if (lets_us_in(own, role)) {
		unlink(passfile);	/* no password is asked for */
	} else if (part_of(a, own, "passfile") == NULL &&
	    lets_us_in(by_file, role)) {
		*url = by_file;
	} else {
		*name = NULL;
		printf("The roles %s_app and %s_sequencer are made, but this "
		    "PostgreSQL does not let us be them:\nall processes connect "
		    "as one role until docs/how-to/install.md is followed.\n"
		    "Their passwords are in %s.\n", role, role, passfile);
	}
	return 0;
}

/* ---- what comes next ---- */

static void
tell_grants(const struct settings *s)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < s->source_place_count; i++) {
		const char *url = s->source_places[i].url;
		const char *role = part_of(a, url, "user");
		const char *name = part_of(a, url, "dbname");

		if (role == NULL)
			role = "guichet_reader";
		printf("\nFor the DBA of the source '%s':\n\n"
		    "    CREATE ROLE \"%s\" LOGIN;\n"
		    "    ALTER ROLE \"%s\" SET default_transaction_read_only = on;\n"
		    "    GRANT CONNECT ON DATABASE \"%s\" TO \"%s\";\n"
		    "    GRANT pg_read_all_stats TO \"%s\";\n",
		    s->source_places[i].name, role, role,
		    name == NULL ? role : name, role, role);
	}
	if (s->source_place_count > 0)
		puts("\nand SELECT on the tables its adapter reads: `guichet check` "
		    "prints those that are missing.");
	arena_free(a);
}

void
init_next(const struct settings *s, const char *config)
{
	tell_grants(s);
	printf("\nReady. Next:\n%s"
	    "  guichet check%s%s       what is wrong with adapters and sources\n"
	    "  guichet client add --help   let a PIMS in\n"
	    "  guichet doctor              is all well on this machine?\n"
	    "  guichet serve               or: systemctl enable --now guichet\n",
	    s->source_place_count == 0 ? "" :
	    "  guichet adapter init --help the SELECT of a first adapter\n",
	    strcmp(config, "/etc/guichet/guichet.conf") == 0 ? "" : " --config ",
	    strcmp(config, "/etc/guichet/guichet.conf") == 0 ? "" : config);
	printf("Back up %s apart from the database.\n", s->keys_dir);
}
