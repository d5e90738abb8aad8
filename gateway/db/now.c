/* SPDX-License-Identifier: Apache-2.0 */
/* now.c - for tools: the same statements on one connection, simply waiting. */
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"
#include "db/db_own.h"

struct db_now {
	PGconn *pg;
	char error[256];
};

/* libpq's messages end with a newline and may have several lines. */
static void
one_line(char *out, size_t size, const char *message)
{
	size_t n = strlen(message);

	while (n > 0 && message[n - 1] == '\n')
		n--;
	snprintf(out, size, "%.*s", (int)n, message);
	for (; *out != '\0'; out++)
		if (*out == '\n' || *out == '\t')
			*out = ' ';
}

int
db_now_open(struct db_now **out, const char *url,
    const char *application_name, char why[256])
{
	PGconn *pg = pg_start(url, application_name, true, 0);

	if (PQstatus(pg) != CONNECTION_OK) {
		one_line(why, 256, PQerrorMessage(pg));
		PQfinish(pg);
		return E_UNAVAILABLE;
	}
	*out = xcalloc(1, sizeof(**out));
	(*out)->pg = pg;
	return 0;
}

void
db_now_close(struct db_now *now)
{
	if (now == NULL)
		return;
	PQfinish(now->pg);
	free(now);
}

static int
keep_error(struct db_now *now, const PGresult *res)
{
	one_line(now->error, sizeof(now->error),
	    res == NULL ? PQerrorMessage(now->pg) : PQresultErrorMessage(res));
	return res == NULL ? E_UNAVAILABLE : failure_of(res);
}

struct rows *
db_ask_now(struct db_now *now, const struct statement *statement,
    const struct params *p, int *failure)
{
	PGresult *res = PQexecParams(now->pg, statement->text,
	    p == PARAMS_NONE ? 0 : p->n, NULL,
	    p == PARAMS_NONE ? NULL : p->values,
	    p == PARAMS_NONE ? NULL : p->lengths,
	    p == PARAMS_NONE ? NULL : p->formats, 1);
	ExecStatusType status = PQresultStatus(res);

	*failure = 0;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return rows_new(res);
	*failure = keep_error(now, res);
	PQclear(res);
	return NULL;
}

const char *
db_now_error(const struct db_now *now)
{
	return now->error;
}

int
db_now_run(struct db_now *now, const char *sql)
{
	PGresult *res = PQexec(now->pg, sql);
	ExecStatusType status = PQresultStatus(res);
	int rc = 0;

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK &&
	    status != PGRES_EMPTY_QUERY)
		rc = keep_error(now, res);
	PQclear(res);
	return rc;
}

void *
db_now_connection(struct db_now *now)
{
	return now->pg;
}
