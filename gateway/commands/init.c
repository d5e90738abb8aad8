/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - `guichet init`: from nothing to an installation that can serve.
 *
 * Run twice: the first time it writes a commented guichet.conf to be filled
 * in; then it makes keys and tables. Run again, it changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/settings.h"
#include "commands/command.h"
#include "crypto/keys.h"
#include "db/migrate.h"

static int run(int argc, char **argv);

const struct command command_init = {
	"init", "Write guichet.conf, then make the keys and the tables.", run,
	""
};

/* O_EXCL: a file that is there is never written over. */
static int
write_sample(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (out == NULL) {
		fprintf(stderr, "guichet init: %s: %s\n", path, strerror(errno));
		return EX_CANTCREAT;
	}
	settings_sample(out);
	if (fclose(out) != 0) {
		fprintf(stderr, "guichet init: %s: %s\n", path, strerror(errno));
		return EX_IOERR;
	}
	printf("%s written. Fill in the lines without #, then run "
	    "`guichet init` again.\n", path);
	return EX_OK;
}

static int
make_all(const struct settings *s, struct fault *f)
{
	int rc = keys_make(s->keys_dir, f);

	return rc < 0 ? rc : migrate_run(s->database_direct_url, f);
}

static int
run(int argc, char **argv)
{
	struct common common;
	struct settings *s;
	struct fault f;
	int rc;

	if (command_args(&command_init, &common, NULL, argc, argv) != 0)
		return command_misused(&command_init, "it takes no argument");
	if (access(common.config, F_OK) < 0 && errno == ENOENT)
		return write_sample(common.config);
	s = command_settings(&common);
	rc = make_all(s, &f);
	settings_free(s);
	if (rc < 0) {
		fault_print(stderr, &f);
		return EX_CONFIG;
	}
	puts("Ready. `guichet serve` runs the gateway.");
	return EX_OK;
}
