/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect.c - how every connection of ours begins.
 *
 * A dead peer is noticed within some 20 s by TCP itself (keepalives while
 * idle, user timeout while bytes are unacknowledged); what the URL says about
 * it wins. `options=` is not used: pgbouncer refuses it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "db/db_own.h"

static void
on_notice(void *arg UNUSED, const PGresult *res)
{
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	if (text != NULL)
		log_debug("database says %s", text);
}

/* a,b,c at turn 1: b,c,a. NULL when there is only one, or none. */
static char *
turned(const char *list, unsigned turn)
{
	const char *from = list;
	unsigned n = 1;
	char *out;

	for (const char *p = list; p != NULL && *p != '\0'; p++)
		n += *p == ',';
	turn %= n;
	if (turn == 0)
		return NULL;
	for (; turn > 0; turn--)
		from = strchr(from, ',') + 1;
	if (asprintf(&out, "%s,%.*s", from, (int)(from - list - 1), list) < 0)
		fatal("no memory for a connection");
	return out;
}

/* Of a URL that names several hosts, each is the first in its turn: one that
 * takes connections and says nothing (frozen, or gone with its network) keeps
 * PQconnectPoll for good, and those behind it would never be asked. */
static void
turn_hosts(const char *url, unsigned turn, char *host[3])
{
	static const char *const names[3] = { "host", "hostaddr", "port" };
	PQconninfoOption *all = turn == 0 ? NULL : PQconninfoParse(url, NULL);

	for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		for (int i = 0; i < 3; i++)
			if (strcmp(o->keyword, names[i]) == 0)
				host[i] = turned(o->val, turn);
	PQconninfoFree(all);
}

int
connect_ms(const char *url)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	bool several = false;

	for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		several |= strncmp(o->keyword, "host", 4) == 0 &&
		    o->val != NULL && strchr(o->val, ',') != NULL;
	PQconninfoFree(all);
	return several ? CONNECT_TURN_MS : CONNECT_MS;
}

/* wait: PQconnectdb, else PQconnectStart. Those before dbname give way to
 * what the URL says, those after it do not. */
static PGconn *
start(const char *url, const char *application_name, bool wait,
    const char *replication, unsigned turn)
{
	char *host[3] = { NULL, NULL, NULL };
	PGconn *pg;

	turn_hosts(url, turn, host);
	const char *const keys[] = { "keepalives", "keepalives_idle",
	    "keepalives_interval", "keepalives_count", "tcp_user_timeout",
	    "connect_timeout", "fallback_application_name", "dbname",
	    "client_encoding", "replication", "host", "hostaddr", "port",
	    NULL };
	const char *const values[] = { "1", "10", "3", "3", "15000", "5",
	    application_name, url, "UTF8", replication, host[0], host[1],
	    host[2], NULL };

	pg = wait ? PQconnectdbParams(keys, values, 1) :
	    PQconnectStartParams(keys, values, 1);

	for (int i = 0; i < 3; i++)
		free(host[i]);
	if (pg == NULL)
		abort();	/* memory is gone, as in xmalloc */
	PQsetNoticeReceiver(pg, on_notice, NULL);
	return pg;
}

PGconn *
pg_start(const char *url, const char *application_name, bool wait,
    unsigned turn)
{
	return start(url, application_name, wait, NULL, turn);
}

PGconn *
pg_start_stream(const char *url, const char *application_name)
{
	return start(url, application_name, false, "database", 0);
}

/* From a half of 100 ms, 200 ms, ... up to the whole of it. */
static char *
signed_text(const struct statement *s)
{
	char *text = NULL;

	if (asprintf(&text, "/* guichet: %s */ %s", s->name, s->text) < 0)
		fatal("no memory for a statement");
	return text;
}

bool
signed_prepare(PGconn *pg, const char *name, const struct statement *s)
{
	char *text = signed_text(s);
	bool ok = PQsendPrepare(pg, name, text, 0, NULL) == 1;

	free(text);
	return ok;
}

bool
signed_ask(PGconn *pg, const struct question *q)
{
	char *text = signed_text(q->statement);
	bool ok = PQsendQueryParams(pg, text, q->n, NULL, q->values, q->lengths,
	    q->formats, 1) == 1;

	free(text);
	return ok;
}

int64_t
backoff_us(unsigned failures)
{
	int64_t ms = BACKOFF_MIN_MS;
	uint16_t r;

	while (failures-- > 1 && ms < BACKOFF_MAX_MS)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	random_bytes(&r, sizeof(r));
	return ms * 500 + ms * 500 * r / UINT16_MAX;
}

struct timeval
tv_of_us(int64_t us)
{
	return (struct timeval){ us / 1000000, us % 1000000 };
}

/* libpq's messages: the first line, without what would end the quotes. */
void
reason_of(char out[REASON_MAX], const char *message)
{
	size_t n = strcspn(message, "\n");

	snprintf(out, REASON_MAX, "%.*s", (int)n, message);
	for (; *out != '\0'; out++)
		if (*out == '"')
			*out = '\'';
}
