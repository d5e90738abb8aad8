/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_charset.c - a legacy charset: PostgreSQL turns texts into UTF-8 for us
 * and refuses those it cannot turn. It does not say which column they are in; a
 * database of SQL_ASCII was never even told its charset.
 */
#include <string.h>
#include "base/error.h"
#include "catalogue/check.h"
#include "catalogue/describe.h"

static const char cure[] = "say in the SELECT which charset it is; in a database "
    "of SQL_ASCII: convert_from(convert(convert_to(column, 'SQL_ASCII'), "
    "'LATIN1', 'UTF8'), 'SQL_ASCII')";

/* Can the customer's texts in this column be read? */
static bool
reads(PGconn *pg, struct arena *a, const struct dataset *d, const char *column,
    const char *customer)
{
	const char *values[] = { customer, "-infinity", "infinity" };
	int n = strstr(d->sql_text, "$3") != NULL ? 3 :
	    strstr(d->sql_text, "$2") != NULL ? 2 : 1;
	char *name = PQescapeIdentifier(pg, column, strlen(column));
	PGresult *r = PQexecParams(pg, arena_printf(a, "SELECT r.%s FROM (\n%s\n)"
	    " AS r LIMIT 200", name, d->sql_text), n, NULL, values, NULL, NULL, 0);
	const char *said = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	bool good = said == NULL || !charset_blamed(said);

	PQclear(r);
	PQfreemem(name);
	return good;
}

bool
charset_blamed(const char *why)
{
	return strstr(why, "encoding \"UTF8\"") != NULL;
}

void
check_charset(struct findings *found, const struct dataset *d, PGconn *pg,
    struct arena *a, const char *customer, const char *why)
{
	struct finding one = { .level = 4, .source = d->source->name,
	    .dataset = d->schema->id };
	int line = 0, column = 0;
	const char *name = NULL;
	size_t at;

	for (size_t i = 0; i < d->schema->field_count && name == NULL; i++) {
		const char *path = d->schema->fields[i].path;

		if (sqltext_alias(d->sql_text, path) > 0 &&
		    !reads(pg, a, d, path, customer))
			name = path;
	}
	if (name != NULL && (at = sqltext_alias(d->sql_text, name)) > 0)
		sqltext_place(d->sql_text, at, &line, &column);
	fault_set(&one.fault, "E236", d->sql_file, line, column,
	    "texts%s%s cannot be read as UTF-8: %s", name == NULL ? "" : " of ",
	    name == NULL ? "" : name, why);
	fault_cure(&one.fault, "%s", cure);
	findings_add(found, &one);
}
