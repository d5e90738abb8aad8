/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_move.c - `guichet grant export` and `import`: a change of software, of
 * host or of database cancels nobody's consent.
 *
 * An archive is NDJSON: one row of ours a line, then one signed object that
 * says how many there are and what they hash to. Nothing of it is read in before
 * that signature was checked by the key that the operator names, and all of it
 * comes in by one transaction, or none. What is there already stays as it is: an
 * import may be asked twice. It holds customers' references and the keys of
 * their pseudonyms: treat it as the database itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/grant_move.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/keys.h"
#include "db/db.h"

#define TYP "guichet-grants+jwt"

enum { LINE_BYTES = 1 << 20 };

/* In the order in which they refer to each other. A line of JSON has no control
 * character, so these quote and delimiter leave it as it is. */
static const char copy_out[] =
    "COPY (SELECT line FROM ("
    "SELECT 1 AS o, jsonb_build_object('t', 'notice', 'row', to_jsonb(n)) AS line"
    " FROM guichet.notice AS n UNION ALL "
    "SELECT 2, jsonb_build_object('t', 'subject', 'row', to_jsonb(s))"
    " FROM guichet.subject AS s UNION ALL "
    "SELECT 3, jsonb_build_object('t', 'grants', 'row', to_jsonb(g))"
    " FROM guichet.grants AS g UNION ALL "
    "SELECT 3, jsonb_build_object('t', 'coholder', 'row', to_jsonb(h))"
    " FROM guichet.coholder AS h UNION ALL "
    "SELECT 4, jsonb_build_object('t', 'destination', 'row', to_jsonb(d))"
    " FROM guichet.destination AS d UNION ALL "
    "SELECT 5, jsonb_build_object('t', 'subscription', 'row', to_jsonb(u) || "
    "'{\"owner\":null,\"lease_until\":null,\"alone\":false}')"
    " FROM guichet.subscription AS u) AS a ORDER BY o) TO STDOUT "
    "(FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')";

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "guichet grant: %s: %.*s\n", what,
	    (int)strcspn(why, "\n"), why);
	return EX_DATAERR;
}

/* ---- out ---- */

struct tally { int64_t lines, grants; EVP_MD_CTX *hash; };

static void
count(struct tally *t, const char *line, size_t n)
{
	static const char grants[] = "\"t\": \"grants\"";

	EVP_DigestUpdate(t->hash, line, n);
	t->lines++;
	if (memmem(line, n, grants, sizeof(grants) - 1) != NULL)
		t->grants++;
}

static void
digest_hex(struct tally *t, char hex[65])
{
	uint8_t sum[SHA256_SIZE];

	EVP_DigestFinal_ex(t->hash, sum, NULL);
	hex_encode(hex, sum, sizeof(sum));
}

static void
sign_it(FILE *out, struct tally *t, const struct settings *s,
    const struct keys *keys)
{
	struct arena *a = arena_new();
	char hex[65];
	json_t *header = json_pack("{s:s}", "kid", keys_signing_kid(keys));
	json_t *claims;

	digest_hex(t, hex);
	claims = json_pack("{s:s,s:I,s:I,s:I,s:s}", "iss", s->public_url,
	    "iat", (json_int_t)clock_s(), "lines", (json_int_t)t->lines,
	    "grants", (json_int_t)t->grants, "sha256", hex);
	fprintf(out, "{\"t\": \"end\", \"jws\": \"%s\"}\n",
	    jws_sign(a, keys_signing(keys), TYP, header, claims));
	json_decref(claims);
	json_decref(header);
	arena_free(a);
}

static int
copy_rows(PGconn *pg, FILE *out, struct tally *t)
{
	PGresult *r = PQexec(pg, copy_out);
	bool begun = PQresultStatus(r) == PGRES_COPY_OUT;
	char *line;
	int n;

	PQclear(r);
	if (!begun)
		return fail("the database refused", PQerrorMessage(pg));
	while ((n = PQgetCopyData(pg, &line, 0)) > 0) {
		count(t, line, (size_t)n);
		fwrite(line, 1, (size_t)n, out);
		PQfreemem(line);
	}
	r = PQgetResult(pg);
	begun = n == -1 && PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	return begun ? EX_OK : fail("the export broke off", PQerrorMessage(pg));
}

int
grant_export(struct db_now *db, const struct settings *s, const char *path)
{
	struct tally t = { .hash = EVP_MD_CTX_new() };
	struct keys *keys;
	struct fault f;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (out == NULL)
		return fail(path, strerror(errno));
	if (keys_load(&keys, s->keys_dir, &f) < 0) {
		fault_print(stderr, &f);
		fclose(out);
		unlink(path);
		return EX_CONFIG;
	}
	EVP_DigestInit_ex(t.hash, EVP_sha256(), NULL);
	rc = copy_rows(db_now_connection(db), out, &t);
	if (rc == EX_OK)
		sign_it(out, &t, s, keys);
	if (fflush(out) != 0 || fsync(fd) < 0 || fclose(out) != 0)
		rc = fail(path, "could not be written whole");
	if (rc != EX_OK)
		unlink(path);
	else
		printf("%" PRId64 " consents, %" PRId64 " lines in all: %s\n",
		    t.grants, t.lines, path);
	EVP_MD_CTX_free(t.hash);
	keys_free(keys);
	return rc;
}

/* ---- in: is it whole, and whose? ---- */

/* By any key of that JWKS. */
static bool
signed_by(const struct jws *j, const char *jwks)
{
	json_t *doc = json_load_file(jwks, JSON_REJECT_DUPLICATES, NULL), *one;
	bool good = false;
	const char *why;
	struct jwk k;
	size_t i;

	json_array_foreach(json_object_get(doc, "keys"), i, one)
		if (!good && jwk_read(&k, one, &why) == 0) {
			good = jws_verify(j, &k) == 0;
			jwk_clear(&k);
		}
	json_decref(doc);
	return good;
}

static const char *
check_end(struct tally *t, const char *line, const char *jwks)
{
	static const char *const typs[] = { TYP, NULL };
	json_t *doc = json_loads(line, 0, NULL);
	const char *token = json_string_value(json_object_get(doc, "jws"));
	const char *why = "its last line is no signature: it was cut";
	char hex[65];
	struct jws j;

	if (token != NULL && jws_parse(&j, token, strlen(token), typs, &why) == 0) {
		const char *sum = json_string_value(json_object_get(j.claims,
		    "sha256"));

		digest_hex(t, hex);
		why = NULL;
		if (!signed_by(&j, jwks))
			why = "it is not signed by a key of --jwks";
		else if (sum == NULL || strcmp(sum, hex) != 0)
			why = "its lines are not those that were signed";
		jws_clear(&j);
	}
	json_decref(doc);
	return why;
}

static const char *
check(FILE *in, struct tally *t, const char *jwks)
{
	char *line = NULL, *before = NULL;
	size_t size = 0;
	const char *why;
	ssize_t n;

	while ((n = getline(&line, &size, in)) > 0 && n <= LINE_BYTES) {
		if (before != NULL)
			count(t, before, strlen(before));
		free(before);
		before = line;
		line = NULL;
		size = 0;
	}
	why = before == NULL || n > 0 ? "it is no archive of consents" :
	    check_end(t, before, jwks);
	free(line);
	free(before);
	return why;
}

/* ---- in: one transaction ---- */

static bool
done(PGconn *pg, const char *sql, char counted[32])
{
	PGresult *r = PQexec(pg, sql);
	bool good = PQresultStatus(r) == PGRES_COMMAND_OK;

	if (counted != NULL)
		snprintf(counted, 32, "%s", PQcmdTuples(r));
	PQclear(r);
	return good;
}

/* All but the last line, which is the signature. */
static bool
copy_in(PGconn *pg, FILE *in, int64_t lines)
{
	PGresult *r = PQexec(pg, "COPY moved (line) FROM STDIN "
	    "(FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')");
	bool good = PQresultStatus(r) == PGRES_COPY_IN;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	PQclear(r);
	for (; good && lines > 0; lines--)
		good = (n = getline(&line, &size, in)) > 0 &&
		    PQputCopyData(pg, line, (int)n) == 1;
	free(line);
	if (PQputCopyEnd(pg, good ? NULL : "broken off") != 1)
		return false;
	r = PQgetResult(pg);
	good = good && PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	while ((r = PQgetResult(pg)) != NULL)
		PQclear(r);
	return good;
}

/* A recipient that is not registered here would make the grant an orphan. */
static int
unknown_clients(PGconn *pg)
{
	PGresult *r = PQexec(pg, "SELECT string_agg(DISTINCT line -> 'row' ->> "
	    "'client_id', ', ') FROM moved WHERE line ->> 't' = 'grants' AND "
	    "NOT EXISTS (SELECT FROM guichet.client AS c "
	    "WHERE c.id = line -> 'row' ->> 'client_id')");
	bool some = PQresultStatus(r) != PGRES_TUPLES_OK ||
	    !PQgetisnull(r, 0, 0);

	if (some)
		fail("register these recipients here first (guichet client add)",
		    PQresultStatus(r) == PGRES_TUPLES_OK ?
		    PQgetvalue(r, 0, 0) : PQerrorMessage(pg));
	PQclear(r);
	return some ? EX_DATAERR : EX_OK;
}

static int
take_rows(PGconn *pg, char grants[32])
{
	static const char *const tables[] = { "notice", "subject", "grants",
	    "coholder", "destination", "subscription" };
	char sql[400];

	for (size_t i = 0; i < countof(tables); i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO guichet.%s SELECT r.* "
		    "FROM moved, jsonb_populate_record(NULL::guichet.%s, "
		    "line -> 'row') AS r WHERE line ->> 't' = '%s' "
		    "ON CONFLICT DO NOTHING", tables[i], tables[i], tables[i]);
		if (!done(pg, sql, strcmp(tables[i], "grants") == 0 ? grants :
		    NULL))
			return fail(tables[i], PQerrorMessage(pg));
	}
	return EX_OK;
}

static int
take(PGconn *pg, FILE *in, const struct tally *t)
{
	char grants[32] = "0";
	int rc;

	if (!done(pg, "BEGIN", NULL) || !done(pg, "CREATE TEMPORARY TABLE moved "
	    "(line jsonb NOT NULL) ON COMMIT DROP", NULL) ||
	    !copy_in(pg, in, t->lines))
		rc = fail("the database refused", PQerrorMessage(pg));
	else if ((rc = unknown_clients(pg)) == EX_OK)
		rc = take_rows(pg, grants);
	if (rc == EX_OK && !done(pg, "COMMIT", NULL))
		rc = fail("the database refused", PQerrorMessage(pg));
	if (rc != EX_OK) {
		(void)done(pg, "ROLLBACK", NULL);
		return rc;
	}
	printf("%s consents came in, %" PRId64 " were there already\n", grants,
	    t->grants - (int64_t)strtoll(grants, NULL, 10));
	return EX_OK;
}

int
grant_import(struct db_now *db, const char *path, const char *jwks)
{
	struct tally t = { .hash = EVP_MD_CTX_new() };
	FILE *in = fopen(path, "re");
	const char *why;
	int rc;

	if (in == NULL)
		return fail(path, strerror(errno));
	EVP_DigestInit_ex(t.hash, EVP_sha256(), NULL);
	why = check(in, &t, jwks);
	rewind(in);
	rc = why == NULL ? take(db_now_connection(db), in, &t) : fail(path, why);
	EVP_MD_CTX_free(t.hash);
	fclose(in);
	return rc;
}
