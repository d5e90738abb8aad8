/* SPDX-License-Identifier: Apache-2.0 */
/* docs_site.c - pages as files, and the links between them. */
#include "commands/docs.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "pages/assets.h"
#include "pages/words.h"

static int
refused(const char *path, const char *why)
{
	fprintf(stderr, "guichet docs: %s: %s\n", path, why);
	return EX_CANTCREAT;
}

/* ---- the directory ---- */

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int n = 0;

	if (d == NULL)
		return false;
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n == 0;
}

int
site_open(struct site *site, const char *dir, const struct settings *s)
{
	struct fault f;

	*site = (struct site){ .dir = dir, .settings = s };
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return refused(dir, strerror(errno));
	if (!is_empty(dir))
		return refused(dir, "is no new or empty directory; name one, and "
		    "put it in the place of the last when it is complete");
	if (words_load(&site->words, s->time_zone, &f) < 0) {
		fault_print(stderr, &f);
		return EX_SOFTWARE;
	}
	site->arena = arena_new();
	return EX_OK;
}

void
site_close(struct site *site)
{
	words_free(site->words);
	if (site->arena != NULL)
		arena_free(site->arena);
}

int
site_file(struct site *site, const char *name, const void *data, size_t n)
{
	const char *path = arena_printf(site->arena, "%s/%s", site->dir, name);
	const char *slash = strchr(name, '/');
	FILE *out;
	bool bad;

	if (slash != NULL && mkdir(arena_printf(site->arena, "%s/%.*s", site->dir,
	    (int)(slash - name), name), 0755) < 0 && errno != EEXIST)
		return refused(path, strerror(errno));
	if ((out = fopen(path, "we")) == NULL)
		return refused(path, strerror(errno));
	bad = fwrite(data, 1, n, out) != n;
	if (fclose(out) != 0 || bad)
		return refused(path, strerror(errno));
	site->files++;
	return EX_OK;
}

/* ---- links ---- */

/* "/data" is index.html; what is under it has a file of its name. */
static const char *
page_file(struct arena *a, const char *path)
{
	if (strcmp(path, "/") == 0 || strcmp(path, "/data") == 0)
		return "index.html";
	if (strncmp(path, "/data/", 6) != 0)
		return NULL;
	if (strchr(path + 6, '/') == NULL)
		return arena_printf(a, "%s.html", path + 6);
	return arena_printf(a, "../schemas/%.*s.schema.json",
	    (int)strcspn(path + 6, "/"), path + 6);
}

/* Every page is a file in en/ or fr/. */
static const char *
place(const struct html *h, const char *path)
{
	const char *file = page_file(h->arena, path);

	if (file != NULL)
		return file;
	for (enum lang l = 0; l < LANG_COUNT; l++)
		if (strncmp(path + 1, lang_codes[l], 2) == 0 && path[3] == '/')
			return arena_printf(h->arena, "../%s/%s", lang_codes[l],
			    page_file(h->arena, path + 3));
	if (strncmp(path, "/static/", 8) == 0)
		return arena_printf(h->arena, "..%.*s",
		    (int)strcspn(path, "?"), path);
	if (strncmp(path, "/developers/sets/", 17) == 0)
		return arena_printf(h->arena, "..%s", path + 11);
	return arena_printf(h->arena, "%s%s", h->public_url, path);
}

int
site_page(struct site *site, const char *path, const char *title_id,
    site_show *show, void *arg)
{
	int rc = EX_OK;

	for (enum lang lang = 0; lang < LANG_COUNT && rc == EX_OK; lang++) {
		struct arena *a = arena_new();
		struct layout l;

		layout_init_file(&l, a, site->settings, site->words, lang);
		l.full = true;
		l.h.place = place;
		l.other = arena_printf(a, "/%s%s",
		    lang_codes[lang == LANG_FR ? LANG_EN : LANG_FR], path);
		layout_begin(&l, title_id);
		show(&l.h, arg);
		layout_close(&l);
		rc = site_file(site, arena_printf(a, "%s/%s", lang_codes[lang],
		    page_file(a, path)), l.out.data, l.out.len);
		arena_free(a);
	}
	return rc;
}

/* ---- what all pages share ---- */

static const char *
from_top(const struct html *h, const char *path)
{
	const char *at = place(h, path);

	return strncmp(at, "../", 3) == 0 ? at + 3 : at;
}

/* The way in: both languages, in a page of neither. */
static int
way_in(struct site *site)
{
	struct layout l;

	layout_init_file(&l, site->arena, site->settings, site->words, LANG_EN);
	l.h.place = from_top;
	l.other = "/fr/";
	layout_begin(&l, "data.title");
	h_say(&l.h, "h1", "docs.h1", NULL);
	h_open(&l.h, "ul", "class", "shelf", NULL);
	for (enum lang lang = 0; lang < LANG_COUNT; lang++) {
		l.h.lang = lang;
		h_open(&l.h, "li", "class", "set", NULL);
		h_open(&l.h, "h2", NULL);
		h_say(&l.h, "a", "docs.read", "lang", lang_codes[lang],
		    "hreflang", lang_codes[lang], "href", arena_printf(
		    site->arena, "/%s/", lang_codes[lang]), NULL);
		h_close(&l.h, "h2");
		h_close(&l.h, "li");
	}
	l.h.lang = LANG_EN;
	h_close(&l.h, "ul");
	layout_close(&l);
	return site_file(site, "index.html", l.out.data, l.out.len);
}

int
site_end(struct site *site)
{
	int rc = way_in(site);

	for (const struct asset *s = assets_table; s->name && rc == EX_OK; s++)
		if (strcmp(s->name, "guichet.css") == 0 ||
		    strcmp(s->name, "guichet.svg") == 0)
			rc = site_file(site, arena_printf(site->arena,
			    "static/%s", s->name), s->data, s->size);
	return rc;
}
