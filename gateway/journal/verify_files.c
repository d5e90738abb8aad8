/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_files.c - are the files of an export those that were written?
 *
 * SHA256SUMS tells every file's digest, and the log's key signed its own: so
 * that the report and the scripts are held against something, too. Whoever
 * exports without that key has a list that is not signed, which is told.
 */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "journal/verify_own.h"

static int
check_line(struct verification *v, const struct evidence *e, struct arena *a,
    const char *line)
{
	uint8_t sum[SHA256_SIZE], want[SHA256_SIZE];
	const char *name = line + 66;
	FILE *f;
	bool same;

	if (strlen(line) <= 66 || strncmp(line + 64, "  ", 2) != 0 ||
	    hex_decode(want, sizeof(want), arena_strndup(a, line, 64)) < 0 ||
	    name[0] == '/' || strstr(name, "..") != NULL)
		return verify_bad(v, "SHA256SUMS is no list of files");
	f = fopen(arena_printf(a, "%s/%s", evidence_dir(e), name), "re");
	if (f == NULL)
		return verify_bad(v, "the file %.100s is missing", name);
	same = sha256_rest(sum, f) && memcmp(sum, want, sizeof(sum)) == 0;
	fclose(f);
	return same ? 0 : verify_bad(v, "the file %.100s is not the one that"
	    " was exported", name);
}

static int
check_list(struct verification *v, struct evidence *e, const char *list)
{
	int rc = 0;

	while (*list != '\0' && rc == 0) {
		size_t n = strcspn(list, "\n");
		struct arena *a = arena_new();

		rc = list[n] != '\n' ? verify_bad(v, "SHA256SUMS is cut off") :
		    check_line(v, e, a, arena_strndup(a, list, n));
		arena_free(a);
		list += n + (list[n] == '\n');
	}
	return rc;
}

/* Its second line is the digest of the list. */
static int
check_signature(struct verification *v, struct arena *a, const char *text,
    const char *list)
{
	char hex[2 * SHA256_SIZE + 1];
	uint8_t sum[SHA256_SIZE];
	struct note note;
	const char *line;

	if (note_parse(&note, a, text, strlen(text)) < 0 ||
	    note_verify(&note, v->key) < 0)
		return verify_bad(v, "the list of files is not signed by the"
		    " log's key, or its signature is wrong");
	sha256(sum, list, strlen(list));
	hex_encode(hex, sum, sizeof(sum));
	line = memchr(note.text, '\n', note.text_n);
	if (line == NULL || strncmp(line + 1, hex, strlen(hex)) != 0)
		return verify_bad(v, "SHA256SUMS is not the list that was signed");
	v->files_signed = true;
	return 0;
}

int
verify_files(struct verification *v, struct evidence *e)
{
	struct arena *a = arena_new();
	const char *list, *text;
	int rc = 0;

	if (evidence_dir(e) == NULL)
		goto out;
	list = evidence_text(e, "SHA256SUMS");
	text = evidence_text(e, "SHA256SUMS.note");
	if (list == NULL)
		rc = verify_bad(v, "SHA256SUMS is missing or no text");
	else if (evidence_has(e, "SHA256SUMS.note") && text == NULL)
		rc = verify_bad(v, "SHA256SUMS.note is no text");
	else if (text == NULL || (rc = check_signature(v, a, text, list)) == 0)
		rc = check_list(v, e, list);
out:
	arena_free(a);
	return rc;
}
