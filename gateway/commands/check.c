/*
 * check.c - `guichet check`: is all that people wrote right?
 *
 * The same reading that `serve` does before it opens a port: settings, keys,
 * schemas, adapters, and each query described on the live source.
 */
#include <string.h>
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "commands/command.h"

static int run(int argc, char **argv);

const struct command command_check = {
	"check", "Check settings, schemas and adapters against the live sources.",
	run, "[--files]"
};

static void
tell(const struct catalogue *c, bool described)
{
	for (size_t i = 0; i < catalogue_count(c); i++) {
		const struct dataset *d = catalogue_at(c, i);

		printf(" ok   %-22s %3zu fields   %s%s\n", d->schema->id,
		    d->schema->field_count, d->source->name,
		    described ? ", described on its source" : "");
	}
}

static int
run(int argc, char **argv)
{
	bool files = false;
	const struct flag own[] = { { "--files", FLAG_SET, &files,
	    "look at the files only, not at the sources" }, { 0 } };
	struct common common;
	struct settings *s;
	struct catalogue *c = NULL;
	struct fault f;
	int rc;

	if (command_args(&command_check, &common, own, argc, argv) != 0)
		return command_misused(&command_check, "it takes no argument");
	s = command_settings(&common);
	rc = catalogue_load(&c, s, &f);
	if (rc == 0 && !files)
		rc = catalogue_describe(c, &f);
	if (rc < 0)
		fault_print(stderr, &f);
	else
		tell(c, !files);
	catalogue_free(c);
	settings_free(s);
	return rc == 0 ? EX_OK : rc == E_UNAVAILABLE ? EX_UNAVAILABLE : EX_CONFIG;
}
