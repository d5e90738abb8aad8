/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.c - the data sets of this installation, loaded and opened. */
#include "catalogue/catalogue.h"
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/settings.h"
#include "catalogue/budget.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/check.h"
#include "catalogue/findings.h"

int
catalogue_fault(struct catalogue *c, int level, const struct source *s,
    const struct dataset *d, const struct fault *f)
{
	struct finding one = { .level = level, .fault = *f,
	    .source = s == NULL ? NULL : s->name,
	    .dataset = d == NULL ? NULL : d->schema->id };

	if (c->found == NULL)
		return E_BAD_INPUT;
	findings_add(c->found, &one);
	return 0;
}

static int
adapters_read(struct catalogue *c, const struct settings *s, struct fault *f)
{
	char *names = arena_strdup(c->arena, s->sources), *save = NULL;

	for (char *name = strtok_r(names, " \t", &save); name != NULL;
	    name = strtok_r(NULL, " \t", &save))
		if (adapter_read(c, s->adapters_dir, name, s, f) < 0 &&
		    catalogue_fault(c, 1, NULL, NULL, f) < 0)
			return E_BAD_INPUT;
	return 0;
}

static int
read_files(struct catalogue *c, const struct settings *s, struct fault *f)
{
	c->arena = arena_new();
	if (schemas_read(c, s->schemas_dir, f) < 0 &&
	    catalogue_fault(c, 1, NULL, NULL, f) < 0)
		return E_BAD_INPUT;
	return adapters_read(c, s, f);
}

static int
load(struct catalogue **out, const struct settings *s, bool sources_only,
    struct fault *f)
{
	struct catalogue *c = xcalloc(1, sizeof(*c));

	c->sources_only = sources_only;
	if (read_files(c, s, f) < 0) {
		catalogue_free(c);
		return E_BAD_INPUT;
	}
	*out = c;
	return 0;
}

int
catalogue_load(struct catalogue **out, const struct settings *s, struct fault *f)
{
	return load(out, s, false, f);
}

int
catalogue_load_sources(struct catalogue **out, const struct settings *s,
    struct fault *f)
{
	return load(out, s, true, f);
}

int
catalogue_describe(struct catalogue *c, struct fault *f)
{
	int rc = 0;

	for (size_t i = 0; i < c->source_count && rc == 0; i++)
		rc = source_describe(c, c->sources[i], f);
	return rc;
}

void
catalogue_look(struct catalogue **out, const struct settings *s,
    struct findings *found)
{
	struct catalogue *c = xcalloc(1, sizeof(*c));
	struct fault f;

	c->found = found;
	if (read_files(c, s, &f) < 0)
		abort();		/* every fault was kept */
	*out = c;
}

int
catalogue_old(struct catalogue **out, const char *dir, struct fault *f)
{
	struct catalogue *c = xcalloc(1, sizeof(*c));

	c->arena = arena_new();
	if (schemas_read(c, dir, f) < 0) {
		catalogue_free(c);
		return E_BAD_INPUT;
	}
	*out = c;
	return 0;
}

void
catalogue_look_live(struct catalogue *c, struct findings *found)
{
	struct fault f;

	c->found = found;
	for (size_t i = 0; i < c->source_count; i++)
		if (source_describe(c, c->sources[i], &f) < 0)
			catalogue_fault(c, 2, c->sources[i], NULL, &f);
}

void
catalogue_open(struct catalogue *c, struct event_base *base,
    const struct settings *settings)
{
	for (size_t i = 0; i < c->source_count; i++) {
		struct source *s = c->sources[i];
		struct db_options o = {
			.url = s->url,
			.name = s->name,
			.application_name = "guichet read",
			.connections = 1,
			.queue_max = (int)settings->database_queue,
			.prepared = settings->prepared_statements,
			.read_only = true,
			.time_zone = s->time_zone,
			.generic_plans = true,	/* as `check` saw them */
			.statement_timeout_ms = (int)s->statement_timeout_ms,
		};

		s->db = db_open(base, &o);
		s->horizon = horizon_new(s, base, settings->horizon_margin_ms);
		if (settings->sandbox && s->synthetic) {
			o.application_name = "guichet sandbox";
			o.read_only = false;
			s->sandbox = db_open(base, &o);
		}
	}
}

void
catalogue_free(struct catalogue *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->source_count; i++) {
		horizon_free(c->sources[i]->horizon);
		budget_free(c->sources[i]->budget);
		if (c->sources[i]->db != NULL)
			db_close(c->sources[i]->db);
		if (c->sources[i]->sandbox != NULL)
			db_close(c->sources[i]->sandbox);
	}
	arena_free(c->arena);
	free(c);
}

/* ---- looking ---- */

size_t
catalogue_count(const struct catalogue *c)
{
	return c->dataset_count;
}

const struct dataset *
catalogue_at(const struct catalogue *c, size_t i)
{
	return c->datasets[i];
}

const struct dataset *
dataset_find(const struct catalogue *c, const char *id)
{
	for (size_t i = 0; i < c->dataset_count; i++)
		if (strcmp(c->datasets[i]->schema->id, id) == 0)
			return c->datasets[i];
	return NULL;
}

const struct dataset *
dataset_spoken(const struct catalogue *c, const char *id)
{
	const struct dataset *d = dataset_find(c, id);

	while (d != NULL && d->older != NULL)
		d = d->older;
	return d;
}

const struct dataset *
dataset_version(const struct catalogue *c, const char *id, int version)
{
	const struct dataset *d = dataset_find(c, id);

	while (d != NULL && d->schema->version != version)
		d = d->older;
	return d;
}

size_t
catalogue_source_count(const struct catalogue *c)
{
	return c->source_count;
}

struct source *
catalogue_source(const struct catalogue *c, size_t i)
{
	return c->sources[i];
}

const struct schema *const *
catalogue_schemas(const struct catalogue *c)
{
	return (const struct schema *const *)c->schemas;
}
