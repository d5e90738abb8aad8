/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.c - `guichet selftest`: the whole chain of this host's gateway, from a
 * consent to the proof of its lines, for one customer who exists for this alone.
 *
 * A table of steps; the first that fails ends it, after the consent was ended.
 * 0: all well; 69: something is not; 78: the settings do not name her.
 */
#include <openssl/ec.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/validate.h"
#include "commands/selftest.h"
#include "db/db.h"

enum { PAGE = 100, REFUSED_WITHIN_MS = 1000, STEPS_MAX = 80 };

static int run(int argc, char **argv);

const struct command command_selftest = {
	"selftest", "Try the whole chain of the running gateway.", run,
	"[--wait SECONDS] [--ca FILE] [--json]"
};

/* What the counter said when it should have said something else. */
static int
wire(struct selftest *s, const char *code, const char *cure)
{
	fault_set(&s->fault, code, s->house.settings->file, 0, 0, "%.380s",
	    try_http_said(s->flow.http));
	fault_cure(&s->fault, "%s", cure);
	return E_DENIED;
}

/* ---- the steps on the wire ---- */

static int
reach(struct selftest *s)
{
	if (try_learn(&s->flow) < 0)
		return wire(s, "E501", "is `guichet serve` running, and does its "
		    "certificate name the host of public_url? --ca names an "
		    "authority of your own");
	snprintf(s->found, sizeof(s->found), "%s", s->attempt.at);
	return 0;
}

static int
consent(struct selftest *s)
{
	static const char cure[] = "may this customer take part (customers.sql), "
	    "does the source answer, is the recipient " SELFTEST_CLIENT
	    " suspended? The gateway's log says more";
	const char *uri = try_push(&s->flow), *code;

	if (uri == NULL || (code = try_agree(&s->flow, uri)) == NULL ||
	    try_exchange(&s->flow, code) < 0)
		return wire(s, "E503", cure);
	if (uuid_parse(&s->grant, json_string_value(json_object_get(
	    s->flow.tokens, "grant_id"))) < 0) {
		try_say(s->flow.http, "the tokens tell no grant_id");
		return wire(s, "E503", cure);
	}
	s->given = true;
	snprintf(s->found, sizeof(s->found), "given, a token obtained");
	return 0;
}

static const struct schema *
schema_of(const struct selftest *s)
{
	for (size_t i = 0; i < catalogue_count(s->catalogue); i++) {
		const struct schema *one = catalogue_at(s->catalogue, i)->schema;

		if (strcmp(one->id, s->dataset) == 0)
			return one;
	}
	return NULL;
}

static int
pull(struct selftest *s)
{
	json_t *page = try_read(&s->flow, s->dataset, PAGE), *record;
	const json_t *records = json_object_get(page, "records");
	struct invalid bad;
	size_t i;
	int rc = 0;

	if (!json_is_array(records))
		rc = wire(s, "E504", "does the adapter read it (`guichet check`), "
		    "with every GRANT it needs?");
	json_array_foreach(records, i, record)
		if (rc == 0 && checks_run(schema_of(s)->checks, record, &bad) < 0) {
			rc = fault_set(&s->fault, "E504", s->dataset, 0, 0,
			    "a record breaks its schema at %s: %s", bad.path,
			    bad.why);
			fault_cure(&s->fault, "mend the adapter's SQL");
		}
	snprintf(s->found, sizeof(s->found), "%zu records, each as its schema",
	    json_array_size(records));
	json_decref(page);
	return rc;
}

/* The token must be refused within the second. */
static int
refused(struct selftest *s)
{
	const struct timespec pause = { 0, 20 * 1000000L };
	int64_t begun = clock_us();
	bool last = false;

	for (;;) {
		last = clock_us() - begun > REFUSED_WITHIN_MS * 1000;
		json_decref(try_read(&s->flow, s->datasets[0], 1));
		if (s->flow.last.status == 401 || s->flow.last.status == 403)
			break;
		if (last)
			break;
		nanosleep(&pause, NULL);
	}
	if (s->flow.last.status == 401 || s->flow.last.status == 403) {
		snprintf(s->found, sizeof(s->found), "the token opens nothing any "
		    "more (%ld)", s->flow.last.status);
		return 0;
	}
	fault_set(&s->fault, "E505", s->house.settings->file, 0, 0, "a second after "
	    "the withdrawal the token got %ld", s->flow.last.status);
	fault_cure(&s->fault, "stop this gateway; does it listen to its database "
	    "(direct_url)?");
	return E_DENIED;
}

/* ---- telling ---- */

struct telling {
	bool json;
	struct buf out;
	struct jw w;
};

static void
tell(struct telling *t, const struct selftest *s, const char *name, bool well,
    int64_t ms)
{
	if (!t->json) {
		printf("%-6s %-28s %6lld ms  %s\n", well ? "ok" : "failed", name,
		    (long long)ms, well ? s->found : "");
		if (!well)
			fault_print(stdout, &s->fault);
		return;
	}
	jw_object(&t->w);
	jw_str_member(&t->w, "step", name);
	jw_key(&t->w, "ok");
	jw_bool(&t->w, well);
	jw_key(&t->w, "ms");
	jw_int(&t->w, ms);
	jw_str_member(&t->w, "says", well ? s->found : s->fault.cause);
	if (!well) {
		jw_str_member(&t->w, "code", s->fault.code);
		jw_str_member(&t->w, "cure", s->fault.cure);
	}
	jw_end_object(&t->w);
}

static int
take(struct selftest *s, struct telling *t, const char *name,
    selftest_step *step)
{
	int64_t begun = clock_us();
	int rc;

	s->found[0] = '\0';
	rc = step(s);
	tell(t, s, name, rc == 0, (clock_us() - begun) / 1000);
	return rc;
}

static int
pull_all(struct selftest *s, struct telling *t)
{
	int rc = 0;

	for (size_t i = 0; i < s->datasets_n && rc == 0; i++) {
		s->dataset = s->datasets[i];
		rc = take(s, t, arena_printf(s->a, "pull %s", s->dataset), pull);
	}
	return rc;
}

static int
walk(struct selftest *s, struct telling *t)
{
	int rc;

	if ((rc = take(s, t, "gateway", reach)) != 0 ||
	    (rc = take(s, t, "recipient", selftest_recipient)) != 0 ||
	    (rc = take(s, t, "customer", selftest_enter)) != 0 ||
	    (rc = take(s, t, "consent", consent)) != 0 ||
	    (rc = pull_all(s, t)) != 0 ||
	    (rc = take(s, t, "withdrawal", selftest_withdraw)) != 0 ||
	    (rc = take(s, t, "refusal", refused)) != 0)
		return rc;
	return take(s, t, "journal", selftest_journal);
}

/* ---- beginning ---- */

static int
begin(struct selftest *s)
{
	const struct settings *set = s->house.settings;
	struct buf list;

	buf_init_in(&list, s->a);
	s->datasets = arena_alloc(s->a, sizeof(*s->datasets) *
	    (catalogue_count(s->catalogue) + 1));
	for (size_t i = 0; i < catalogue_count(s->catalogue); i++) {
		s->datasets[s->datasets_n] =
		    catalogue_at(s->catalogue, i)->schema->id;
		buf_printf(&list, "%s%s", i == 0 ? "" : " ",
		    s->datasets[s->datasets_n++]);
	}
	s->attempt.at = set->public_url;
	s->attempt.client = SELFTEST_CLIENT;
	s->attempt.redirect_uri = arena_printf(s->a, "%s/me", set->public_url);
	s->attempt.datasets = list.data;
	if ((s->attempt.key = EVP_EC_gen("P-256")) == NULL || s->datasets_n == 0) {
		fputs("guichet selftest: no data set is served here\n", stderr);
		return EX_CONFIG;
	}
	s->flow = (struct flow){ .a = s->a, .t = &s->attempt,
	    .http = try_http_new(s->a, s->attempt.ca) };
	try_http_quiet(s->flow.http);
	if (set->tls_certificate[0] != '\0')	/* this host's, not a front's */
		try_http_at(s->flow.http, set->listen);
	return EX_OK;
}

static int
go(struct selftest *s, struct telling *t)
{
	int rc = walk(s, t);

	if (s->given && selftest_withdraw(s) < 0)
		fputs("guichet selftest: its consent could not be ended; it is "
		    "in `guichet grant list`\n", stderr);
	return rc == 0 ? EX_OK : EX_UNAVAILABLE;
}

static int
with_house(struct selftest *s, bool json)
{
	struct telling t = { .json = json };
	struct fault f;
	int rc;

	if (catalogue_load(&s->catalogue, s->house.settings, &f) < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	buf_init_in(&t.out, s->a);
	jw_init(&t.w, &t.out);
	jw_array(&t.w);
	if ((rc = begin(s)) == EX_OK)
		rc = go(s, &t);
	jw_end_array(&t.w);
	if (json)
		puts(t.out.data);
	if (s->flow.http != NULL)
		try_http_free(s->flow.http);
	json_decref(s->flow.server);
	json_decref(s->flow.tokens);
	EVP_PKEY_free(s->attempt.key);
	catalogue_free(s->catalogue);
	return rc;
}

static int
run(int argc, char **argv)
{
	struct selftest s = { .wait_s = 30 };
	const struct flag flags[] = {
		{ "--wait", FLAG_NUMBER, &s.wait_s,
		  "SECONDS  for the journal to order and sign; 30" },
		{ "--ca", FLAG_TEXT, &s.attempt.ca,
		  "FILE  authorities to trust; else $SSL_CERT_FILE" },
		{ NULL }
	};
	int rc, n = command_args(&command_selftest, &s.house.common, flags, argc,
	    argv);

	if (n != 0)
		return command_misused(&command_selftest, "it takes no argument");
	if ((rc = journal_open(&s.house)) == EX_OK) {
		s.a = arena_new();
		if (s.house.settings->selftest_customer[0] != '\0')
			rc = with_house(&s, s.house.common.json);
		else {
			fputs("guichet selftest: say who it is for: [selftest] "
			    "customer = REF, somebody in your tables who exists "
			    "for this alone\n", stderr);
			rc = EX_CONFIG;
		}
		arena_free(s.a);
	}
	db_now_close(s.house.db);
	settings_free(s.house.settings);
	return rc;
}
