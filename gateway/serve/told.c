/* SPDX-License-Identifier: Apache-2.0 */
/* told.c - the journal is told when this host runs something else than before. */
#include "serve/told.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/version.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/house.h"
#include "journal/line.h"

static void
on_put(struct rows *rows, int failure, void *arg)
{
	if (failure < 0)
		log_warning("what is run was not told to the journal cause=%s",
		    error_name(failure));
	else if (rows_count(rows) > 0)
		log_info("configuration is another than before what=%s",
		    (const char *)arg);
}

static void
tell(struct house *h, struct arena *a, const char *what, const char *digest)
{
	const struct line line = { .event = "admin.configured",
	    .records = -1, .bytes = -1, .outcome = what, .actor = "system",
	    .digest = digest };
	char host[256] = "";
	struct line_row row;
	struct params p;

	gethostname(host, sizeof(host) - 1);
	line_make(&row, a, &line);
	params_init(&p);
	params_text(&p, host);
	params_text(&p, what);
	params_text(&p, digest);
	line_params(&p, &row);
	(void)db_ask(h->db, SQL_CONFIGURED_PUT, &p, on_put, (void *)what);
}

static const char *
hex(struct arena *a, const uint8_t digest[SHA256_SIZE])
{
	char *out = arena_alloc(a, 2 * SHA256_SIZE + 1);

	hex_encode(out, digest, SHA256_SIZE);
	return out;
}

/* It was read a moment ago: by then it was good. */
static const char *
of_settings(struct arena *a, const struct settings *s)
{
	uint8_t digest[SHA256_SIZE];
	FILE *f = fopen(s->file, "re");
	bool read = f != NULL && sha256_rest(digest, f);

	if (f != NULL)
		fclose(f);
	return read ? hex(a, digest) : "unreadable";
}

static void
add(struct buf *out, const char *name, const char *text)
{
	buf_str(out, name);
	buf_char(out, '\n');
	buf_str(out, text == NULL ? "" : text);
	buf_char(out, '\n');
}

static void
add_dataset(struct buf *out, const struct dataset *d)
{
	add(out, d->sql_file, d->sql_text);
	add(out, "changed", d->changed_text);
	if (d->removed != NULL)
		add(out, "removed", d->removed->sql_text);
}

static const char *
of_catalogue(struct arena *a, const struct catalogue *c)
{
	uint8_t digest[SHA256_SIZE];
	struct buf out;

	buf_init(&out);
	for (const struct schema *const *s = catalogue_schemas(c); *s != NULL;
	    s++) {
		for (const struct schema *v = *s; v != NULL; v = v->older) {
			char *text = json_dumps(v->document, JSON_SORT_KEYS |
			    JSON_COMPACT);

			add(&out, v->id, text);
			free(text);
		}
	}
	for (size_t i = 0; i < catalogue_count(c); i++)
		for (const struct dataset *d = catalogue_at(c, i); d != NULL;
		    d = d->older)
			add_dataset(&out, d);
	for (size_t i = 0; i < catalogue_source_count(c); i++) {
		const struct source *s = catalogue_source(c, i);

		add(&out, s->name, s->customers_text);
		add(&out, s->time_zone, s->accounts_text);
		add(&out, "login", s->login_text);
	}
	sha256(digest, out.data == NULL ? "" : out.data, out.len);
	buf_clear(&out);
	return hex(a, digest);
}

void
told_configuration(struct house *h)
{
	struct arena *a = arena_new();

	tell(h, a, "settings", of_settings(a, h->settings));
	tell(h, a, "data sets", of_catalogue(a, h->catalogue));
	tell(h, a, "program", GUICHET_VERSION);
	arena_free(a);
}
