/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_ground.h - a database with guichet's tables, grants and settings, for
 * tests and measures of the journal in C.
 */
#ifndef JOURNAL_GROUND_H
#define JOURNAL_GROUND_H
#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "db/migrate.h"
#include "journal/line.h"
#include "journal/signer.h"

static char ground_dir[64], ground_url[512], ground_keys[96], ground_notes[96];
static char ground_signer[SIGNER_ADDRESS];
static pid_t ground_signs;
static struct settings ground_settings;
static struct keys *keys;
static struct subject_ref ground_subject;

UNUSED static void
ground_shell(char out[512], const char *fmt, ...)
{
	char command[1024];
	va_list ap;
	FILE *p;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	out[0] = '\0';
	if ((p = popen(command, "r")) == NULL)
		abort();
	if (fgets(out, 512, p) == NULL)
		out[0] = '\0';
	if (pclose(p) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		abort();
	}
	out[strcspn(out, "\n")] = '\0';
}

UNUSED static struct db_now *
ground_db(void)
{
	struct db_now *now;
	char why[256];

	if (db_now_open(&now, ground_url, "ground", why) < 0) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
	return now;
}

UNUSED static void
ground_sql(const char *fmt, ...)
{
	struct db_now *now = ground_db();
	char *sql;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&sql, fmt, ap) < 0)
		abort();
	va_end(ap);
	if (db_now_run(now, sql) < 0) {
		fprintf(stderr, "%s\n%s\n", sql, db_now_error(now));
		abort();
	}
	free(sql);
	db_now_close(now);
}

/* The first column, named n, of the first row. */
UNUSED static int64_t
ground_count(const char *sql)
{
	const struct statement q = { "ground", sql, false };
	struct db_now *now = ground_db();
	int failure = 0;
	struct rows *rows = db_ask_now(now, &q, PARAMS_NONE, &failure);
	int64_t n;

	if (rows == NULL) {
		fprintf(stderr, "%s\n%s\n", sql, db_now_error(now));
		abort();
	}
	n = row_int(rows, 0, "n");
	rows_free(rows);
	db_now_close(now);
	return n;
}

/* Grant number i of 0..: its id is made of i. */
UNUSED static struct uuid
ground_grant(int i)
{
	struct uuid id = { { 0x60 } };

	id.bytes[14] = (uint8_t)(i >> 8);
	id.bytes[15] = (uint8_t)i;
	return id;
}

UNUSED static void
ground_fill(int grants)
{
	ground_sql("INSERT INTO guichet.client (id, kind, name)"
	    " VALUES ('pims', 'oauth', 'PIMS'), ('other', 'oauth', 'Other');"
	    "INSERT INTO guichet.subject (id, customer, key) VALUES"
	    " ('51000000-0000-0000-0000-000000000000', 'C-SECRET-0001',"
	    " sha256('key'));"
	    "INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,"
	    " datasets, details, purpose, language, notice_sha256, expires)"
	    " SELECT ('60000000-0000-0000-0000-' || lpad(to_hex(i), 12, '0'))"
	    "::uuid, CASE WHEN i %% 10 = 9 THEN 'other' ELSE 'pims' END,"
	    " '51000000-0000-0000-0000-000000000000', 'p', '{energy.contract}',"
	    " '[]', 'p', 'fr', sha256('n'), now() + interval '1 day'"
	    " FROM generate_series(0, %d) AS i", grants - 1);
	ground_subject.id.bytes[0] = 0x51;
	sha256(ground_subject.key, "key", 3);
}

/* A signer, as the supervisor forks it; its pid. */
UNUSED static pid_t
ground_sign(const char *notes, char address[SIGNER_ADDRESS])
{
	static const volatile sig_atomic_t never;
	int listener = signer_listen(NULL, address);
	pid_t parent = getpid(), pid = fork();
	struct signer *signer;
	struct fault fault;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (freopen("/dev/null", "w", stderr) == NULL ||
		    signer_open(&signer, ground_keys, notes, &fault) < 0)
			abort();
		signer_confine(false);
		signer_serve(signer, listener, getuid(), parent, &never);
		_exit(0);
	}
	close(listener);
	return pid;
}

UNUSED static void
ground_open(const char *name)
{
	char out[512], cluster[512], *at;
	struct fault fault;

	log_open(false, LEVEL_ERROR, name);
	strcpy(ground_dir, "/tmp/guichet-journal.XXXXXX");
	if (mkdtemp(ground_dir) == NULL)
		abort();
	if (getenv("GUICHET_TEST_PG") != NULL)
		snprintf(cluster, sizeof(cluster), "%s",
		    getenv("GUICHET_TEST_PG"));
	else
		ground_shell(cluster, "tests/support/pg start %s%s", ground_dir,
		    getenv("FSYNC") != NULL ? " --fsync" : "");
	memcpy(ground_url, cluster, sizeof(cluster));
	ground_sql("CREATE DATABASE %s_%d", name, (int)getpid());
	at = strstr(cluster, "/postgres?");
	assert(at != NULL);
	snprintf(ground_url, sizeof(ground_url), "%.*s/%s_%d%s",
	    (int)(at - cluster), cluster, name, (int)getpid(),
	    at + strlen("/postgres"));
	snprintf(ground_keys, sizeof(ground_keys), "%s/keys", ground_dir);
	snprintf(ground_notes, sizeof(ground_notes), "%s/notes", ground_dir);
	ground_shell(out, "mkdir -m 700 %s", ground_keys);
	if (freopen("/dev/null", "w", stdout) == NULL ||
	    migrate_run(ground_url, &fault) < 0 ||
	    keys_make(ground_keys, &fault) < 0 ||
	    keys_make_signer(ground_keys, ground_keys, &fault) < 0 ||
	    keys_load(&keys, ground_keys, &fault) < 0) {
		fault_print(stderr, &fault);
		abort();
	}
	ground_settings = (struct settings){
		.database_url = ground_url, .database_direct_url = ground_url,
		.prepared_statements = true, .journal_interval_ms = 1000,
		.journal_origin = (char *)"test.example/journal",
		.journal_notes_dir = ground_notes, .keys_dir = ground_keys,
		.journal_signer = ground_signer,
	};
	ground_signs = ground_sign(ground_notes, ground_signer);
}

UNUSED static void
ground_close(void)
{
	char out[512];

	keys_free(keys);
	kill(ground_signs, SIGKILL);
	waitpid(ground_signs, NULL, 0);
	if (getenv("GUICHET_TEST_PG") == NULL)
		ground_shell(out, "tests/support/pg remove %s", ground_dir);
	ground_shell(out, "rm -rf %s", ground_dir);
}

/* A row ready for the gate or the stage. */
UNUSED static void
ground_row(struct line_row *row, struct arena *a, const char *event, int grant)
{
	struct uuid *id = arena_alloc(a, sizeof(*id));
	const struct line line = {
		.event = event, .dataset = "energy.contract@1", .to = "pims",
		.records = 1, .bytes = 100, .actor = "recipient",
		.subject = &ground_subject, .grant = id,
		.digest = "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855",
		.call = "0123456789abcdef",
	};

	*id = ground_grant(grant);
	line_make(row, a, &line);
}

#endif
