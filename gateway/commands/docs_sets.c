/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs_sets.c - synthetic people's records beside the pages that explain them:
 * what a developer reads into a program before there is any source.
 */
#include "commands/docs.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "pages/sandbox_page.h"
#include "synth/synth.h"

enum { SET_DAYS = 60, SEED = 2026 };

/* Each sector that the schemas know and synth can tell, once. */
static int
make(struct site *site, const struct catalogue *c, int64_t people,
    enum synth_form form, const char *dir)
{
	const struct schema *const *s = catalogue_schemas(c);
	const struct synth synth = { .seed = SEED, .days = SET_DAYS,
	    .as_of = (int)(clock_s() / 86400), .customers = people };
	struct fault f;

	for (size_t i = 0; s[i] != NULL; i++) {
		struct synth_job job = { .sector = s[i]->domain,
		    .schemas = site->settings->schemas_dir };

		if ((i > 0 && strcmp(s[i]->domain, s[i - 1]->domain) == 0) ||
		    !synth_knows(s[i]->domain))
			continue;
		if (synth_records(&synth, &job, form, dir, &f) < 0) {
			fault_print(stderr, &f);
			return EX_CANTCREAT;
		}
	}
	return EX_OK;
}

static int
is_set(const struct dirent *e)
{
	return strstr(e->d_name, ".ndjson") != NULL ||
	    strstr(e->d_name, ".csv") != NULL;
}

static int
hash(struct site *site, struct sandbox_set *set, const char *path)
{
	char *hex = arena_alloc(site->arena, 2 * SHA256_SIZE + 1);
	FILE *in = fopen(path, "re");
	uint8_t digest[SHA256_SIZE];
	bool good = in != NULL && sha256_rest(digest, in);

	if (good) {
		set->bytes = ftell(in);
		hex_encode(hex, digest, SHA256_SIZE);
		set->sha256 = hex;
	} else {
		fprintf(stderr, "guichet docs: %s: %s\n", path, strerror(errno));
	}
	if (in != NULL)
		fclose(in);
	return good ? EX_OK : EX_IOERR;
}

int
docs_sets(struct site *site, const struct catalogue *c, int64_t people,
    const struct sandbox_set **out, size_t *n)
{
	const char *dir = arena_printf(site->arena, "%s/sets", site->dir);
	struct sandbox_set *sets;
	struct dirent **names;
	int rc = make(site, c, people, SYNTH_NDJSON, dir), count;

	if (rc != EX_OK || (rc = make(site, c, people, SYNTH_CSV, dir)) != EX_OK)
		return rc;
	if ((count = scandir(dir, &names, is_set, alphasort)) < 0)
		return EX_IOERR;
	sets = arena_alloc(site->arena, ((size_t)count + 1) * sizeof(*sets));
	for (int i = 0; i < count; i++) {
		sets[i].name = arena_strdup(site->arena, names[i]->d_name);
		if (rc == EX_OK)
			rc = hash(site, &sets[i], arena_printf(site->arena,
			    "%s/%s", dir, sets[i].name));
		free(names[i]);
	}
	free(names);
	site->files += count;
	*out = sets;
	*n = (size_t)count;
	return rc;
}
