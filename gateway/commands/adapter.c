/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter.c - `guichet adapter triggers` and `replication`: what an
 * organisation's DBA runs so that its source tells of changes.
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
#include "catalogue/publication.h"
#include "catalogue/triggers.h"
#include "commands/adapter_init.h"
#include "commands/command.h"

static int run(int argc, char **argv);

const struct command command_adapter = {
	"adapter", "Print the DDL that makes a source tell of its changes.", run,
	"triggers SOURCE [--deletions] [--drop]\n   or: guichet adapter"
	" replication SOURCE [--drop]\n   or: guichet adapter init DATASET"
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

struct wanted { const char *what, *of; bool drop, deletions; };

static int
print_ddl(const struct catalogue *c, const struct wanted *w)
{
	struct source *s = find_source(c, w->of);
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
	rc = w->what[0] == 'r' ?
	    publication_write(&out, now, c, s, w->drop, &f) :
	    triggers_write(&out, now, c, s, w->drop, w->deletions, &f);
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
	else if (table != NULL && source == NULL)
		return command_misused(&command_adapter, "--from-table needs a "
		    "source: name one in [catalogue] sources");
	else if (table != NULL && (s = find_source(c, source)) == NULL)
		return EX_USAGE;
	return adapter_init(c, id, s, table);
}

static int
run(int argc, char **argv)
{
	const char *table = NULL, *source = NULL;
	struct wanted wanted = { NULL };
	const struct flag flags[] = {
		{ "--drop", FLAG_SET, &wanted.drop, "what takes it away again" },
		{ "--deletions", FLAG_SET, &wanted.deletions,
		    "of rows that go alone: beside replication" },
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
	bool writes;

	if (n != 2 || (strcmp(argv[0], "triggers") != 0 && strcmp(argv[0],
	    "replication") != 0 && strcmp(argv[0], "init") != 0))
		return command_misused(&command_adapter, "say triggers or "
		    "replication and of which source, or init and which data set");
	writes = argv[0][0] == 'i';
	wanted.what = argv[0];
	wanted.of = argv[1];
	s = command_settings(&common);
	if ((writes ? catalogue_load_sources(&c, s, &f) :
	    catalogue_load(&c, s, &f)) < 0) {
		fault_print(stderr, &f);
		rc = EX_CONFIG;
	} else {
		rc = writes ? init(c, argv[1], source, table) :
		    print_ddl(c, &wanted);
	}
	catalogue_free(c);
	settings_free(s);
	return rc;
}
