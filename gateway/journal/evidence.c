/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.c - a log as it lies in a directory or in the database (of one that is
 * served: evidence_web.c).
 *
 * The directory is what `guichet journal export` writes: checkpoint, vkey,
 * entries.jsonl and the tiles under tile/, laid out as C2SP serves them. Both
 * kinds are read as streams, so that any length fits in little memory.
 */
#include "journal/evidence_own.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "journal/note.h"
#include "journal/store.h"
#include "journal/tile.h"

enum { CHUNK = 5000 };			/* lines asked at once */

struct evidence *
evidence_new(void)
{
	struct evidence *e = xcalloc(1, sizeof(*e));

	e->arena = arena_new();
	return e;
}

void
evidence_close(struct evidence *e)
{
	if (e == NULL)
		return;
	if (e->entries != NULL)
		fclose(e->entries);
	free(e->line);
	web_clear(&e->web);
	rows_free(e->rows);
	arena_free(e->arena);
	free(e);
}

const char *
evidence_note(const struct evidence *e)
{
	return e->note;
}

const char *
evidence_vkey(const struct evidence *e)
{
	return e->vkey;
}

bool
evidence_grows(const struct evidence *e)
{
	return e->dir == NULL;
}

void
evidence_rewind(struct evidence *e)
{
	e->next = 0;
	if (e->entries != NULL)
		rewind(e->entries);
}

/* ---- a directory ---- */

static char *
slurp(struct evidence *e, const char *name, size_t max)
{
	const char *path = arena_printf(e->arena, "%s/%s", e->dir, name);
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (f == NULL)
		return NULL;
	text = arena_alloc(e->arena, max + 1);
	n = fread(text, 1, max, f);
	fclose(f);
	return strlen(text) == n ? text : NULL;
}

enum { TEXT_MAX = 64 << 20 };

const char *
evidence_dir(const struct evidence *e)
{
	return e->dir;
}

bool
evidence_has(const struct evidence *e, const char *name)
{
	char path[4400];

	snprintf(path, sizeof(path), "%.4000s/%.300s", e->dir, name);
	return access(path, F_OK) == 0;
}

const char *
evidence_text(struct evidence *e, const char *name)
{
	char path[4400];
	struct stat st;

	snprintf(path, sizeof(path), "%.4000s/%.300s", e->dir, name);
	if (stat(path, &st) < 0 || st.st_size > TEXT_MAX)
		return NULL;
	return slurp(e, name, (size_t)st.st_size + 1);
}

int
evidence_open_dir(struct evidence **out, const char *dir, char why[WHY])
{
	struct evidence *e = evidence_new();
	const char *missing = "checkpoint";

	e->dir = arena_strdup(e->arena, dir);
	if ((e->note = slurp(e, missing, NOTE_MAX)) != NULL) {
		missing = "entries.jsonl";
		e->entries = fopen(arena_printf(e->arena, "%s/%s", dir,
		    missing), "re");
	}
	if (e->entries == NULL) {
		snprintf(why, WHY, "%.150s/%s cannot be read: %s", dir, missing,
		    strerror(errno));
		evidence_close(e);
		return E_NOT_FOUND;
	}
	if ((e->vkey = slurp(e, "vkey", 1024)) != NULL)
		e->vkey = arena_strndup(e->arena, e->vkey,
		    strcspn(e->vkey, "\n"));
	*out = e;
	return 0;
}

static int
read_tile_file(const struct hash **out, int level, uint64_t n, int width,
    void *arg)
{
	struct evidence *e = arg;
	char path[TILE_PATH_MAX], name[4200];
	size_t got;
	FILE *f;

	tile_path(path, n, width);
	snprintf(name, sizeof(name), "%.4000s/tile/%d/%s", e->dir, level, path);
	if ((f = fopen(name, "re")) == NULL)
		return E_NOT_FOUND;
	got = fread(e->tile, sizeof(struct hash), (size_t)width, f);
	fclose(f);
	*out = e->tile;
	return got == (size_t)width ? 0 : E_NOT_FOUND;
}

/* The bytes of a leaf, or the hash of one that was purged. */
static int
read_leaf(struct evidence *e, struct entry *out, const json_t *leaf,
    const json_t *hash)
{
	int n;

	if (leaf == NULL || json_is_null(leaf))
		return b64_decode(&out->hash, sizeof(out->hash),
		    json_string_value(hash), json_string_length(hash)) ==
		    sizeof(out->hash) ? 0 : E_BAD_INPUT;
	n = b64_decode(e->leaf, LEAF_MAX, json_string_value(leaf),
	    json_string_length(leaf));
	if (n < 0)
		return n;
	out->leaf = e->leaf;
	out->n = (size_t)n;
	tree_leaf(&out->hash, e->leaf, out->n);
	return 0;
}

/* The line as we write it ourselves, without building a tree of it. */
static bool
read_plain(struct evidence *e, struct entry *out, size_t n)
{
	static const char seq[] = "{\"seq\":", leaf[] = ",\"leaf\":\"",
	    last[] = "\"}\n";
	const char *end = e->line + n - (sizeof(last) - 1);
	char *p = e->line + sizeof(seq) - 1;
	int got;

	if (n < 40 || strncmp(e->line, seq, sizeof(seq) - 1) != 0 ||
	    *p < '0' || *p > '9')
		return false;
	out->seq = strtoull(p, &p, 10);
	if (strncmp(p, leaf, sizeof(leaf) - 1) != 0 || strcmp(end, last) != 0)
		return false;
	p += sizeof(leaf) - 1;
	if (p > end || (got = b64_decode(e->leaf, LEAF_MAX, p,
	    (size_t)(end - p))) < 0)
		return false;
	out->leaf = e->leaf;
	out->n = (size_t)got;
	tree_leaf(&out->hash, e->leaf, out->n);
	return true;
}

static int
read_hashes(struct hash *out, size_t *n, size_t max, const json_t *list)
{
	size_t i;
	const json_t *item;

	*n = json_array_size(list);
	if (*n > max || (list != NULL && !json_is_array(list)))
		return E_BAD_INPUT;
	json_array_foreach(list, i, item)
		if (b64_decode(&out[i], sizeof(*out), json_string_value(item),
		    json_string_length(item)) != sizeof(*out))
			return E_BAD_INPUT;
	return 0;
}

/* Bytes that may be absent. */
static int
read_bytes(const void **out, size_t *n, void *room, size_t max, const json_t *text)
{
	int got;

	if (text == NULL || json_is_null(text))
		return 0;
	got = b64_decode(room, max, json_string_value(text),
	    json_string_length(text));
	if (got < 0)
		return got;
	*out = room;
	*n = (size_t)got;
	return 0;
}

/* What an export tells beside the leaf. */
static int
read_rest(struct evidence *e, struct entry *out, const json_t *o)
{
	int rc;

	if ((rc = read_bytes(&out->side, &out->side_n, e->side, LEAF_MAX,
	    json_object_get(o, "side"))) < 0 ||
	    (rc = read_bytes(&out->salt, &out->salt_n, e->salt,
	    sizeof(e->salt), json_object_get(o, "salt"))) < 0 ||
	    (rc = read_hashes(e->before, &out->before_n, countof(e->before),
	    json_object_get(o, "before"))) < 0)
		return rc;
	out->before = e->before;
	return 0;
}

/* {"seq":0,"leaf":"base64"}; members of others are passed over. */
static int
read_entry(struct evidence *e, struct entry *out, size_t n)
{
	json_t *o, *seq, *leaf, *hash;
	int rc = E_BAD_INPUT;

	*out = (struct entry){ 0 };
	if (read_plain(e, out, n))
		return 0;
	o = json_loadb(e->line, n, JSON_REJECT_DUPLICATES, NULL);
	seq = json_object_get(o, "seq");
	leaf = json_object_get(o, "leaf");
	hash = json_object_get(o, "leaf_hash");
	*out = (struct entry){ .seq = (uint64_t)json_integer_value(seq) };
	if (json_is_integer(seq) && json_integer_value(seq) >= 0 &&
	    (json_is_string(leaf) || (json_is_null(leaf) && json_is_string(hash))) &&
	    (rc = read_rest(e, out, o)) == 0)
		rc = read_leaf(e, out, leaf, hash);
	json_decref(o);
	return rc;
}

static int
next_in_dir(struct evidence *e, struct entry *out, char why[WHY])
{
	ssize_t n = getline(&e->line, &e->line_size, e->entries);

	if (n < 0 && ferror(e->entries)) {
		snprintf(why, WHY, "entries.jsonl cannot be read: %s",
		    strerror(errno));
		return E_SYSTEM;
	}
	if (n < 0)
		return 0;
	if (n > LINE_MAX_BYTES || read_entry(e, out, (size_t)n) < 0) {
		snprintf(why, WHY, "line %" PRIu64 " of entries.jsonl is not"
		    " an entry", e->next + 1);
		return E_BAD_INPUT;
	}
	e->next++;
	return 1;
}

int
evidence_part(struct evidence *e, struct part *out)
{
	json_t *o, *n;
	char *text;
	int rc = E_BAD_INPUT;

	if (e->dir == NULL || (text = slurp(e, "range.json", NOTE_MAX)) == NULL)
		return 0;
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	n = json_object_get(o, "entries");
	if (json_is_integer(n) && json_integer_value(n) >= 0 &&
	    read_hashes(out->after, &out->after_n, countof(out->after),
	    json_object_get(o, "after")) == 0) {
		out->entries = (uint64_t)json_integer_value(n);
		rc = 1;
	}
	json_decref(o);
	return rc;
}

enum { PAST_MAX = 20000 };

const struct past_note *
evidence_past(struct evidence *e)
{
	struct past_note *all = arena_alloc(e->arena, sizeof(*all));
	const char *path;
	struct dirent *d;
	size_t n = 0;
	DIR *dir;

	if (e->dir == NULL || (dir = opendir(arena_printf(e->arena,
	    "%s/checkpoints", e->dir))) == NULL)
		return all;
	while ((d = readdir(dir)) != NULL && n < PAST_MAX) {
		if (d->d_name[0] == '.')
			continue;
		path = arena_printf(e->arena, "checkpoints/%s", d->d_name);
		all = arena_grow(e->arena, all, n * sizeof(*all),
		    (n + 2) * sizeof(*all));
		all[n].name = arena_strdup(e->arena, d->d_name);
		if ((all[n].note = slurp(e, path, NOTE_MAX / 8)) == NULL)
			all[n].note = "";	/* not signed by anybody */
		memset(&all[++n], 0, sizeof(*all));
	}
	closedir(dir);
	return all;
}

/* ---- a database ---- */

int
evidence_open_db(struct evidence **out, struct db_now *db,
    enum journal_log log, char why[WHY])
{
	struct evidence *e = evidence_new();
	struct params p;
	struct rows *rows;
	int failure = 0;

	store_init(&e->store, db, log);
	params_init(&p);
	params_int(&p, log);
	rows = db_ask_now(db, SQL_JOURNAL_NOTE_LAST, &p, &failure);
	if (rows != NULL && rows_count(rows) > 0)
		e->note = arena_strdup(e->arena, row_text(rows, 0, "note"));
	rows_free(rows);
	if (e->note == NULL) {
		snprintf(why, WHY, "%s", rows == NULL ? db_now_error(db)
		    : "no checkpoint of this log was signed yet");
		evidence_close(e);
		return rows == NULL ? E_UNAVAILABLE : E_NOT_FOUND;
	}
	*out = e;
	return 0;
}

static int
fetch(struct evidence *e, char why[WHY])
{
	struct params p;
	int failure = 0;

	rows_free(e->rows);
	params_init(&p);
	params_int(&p, e->store.log);
	params_int(&p, (int64_t)e->next);
	params_int(&p, CHUNK);
	e->rows_first = e->next;
	e->rows = db_ask_now(e->store.db, SQL_JOURNAL_LINES, &p, &failure);
	if (e->rows == NULL)
		snprintf(why, WHY, "%s", db_now_error(e->store.db));
	return failure;
}

static int
next_in_db(struct evidence *e, struct entry *out, char why[WHY])
{
	uint64_t i = e->next - e->rows_first;
	const uint8_t *stored;
	size_t n;
	int rc;

	if (e->rows == NULL || e->next < e->rows_first ||
	    i >= (uint64_t)rows_count(e->rows)) {
		if ((rc = fetch(e, why)) < 0)
			return rc;
		i = 0;
	}
	if (rows_count(e->rows) == 0)
		return 0;
	*out = (struct entry){ .seq = (uint64_t)row_int(e->rows, (int)i, "seq") };
	out->leaf = row_bytes(e->rows, (int)i, "leaf", &out->n);
	stored = row_bytes(e->rows, (int)i, "hash", &n);
	if (out->leaf != NULL)
		tree_leaf(&out->hash, out->leaf, out->n);
	else if (n == sizeof(out->hash))
		memcpy(&out->hash, stored, n);
	out->altered = !row_bool(e->rows, (int)i, "there") ||
	    n != sizeof(out->hash) || memcmp(stored, &out->hash, n) != 0;
	e->next++;
	return 1;
}

int
evidence_next(struct evidence *e, struct entry *out, char why[WHY])
{
	return e->dir != NULL ? next_in_dir(e, out, why) :
	    e->web.fetch != NULL ? web_next(e, out, why) :
	    next_in_db(e, out, why);
}

struct tiles
evidence_tiles(struct evidence *e, uint64_t size)
{
	if (e->web.fetch != NULL)
		return (struct tiles){ web_read_tile, e, size };
	if (e->dir == NULL)
		return store_tiles(&e->store, size);
	return (struct tiles){ read_tile_file, e, size };
}
