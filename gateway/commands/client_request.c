/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_request.c - `guichet client invite|export|request`: recipients that
 * come by themselves, and the way from the sandbox to production: what one
 * counter knows of a recipient is written there, and asked for here.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "commands/client.h"
#include "consent/registration.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "journal/line.h"

enum { USES_MAX = 1000, DAYS_MAX = 365, FILE_BYTES_MAX = 65536 };

/* ---- inviting ---- */

int
client_invite(const struct client_wish *w, const struct settings *s)
{
	struct db_now *db;
	uint8_t hash[SHA256_SIZE];
	char token[44];
	struct params p;
	struct rows *r;
	int failure, rc = EX_OK;

	if (w->name == NULL || w->uses < 1 || w->uses > USES_MAX ||
	    w->days < 1 || w->days > DAYS_MAX)
		return command_misused(&command_client, "invite --name WHOM, "
		    "--uses 1 to 1000, --days 1 to 365");
	db = client_database(s);
	random_token(token, 32);
	sha256(hash, token, strlen(token));
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	params_text(&p, w->name);
	params_int(&p, w->uses);
	params_bool(&p, w->admit);
	params_int(&p, w->days);
	r = db_ask_now(db, SQL_INVITATION_ADD, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else
		printf("%s\n", token);
	rows_free(r);
	db_now_close(db);
	return rc;
}

/* ---- telling ---- */

static void
print(const struct rows *r)
{
	struct arena *a = arena_new();
	struct registration words;
	struct buf out;
	struct jw w;

	registration_take(&words, r, a);
	buf_init_in(&out, a);
	jw_init(&w, &out);
	jw_object(&w);
	registration_write(&w, a, &words);
	jw_end_object(&w);
	puts(out.data);
	arena_free(a);
}

int
client_export(const char *id, const struct settings *s)
{
	struct db_now *db = client_database(s);
	struct params p;
	struct rows *r;
	int failure, rc = EX_OK;

	params_init(&p);
	params_text(&p, id);
	params_text(&p, NULL);
	r = db_ask_now(db, SQL_CLIENT_REGISTERED, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else if (rows_count(r) == 1)
		print(r);
	else {
		fprintf(stderr, "guichet client: no OAuth client '%s'\n", id);
		rc = EX_DATAERR;
	}
	rows_free(r);
	db_now_close(db);
	return rc;
}

/* ---- asking ---- */

static char *
read_whole(struct arena *a, const char *path)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *text = arena_alloc(a, FILE_BYTES_MAX + 1);
	size_t n;

	if (in == NULL)
		return NULL;
	n = fread(text, 1, FILE_BYTES_MAX, in);
	text[n] = '\0';
	if (in != stdin)
		fclose(in);
	return text;
}

static int
store(const char *id, const struct registration *words,
    const struct settings *s, struct arena *a)
{
	struct db_now *db = client_database(s);
	struct line line = { .event = "client.registered", .to = id,
	    .records = -1, .bytes = -1, .actor = "operator" };
	struct line_row row;
	struct params p;
	struct rows *r;
	int failure, rc = EX_OK;

	line_make(&row, a, &line);
	params_init(&p);
	params_text(&p, id);
	registration_params(&p, a, words);
	params_text(&p, NULL);
	params_int(&p, 1);
	params_text(&p, NULL);
	line_params(&p, &row);
	r = db_ask_now(db, SQL_CLIENT_REGISTER, &p, &failure);
	if (r == NULL)
		rc = client_failed(db, failure);
	else
		printf("%s is requested; `guichet client admit %s` lets it in\n",
		    id, id);
	rows_free(r);
	db_now_close(db);
	return rc;
}

static const char *
made_id(struct arena *a)
{
	uint8_t bytes[8];
	char hex[17];

	random_bytes(bytes, sizeof(bytes));
	hex_encode(hex, bytes, sizeof(bytes));
	return arena_printf(a, "pims-%s", hex);
}

int
client_request(const char *file, const struct client_wish *w,
    const struct settings *s)
{
	struct arena *a = arena_new();
	struct registration words;
	struct registration_ask ask = { .arena = a };
	const char *json = read_whole(a, file), *code, *why;
	struct catalogue *known = NULL;
	struct fault f;
	int rc = EX_DATAERR;

	if (json == NULL) {
		perror(file);
	} else if (catalogue_load(&known, s, &f) < 0) {
		fault_print(stderr, &f);
		rc = EX_CONFIG;
	} else {
		ask.catalogue = known;
		if (registration_read(&words, &ask, json, &code, &why) < 0)
			fprintf(stderr, "guichet client: %s: %s\n", file, why);
		else
			rc = store(w->as != NULL ? w->as : made_id(a), &words, s,
			    a);
	}
	catalogue_free(known);
	arena_free(a);
	return rc;
}
