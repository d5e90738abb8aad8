/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscription.c - `guichet subscription list|show|retry|pause|resume|resync|plan`:
 * what is kept pushed, what was set aside and why, and starting it again, one or
 * all of a host, a PIMS, a data set, a customer, a period.
 *
 * For operators: no customer appears, only her pseudonym. Each change has its
 * line in the journal.
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
#include "commands/subscription_plan.h"
#include "db/db.h"
#include "journal/line.h"

static int run(int argc, char **argv);

const struct command command_subscription = {
	"subscription", "List, plan, retry, pause, resume, compare deliveries.", run,
	"list [--state STATE] [WHICH] [--limit N] [--json]\n"
	"   or: guichet subscription show ID\n"
	"   or: guichet subscription retry ID | WHICH\n"
	"   or: guichet subscription pause ID | WHICH --reason TEXT\n"
	"   or: guichet subscription resume | resync ID | WHICH\n"
	"   or: guichet subscription plan [WHICH] [--again]\n"
	"where WHICH is one or more of --host, --client, --dataset, --customer,\n"
	"--from and --to"
};

struct wish {
	const char *state, *host, *reason;
	const char *client, *dataset, *customer;
	const char *from, *to;		/* as typed: in its state since then */
	int64_t from_us, to_us;		/* 0 = open */
	int64_t limit, sample, rate;
	bool again, json;
};

/* ---- showing ---- */

static void
write_time(struct jw *w, const struct rows *r, int i, const char *column)
{
	char text[TIME_TEXT_MAX];
	int64_t us = row_time(r, i, column);

	time_text_ms(text, us);
	jw_str_member(w, column, us == 0 ? NULL : text);
}

static void
write_one(struct jw *w, const struct rows *r, int i)
{
	static const char *const texts[] = { "id", "grant_id", "client_id",
	    "pairwise", "dataset", "kind", "host", "state", "grant_state",
	    "reason" };
	static const char *const counts[] = { "sequence", "attempts", "crashes" };

	jw_object(w);
	for (size_t k = 0; k < countof(texts); k++)
		jw_str_member(w, texts[k], row_text(r, i, texts[k]));
	for (size_t k = 0; k < countof(counts); k++)
		jw_int_member(w, counts[k], row_int(r, i, counts[k]));
	jw_bool_member(w, "under_way", row_bool(r, i, "under_way"));
	write_time(w, r, i, "since");
	write_time(w, r, i, "given");
	write_time(w, r, i, "due");
	write_time(w, r, i, "delivered");
	jw_end_object(w);
}

static void
tell_one(const struct rows *r, int i)
{
	const char *reason = row_text(r, i, "reason");

	printf("%s  %-7s  %-22s %-28s %6lld received%s%s%s\n",
	    row_text(r, i, "id"), row_text(r, i, "state"),
	    row_text(r, i, "dataset"), row_text(r, i, "host"),
	    (long long)row_int(r, i, "sequence"),
	    row_null(r, i, "given") ? " so far" : "",
	    reason == NULL ? "" : "  ", reason == NULL ? "" : reason);
}

static void
print(const struct rows *r, bool json, bool list)
{
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	if (list)
		jw_array(&w);
	for (int i = 0; i < rows_count(r); i++)
		if (json)
			write_one(&w, r, i);
		else
			tell_one(r, i);
	if (list)
		jw_end_array(&w);
	if (json)
		puts(out.data);
	buf_clear(&out);
}

/* ---- finding ---- */

static void
put_time(struct params *p, int64_t us)
{
	if (us == 0)
		params_text(p, NULL);
	else
		params_time(p, us);
}

static struct rows *
find(struct db_now *db, const struct uuid *id, const struct wish *wish, int *rc)
{
	struct params p;
	struct rows *r;
	int failure;

	params_init(&p);
	params_uuid(&p, id);
	params_text(&p, wish->state);
	params_text(&p, wish->host);
	params_int(&p, wish->limit);
	params_text(&p, wish->client);
	params_text(&p, wish->dataset);
	params_text(&p, wish->customer);
	put_time(&p, wish->from_us);
	put_time(&p, wish->to_us);
	if ((r = db_ask_now(db, SQL_SUBSCRIPTION_LIST, &p, &failure)) == NULL)
		*rc = client_failed(db, failure);
	return r;
}

static struct rows *
find_one(struct db_now *db, const char *text, int *rc)
{
	const struct wish any = { .limit = 1 };
	struct uuid id;
	struct rows *r;

	*rc = EX_DATAERR;
	if (uuid_parse(&id, text) < 0) {
		fprintf(stderr, "guichet subscription: '%s' is no id\n", text);
		return NULL;
	}
	if ((r = find(db, &id, &any, rc)) == NULL || rows_count(r) == 1)
		return r;
	fprintf(stderr, "guichet subscription: there is no %s\n", text);
	rows_free(r);
	return NULL;
}

/* ---- changing ---- */

static const struct change {
	const char *verb, *event, *state, *done;
	const char *from[3];		/* states it may be in */
} changes[] = {
	{ "retry", "delivery.replayed", "active", "is tried again",
	  { "dead", "active" } },
	{ "pause", "subscription.paused", "paused", "is paused",
	  { "active", "dead" } },
	{ "resume", "subscription.resumed", "active", "goes on", { "paused" } },
	/* state NULL: it stays as it is, and is compared with the source */
	{ "resync", "delivery.resync", NULL, "is compared with its source",
	  { "active" } },
};

static void
put_line(struct params *p, struct arena *a, const struct rows *r, int i,
    const struct change *c, const char *reason)
{
	struct subject_ref subject;
	struct uuid grant;
	struct line line = { .event = c->event, .records = -1, .bytes = -1,
	    .dataset = row_text(r, i, "dataset"),
	    .to = row_text(r, i, "client_id"), .actor = "operator",
	    .subject = &subject, .grant = &grant, .reason = reason };
	struct line_row *row = arena_alloc(a, sizeof(*row));
	size_t n;
	const uint8_t *key = row_bytes(r, i, "subject_key", &n);

	row_uuid(r, i, "subject_id", &subject.id);
	memcpy(subject.key, key, n < sizeof(subject.key) ? n :
	    sizeof(subject.key));
	row_uuid(r, i, "grant_id", &grant);
	line_make(row, a, &line);
	params_init(p);
	line_params(p, row);		/* borrowed until it is asked */
}

static int
change_one(struct db_now *db, const struct rows *r, int i,
    const struct change *c, const char *reason)
{
	struct arena *a = arena_new();
	struct uuid id;
	struct params p;
	struct rows *done;
	int failure, rc = EX_OK;

	row_uuid(r, i, "id", &id);
	put_line(&p, a, r, i, c, reason);
	params_uuid(&p, &id);
	if (c->state != NULL) {
		params_texts(&p, a, c->from, c->from[1] == NULL ? 1 : 2);
		params_text(&p, c->state);
		params_text(&p, reason);
	}
	done = db_ask_now(db, c->state == NULL ? SQL_SUBSCRIPTION_COMPARE :
	    SQL_SUBSCRIPTION_CHANGE, &p, &failure);
	if (done == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(done) == 1)
		printf("%s %s\n", row_text(r, i, "id"), c->done);
	else {
		fprintf(stderr, "guichet subscription: %s is %s and its grant %s; "
		    "it cannot %s\n", row_text(r, i, "id"),
		    row_text(r, i, "state"), row_text(r, i, "grant_state"),
		    c->verb);
		rc = EX_DATAERR;
	}
	rows_free(done);
	arena_free(a);
	return rc;
}

static const struct change *
find_change(const char *verb)
{
	for (size_t i = 0; i < countof(changes); i++)
		if (strcmp(changes[i].verb, verb) == 0)
			return &changes[i];
	return NULL;
}

/* All that the wish names, and that are in the state the verb is for. */
static int
change_many(struct db_now *db, const struct change *c, const struct wish *wish)
{
	struct wish those = *wish;
	int rc = EX_OK;
	struct rows *r;

	those.state = c->from[0];
	those.limit = 100000;
	r = find(db, NULL, &those, &rc);
	for (int i = 0; r != NULL && rc == EX_OK && i < rows_count(r); i++)
		rc = change_one(db, r, i, c, wish->reason);
	if (r != NULL && rows_count(r) == 0)
		printf("none of these is %s\n", c->from[0]);
	rows_free(r);
	return rc;
}

static bool
names_some(const struct wish *w)
{
	return w->host != NULL || w->client != NULL || w->dataset != NULL ||
	    w->customer != NULL || w->from != NULL || w->to != NULL;
}

static int
change(struct db_now *db, const char *verb, const char *id,
    const struct wish *wish)
{
	const struct change *c = find_change(verb);
	int rc = EX_USAGE;
	struct rows *r;

	if (c == NULL)
		return command_misused(&command_subscription,
		    "say list, show, plan, retry, pause, resume or resync");
	if (strcmp(verb, "pause") == 0 && wish->reason == NULL)
		return command_misused(&command_subscription,
		    "say why: --reason TEXT (it is kept)");
	if (id == NULL)
		return change_many(db, c, wish);
	if ((r = find_one(db, id, &rc)) == NULL)
		return rc;
	rc = change_one(db, r, 0, c, wish->reason);
	rows_free(r);
	return rc;
}

/* ---- the verbs ---- */

static int
show(struct db_now *db, const char *id, const struct wish *wish, bool list)
{
	int rc = EX_OK;
	struct rows *r = list ? find(db, NULL, wish, &rc) :
	    find_one(db, id, &rc);

	if (r == NULL)
		return rc;
	print(r, wish->json || !list, list);
	rows_free(r);
	return EX_OK;
}

static int
plan(struct db_now *db, const struct settings *s, const struct wish *wish)
{
	const struct plan_wish w = { .host = wish->host,
	    .client = wish->client, .dataset = wish->dataset,
	    .customer = wish->customer, .again = wish->again,
	    .sample = wish->sample, .rate = wish->rate, .json = wish->json };

	if (w.sample < 1 || w.sample > 10000 || w.rate < 1)
		return command_misused(&command_subscription,
		    "--sample is 1 to 10000, --rate 1 or more");
	return subscription_plan(s, db, &w);
}

/* "2026-03-01T10:00:00Z", or a day. */
static bool
read_time(int64_t *us, const char *text)
{
	char day[TIME_TEXT_MAX];

	if (text == NULL)
		return true;
	if (strlen(text) == 10) {
		snprintf(day, sizeof(day), "%sT00:00:00Z", text);
		text = day;
	}
	return time_parse(us, text) == 0;
}

static int
act(struct db_now *db, const struct settings *s, int n, char **argv,
    const struct wish *wish)
{
	if (n == 1 && strcmp(argv[0], "list") == 0)
		return show(db, NULL, wish, true);
	if (n == 2 && strcmp(argv[0], "show") == 0)
		return show(db, argv[1], wish, false);
	if (n == 1 && strcmp(argv[0], "plan") == 0)
		return plan(db, s, wish);
	if (n == 1 && names_some(wish))
		return change(db, argv[0], NULL, wish);
	if (n == 2)
		return change(db, argv[0], argv[1], wish);
	return command_misused(&command_subscription,
	    "say list, plan, show ID, or retry, pause, resume or resync ID");
}

static int
run(int argc, char **argv)
{
	struct wish wish = { .limit = 100, .sample = 20, .rate = 2000 };
	struct common common;
	const struct flag flags[] = {
		{ "--state", FLAG_TEXT, &wish.state,
		  "STATE  waiting, active, paused, dead or ended" },
		{ "--host", FLAG_TEXT, &wish.host, "HOST  of the clouds at one host" },
		{ "--client", FLAG_TEXT, &wish.client, "ID  of one PIMS" },
		{ "--dataset", FLAG_TEXT, &wish.dataset, "ID  of one data set" },
		{ "--customer", FLAG_TEXT, &wish.customer,
		  "REF  of one customer" },
		{ "--limit", FLAG_NUMBER, &wish.limit, "N  at most (100)" },
		{ "--from", FLAG_TEXT, &wish.from,
		  "TIME  in their state since then or later" },
		{ "--to", FLAG_TEXT, &wish.to, "TIME  and since before then" },
		{ "--again", FLAG_SET, &wish.again,
		  "plan: as if nothing had been given yet" },
		{ "--sample", FLAG_NUMBER, &wish.sample,
		  "N  plan: customers counted for each PIMS and data set (20)" },
		{ "--rate", FLAG_NUMBER, &wish.rate,
		  "N  plan: records a second (2000)" },
		{ "--reason", FLAG_TEXT, &wish.reason, "TEXT  why it is paused" },
		{ NULL }
	};
	int n = command_args(&command_subscription, &common, flags, argc, argv);
	struct settings *s = command_settings(&common);
	struct db_now *db = client_database(s);
	int rc;

	wish.json = common.json;
	if (read_time(&wish.from_us, wish.from) &&
	    read_time(&wish.to_us, wish.to))
		rc = act(db, s, n, argv, &wish);
	else
		rc = command_misused(&command_subscription,
		    "a time is 2026-03-01, or 2026-03-01T10:00:00Z");
	db_now_close(db);
	settings_free(s);
	return rc;
}
