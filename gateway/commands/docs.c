/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs.c - `guichet docs`: the documentation as files.
 *
 * --static writes what /data serves, for a file server or a disk; it asks no
 * source, so that a sector is documented before there is any. --mapping writes
 * the page for colleagues: which table and column, or which expression at which
 * line of an adapter, each field comes from, as the live sources tell it.
 */
#include "commands/docs.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/command.h"
#include "pages/data_page.h"

enum { PEOPLE_MAX = 1000 };

static int run(int argc, char **argv);

const struct command command_docs = {
	"docs", "Write the documentation of the data sets as files.", run,
	"[--static DIR [--people N]] [--mapping DIR]"
};

/* ---- the public pages ---- */

static void
show_list(struct html *h, void *view)
{
	data_page(h, view);
}

static void
show_set(struct html *h, void *view)
{
	data_set_page(h, view);
}

static int
write_schema(struct site *site, const struct schema *s, const char *name)
{
	char *text = json_dumps(s->document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	int rc = text == NULL ? EX_SOFTWARE : site_file(site, arena_printf(
	    site->arena, "schemas/%s.schema.json", name), text, strlen(text));

	free(text);
	return rc;
}

/* Every version has a page: "energy.contract", "energy.contract@1". */
static int
write_set(struct site *site, const struct catalogue *c,
    const struct schema *newest, const struct sandbox_set *sets, size_t n)
{
	int rc = EX_OK;

	for (const struct schema *s = newest; s != NULL && rc == EX_OK;
	    s = s->older) {
		struct data_set_view v = { .schema = s, .newest = newest,
		    .sets = sets, .set_n = n,
		    .served = dataset_version(c, s->id, s->version),
		    .public_url = site->settings->public_url };
		const char *name = s == newest ? s->id : arena_printf(
		    site->arena, "%s@%d", s->id, s->version);

		rc = site_page(site, arena_printf(site->arena, "/data/%s", name),
		    "data.title", show_set, &v);
		if (rc == EX_OK)
			rc = write_schema(site, s, name);
	}
	return rc;
}

static int
write_public(struct site *site, const struct catalogue *c, int64_t people)
{
	const struct schema *const *all = catalogue_schemas(c);
	struct data_view v = { .catalogue = c, .q = "", .sector = "", .kind = "",
	    .organisation = site->settings->organisation_name };
	const struct sandbox_set *sets = NULL;
	size_t n = 0;
	int rc = people == 0 ? EX_OK : docs_sets(site, c, people, &sets, &n);

	if (rc == EX_OK)
		rc = site_page(site, "/data", "data.title", show_list, &v);
	for (size_t i = 0; all[i] != NULL && rc == EX_OK; i++)
		rc = write_set(site, c, all[i], sets, n);
	return rc;
}

/* ---- the command ---- */

struct wish { const char *still, *mapping; int64_t people; };

static int
write_site(const struct wish *w, bool mapping, const struct settings *s,
    const struct catalogue *c)
{
	struct site site;
	int rc = site_open(&site, mapping ? w->mapping : w->still, s);

	if (rc == EX_OK)
		rc = mapping ? docs_mapping(&site, c) :
		    write_public(&site, c, w->people);
	if (rc == EX_OK)
		rc = site_end(&site);
	if (rc == EX_OK)
		printf("%s/index.html: %d files\n", site.dir, site.files);
	site_close(&site);
	return rc;
}

static int
write_all(const struct wish *w, const struct settings *s)
{
	struct catalogue *c = NULL;
	struct fault f;
	int rc = EX_OK;

	if (catalogue_load(&c, s, &f) < 0 ||
	    (w->mapping != NULL && catalogue_describe(c, &f) < 0)) {
		fault_print(stderr, &f);
		rc = EX_CONFIG;
	}
	if (rc == EX_OK && w->still != NULL)
		rc = write_site(w, false, s, c);
	if (rc == EX_OK && w->mapping != NULL)
		rc = write_site(w, true, s, c);
	catalogue_free(c);
	return rc;
}

static int
run(int argc, char **argv)
{
	struct wish w = { .people = 0 };
	const struct flag own[] = {
		{ "--static", FLAG_TEXT, &w.still,
		    "DIR  the public pages, FR and EN; no source is asked" },
		{ "--people", FLAG_NUMBER, &w.people,
		    "N  with the records of N synthetic people" },
		{ "--mapping", FLAG_TEXT, &w.mapping,
		    "DIR  for colleagues: where each field comes from" },
		{ 0 } };
	struct common common;
	int n = command_args(&command_docs, &common, own, argc, argv), rc;
	struct settings *s;

	if (n != 0)
		return command_misused(&command_docs, "it takes no argument");
	if (w.still == NULL && w.mapping == NULL)
		return command_misused(&command_docs, "say --static or --mapping");
	if (w.people > PEOPLE_MAX || (w.people > 0 && w.still == NULL))
		return command_misused(&command_docs, "--people is 1 to %d, beside "
		    "--static", PEOPLE_MAX);
	s = command_settings(&common);
	rc = write_all(&w, s);
	settings_free(s);
	return rc;
}
