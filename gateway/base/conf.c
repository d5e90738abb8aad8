/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c - the INI files people write, by libinih.
 *
 * libinih asks our reader for each line, so that the number of the line is
 * known while its key is handled, and so that what libinih would bend or cut
 * is refused before it sees it.
 */
#include "base/conf.h"
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

enum { LINE_BYTES = 198 };	/* Debian's libinih holds 200, with "\n" and NUL */

struct reading {
	FILE *in;
	const char *file;
	int number;
	bool failed;
	conf_on_line *fn;
	void *arg;
	struct fault *fault;
};

static char *
refuse(struct reading *r, const char *code, int column, const char *cause,
    const char *cure)
{
	r->failed = true;
	fault_set(r->fault, code, r->file, r->number, column, "%s", cause);
	fault_cure(r->fault, "%s", cure);
	return NULL;
}

/* Is this line something libinih would read otherwise than it looks? */
static bool
line_is_sound(struct reading *r, const char *line, size_t n)
{
	size_t blank = strspn(line, " \t\r\n\v\f");

	if (memchr(line, '\0', n) != NULL)
		refuse(r, "E102", 1, "the line holds a NUL byte",
		    "save the file as plain UTF-8 text");
	else if (blank > 0 && line[blank] != '\0')
		refuse(r, "E104", 1, "the line is indented",
		    "begin every key at the first column; a value is one line");
	else if (n > LINE_BYTES)
		refuse(r, "E103", LINE_BYTES, "the line is longer than 198 bytes",
		    "shorten the value, or put it in a file of its own and name "
		    "that file");
	return !r->failed;
}

static char *
next_line(char *out, int size, void *arg)
{
	struct reading *r = arg;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (r->failed || (n = getline(&line, &room, r->in)) < 0) {
		free(line);
		return NULL;
	}
	r->number++;
	if (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	if (line_is_sound(r, line, (size_t)n) && n + 2 <= size)
		snprintf(out, (size_t)size, "%s\n", line);
	else
		out = NULL;
	free(line);
	return out;
}

static int
on_key(void *arg, const char *section, const char *key, const char *value)
{
	struct reading *r = arg;
	struct conf_line line = { r->file, r->number, section, key, value };

	if (!r->failed && r->fn(&line, r->arg, r->fault) < 0)
		r->failed = true;
	return !r->failed;
}

int
conf_read(FILE *in, const char *file, conf_on_line *fn, void *arg,
    struct fault *f)
{
	struct reading r = { in, file, 0, false, fn, arg, f };
	int rc = ini_parse_stream(next_line, &r, on_key, &r);

	if (r.failed)
		return E_BAD_INPUT;
	if (rc != 0) {
		r.number = rc;
		refuse(&r, "E102", 1, "the line is neither [section] nor "
		    "key = value", "write key = value, or begin a comment with #");
		return E_BAD_INPUT;
	}
	return 0;
}

int
conf_read_file(const char *path, conf_on_line *fn, void *arg, struct fault *f)
{
	FILE *in = fopen(path, "re");
	int rc;

	if (in == NULL) {
		fault_set(f, "E101", path, 0, 0, "cannot be read: %s",
		    strerror(errno));
		return fault_cure(f, "check that the file exists and that this "
		    "user may read it");
	}
	rc = conf_read(in, path, fn, arg, f);
	fclose(in);
	return rc;
}

int
conf_unknown(struct fault *f, const struct conf_line *line,
    const char *const *known, size_t n)
{
	const char *near = nearest(line->key, known, n);

	fault_set(f, "E106", line->file, line->number, 1,
	    "unknown key '%s' in [%s]", line->key, line->section);
	if (near != NULL)
		return fault_cure(f, "perhaps you meant '%s'", near);
	return fault_cure(f, "remove it");
}

int
conf_repeated(struct fault *f, const struct conf_line *line, int first_line)
{
	fault_set(f, "E107", line->file, line->number, 1,
	    "'%s' was already set at line %d", line->key, first_line);
	return fault_cure(f, "keep one of the two lines");
}

char *
conf_path(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	char *out;

	if (path[0] == '/' || slash == NULL)
		return xstrdup(path);
	if (asprintf(&out, "%.*s/%s", (int)(slash - file), file, path) < 0)
		abort();
	return out;
}
