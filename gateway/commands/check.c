/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - `guichet check`: is all that people wrote right?
 *
 * Five levels: the files; names and types on the live source; how it will
 * answer; what it answers for a few customers; what our role may do. A source
 * that cannot be reached hides the levels above from it, and only those. All
 * that is found is told in one run. Exit 0, or 78.
 */
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/check.h"
#include "commands/command.h"

static int run(int argc, char **argv);

const struct command command_check = {
	"check", "Check settings, schemas and adapters against the live sources.",
	run, "[--files] [--level N] [--customer REF]... [--against DIR] [--json]"
};

static const char *const levels[] = { "", "files", "names and types", "plans",
    "samples", "rights" };

/* ---- for people ---- */

/* The version is told where there are several. */
static void
tell_set(const struct dataset *d, const struct dataset *newest,
    const struct findings *found)
{
	char name[128];

	snprintf(name, sizeof(name), newest->older == NULL ? "%s" : "%s@%d",
	    d->schema->id, d->schema->version);
	printf(" %s %-24s %3zu fields   %s\n", findings_of(found,
	    d->schema->id) > 0 ? "FAIL" : "ok  ", name, d->schema->field_count,
	    d->source->name);
}

static void
tell(const struct catalogue *c, const struct findings *found, int64_t level,
    int64_t begun)
{
	for (size_t i = 0; i < found->n; i++)
		fault_print(stdout, &found->list[i].fault);
	for (size_t i = 0; i < catalogue_count(c); i++)
		for (const struct dataset *d = catalogue_at(c, i); d != NULL;
		    d = d->older)
			tell_set(d, catalogue_at(c, i), found);
	printf("%zu error%s, %zu warning%s; looked at %s%s in %.1f s\n",
	    found->errors, found->errors == 1 ? "" : "s", found->warnings,
	    found->warnings == 1 ? "" : "s", level > 1 ? "files to " : "",
	    levels[level], (double)(clock_mono_us() - begun) / 1e6);
	if (found->errors > 0)
		puts("`guichet explain CODE` tells more about one.");
}

/* ---- for programs ---- */

static void
write_finding(struct jw *w, const struct finding *one)
{
	const struct fault *f = &one->fault;

	jw_object(w);
	jw_str_member(w, "code", f->code);
	jw_str_member(w, "severity", f->warning ? "warning" : "error");
	jw_str_member(w, "level", levels[one->level]);
	if (one->source != NULL)
		jw_str_member(w, "source", one->source);
	if (one->dataset != NULL)
		jw_str_member(w, "dataset", one->dataset);
	jw_str_member(w, "file", f->file);
	if (f->line > 0)
		jw_int_member(w, "line", f->line);
	if (f->column > 0)
		jw_int_member(w, "column", f->column);
	jw_str_member(w, "cause", f->cause);
	jw_str_member(w, "cure", f->cure);
	jw_end_object(w);
}

static void
write_set(struct jw *w, const struct dataset *d, const struct findings *found)
{
	jw_object(w);
	jw_str_member(w, "id", d->schema->id);
	jw_int_member(w, "version", d->schema->version);
	jw_str_member(w, "source", d->source->name);
	jw_bool_member(w, "ok", findings_of(found, d->schema->id) == 0);
	jw_end_object(w);
}

static void
tell_json(const struct catalogue *c, const struct findings *found)
{
	struct buf b;
	struct jw w;

	buf_init(&b);
	jw_init(&w, &b);
	jw_object(&w);
	jw_int_member(&w, "errors", (int64_t)found->errors);
	jw_int_member(&w, "warnings", (int64_t)found->warnings);
	jw_key(&w, "findings");
	jw_array(&w);
	for (size_t i = 0; i < found->n; i++)
		write_finding(&w, &found->list[i]);
	jw_end_array(&w);
	jw_key(&w, "datasets");
	jw_array(&w);
	for (size_t i = 0; i < catalogue_count(c); i++)
		for (const struct dataset *d = catalogue_at(c, i); d != NULL;
		    d = d->older)
			write_set(&w, d, found);
	jw_end_array(&w);
	jw_end_object(&w);
	puts(b.data);
	buf_clear(&b);
}

/* ---- all levels ---- */

static void
look(struct catalogue *c, int64_t level, const struct flag_list *customers,
    struct findings *found)
{
	if (level >= 2)
		catalogue_look_live(c, found);
	if (level >= 3)
		check_plans(c, found);
	if (level >= 4)
		check_samples(c, customers->items, customers->n, found);
	if (level >= 5)
		check_rights(c, found);
}

static void
compare(const struct catalogue *c, const char *dir, struct findings *found)
{
	struct finding one = { .level = 1 };
	struct catalogue *old;

	if (catalogue_old(&old, dir, &one.fault) < 0) {
		findings_add(found, &one);
		return;
	}
	check_against(catalogue_schemas(old), catalogue_schemas(c), found);
	catalogue_free(old);
}

static int
run(int argc, char **argv)
{
	int64_t level = 5, begun = clock_mono_us();
	struct flag_list customers = { .n = 0 };
	const char *against = NULL;
	bool files = false;
	const struct flag own[] = {
		{ "--files", FLAG_SET, &files, "the files only (--level 1)" },
		{ "--level", FLAG_NUMBER, &level, "N  1 files, 2 names and types, "
		    "3 plans, 4 samples, 5 rights" },
		{ "--against", FLAG_TEXT, &against, "DIR  the schemas of before: "
		    "do their readers still read?" },
		{ "--customer", FLAG_LIST, &customers, "REF  sample this one" },
		{ 0 } };
	struct common common;
	struct settings *s;
	struct catalogue *c;
	struct findings found;
	int rc;

	if (command_args(&command_check, &common, own, argc, argv) != 0)
		return command_misused(&command_check, "it takes no argument");
	if (level < 1 || level > 5)
		return command_misused(&command_check, "--level is 1 to 5");
	s = command_settings(&common);
	findings_init(&found);
	catalogue_look(&c, s, &found);
	check_versions(catalogue_schemas(c), &found);
	look(c, files ? 1 : level, &customers, &found);
	if (against != NULL)
		compare(c, against, &found);
	if (common.json)
		tell_json(c, &found);
	else
		tell(c, &found, files ? 1 : level, begun);
	rc = found.errors > 0 ? EX_CONFIG : EX_OK;
	catalogue_free(c);
	findings_clear(&found);
	settings_free(s);
	return rc;
}
