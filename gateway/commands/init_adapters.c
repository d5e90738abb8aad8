/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init_adapters.c - the folders of the adapters that [sources] names: one that is
 * missing is made, with a source.conf to read. What is there stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/init.h"

static const char conf[] =
    "# Where the tables of '%s' are: [sources] in guichet.conf says it.\n"
    "# All keys: docs/reference/adapters.md. Beside this file: one SELECT per data\n"
    "# set (guichet adapter init DATASET --source %s), and its schema when nobody\n"
    "# documented it yet.\n"
    "\n"
    "# The zone of its local times.\n"
    "time_zone = %s\n"
    "# How changes are seen.\n"
    "capture = horizon\n"
    "# yes only when nobody real is in it.\n"
    "synthetic = %s\n";

static int
refused(struct fault *f, const char *path)
{
	fault_set(f, "E314", path, 0, 0, "cannot be made: %s", strerror(errno));
	return fault_cure(f, "let this user write there, or name another "
	    "directory in [catalogue] adapters");
}

static int
make_one(const struct settings *s, struct arena *a, const char *name,
    bool synthetic, struct fault *f)
{
	const char *dir = arena_printf(a, "%s/%s", s->adapters_dir, name);
	const char *path = arena_printf(a, "%s/source.conf", dir);
	FILE *out;
	int fd;

	if (access(path, F_OK) == 0)
		return 0;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return refused(f, dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || (out = fdopen(fd, "w")) == NULL)
		return refused(f, path);
	fprintf(out, conf, name, name, s->time_zone,
	    synthetic ? "yes" : "no");
	if (fclose(out) != 0)
		return refused(f, path);
	printf("%s\n", path);
	return 0;
}

int
init_adapters(const struct settings *s, bool synthetic, struct fault *f)
{
	struct arena *a = arena_new();
	int rc = 0;

	if (s->source_place_count > 0 && mkdir(s->adapters_dir, 0755) < 0 &&
	    errno != EEXIST)
		rc = refused(f, s->adapters_dir);
	for (size_t i = 0; i < s->source_place_count && rc == 0; i++)
		rc = make_one(s, a, s->source_places[i].name,
		    synthetic, f);
	arena_free(a);
	return rc;
}
