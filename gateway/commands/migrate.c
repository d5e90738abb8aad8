/* SPDX-License-Identifier: Apache-2.0 */
/* migrate.c - `guichet migrate`: guichet's own tables, brought up to date. */
#include <string.h>
#include "base/error.h"
#include "base/settings.h"
#include "commands/command.h"
#include "db/migrate.h"
#include "db/roles.h"

static int run(int argc, char **argv);

const struct command command_migrate = {
	"migrate", "Bring guichet's own database up to date.", run,
	"[--check]"
};

static int
run(int argc, char **argv)
{
	bool only_check = false;
	const struct flag flags[] = {
		{ "--check", FLAG_SET, &only_check, "say whether it is, change "
		    "nothing" },
		{ NULL }
	};
	struct common common;
	struct settings *s;
	struct fault f;
	int rc;

	if (command_args(&command_migrate, &common, flags, argc, argv) != 0)
		return command_misused(&command_migrate, "it takes no argument");
	s = command_settings(&common);
	rc = only_check ? migrate_check(s->database_direct_url, &f) :
	    migrate_run(s->database_direct_url, &f);
	if (rc == 0)
		rc = only_check ? roles_check(s, &f) : roles_grant(s, &f);
	settings_free(s);
	if (rc < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	if (only_check)
		puts("up to date");
	return EX_OK;
}
