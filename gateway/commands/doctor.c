/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - `guichet doctor`: is all well on this machine? One page, fit to be
 * sent to whoever helps: no password, no key, no person stands in it.
 *
 * It looks and changes nothing. 0: all well, or warnings only; 78: something
 * has to be mended.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/describe.h"
#include "commands/command.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/roles.h"
#include "http/server.h"
#include "journal/kept.h"

static int run(int argc, char **argv);

const struct command command_doctor = {
	"doctor", "Look whether all is well on this machine.", run, "[--json]"
};

enum verdict { WELL, WARNING, ILL };
static const char *const verdicts[] = { "ok", "warning", "error" };

struct doctor {
	const struct settings *settings;
	struct keys *keys;
	struct catalogue *catalogue;
	struct buf json;
	struct jw w;
	bool as_json;
	int worst;
};

static void say(struct doctor *, enum verdict, const char *part,
    const char *cure, const char *fmt, ...) PRINTF_LIKE(5, 6);

static void
say(struct doctor *d, enum verdict v, const char *part, const char *cure,
    const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if ((int)v > d->worst)
		d->worst = v;
	if (!d->as_json) {
		printf("%-8s %-14s %s\n", verdicts[v], part, text);
		if (v != WELL && cure[0] != '\0')
			printf("%-23s cure: %s\n", "", cure);
		return;
	}
	jw_object(&d->w);
	jw_str_member(&d->w, "part", part);
	jw_str_member(&d->w, "verdict", verdicts[v]);
	jw_str_member(&d->w, "says", text);
	if (v != WELL)
		jw_str_member(&d->w, "cure", cure);
	jw_end_object(&d->w);
}

static void
say_fault(struct doctor *d, const char *part, const struct fault *f)
{
	say(d, ILL, part, f->cure, "%s: %s%s%s", f->code, f->file,
	    f->file[0] == '\0' ? "" : ": ", f->cause);
}

/* ---- what is looked at, in this order ---- */

static void
look_machine(struct doctor *d)
{
	struct utsname u;
	struct rlimit limit = { 0, 0 };
	struct fault f;

	uname(&u);
	say(d, WELL, "program", "", "guichet %s on %s %s, settings %s",
	    GUICHET_VERSION, u.sysname, u.release, d->settings->file);
	getrlimit(RLIMIT_NOFILE, &limit);
	if (server_check(d->settings, &f) < 0)
		say_fault(d, "limits", &f);
	else
		say(d, WELL, "limits", "", "%lld connections a worker, %llu files "
		    "may be open", (long long)d->settings->connections_max,
		    (unsigned long long)limit.rlim_max);
}

static void
look_keys(struct doctor *d)
{
	struct fault f;

	if (keys_load(&d->keys, d->settings->keys_dir, &f) < 0)
		say_fault(d, "keys", &f);
	else
		say(d, WELL, "keys", "", "%s, signing with %.8s...",
		    d->settings->keys_dir, keys_signing_kid(d->keys));
}

static void
look_certificate(struct doctor *d)
{
	long long days;
	SSL_CTX *ctx;
	struct fault f;

	if (d->settings->tls_certificate[0] == '\0') {
		say(d, WELL, "certificate", "", "none: a front has it");
		return;
	}
	if (d->keys == NULL)
		return;
	if (server_tls(&ctx, d->settings, d->keys, false, &f) < 0) {
		say_fault(d, "certificate", &f);
		return;
	}
	days = (server_tls_expires(ctx) - clock_s()) / 86400;
	SSL_CTX_free(ctx);
	say(d, days < 14 ? WARNING : WELL, "certificate", "renew it, then "
	    "reload", "valid for %lld days", days);
}

static void
look_disk(struct doctor *d, const char *part, const char *dir)
{
	enum { MIB = 1 << 20, ENOUGH = 64 };
	struct statvfs v;
	unsigned long long free;

	if (statvfs(dir, &v) < 0) {
		say(d, errno == ENOENT ? WELL : ILL, part, "make it, owned by the "
		    "user that runs guichet", "%s: %s", dir,
		    errno == ENOENT ? "not made yet" : strerror(errno));
		return;
	}
	free = (unsigned long long)v.f_bavail * v.f_frsize / MIB;
	say(d, free < ENOUGH || (v.f_flag & ST_RDONLY) != 0 ? ILL : WELL, part,
	    "give that disk room", "%s: %llu MiB free%s", dir, free,
	    (v.f_flag & ST_RDONLY) != 0 ? ", read-only" : "");
}

static void
look_disks(struct doctor *d)
{
	look_disk(d, "disk keys", d->settings->keys_dir);
	look_disk(d, "disk notes", d->settings->journal_notes_dir);
}

/* A setting of PostgreSQL that decides what a commit is worth. */
static void
look_setting(struct doctor *d, struct db_now *now, const char *name)
{
	char sql[80];
	const char *value;
	struct arena *a = arena_new();

	snprintf(sql, sizeof(sql), "SHOW %s", name);
	value = live_text(db_now_connection(now), a, sql, NULL, 0);
	if (value != NULL && strcmp(value, "off") == 0)
		say(d, ILL, "durability", "set it on: a line that a crash can lose "
		    "is no trace", "%s is off", name);
	arena_free(a);
}

static void
look_queues(struct doctor *d, struct db_now *now)
{
	int rc;
	struct rows *r = db_ask_now(now, SQL_FIGURES, PARAMS_NONE, &rc);
	long long late, dead, waiting;

	if (r == NULL) {
		say(d, ILL, "queues", "", "%s", db_now_error(now));
		return;
	}
	late = row_int(r, 0, "late_s");
	dead = row_int(r, 0, "dead");
	waiting = row_int(r, 0, "staged");
	say(d, late > 600 ? WARNING : WELL, "push", "is `guichet serve` running, "
	    "with [push] workers?", "%lld due, the oldest for %lld s",
	    (long long)row_int(r, 0, "due"), late);
	say(d, dead > 0 ? WARNING : WELL, "set aside", "`guichet subscription "
	    "list --state dead` tells why", "%lld subscriptions", dead);
	say(d, waiting >= 10000 ? WARNING : WELL, "journal", "is `guichet serve` "
	    "running? its log says why nothing is signed",
	    "%lld lines wait for their place", waiting);
	rows_free(r);
}

/* Is what the database holds what was signed? */
static void
look_signed(struct doctor *d, struct db_now *now)
{
	for (int i = 0; i < JOURNAL_LOGS && d->keys != NULL; i++) {
		const char *name = journal_log_name((enum journal_log)i);
		EVP_PKEY *key = keys_journal(d->keys, name);
		struct checkpoint kept;
		char why[256] = "";
		int rc;

		if (key == NULL) {
			say(d, ILL, "signed", "`guichet key new` brings it",
			    "%s: its public key is missing", name);
			continue;
		}
		rc = kept_continues(&kept, d->settings, now,
		    (enum journal_log)i, key, why);
		if (rc == 0)
			say(d, WELL, "signed", "", "%s: the %" PRIu64 " lines that "
			    "were signed are there", name, kept.size);
		else if (rc == E_NOT_FOUND)
			say(d, WELL, "signed", "", "%s: nothing yet", name);
		else
			say(d, ILL, "signed", rc == E_CONFLICT ? "nothing is "
			    "signed until it is mended: `guichet explain E309`" :
			    "is the signer running, as the right user?",
			    "%s: %s", name, why);
	}
}

static void
look_database(struct doctor *d)
{
	struct db_now *now;
	char why[256];
	struct fault f;

	if (migrate_check(d->settings->database_url, &f) < 0) {
		say_fault(d, "database", &f);
		return;
	}
	say(d, WELL, "database", "", "schema version %d, clocks agree",
	    schema_newest());
	if (db_now_open(&now, d->settings->database_direct_url, "guichet doctor",
	    why) < 0) {
		say(d, ILL, "direct", "see [database] direct_url", "%s", why);
		return;
	}
	if (roles_check(d->settings, &f) < 0)
		say_fault(d, "roles", &f);
	else
		say(d, d->settings->database_roles[0] == '\0' ? WARNING : WELL,
		    "roles", "docs/how-to/install.md: roles apart",
		    d->settings->database_roles[0] == '\0' ?
		    "every process may do all in the database" :
		    "each process may do its own work and no more");
	look_setting(d, now, "fsync");
	look_setting(d, now, "synchronous_commit");
	look_setting(d, now, "full_page_writes");
	look_queues(d, now);
	look_signed(d, now);
	db_now_close(now);
}

static void
look_sources(struct doctor *d)
{
	struct fault f;

	if (catalogue_load(&d->catalogue, d->settings, &f) < 0) {
		say_fault(d, "catalogue", &f);
		return;
	}
	for (size_t i = 0; i < catalogue_source_count(d->catalogue); i++) {
		const struct source *s = catalogue_source(d->catalogue, i);
		int64_t begun = clock_mono_us();
		struct db_now *now;

		if (live_open(&now, s, &f) < 0) {
			say_fault(d, "source", &f);
			continue;
		}
		db_now_close(now);
		say(d, WELL, "source", "", "%s answers, in %lld ms", s->name,
		    (long long)(clock_mono_us() - begun) / 1000);
	}
}

static void (*const looks[])(struct doctor *) = { look_machine, look_keys,
    look_certificate, look_disks, look_database, look_sources };

static void
look(struct doctor *d)
{
	for (size_t i = 0; i < countof(looks); i++)
		looks[i](d);
	if (d->catalogue != NULL)
		catalogue_free(d->catalogue);
	keys_free(d->keys);
}

static int
run(int argc, char **argv)
{
	struct doctor d = { .worst = WELL };
	struct common common;
	struct settings *s;

	if (command_args(&command_doctor, &common, NULL, argc, argv) != 0)
		return command_misused(&command_doctor, "it takes no argument");
	d.settings = s = command_settings(&common);
	d.as_json = common.json;
	buf_init(&d.json);
	jw_init(&d.w, &d.json);
	jw_array(&d.w);
	look(&d);
	jw_end_array(&d.w);
	if (d.as_json)
		puts(d.json.data);
	buf_clear(&d.json);
	settings_free(s);
	return d.worst == ILL ? EX_CONFIG : EX_OK;
}
