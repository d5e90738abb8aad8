/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.c - the last note of each log, kept on this host.
 *
 * Written beside, flushed, renamed, and the directory flushed: after a power
 * cut there is the old note or the new one, and the new one before anybody
 * else could have seen it.
 */
#include "journal/keep.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"

enum { WHY = 256 };

static int
because(char why[WHY], const char *what, const char *path)
{
	snprintf(why, WHY, "%s %.160s: %s", what, path, strerror(errno));
	return E_SYSTEM;
}

static int
read_file(char *out, size_t max, const char *path, char why[WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return E_NOT_FOUND;
	if (fd < 0)
		return because(why, "cannot open", path);
	n = read(fd, out, max);
	if (n < 0)
		because(why, "cannot read", path);
	close(fd);
	return n < 0 ? E_SYSTEM : (int)n;
}

int
keep_parse(struct checkpoint *out, struct arena *a, const char *text, size_t n,
    EVP_PKEY *key)
{
	struct note note;
	struct note_key k;

	if (note_parse(&note, a, text, n) < 0 ||
	    checkpoint_parse(out, &note) < 0 ||
	    !note_name_valid(out->origin, strlen(out->origin)))
		return E_BAD_INPUT;
	note_key_of(&k, out->origin, key);
	return note_verify(&note, &k) < 0 ? E_BAD_INPUT : 0;
}

int
keep_read(struct checkpoint *out, char **text, struct arena *a, const char *dir,
    const char *log, EVP_PKEY *key, char why[WHY])
{
	const char *path = arena_printf(a, "%s/%s.note", dir, log);
	char *read = arena_alloc(a, NOTE_MAX + 1);
	int n = read_file(read, NOTE_MAX, path, why);

	if (n < 0)
		return n;
	if (keep_parse(out, a, read, (size_t)n, key) < 0) {
		snprintf(why, WHY, "%.160s is no checkpoint signed by this"
		    " journal's key", path);
		return E_BAD_INPUT;
	}
	if (text != NULL)
		*text = read;
	return 0;
}

static int
make_dir(const char *dir, char why[WHY])
{
	return mkdir(dir, 0755) < 0 && errno != EEXIST ?
	    because(why, "cannot make", dir) : 0;
}

int
keep_lock(const char *dir, char why[WHY])
{
	char path[4096];
	int fd;

	if (make_dir(dir, why) < 0)
		return E_SYSTEM;
	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		because(why, "cannot lock", path);
		if (fd >= 0)
			close(fd);
		return E_SYSTEM;
	}
	return fd;
}

static int
write_flushed(const char *path, const char *text, char why[WHY])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t n = strlen(text);
	int rc = 0;

	if (fd < 0)
		return because(why, "cannot write", path);
	if (write(fd, text, n) != (ssize_t)n || fsync(fd) < 0)
		rc = because(why, "cannot write", path);
	close(fd);
	return rc;
}

static int
flush_directory(const char *dir, char why[WHY])
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = because(why, "cannot flush", dir);
	if (fd >= 0)
		close(fd);
	return rc;
}

int
keep_write(const char *dir, const char *log, const char *note, char why[WHY])
{
	struct arena *a = arena_new();
	const char *path = arena_printf(a, "%s/%s.note", dir, log);
	const char *beside = arena_printf(a, "%s.new", path);
	int rc;

	if ((rc = make_dir(dir, why)) == 0 &&
	    (rc = write_flushed(beside, note, why)) == 0 &&
	    rename(beside, path) < 0)
		rc = because(why, "cannot replace", path);
	if (rc == 0)
		rc = flush_directory(dir, why);
	arena_free(a);
	return rc;
}

/* ---- beginning anew ---- */

int
keep_allow(const char *dir, const char *log, const char *origin, char why[WHY])
{
	char path[4096];

	if (make_dir(dir, why) < 0)
		return E_SYSTEM;
	snprintf(path, sizeof(path), "%.3800s/%s.anew", dir, log);
	return write_flushed(path, origin, why);
}

bool
keep_allows(const char *dir, const char *log, const char *origin)
{
	char path[4096], allowed[NOTE_NAME], why[WHY];
	int n;

	snprintf(path, sizeof(path), "%.3800s/%s.anew", dir, log);
	n = read_file(allowed, sizeof(allowed), path, why);
	return n > 0 && (size_t)n == strlen(origin) &&
	    memcmp(allowed, origin, (size_t)n) == 0;
}

/* The last note is linked beside before the new one takes its place. */
int
keep_begin_anew(const char *dir, const char *log, const char *note,
    char why[WHY])
{
	char path[4096], beside[4200];
	int rc;

	snprintf(path, sizeof(path), "%.3800s/%s.note", dir, log);
	snprintf(beside, sizeof(beside), "%s.before-%lld", path,
	    (long long)time(NULL));
	if (link(path, beside) < 0 && errno != ENOENT && errno != EEXIST)
		return because(why, "cannot make", beside);
	if ((rc = keep_write(dir, log, note, why)) < 0)
		return rc;
	snprintf(path, sizeof(path), "%.3800s/%s.anew", dir, log);
	unlink(path);
	return flush_directory(dir, why);
}

int
keep_continues(const struct checkpoint *kept, const struct tiles *tiles,
    const struct checkpoint *now, char why[WHY])
{
	struct proof proof;
	int rc;

	if (strcmp(kept->origin, now->origin) != 0) {
		snprintf(why, WHY, "the note kept is of another log");
		return E_CONFLICT;
	}
	if (kept->size > now->size) {
		snprintf(why, WHY, "the database holds %" PRIu64 " lines, but %"
		    PRIu64 " were signed: its end is lost (a restored backup?)",
		    now->size, kept->size);
		return E_CONFLICT;
	}
	if ((rc = tree_prove_consistency(&proof, tiles, kept->size,
	    now->size)) < 0) {
		snprintf(why, WHY, "hashes of the tree cannot be read");
		return rc == E_NOT_FOUND ? E_CONFLICT : rc;
	}
	if (tree_check_consistency(&proof, kept->size, &kept->root, now->size,
	    &now->root) < 0) {
		snprintf(why, WHY, "the first %" PRIu64 " lines are not those"
		    " that were signed", kept->size);
		return E_CONFLICT;
	}
	return 0;
}
