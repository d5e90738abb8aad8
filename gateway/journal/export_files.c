/* SPDX-License-Identifier: Apache-2.0 */
/* export_files.c - what an export carries beside its entries. */
#include "journal/export_own.h"
#include "journal/signer.h"
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/db.h"

int
export_scripts(struct export *x)
{
	char path[4400];
	int rc = 0;

	for (const struct export_file *f = scripts_table;
	    f->name != NULL && rc == 0; f++) {
		rc = export_text(x, f->name, f->data, "");
		snprintf(path, sizeof(path), "%.4000s/%s", x->dir, f->name);
		if (rc == 0 && strncmp(f->data, "#!", 2) == 0)
			chmod(path, 0755);	/* a convenience only */
	}
	return rc;
}

static int
write_past(struct export *x, const struct rows *rows)
{
	char name[64];
	int rc = 0;

	for (int i = 0; i < rows_count(rows) && rc == 0; i++) {
		snprintf(name, sizeof(name), "checkpoints/%" PRId64,
		    row_int(rows, i, "size"));
		rc = export_text(x, name, row_text(rows, i, "note"), "");
	}
	return rc;
}

int
export_past(struct export *x)
{
	char path[4400];
	struct params p;
	struct rows *rows;
	int failure = 0, rc;

	snprintf(path, sizeof(path), "%.4000s/checkpoints", x->dir);
	if (mkdir(path, 0755) < 0)
		return export_failed(x, E_SYSTEM, "%.150s cannot be made: %s",
		    path, strerror(errno));
	params_init(&p);
	params_int(&p, x->log);
	params_int(&p, (int64_t)x->size);
	if ((rows = db_ask_now(x->db, SQL_JOURNAL_NOTES_KEPT, &p,
	    &failure)) == NULL)
		return export_failed(x, failure, "%.200s", db_now_error(x->db));
	rc = write_past(x, rows);
	rows_free(rows);
	return rc;
}

/* ---- time-stamps: what was stamped, and the authority's reply ---- */

static int
write_stamp(struct export *x, const struct rows *rows, int i)
{
	const uint8_t *reply;
	char name[64];
	size_t n;
	FILE *f;
	int rc;

	snprintf(name, sizeof(name), "stamps/%" PRId64, row_int(rows, i, "size"));
	if ((rc = export_text(x, name, row_text(rows, i, "note"), "")) < 0)
		return rc;
	snprintf(name, sizeof(name), "stamps/%" PRId64 ".tsr",
	    row_int(rows, i, "size"));
	if ((f = export_create(x, name)) == NULL)
		return E_SYSTEM;
	reply = row_bytes(rows, i, "reply", &n);
	fwrite(reply, 1, n, f);
	return export_finish(x, f, name);
}

int
export_stamps(struct export *x)
{
	char path[4400];
	struct params p;
	struct rows *rows;
	int failure = 0, rc = 0;

	params_init(&p);
	params_int(&p, x->log);
	params_int(&p, (int64_t)x->size);
	if ((rows = db_ask_now(x->db, SQL_JOURNAL_STAMPS, &p, &failure)) == NULL)
		return export_failed(x, failure, "%.200s", db_now_error(x->db));
	snprintf(path, sizeof(path), "%.4000s/stamps", x->dir);
	if (rows_count(rows) > 0 && mkdir(path, 0755) < 0)
		rc = export_failed(x, E_SYSTEM, "%.150s cannot be made: %s",
		    path, strerror(errno));
	for (int i = 0; i < rows_count(rows) && rc == 0; i++)
		rc = write_stamp(x, rows, i);
	rows_free(rows);
	return rc;
}

/* ---- the list of files ---- */

static struct list {
	char **names;
	size_t n, size, skip;		/* skip: the directory's own length */
} list;

static int
on_file(const char *path, const struct stat *st UNUSED, int type,
    struct FTW *at UNUSED)
{
	if (type != FTW_F)
		return 0;
	if (list.n == list.size) {
		size_t size = list.size == 0 ? 256 : 2 * list.size;
		char **more = realloc(list.names, size * sizeof(*more));

		if (more == NULL)
			return -1;
		list.names = more;
		list.size = size;
	}
	return (list.names[list.n++] = strdup(path + list.skip)) == NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_sum(struct export *x, struct buf *out, const char *name)
{
	uint8_t sum[SHA256_SIZE];
	char path[4400], hex[2 * SHA256_SIZE + 1];
	FILE *f;
	bool read;

	snprintf(path, sizeof(path), "%.4000s/%.300s", x->dir, name);
	if ((f = fopen(path, "re")) == NULL)
		return export_failed(x, E_SYSTEM, "%.150s cannot be read: %s",
		    path, strerror(errno));
	read = sha256_rest(sum, f);
	fclose(f);
	if (!read)
		return export_failed(x, E_SYSTEM, "%.150s cannot be read", path);
	hex_encode(hex, sum, sizeof(sum));
	buf_printf(out, "%s  %s\n", hex, name);
	return 0;
}

static int
ask_signer(struct export *x, struct arena *a, const char *hex)
{
	struct signer_link *link = signer_ask_at(x->signer_at);
	char *note;
	int rc = signer_files(link, a, x->log, hex, &note);

	if (rc < 0)
		rc = export_failed(x, rc, "the list of files cannot be signed: %s",
		    signer_why(link));
	else
		rc = export_text(x, "SHA256SUMS.note", note, "");
	signer_hang_up(link);
	return rc;
}

/* Its first line is no origin, so that it can never pass for a checkpoint. */
static int
sign_sums(struct export *x, struct arena *a, const char *text)
{
	uint8_t sum[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	if (x->signer == NULL && x->signer_at == NULL)
		return 0;
	sha256(sum, text, strlen(text));
	hex_encode(hex, sum, sizeof(sum));
	if (x->signer_at != NULL)
		return ask_signer(x, a, hex);
	return export_text(x, "SHA256SUMS.note", note_sign(a, arena_printf(a,
	    "files of an export of %s\n%s\n", x->key->name, hex),
	    x->key->name, x->signer), "");
}

int
export_sums(struct export *x, struct arena *a)
{
	struct buf out;
	int rc = 0;

	list = (struct list){ .skip = strlen(x->dir) + 1 };
	buf_init(&out);
	if (nftw(x->dir, on_file, 16, FTW_PHYS) != 0)
		rc = export_failed(x, E_SYSTEM, "the files cannot be listed");
	if (list.n > 0)
		qsort(list.names, list.n, sizeof(*list.names), by_name);
	for (size_t i = 0; i < list.n && rc == 0; i++)
		rc = add_sum(x, &out, list.names[i]);
	if (rc == 0 && (rc = export_text(x, "SHA256SUMS", out.data, "")) == 0)
		rc = sign_sums(x, a, out.data);
	for (size_t i = 0; i < list.n; i++)
		free(list.names[i]);
	free(list.names);
	buf_clear(&out);
	return rc;
}
