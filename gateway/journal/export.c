/* SPDX-License-Identifier: Apache-2.0 */
/* export.c - one log, or a part of it, written into a directory. */
#include "journal/export_own.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/evidence.h"
#include "journal/tile.h"

enum { PATH_TEXT = 4400 };

int
export_failed(struct export *x, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->why, sizeof(x->why), fmt, ap);
	va_end(ap);
	return rc;
}

FILE *
export_create(struct export *x, const char *name)
{
	char path[PATH_TEXT];
	FILE *f;

	snprintf(path, sizeof(path), "%.4000s/%.300s", x->dir, name);
	if ((f = fopen(path, "we")) == NULL)
		export_failed(x, E_SYSTEM, "%.150s cannot be made: %s", path,
		    strerror(errno));
	return f;
}

int
export_finish(struct export *x, FILE *f, const char *name)
{
	int bad = ferror(f);

	if (fclose(f) != 0 || bad)
		return export_failed(x, E_SYSTEM, "%s cannot be written: %s", name,
		    strerror(errno));
	return 0;
}

int
export_text(struct export *x, const char *name, const char *text,
    const char *end)
{
	FILE *f = export_create(x, name);

	if (f == NULL)
		return E_SYSTEM;
	fprintf(f, "%s%s", text, end);
	return export_finish(x, f, name);
}

static int
make_dir(struct export *x)
{
	struct dirent *d;
	int found = 0;
	DIR *dir;

	if (mkdir(x->dir, 0755) == 0)
		return 0;
	if (errno != EEXIST || (dir = opendir(x->dir)) == NULL)
		return export_failed(x, E_SYSTEM, "%.150s cannot be made: %s", x->dir,
		    strerror(errno));
	while ((d = readdir(dir)) != NULL)
		found += strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0;
	closedir(dir);
	return found == 0 ? 0 : export_failed(x, E_CONFLICT, "%.200s is not empty;"
	    " name a new directory", x->dir);
}

/* ---- tiles ---- */

/* Makes the directories of a path below dir. */
static void
make_parents(const char *dir, char *path)
{
	char whole[PATH_TEXT];

	for (char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
		snprintf(whole, sizeof(whole), "%.4000s/%.*s", dir,
		    (int)(p - path), path);
		mkdir(whole, 0755);	/* a failure shows when it is used */
	}
}

static int
write_tile(struct export *x, const struct tiles *tiles, int level, uint64_t n,
    int width)
{
	char name[TILE_PATH_MAX + 16], path[TILE_PATH_MAX];
	const struct hash *h;
	FILE *f;
	int rc = tiles->read(&h, level, n, width, tiles->arg);

	if (rc == E_NOT_FOUND)
		return 0;		/* missing in the database: stays so */
	if (rc < 0)
		return export_failed(x, rc, "the hash tiles cannot be read");
	tile_path(path, n, width);
	snprintf(name, sizeof(name), "tile/%d/%s", level, path);
	make_parents(x->dir, name);
	if ((f = export_create(x, name)) == NULL)
		return E_SYSTEM;
	fwrite(h, sizeof(*h), (size_t)width, f);
	return export_finish(x, f, name);
}

static int
write_tiles(struct export *x, struct evidence *e, uint64_t size)
{
	struct tiles tiles = evidence_tiles(e, size);
	int rc = 0;

	for (int level = 0; level < TILE_LEVELS && rc == 0; level++) {
		uint64_t hashes = size >> (8 * level);

		for (uint64_t i = 0; i < hashes && rc == 0; i += TILE_WIDTH)
			rc = write_tile(x, &tiles, level, i / TILE_WIDTH,
			    hashes - i < TILE_WIDTH ? (int)(hashes - i)
			    : TILE_WIDTH);
	}
	return rc;
}

/* The key by which her lines, and no others, can be told in the whole log. */
static int
write_key(struct export *x)
{
	char text[48];

	if (x->subject == NULL)
		return 0;
	b64_encode(text, x->subject->key, sizeof(x->subject->key));
	return export_text(x, "subject.key", text, "\n");
}

static int
export_evidence(struct export *x, struct evidence *e, struct arena *a)
{
	struct checkpoint now;
	struct note note;
	struct tiles tiles;
	int rc;

	if (note_parse(&note, a, evidence_note(e),
	    strlen(evidence_note(e))) < 0 || checkpoint_parse(&now, &note) < 0)
		return export_failed(x, E_BAD_INPUT, "the last checkpoint in the"
		    " database is none");
	x->size = now.size;
	tiles = evidence_tiles(e, now.size);
	if ((rc = make_dir(x)) < 0 ||
	    (rc = export_text(x, "checkpoint", evidence_note(e), "")) < 0 ||
	    (rc = export_text(x, "vkey", note_key_text(a, x->key), "\n")) < 0 ||
	    (rc = export_scripts(x)) < 0 || (rc = export_past(x)) < 0 ||
	    (rc = export_stamps(x)) < 0 ||
	    (rc = write_key(x)) < 0 || (rc = export_entries(x, &tiles)) < 0 ||
	    (!export_is_part(x) && (rc = write_tiles(x, e, now.size)) < 0))
		return rc;
	return export_sums(x, a);
}

int
export_log(struct export *x)
{
	struct evidence *e = NULL;
	struct arena *a;
	int rc = evidence_open_db(&e, x->db, x->log, x->why);

	if (rc < 0)
		return rc;
	a = arena_new();
	rc = export_evidence(x, e, a);
	arena_free(a);
	evidence_close(e);
	return rc;
}
