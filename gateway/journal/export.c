/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.c - one log written into a directory.
 *
 * The entries and the tiles are copied as they are stored, not made anew: if
 * somebody altered a line in the database, its export names that line too.
 */
#include "journal/export.h"
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

enum { PROGRESS_EVERY = 4096, PATH_TEXT = 4400, LEAF_TEXT = 65535 * 4 / 3 + 8 };

static const char readme[] =
    "This directory is a whole log of Guichet, to be verified without it.\n"
    "\n"
    "  checkpoint     signed note: origin, number of entries, root hash\n"
    "                 (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)\n"
    "  vkey           key of that signature. Compare it with the one you were\n"
    "                 given earlier: a new key could sign another history.\n"
    "  entries.jsonl  one entry a line: its place from 0, its bytes in base64\n"
    "  tile/          hashes of the tree (c2sp.org/tlog-tiles)\n"
    "\n"
    "guichet journal verify DIR verifies it, and so does any verifier of\n"
    "RFC 6962 trees: leaf hash SHA-256(0x00 || leaf), node SHA-256(0x01 ||\n"
    "left || right). Keep the checkpoint: with --known, the next verification\n"
    "proves that nothing you saw was taken back.\n"
    "No entry names a person; what links one to its person stays in the\n"
    "database and can be erased there.\n"
    "\n"
    "Ce répertoire est un journal complet de Guichet, vérifiable sans lui.\n"
    "`guichet journal verify DIR` le vérifie, comme tout vérificateur d'arbres\n"
    "RFC 6962. Comparez `vkey` à la clé reçue auparavant, et conservez\n"
    "`checkpoint` : avec --known, la vérification suivante prouvera que rien de\n"
    "ce que vous avez vu n'a été retiré. Aucune entrée ne nomme une personne.\n";

static int
failed(struct export *x, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->why, sizeof(x->why), fmt, ap);
	va_end(ap);
	return rc;
}

static FILE *
create(struct export *x, const char *name)
{
	char path[PATH_TEXT];
	FILE *f;

	snprintf(path, sizeof(path), "%.4000s/%.300s", x->dir, name);
	if ((f = fopen(path, "we")) == NULL)
		failed(x, E_SYSTEM, "%.150s cannot be made: %s", path,
		    strerror(errno));
	return f;
}

static int
finish(struct export *x, FILE *f, const char *name)
{
	int bad = ferror(f);

	if (fclose(f) != 0 || bad)
		return failed(x, E_SYSTEM, "%s cannot be written: %s", name,
		    strerror(errno));
	return 0;
}

static int
write_text(struct export *x, const char *name, const char *text, const char *end)
{
	FILE *f = create(x, name);

	if (f == NULL)
		return E_SYSTEM;
	fprintf(f, "%s%s", text, end);
	return finish(x, f, name);
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
		return failed(x, E_SYSTEM, "%.150s cannot be made: %s", x->dir,
		    strerror(errno));
	while ((d = readdir(dir)) != NULL)
		found += strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0;
	closedir(dir);
	return found == 0 ? 0 : failed(x, E_CONFLICT, "%.200s is not empty;"
	    " name a new directory", x->dir);
}

/* ---- entries ---- */

static int
write_entry(struct export *x, FILE *f, const struct entry *entry, char *text)
{
	if (entry->leaf == NULL) {	/* purged by retention */
		x->purged++;
		b64_encode(text, &entry->hash, sizeof(entry->hash));
		fprintf(f, "{\"seq\":%" PRIu64 ",\"hash\":\"%s\"}\n",
		    entry->seq, text);
		return 0;
	}
	b64_encode(text, entry->leaf, entry->n);
	fprintf(f, "{\"seq\":%" PRIu64 ",\"leaf\":\"%s\"}\n", entry->seq, text);
	return 0;
}

static int
write_entries(struct export *x, struct evidence *e, uint64_t size)
{
	char *text = xmalloc(LEAF_TEXT), why[256] = "an entry is missing";
	FILE *f = create(x, "entries.jsonl");
	struct entry entry;
	int rc = f == NULL ? E_SYSTEM : 1;

	for (x->entries = 0; rc == 1 && x->entries < size; x->entries++) {
		if ((rc = evidence_next(e, &entry, why)) != 1)
			break;
		write_entry(x, f, &entry, text);
		if (x->progress != NULL && x->entries % PROGRESS_EVERY == 0)
			x->progress(x->entries, size, x->arg);
	}
	free(text);
	if (f == NULL)
		return E_SYSTEM;
	if (rc < 0)
		failed(x, rc, "%s", why);
	if (finish(x, f, "entries.jsonl") < 0)
		return E_SYSTEM;
	return rc < 0 ? rc : 0;		/* short: the verifier will say so */
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
		return failed(x, rc, "the hash tiles cannot be read");
	tile_path(path, n, width);
	snprintf(name, sizeof(name), "tile/%d/%s", level, path);
	make_parents(x->dir, name);
	if ((f = create(x, name)) == NULL)
		return E_SYSTEM;
	fwrite(h, sizeof(*h), (size_t)width, f);
	return finish(x, f, name);
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

static int
export_evidence(struct export *x, struct evidence *e, struct arena *a)
{
	struct checkpoint now;
	struct note note;
	int rc;

	if (note_parse(&note, a, evidence_note(e),
	    strlen(evidence_note(e))) < 0 || checkpoint_parse(&now, &note) < 0)
		return failed(x, E_BAD_INPUT, "the last checkpoint in the"
		    " database is none");
	if ((rc = make_dir(x)) < 0 ||
	    (rc = write_text(x, "checkpoint", evidence_note(e), "")) < 0 ||
	    (rc = write_text(x, "vkey", note_key_text(a, x->key), "\n")) < 0 ||
	    (rc = write_text(x, "README", readme, "")) < 0 ||
	    (rc = write_entries(x, e, now.size)) < 0)
		return rc;
	return write_tiles(x, e, now.size);
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
