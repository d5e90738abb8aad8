/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - `guichet status`: how deliveries stand, which hosts are in
 * trouble, how far the watch is. From the tables alone: it answers while
 * `guichet serve` is stopped, and for all hosts that share the database.
 */
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/client.h"
#include "commands/command.h"
#include "db/db.h"

static int run(int argc, char **argv);

const struct command command_status = {
	"status", "Tell the backlog, hosts in trouble, how far the watch is.", run,
	"[--json]"
};

enum { HOSTS_MAX = 50 };

struct status { struct rows *push, *hosts, *watch, *sources; };

/* Everything is put in words here, then shown or written as it is. */
static const struct { const char *column, *words; } counts[] = {
	{ "due", "due now" },
	{ "under_way", "under way" },
	{ "later", "wait for their next try" },
	{ "waiting", "wait for the customer's approval there" },
	{ "paused", "paused" },
	{ "dead", "set aside" },
	{ "comparing", "being compared with the source" },
	{ "beginning", "have not been given all their history yet" },
	{ "total", "in all" },
	{ "delivered_1m", "received something in the last minute" },
	{ "delivered_1h", "received something in the last hour" },
};

/* ---- as JSON ---- */

static void
write_time(struct jw *w, const struct rows *r, int i, const char *column,
    const char *name)
{
	char text[TIME_TEXT_MAX];
	int64_t us = row_time(r, i, column);

	time_text_ms(text, us);
	jw_str_member(w, name, us == 0 ? NULL : text);
}

static void
write_hosts(struct jw *w, const struct rows *r)
{
	jw_key(w, "hosts");
	jw_array(w);
	for (int i = 0; i < rows_count(r); i++) {
		jw_object(w);
		jw_str_member(w, "host", row_text(r, i, "host"));
		jw_int_member(w, "refused", row_int(r, i, "refused"));
		jw_int_member(w, "dead", row_int(r, i, "dead"));
		write_time(w, r, i, "next", "next_try");
		jw_str_member(w, "reason", row_text(r, i, "reason"));
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
write_watch(struct jw *w, const struct rows *r)
{
	jw_key(w, "watch");
	jw_array(w);
	for (int i = 0; i < rows_count(r); i++) {
		jw_object(w);
		jw_str_member(w, "source", row_text(r, i, "source"));
		jw_str_member(w, "dataset", row_text(r, i, "dataset"));
		write_time(w, r, i, "mark", "mark");
		jw_int_member(w, "behind_s", row_int(r, i, "behind_s"));
		jw_bool_member(w, "watched", row_bool(r, i, "watched"));
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
write_sources(struct jw *w, const struct rows *r)
{
	jw_key(w, "sources");
	jw_array(w);
	for (int i = 0; i < rows_count(r); i++) {
		char rate[32];
		int n = snprintf(rate, sizeof(rate), "%lld.%lld",
		    (long long)row_int(r, i, "per_s10") / 10,
		    (long long)row_int(r, i, "per_s10") % 10);

		jw_object(w);
		jw_str_member(w, "source", row_text(r, i, "source"));
		jw_str_member(w, "host", row_text(r, i, "host"));
		jw_key(w, "questions_per_second");
		jw_raw(w, rate, (size_t)n);
		jw_int_member(w, "bound", row_int(r, i, "bound"));
		jw_int_member(w, "waited_ms", row_int(r, i, "waited_ms"));
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
print_json(const struct status *s)
{
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_object(&w);
	jw_key(&w, "subscriptions");
	jw_object(&w);
	for (size_t i = 0; i < countof(counts); i++)
		jw_int_member(&w, counts[i].column,
		    row_int(s->push, 0, counts[i].column));
	write_time(&w, s->push, 0, "oldest", "oldest_due");
	jw_end_object(&w);
	write_hosts(&w, s->hosts);
	write_watch(&w, s->watch);
	write_sources(&w, s->sources);
	jw_end_object(&w);
	puts(out.data);
	buf_clear(&out);
}

/* ---- for people ---- */

static void
print_sources(const struct rows *r)
{
	if (rows_count(r) > 0)
		puts("Questions to sources, not counting pulls");
	for (int i = 0; i < rows_count(r); i++) {
		int64_t bound = row_int(r, i, "bound");

		printf("  %-12s %-26s %lld.%lld a second", row_text(r, i,
		    "source"), row_text(r, i, "host"),
		    (long long)row_int(r, i, "per_s10") / 10,
		    (long long)row_int(r, i, "per_s10") % 10);
		if (bound > 0)
			printf(", of %lld; each waited %lld ms", (long long)bound,
			    (long long)row_int(r, i, "waited_ms"));
		putchar('\n');
	}
}

static void
print(const struct status *s)
{
	int64_t oldest = row_time(s->push, 0, "oldest");

	puts("Subscriptions");
	for (size_t i = 0; i < countof(counts); i++)
		printf("%10lld  %s\n", (long long)row_int(s->push, 0,
		    counts[i].column), counts[i].words);
	if (oldest != 0)
		printf("            the oldest has been due for %lld s\n",
		    (long long)(clock_us() - oldest) / 1000000);
	if (rows_count(s->hosts) > 0)
		puts("Hosts in trouble");
	for (int i = 0; i < rows_count(s->hosts); i++)
		printf("  %-30s %lld refused, %lld set aside  %s\n",
		    row_text(s->hosts, i, "host"),
		    (long long)row_int(s->hosts, i, "refused"),
		    (long long)row_int(s->hosts, i, "dead"),
		    row_null(s->hosts, i, "reason") ? "" :
		    row_text(s->hosts, i, "reason"));
	if (rows_count(s->watch) > 0)
		puts("Watch");
	for (int i = 0; i < rows_count(s->watch); i++)
		printf("  %-12s %-26s %lld s behind%s\n",
		    row_text(s->watch, i, "source"),
		    row_text(s->watch, i, "dataset"),
		    (long long)row_int(s->watch, i, "behind_s"),
		    row_bool(s->watch, i, "watched") ? "" :
		    "  (nobody watches it now)");
	print_sources(s->sources);
}

/* ---- asking ---- */

static int
ask(struct db_now *db, struct status *s)
{
	struct params p;
	int failure = 0;

	params_init(&p);
	params_int(&p, HOSTS_MAX);
	if ((s->push = db_ask_now(db, SQL_STATUS_PUSH, PARAMS_NONE, &failure)) ==
	    NULL ||
	    (s->hosts = db_ask_now(db, SQL_STATUS_HOSTS, &p, &failure)) == NULL ||
	    (s->watch = db_ask_now(db, SQL_STATUS_WATCH, PARAMS_NONE,
	    &failure)) == NULL ||
	    (s->sources = db_ask_now(db, SQL_STATUS_SOURCES, PARAMS_NONE,
	    &failure)) == NULL)
		return client_failed(db, failure);
	return EX_OK;
}

static int
run(int argc, char **argv)
{
	struct common common;
	struct status s = { NULL, NULL, NULL };
	int n = command_args(&command_status, &common, NULL, argc, argv), rc;
	struct settings *settings;
	struct db_now *db;

	if (n != 0)
		return command_misused(&command_status, "it takes no argument");
	settings = command_settings(&common);
	db = client_database(settings);
	rc = ask(db, &s);
	if (rc == EX_OK && common.json)
		print_json(&s);
	else if (rc == EX_OK)
		print(&s);
	rows_free(s.push);
	rows_free(s.hosts);
	rows_free(s.watch);
	rows_free(s.sources);
	db_now_close(db);
	settings_free(settings);
	return rc;
}
