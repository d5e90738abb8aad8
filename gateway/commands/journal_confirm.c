/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_confirm.c - `guichet journal confirm`: a purge, or the release of a legal
 * hold, that another person asked for ([journal] four_eyes, forget_delay_s).
 *
 * Who somebody is: the account she signed in with on this host, which survives sudo
 * (the kernel's login uid), or else that of the process.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/journal_forget.h"
#include "db/db.h"

/* ---- who? ---- */

static uid_t
login_uid(void)
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	char text[16] = "";
	int64_t uid;

	if (f != NULL) {
		(void)!fgets(text, sizeof(text), f);
		fclose(f);
	}
	text[strcspn(text, "\n")] = '\0';
	return parse_int(&uid, text, 0, UINT32_MAX - 1) == 0 ? (uid_t)uid :
	    getuid();
}

const char *
forget_who(struct arena *a)
{
	uid_t uid = login_uid();
	const struct passwd *p = getpwuid(uid);

	return p != NULL ? arena_strdup(a, p->pw_name) :
	    arena_printf(a, "uid %u", (unsigned)uid);
}

bool
forget_waits(const struct settings *s)
{
	return s->journal_four_eyes || s->journal_forget_delay_s > 0;
}

/* ---- asking ---- */

int
forget_ask(struct journal_ask *j, const struct wish *w)
{
	struct arena *a = arena_new();
	const char *who = forget_who(a);
	const struct line line = { .event = "forgetting.asked", .records = -1,
	    .bytes = -1, .actor = "operator", .reason = j->reason,
	    .outcome = w->what, .by = who };
	char text[UUID_TEXT];
	struct params p;
	struct uuid id;
	int n;

	uuid_make(&id);
	params_init(&p);
	params_uuid(&p, &id);
	params_text(&p, w->what);
	if (w->hold != NULL)
		params_text(&p, NULL);
	else
		params_int(&p, j->log);
	params_uuid(&p, w->past);
	params_uuid(&p, w->hold);
	params_text(&p, j->reason);
	params_text(&p, who);
	n = forget_told(j, forget_with_line(j, SQL_FORGET_ASK, &p, &line),
	    "no such hold, or it is released already");
	arena_free(a);
	uuid_text(text, &id);
	if (n == EX_OK)
		printf("%s  asked, nothing is done yet: %s confirms it with"
		    " `guichet journal confirm ID`%s\n", text,
		    j->settings->journal_four_eyes ? "another person" :
		    "somebody", j->settings->journal_forget_delay_s > 0 ?
		    ", once the delay is over" : "");
	return n;
}

/* ---- confirming ---- */

static struct rows *
find(struct journal_ask *j, const struct uuid *id, const char *who)
{
	struct params p;
	int failure = 0;

	params_init(&p);
	params_uuid(&p, id);
	params_int(&p, j->settings->journal_forget_delay_s);
	params_bool(&p, j->settings->journal_four_eyes);
	params_text(&p, who);
	return db_ask_now(j->db, SQL_FORGET_FIND, &p, &failure);
}

static void
list(const struct rows *r)
{
	for (int i = 0; i < rows_count(r); i++) {
		char asked[TIME_TEXT_MAX];

		time_text_ms(asked, row_time(r, i, "asked"));
		printf("%s  %s  %-7s  %s  %s\n", row_text(r, i, "id"), asked,
		    row_text(r, i, "what"), row_bool(r, i, "same") ?
		    "for another person to confirm" :
		    row_int(r, i, "early") > 0 ? "waits" : "can be confirmed",
		    row_text(r, i, "reason"));
	}
}

static int
release(struct journal_ask *j, const struct uuid *id, const char *who)
{
	const struct line line = { .event = "hold.released", .records = -1,
	    .bytes = -1, .actor = "operator", .reason = j->reason,
	    .outcome = "confirmed", .by = who };
	struct params p;

	params_init(&p);
	params_uuid(&p, id);
	params_text(&p, who);
	return forget_told(j, forget_with_line(j, SQL_FORGET_RELEASE, &p, &line),
	    "the hold is released already");
}

static int
purge(struct journal_ask *j, const struct uuid *id, const char *who,
    const struct uuid *past)
{
	int64_t n;
	int code = forget_purge(j, past, &n);
	const struct line line = { .event = "journal.purged", .records = n,
	    .bytes = -1, .actor = "operator", .reason = j->reason,
	    .outcome = journal_log_name(j->log), .by = who };
	struct params p;

	if (code != EX_OK)
		return code;	/* what is gone is gone: confirm it again */
	params_init(&p);
	params_uuid(&p, id);
	params_text(&p, who);
	return forget_told(j, forget_with_line(j, SQL_FORGET_DONE, &p, &line),
	    "somebody else confirmed it meanwhile");
}

static int
confirm(struct journal_ask *j, struct rows *r, const char *who)
{
	struct uuid id, past;

	if (rows_count(r) == 0)
		return journal_failed(EX_DATAERR, "nothing of that id waits");
	if (row_bool(r, 0, "same"))
		return journal_failed(EX_NOPERM, "you (%s) asked for it yourself:"
		    " another person must confirm it", who);
	if (row_int(r, 0, "early") > 0)
		return journal_failed(EX_TEMPFAIL, "it can be confirmed in %"
		    PRId64 " s", row_int(r, 0, "early"));
	row_uuid(r, 0, "id", &id);
	j->reason = row_text(r, 0, "reason");
	if (strcmp(row_text(r, 0, "what"), "release") == 0)
		return release(j, &id, who);
	row_uuid(r, 0, "past", &past);
	j->log = (enum journal_log)row_int(r, 0, "log");
	return purge(j, &id, who, &past);
}

int
journal_confirm(struct journal_ask *j)
{
	struct arena *a;
	const char *who;
	struct uuid id;
	struct rows *r;
	int code;

	if (j->argc == 1 && uuid_parse(&id, j->argv[0]) < 0)
		return journal_failed(EX_USAGE, "'%s' is no id", j->argv[0]);
	if ((code = journal_open(j)) != EX_OK)
		return code;
	a = arena_new();
	who = forget_who(a);
	r = find(j, j->argc == 1 ? &id : NULL, who);
	if (r == NULL)
		code = journal_failed(EX_UNAVAILABLE, "%s", db_now_error(j->db));
	else if (j->argc == 1)
		code = confirm(j, r, who);
	else
		list(r);
	rows_free(r);
	arena_free(a);
	return code;
}
