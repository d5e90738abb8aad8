/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance.c - `guichet conformance`: a PIMS holds its own receiver against
 * what a counter does (docs/how-to/receive-webhooks.md).
 *
 * `conformance key` makes the two keys of a trial; the receiver is given their
 * public side, and the file signs. Then every case sends one message, or a few,
 * and says pass or fail with what to mend. It needs no counter, no settings and
 * no database: it knows nothing that any counter does not say over the wire.
 */
#include "commands/conformance.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "commands/command.h"
#include "http/client.h"

static int run(int argc, char **argv);

const struct command command_conformance = {
	"conformance", "Hold a PIMS' own receiver against what a counter does.",
	run, "--endpoint URL --key FILE [--ca FILE] [--json]\n"
	"   or: guichet conformance key --out FILE"
};

/* ---- the keys of a trial ---- */

static int
make_key(const char *out)
{
	struct webhook_keys keys = { .n = 0 };
	struct arena *a = arena_new();
	int fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	json_t *json;

	if (f == NULL) {
		fprintf(stderr, "guichet conformance: %s: %m\n", out);
		arena_free(a);
		return EX_CANTCREAT;
	}
	webhook_keys_rotate(&keys, 0);
	json = webhook_keys_json(&keys);
	json_dumpf(json, f, JSON_COMPACT);
	fclose(f);
	printf("%s\n%s\n", webhook_secret(&keys.list[0], a),
	    webhook_public(&keys.list[0], a));
	json_decref(json);
	arena_free(a);
	return EX_OK;
}

static int
read_key(struct webhook_keys *keys, const char *path)
{
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	int rc = json == NULL ? E_BAD_INPUT : webhook_keys_read(keys, json);

	json_decref(json);
	if (rc < 0)
		fprintf(stderr, "guichet conformance: %s is no key of "
		    "`guichet conformance key`\n", path);
	return rc;
}

/* ---- telling ---- */

static void
tell(const struct trial *t, const struct conformance_case *c,
    const char *verdict, const char *why, struct jw *w)
{
	if (w == NULL) {
		printf("%-5s %-22s %s\n", verdict, c->name, c->what);
		if (why != NULL)
			printf("      %s\n", why);
		fflush(stdout);
		return;
	}
	jw_object(w);
	jw_str_member(w, "name", c->name);
	jw_str_member(w, "what", c->what);
	jw_bool_member(w, "passed", why == NULL);
	jw_str_member(w, "why", why);
	jw_int_member(w, "ms", t->ms);
	jw_end_object(w);
}

static int
judge(struct trial *t, bool json)
{
	int failed = 0, n = 0;
	struct buf out;
	struct jw w;

	buf_init(&out);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "endpoint", t->url);
	jw_key(&w, "cases");
	jw_array(&w);
	for (const struct conformance_case *c = conformance_cases;
	    c->name != NULL; c++, n++) {
		const char *why = t->unreached == NULL ? c->run(t) :
		    t->unreached;

		failed += why != NULL;
		tell(t, c, why == NULL ? "pass" : "FAIL", why, json ? &w : NULL);
		if (t->unreached != NULL)
			break;
	}
	jw_end_array(&w);
	jw_int_member(&w, "failed", failed);
	jw_end_object(&w);
	if (json)
		puts(out.data);
	else if (t->unreached == NULL)
		printf("%d of %d pass\n", n - failed, n);
	buf_clear(&out);
	return t->unreached != NULL ? EX_UNAVAILABLE :
	    failed > 0 ? EX_DATAERR : EX_OK;
}

static int
run(int argc, char **argv)
{
	struct trial t = { .ms = 0 };
	const char *key = NULL, *out = NULL, *why;
	const struct flag flags[] = {
		{ "--endpoint", FLAG_TEXT, &t.url, "URL  where it receives" },
		{ "--key", FLAG_TEXT, &key, "FILE  of `conformance key`" },
		{ "--ca", FLAG_TEXT, &t.ca,
		    "FILE  authorities to trust; else $SSL_CERT_FILE" },
		{ "--out", FLAG_TEXT, &out, "FILE  where to write a new key" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_conformance, &common, flags, argc, argv);
	int rc;

	if (n == 1 && strcmp(argv[0], "key") == 0)
		return out != NULL ? make_key(out) : command_misused(
		    &command_conformance, "key needs --out FILE");
	if (n != 0 || t.url == NULL || key == NULL)
		return command_misused(&command_conformance,
		    "--endpoint URL and --key FILE are needed");
	if (http_url_check(t.url, &why) < 0)
		return command_misused(&command_conformance, "%s", why);
	if (read_key(&t.keys, key) < 0)
		return EX_NOINPUT;
	webhook_keys_rotate(&t.strange, 0);
	t.arena = arena_new();
	rc = judge(&t, common.json);
	arena_free(t.arena);
	return rc;
}
