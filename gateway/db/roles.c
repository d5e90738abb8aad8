/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles.c - roles apart: see roles.h.
 *
 * A process connects as its role by itself (`user` of libpq), not by SET ROLE:
 * what it cannot do it cannot give itself back. It works through a pooler whose
 * user list knows the roles.
 */
#include "db/roles.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "db/db.h"

char *
roles_url(const char *url, const char *name, const char *what)
{
	char *user = NULL;
	struct buf out;

	if (asprintf(&user, "%s_%s", name, what) < 0)
		fatal("no memory");
	buf_init(&out);
	buf_str(&out, url);
	if (strstr(url, "://") != NULL) {	/* what comes last counts */
		buf_printf(&out, "%cuser=", strchr(url, '?') == NULL ? '?' : '&');
		percent_encode(&out, user);
	} else {
		buf_str(&out, " user='");
		for (const char *p = user; *p != '\0'; p++) {
			if (*p == '\'' || *p == '\\')
				buf_char(&out, '\\');
			buf_char(&out, *p);
		}
		buf_char(&out, '\'');
	}
	free(user);
	user = xstrdup(out.data);
	buf_clear(&out);
	return user;
}

static void
connect_as(char **url, const char *name, const char *what)
{
	char *old = *url;

	*url = what == NULL ? xstrdup("") : roles_url(old, name, what);
	free(old);
}

void
roles_become(struct settings *s, const char *what)
{
	if (what != NULL && s->database_roles[0] == '\0')
		return;
	connect_as(&s->database_url, s->database_roles, what);
	connect_as(&s->database_direct_url, s->database_roles, what);
}

static int
fault_role(struct fault *f, const char *role, const char *why)
{
	fault_set(f, "E311", "", 0, 0, "the role %s of [database] roles %s", role,
	    why);
	fault_cure(f, "have it made and let in: docs/how-to/install.md; or leave "
	    "[database] roles empty");
	return E_CONFLICT;
}

static int
all_there(struct db_now *now, const char *name, struct fault *f)
{
	struct params p;
	struct rows *rows;
	int rc;

	params_init(&p);
	params_text(&p, name);
	if ((rows = db_ask_now(now, SQL_ROLES_MISSING, &p, &rc)) == NULL)
		return rc;
	rc = rows_count(rows) == 0 ? 0 : fault_role(f, row_text(rows, 0, "role"),
	    "is not there");
	rows_free(rows);
	return rc;
}

int
roles_grant(const struct settings *s, struct fault *f)
{
	struct db_now *now;
	struct params p;
	char why[256];
	int rc;

	if (s->database_roles[0] == '\0')
		return 0;
	if (db_now_open(&now, s->database_direct_url, "guichet migrate", why) < 0)
		return fault_role(f, s->database_roles, why);
	params_init(&p);
	params_text(&p, s->database_roles);
	if ((rc = all_there(now, s->database_roles, f)) == 0) {
		rows_free(db_ask_now(now, SQL_ROLES_GRANT, &p, &rc));
		if (rc < 0)
			fault_role(f, s->database_roles, db_now_error(now));
	}
	db_now_close(now);
	return rc;
}

/* One may write lines; neither may change one. */
static int
check_one(const struct settings *s, const char *what, struct fault *f)
{
	static const struct statement can = { "roles_can", "SELECT"
	    " has_table_privilege('guichet.journal_line', 'INSERT') AS may,"
	    " has_table_privilege('guichet.journal_line', 'DELETE') OR"
	    " has_column_privilege('guichet.journal_line', 'leaf', 'UPDATE')"
	    " AS may_not", false };
	char *url = roles_url(s->database_url, s->database_roles, what);
	char role[128], why[256];
	struct rows *rows;
	struct db_now *now;
	int rc;

	snprintf(role, sizeof(role), "%.60s_%s", s->database_roles, what);
	rc = db_now_open(&now, url, "guichet check", why);
	free(url);
	if (rc < 0) {
		fault_role(f, role, "");
		snprintf(f->cause, sizeof(f->cause), "the role %.80s cannot "
		    "connect: %.250s", role, why);
		return E_CONFLICT;
	}
	if ((rows = db_ask_now(now, &can, PARAMS_NONE, &rc)) == NULL)
		rc = fault_role(f, role, db_now_error(now));
	else if (!row_bool(rows, 0, "may"))
		rc = fault_role(f, role, "was not granted its tables: run "
		    "`guichet migrate`");
	else if (row_bool(rows, 0, "may_not"))
		rc = fault_role(f, role, "may change the journal: it must not");
	rows_free(rows);
	db_now_close(now);
	return rc;
}

int
roles_check(const struct settings *s, struct fault *f)
{
	int rc;

	if (s->database_roles[0] == '\0')
		return 0;
	rc = check_one(s, "app", f);
	return rc < 0 ? rc : check_one(s, "sequencer", f);
}
