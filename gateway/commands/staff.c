/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staff.c - `guichet staff list|demo|disable|enable`: who of the organisation
 * may open its own pages.
 *
 * Roles come from the organisation's OpenID provider at each sign-in; here one
 * sees who came, and shuts somebody out at once. `demo` makes five synthetic
 * colleagues, one per role, for [login] mode = demo.
 */
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/command.h"
#include "consent/staff.h"
#include "crypto/password.h"
#include "db/db.h"
#include "journal/line.h"

static int run(int argc, char **argv);

const struct command command_staff = {
	"staff", "List the organisation's people; shut one out or let her in.", run,
	"list [--json] | demo [--json] | disable ID --reason TEXT |"
	" enable ID --reason TEXT"
};

static int
failed(struct db_now *db, int failure)
{
	fprintf(stderr, "guichet staff: %s (%s)\n", db_now_error(db),
	    error_name(failure));
	return failure == E_UNAVAILABLE ? EX_UNAVAILABLE : EX_SOFTWARE;
}

/* ---- list ---- */

static void
write_roles(struct jw *w, struct arena *a, const struct rows *r, int i)
{
	size_t n;
	const char **roles = row_texts(r, i, "roles", a, &n);

	jw_key(w, "roles");
	jw_array(w);
	for (size_t k = 0; k < n; k++)
		jw_string(w, roles[k]);
	jw_end_array(w);
}

static void
list_json(const struct rows *r, struct arena *a)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, a);
	jw_init(&w, &out);
	jw_array(&w);
	for (int i = 0; i < rows_count(r); i++) {
		jw_object(&w);
		jw_str_member(&w, "id", row_text(r, i, "id"));
		jw_str_member(&w, "issuer", row_text(r, i, "issuer"));
		jw_str_member(&w, "subject", row_text(r, i, "subject"));
		jw_str_member(&w, "name", row_text(r, i, "name"));
		write_roles(&w, a, r, i);
		jw_bool_member(&w, "disabled", row_bool(r, i, "disabled"));
		jw_int_member(&w, "sessions", row_int(r, i, "sessions"));
		jw_end_object(&w);
	}
	jw_end_array(&w);
	puts(out.data);
}

static void
list_text(const struct rows *r, struct arena *a)
{
	for (int i = 0; i < rows_count(r); i++) {
		size_t n;
		const char **roles = row_texts(r, i, "roles", a, &n);

		printf("%s  %-24s", row_text(r, i, "id"), row_text(r, i, "name"));
		for (size_t k = 0; k < n; k++)
			printf(" %s", roles[k]);
		puts(row_bool(r, i, "disabled") ? "  (shut out)" : "");
	}
	if (rows_count(r) == 0)
		puts("nobody has signed in yet");
}

static int
list(struct db_now *db, struct arena *a, bool json)
{
	int failure;
	struct rows *r = db_ask_now(db, SQL_STAFF_LIST, PARAMS_NONE, &failure);

	if (r == NULL)
		return failed(db, failure);
	(json ? list_json : list_text)(r, a);
	rows_free(r);
	return EX_OK;
}

/* ---- demo ---- */

static const struct person { const char *login, *name; const char *roles[3]; }
    people[] = {
	{ "audrey", "Audrey Lacour", { "auditor" } },
	{ "denis", "Denis Prévost", { "dpo", "auditor" } },
	{ "oriane", "Oriane Bastide", { "operator" } },
	{ "adam", "Adam Ferrand", { "admission" } },
	{ "agathe", "Agathe Monnier", { "admin" } },
};

static int
put(struct db_now *db, struct arena *a, const struct person *person,
    const char *password)
{
	uint8_t hash[PASSWORD_HASH_SIZE];
	struct uuid id;
	struct params p;
	int failure = 0;
	size_t n = 0;

	while (n < countof(person->roles) && person->roles[n] != NULL)
		n++;
	password_hash(hash, password);
	uuid_make(&id);
	params_init(&p);
	params_uuid(&p, &id);
	params_text(&p, person->login);
	params_bytes(&p, hash, sizeof(hash));
	params_text(&p, person->name);
	params_texts(&p, a, person->roles, n);
	rows_free(db_ask_now(db, SQL_STAFF_DEMO_PUT, &p, &failure));
	return failure;
}

static void
tell(struct jw *w, const struct person *person, const char *password)
{
	jw_object(w);
	jw_str_member(w, "login", person->login);
	jw_str_member(w, "password", password);
	jw_str_member(w, "name", person->name);
	jw_key(w, "roles");
	jw_array(w);
	for (size_t i = 0; i < countof(person->roles) && person->roles[i]; i++)
		jw_string(w, person->roles[i]);
	jw_end_array(w);
	jw_end_object(w);
}

static int
demo(struct db_now *db, struct arena *a, bool json)
{
	struct buf out;
	struct jw w;
	int rc;

	buf_init_in(&out, a);
	jw_init(&w, &out);
	jw_array(&w);
	for (size_t i = 0; i < countof(people); i++) {
		const char *password = arena_printf(a, "bonjour-%s",
		    people[i].login);

		if ((rc = put(db, a, &people[i], password)) < 0)
			return failed(db, rc);
		tell(&w, &people[i], password);
		if (!json)
			printf("%-8s %-16s %s  %s\n", people[i].login, password,
			    people[i].roles[0], people[i].name);
	}
	jw_end_array(&w);
	if (json)
		puts(out.data);
	return EX_OK;
}

/* ---- disable, enable ---- */

static int
set_state(struct db_now *db, struct arena *a, const char *who, bool disabled,
    const char *reason)
{
	struct line line = { .event = disabled ? "staff.disabled" :
	    "staff.enabled", .records = -1, .bytes = -1, .actor = "operator",
	    .of = who, .reason = reason };
	struct line_row row;
	struct params p;
	struct uuid id;
	struct rows *r;
	int failure, n;

	if (uuid_parse(&id, who) < 0)
		return command_misused(&command_staff, "'%s' is no id; `guichet"
		    " staff list` tells them", who);
	line_make(&row, a, &line);
	params_init(&p);
	params_uuid(&p, &id);
	params_bool(&p, disabled);
	line_params(&p, &row);
	if ((r = db_ask_now(db, SQL_STAFF_STATE, &p, &failure)) == NULL)
		return failed(db, failure);
	n = rows_count(r);
	rows_free(r);
	if (n == 0) {
		fprintf(stderr, "guichet staff: nothing to change: nobody has"
		    " that id, or it is so already\n");
		return EX_DATAERR;
	}
	printf("%s is %s\n", who, disabled ? "shut out" : "let in again");
	return EX_OK;
}

/* ---- the command ---- */

static int
act(struct db_now *db, struct arena *a, int n, char **argv, bool json,
    const char *reason)
{
	bool disable = strcmp(argv[0], "disable") == 0;

	if (strcmp(argv[0], "list") == 0 && n == 1)
		return list(db, a, json);
	if (strcmp(argv[0], "demo") == 0 && n == 1)
		return demo(db, a, json);
	if ((!disable && strcmp(argv[0], "enable") != 0) || n != 2)
		return command_misused(&command_staff,
		    "say list, demo, disable ID or enable ID");
	if (reason == NULL)
		return command_misused(&command_staff,
		    "say why: --reason TEXT (it is kept in the journal)");
	return set_state(db, a, argv[1], disable, reason);
}

static int
refuse_demo(const struct settings *s, const char *verb)
{
	if (strcmp(verb, "demo") != 0 || strcmp(s->login_mode, "demo") == 0)
		return EX_OK;
	fputs("guichet staff: synthetic people sign in to a demonstration only"
	    " ([login] mode = demo)\n", stderr);
	return EX_CONFIG;
}

static int
run(int argc, char **argv)
{
	const char *reason = NULL;
	const struct flag flags[] = {
		{ "--reason", FLAG_TEXT, &reason, "TEXT  why" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_staff, &common, flags, argc, argv), rc;
	struct settings *s;
	struct db_now *db;
	struct arena *a;
	char why[256];

	if (n < 1)
		return command_misused(&command_staff,
		    "say list, demo, disable ID or enable ID");
	s = command_settings(&common);
	if ((rc = refuse_demo(s, argv[0])) != EX_OK)
		return rc;
	if (db_now_open(&db, s->database_url, "guichet staff", why) < 0) {
		fprintf(stderr, "guichet staff: the database is away: %s\n", why);
		return EX_UNAVAILABLE;
	}
	a = arena_new();
	rc = act(db, a, n, argv, common.json, reason);
	arena_free(a);
	db_now_close(db);
	settings_free(s);
	return rc;
}
