/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.c - people as records: one file a data set, without a database.
 *
 * One person at a time writes to all files of the sector, so that her load
 * curves are made once; nothing is kept of her afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "synth/synth_own.h"

enum { SETS_MAX = 16 };

struct sheets {
	struct copy of[SETS_MAX];
	int count;
	struct arena *arena;
};

static int
refused(struct fault *f, const char *path)
{
	fault_set(f, "E406", path, 0, 0, "%s", strerror(errno));
	return fault_cure(f, "name a directory that may be written, with room for "
	    "it");
}

/* Columns of CSV: every field that is a value or a list, as the schema has it. */
static int
columns_read(struct sheets *all, struct copy *c, const char *id,
    const char *schemas, struct fault *f)
{
	const char *dot = strchr(id, '.');
	struct schema *s;
	int rc = schema_read(&s, all->arena, arena_printf(all->arena,
	    "%s/%.*s/%s.schema.json", schemas, (int)(dot - id), id, dot + 1), f);

	for (size_t i = 0; rc == 0 && i < s->field_count &&
	    c->column_count < COLUMNS_MAX; i++)
		if (s->fields[i].type != FIELD_OBJECT &&
		    strstr(s->fields[i].path, "[].") == NULL)
			c->columns[c->column_count++] = s->fields[i].path;
	for (int i = 0; i < c->column_count; i++) {
		buf_str(&c->out, i == 0 ? "" : ",");
		buf_str(&c->out, c->columns[i]);
	}
	buf_str(&c->out, "\r\n");
	return rc;
}

static int
sheet_open(struct sheets *all, const char *id, const struct synth_job *job,
    enum synth_form form, const char *dir, struct fault *f)
{
	struct copy *c = &all->of[all->count++];
	const char *path = arena_printf(all->arena, "%s/%s.%s", dir, id,
	    form == SYNTH_CSV ? "csv" : "ndjson");

	*c = (struct copy){ .mode = form == SYNTH_CSV ? TO_CSV : TO_NDJSON };
	buf_init(&c->out);
	buf_init(&c->values);
	c->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (c->fd < 0)
		return refused(f, path);
	return form != SYNTH_CSV ? 0 : columns_read(all, c, id, job->schemas, f);
}

static int
sheet_close(struct copy *c)
{
	copy_flush(c);
	if (c->fd >= 0 && close(c->fd) < 0)
		c->failure = E_UNAVAILABLE;
	buf_clear(&c->out);
	buf_clear(&c->values);
	return c->failure;
}

static bool
failed(const struct sheets *all)
{
	for (int i = 0; i < all->count; i++)
		if (all->of[i].failure < 0)
			return true;
	return false;
}

static void
people(struct sheets *all, const struct synth *s, const struct synth_set *sets,
    struct synth_job *job)
{
	struct person p;

	for (int64_t n = 1; n <= s->customers && !failed(all); n++) {
		person_make(&p, s, n);
		for (int i = 0; i < all->count; i++)
			sets[i].of_person(&all->of[i], s, &p);
		if (job->step != NULL)
			job->step((uint64_t)n, (uint64_t)s->customers, job->arg);
	}
}

int
synth_records(const struct synth *synth, struct synth_job *job,
    enum synth_form form, const char *dir, struct fault *f)
{
	const struct sector *sector = sector_find(job->sector);
	struct sheets all = { .count = 0 };
	struct synth s = *synth;
	int rc = 0;

	if (sector == NULL)
		return sector_unknown(f, job->sector);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return refused(f, dir);
	all.arena = arena_new();
	s.memo = curve_memo_new(&s);
	for (int i = 0; rc == 0 && sector->sets[i].id != NULL; i++)
		rc = sheet_open(&all, sector->sets[i].id, job, form, dir, f);
	if (rc == 0)
		people(&all, &s, sector->sets, job);
	for (int i = 0; i < all.count; i++) {
		job->rows += all.of[i].rows;
		if (sheet_close(&all.of[i]) < 0 && rc == 0)
			rc = refused(f, dir);
	}
	curve_memo_free(s.memo);
	arena_free(all.arena);
	return rc;
}
