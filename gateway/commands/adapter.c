/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter.c - `guichet adapter triggers`: what an organisation's DBA runs so
 * that its source tells of changes.
 *
 * Prints and changes nothing: our role only reads.
 */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "catalogue/describe.h"
#include "catalogue/triggers.h"
#include "commands/adapter_init.h"
#include "commands/command.h"

static int run(int argc, char **argv);

const struct command command_adapter = {
	"adapter", "Print the DDL that makes a source tell of its changes.", run,
	"triggers SOURCE [--drop]\n   or: guichet adapter init DATASET"
	" [--from-table TABLE [--source NAME]]"
};

static struct source *
find_source(const struct catalogue *c, const char *name)
{
	for (size_t i = 0; i < catalogue_source_count(c); i++)
		if (strcmp(catalogue_source(c, i)->name, name) == 0)
			return catalogue_source(c, i);
	fprintf(stderr, "guichet adapter: no source %s is named in [catalogue] "
	    "sources\n", name);
	return NULL;
}

static int
print_triggers(const struct catalogue *c, const char *name, bool drop)
{
	struct source *s = find_source(c, name);
	struct db_now *now;
	struct fault f;
	struct buf out;
	int rc;

	if (s == NULL)
		return EX_USAGE;
	if (live_open(&now, s, &f) < 0) {
		fault_print(stderr, &f);
		return EX_UNAVAILABLE;
	}
	buf_init(&out);
	rc = triggers_write(&out, now, c, s, drop, &f);
	if (rc < 0)
		fault_print(stderr, &f);
	else
		fputs(out.data, stdout);
	buf_clear(&out);
	db_now_close(now);
	return rc < 0 ? EX_CONFIG : EX_OK;
}

static int
init(const struct catalogue *c, const char *id, const char *source,
    const char *table)
{
	const struct source *s = NULL;

	if (table != NULL && source == NULL && catalogue_source_count(c) > 0)
		s = catalogue_source(c, 0);
	else if (table != NULL && (s = find_source(c, source == NULL ? "" :
	    source)) == NULL)
		return EX_USAGE;
	return adapter_init(c, id, s, table);
}

static int
run(int argc, char **argv)
{
	const char *table = NULL, *source = NULL;
	bool drop = false;
	const struct flag flags[] = {
		{ "--drop", FLAG_SET, &drop, "what takes it away again" },
		{ "--from-table", FLAG_TEXT, &table,
		    "TABLE  propose its columns for the fields" },
		{ "--source", FLAG_TEXT, &source,
		    "NAME  where that table is; the first one" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_adapter, &common, flags, argc, argv), rc;
	struct catalogue *c = NULL;
	struct settings *s;
	struct fault f;

	if (n != 2 || (strcmp(argv[0], "triggers") != 0 &&
	    strcmp(argv[0], "init") != 0))
		return command_misused(&command_adapter,
		    "say triggers and of which source, or init and which data set");
	s = command_settings(&common);
	if (catalogue_load(&c, s, &f) < 0) {
		fault_print(stderr, &f);
		rc = EX_CONFIG;
	} else {
		rc = argv[0][0] == 'i' ? init(c, argv[1], source, table) :
		    print_triggers(c, argv[1], drop);
	}
	catalogue_free(c);
	settings_free(s);
	return rc;
}
