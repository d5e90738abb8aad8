/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure.c - what a SQLSTATE means to whoever asked.
 *
 * Source: PostgreSQL 15 documentation, appendix A. Messages may quote values,
 * so that only those of class 42 (names, syntax, rights) are logged.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "db/db_own.h"

static const struct { const char *begins; int failure; } meanings[] = {
	{ "23505", E_CONFLICT },	/* unique_violation */
	{ "23P01", E_CONFLICT },	/* exclusion_violation */
	{ "57014", E_TIMEOUT },		/* query_canceled: statement_timeout */
	{ "55P03", E_UNAVAILABLE },	/* lock_not_available */
	{ "25006", E_UNAVAILABLE },	/* read_only: a primary became a standby */
	{ "08", E_UNAVAILABLE },	/* connection */
	{ "40", E_UNAVAILABLE },	/* serialization, deadlock */
	{ "53", E_UNAVAILABLE },	/* out of memory, disk, connections */
	{ "57P", E_UNAVAILABLE },	/* shutting down, starting up */
	{ "58", E_UNAVAILABLE },	/* the system beneath PostgreSQL */
};

static const char *
sqlstate(const PGresult *res)
{
	const char *s = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	return s == NULL ? "" : s;
}

int
failure_of(const PGresult *res)
{
	const char *state = sqlstate(res);

	if (state[0] == '\0')
		return E_UNAVAILABLE;	/* libpq itself: the connection */
	for (size_t i = 0; i < countof(meanings); i++)
		if (strncmp(state, meanings[i].begins,
		    strlen(meanings[i].begins)) == 0)
			return meanings[i].failure;
	return E_STATEMENT;
}

/* 57P05 is idle_session_timeout; 08 comes from poolers, too. */
bool
failure_lost(const PGresult *res)
{
	const char *state = sqlstate(res);
	const char *severity = PQresultErrorField(res,
	    PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && strcmp(severity, "ERROR") != 0)
		return true;		/* FATAL, PANIC */
	return state[0] == '\0' || strncmp(state, "57P", 3) == 0 ||
	    strncmp(state, "08", 2) == 0;
}

void
failure_log(const char *db, const char *statement, const PGresult *res)
{
	const char *state = sqlstate(res);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	struct arena *arena;

	if (strcmp(state, "53100") == 0) {	/* disk_full */
		log_error("the database's disk is full code=E307 db=%s "
		    "statement=%s", db, statement);
		return;
	}
	if (strncmp(state, "42", 2) != 0 || message == NULL) {
		log_warning("statement failed db=%s statement=%s sqlstate=%s",
		    db, statement, state[0] == '\0' ? "none" : state);
		return;
	}
	arena = arena_new();
	log_error("statement refused db=%s statement=%s sqlstate=%s why=%s", db,
	    statement, state, log_quote(arena, message));
	arena_free(arena);
}
