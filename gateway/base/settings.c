/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - guichet.conf, read by the table of settings_table.c. */
#include "base/settings.h"
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/conf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/settings_own.h"
#include "base/text.h"

/* ---- one value ---- */

struct reading {
	struct settings *s;
	const char *file;
	int seen[ROWS];	/* the line that gave it */
};

static char **
text_at(const struct settings *s, const struct row *row)
{
	return (char **)((char *)s + row->at);
}

static void
put(struct settings *s, const struct row *row, char *value)
{
	free(*text_at(s, row));
	*text_at(s, row) = value;
}

static bool
word_in(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; n > 0 && (p = strstr(p, word)); p += n)
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* What is wrong with this value? NULL = nothing. */
static const char *
url_wrong(const char *v)
{
	static const char *const loopback[] = { "http://127.0.0.1",
	    "http://localhost", "http://[::1]" };
	size_t n = strlen(v);

	if (n > 0 && v[n - 1] == '/')
		return "leave out the final slash";
	if (strpbrk(v, " \"<>\\#") != NULL)
		return "write a plain URL";
	if (starts(v, "https://") && n > 8)
		return NULL;
	for (size_t i = 0; i < countof(loopback); i++) {
		size_t m = strlen(loopback[i]);

		if (starts(v, loopback[i]) && strchr(":/", v[m]) != NULL)
			return NULL;
	}
	return "write https://... (http is for loopback addresses only)";
}

static const char *
address_wrong(const char *v)
{
	const char *colon = strrchr(v, ':');
	int64_t port;

	if (colon == NULL || colon == v || parse_int(&port, colon + 1, 0, 65535) < 0)
		return "write host:port, for example 127.0.0.1:8443 or [::1]:8443";
	return NULL;
}

/* A password in the file would be in every backup and every ticket. */
static const char *
database_wrong(const char *v)
{
	const char *host = strstr(v, "://");
	const char *at = host == NULL ? NULL : strchr(host, '@');
	const char *colon = host == NULL ? NULL : strchr(host + 3, ':');

	if (strstr(v, "password=") != NULL ||
	    (at != NULL && colon != NULL && colon < at))
		return "take the password out, put it in a file and write "
		    "passfile=/the/file, or use a socket with peer login";
	return NULL;
}

static const char *
number_wrong(struct settings *s, const struct row *row, const char *v)
{
	static char why[80];
	int64_t n;

	if (parse_int(&n, v, row->min, row->max) < 0) {
		snprintf(why, sizeof(why), "write a whole number from %lld to %lld",
		    (long long)row->min, (long long)row->max);
		return why;
	}
	*(int64_t *)((char *)s + row->at) = n;
	return NULL;
}

static const char *
choice_wrong(const struct row *row, const char *v)
{
	static char why[80];

	if (word_in(row->words, v))
		return NULL;
	snprintf(why, sizeof(why), "write one of: %s", row->words);
	return why;
}

static const char *
value_wrong(struct settings *s, const struct row *row, const char *v)
{
	bool required = row->value == NULL;

	if (row->type == NUMBER)
		return number_wrong(s, row, v);
	if (row->type == YES_NO)
		return parse_bool((bool *)((char *)s + row->at), v) < 0 ?
		    "write yes or no" : NULL;
	if (v[0] == '\0')
		return required ? "give it a value" : NULL;
	switch (row->type) {
	case URL:	return url_wrong(v);
	case ADDRESS:	return address_wrong(v);
	case DATABASE:	return database_wrong(v);
	case CHOICE:	return choice_wrong(row, v);
	default:	return NULL;
	}
}

/*
 * Under systemd a secret may be a credential: a path that begins with
 * ${CREDENTIALS_DIRECTORY} is in the directory of that variable (systemd.exec(5),
 * LoadCredential=). The result is new; NULL when there is no such directory.
 */
static const char credentials[] = "${CREDENTIALS_DIRECTORY}";

static char *
path_of(const char *file, const char *v)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n = sizeof(credentials) - 1;
	char *out;

	if (strncmp(v, credentials, n) != 0)
		return conf_path(file, v);
	if (dir == NULL || dir[0] != '/')
		return NULL;
	if (asprintf(&out, "%s%s", dir, v + n) < 0)
		abort();
	return out;
}

/* systemd lends it by an access list, which shows as a group's right. */
static bool
is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n = dir == NULL ? 0 : strlen(dir);

	return n > 1 && strncmp(path, dir, n) == 0 && path[n] == '/' &&
	    strstr(path, "/../") == NULL;
}

/* Puts the value in its place; why says what a person must change. */
static int
set_value(struct reading *r, const struct row *row, const char *v,
    const char **why)
{
	bool is_path = row->type == PATH || row->type == SECRET;
	char *path;

	if (!utf8_valid(v, strlen(v))) {
		*why = "save the file as UTF-8";
		return E_BAD_INPUT;
	}
	if ((*why = value_wrong(r->s, row, v)) != NULL)
		return E_BAD_INPUT;
	if (row->type == NUMBER || row->type == YES_NO)
		return 0;
	path = is_path && v[0] != '\0' ? path_of(r->file, v) : xstrdup(v);
	if (path == NULL) {
		*why = "LoadCredential= of systemd's unit makes that directory";
		return E_BAD_INPUT;
	}
	put(r->s, row, path);
	return 0;
}

/* ---- the file ---- */

/* The keys of a section, or the sections themselves, for "perhaps". */
static size_t
names_of(const char **out, const char *section)
{
	size_t n = 0;

	for (size_t i = 0; i < settings_rows; i++) {
		if (section != NULL && strcmp(settings_table[i].section, section) == 0)
			out[n++] = settings_table[i].key;
		else if (section == NULL && (i == 0 ||
		    strcmp(settings_table[i].section, settings_table[i - 1].section) != 0))
			out[n++] = settings_table[i].section;
	}
	return n;
}

static int
unknown(const struct conf_line *line, struct fault *f)
{
	const char *names[ROWS];
	size_t n = names_of(names, line->section);
	const char *near;

	if (n > 0) {
		conf_unknown(f, line, names, n);
		for (size_t i = 0; i < settings_rows; i++)
			if (strcmp(settings_table[i].key, line->key) == 0)
				fault_cure(f, "'%s' belongs to [%s]", line->key,
				    settings_table[i].section);
		return E_BAD_INPUT;
	}
	near = nearest(line->section, names, names_of(names, NULL));
	if (line->section[0] == '\0')
		fault_set(f, "E105", line->file, line->number, 1,
		    "'%s' stands before any [section]", line->key);
	else
		fault_set(f, "E105", line->file, line->number, 1,
		    "'%s' is in an unknown section, [%s]", line->key,
		    line->section);
	if (near != NULL)
		return fault_cure(f, "perhaps you meant [%s]", near);
	return fault_cure(f, "`guichet serve --help` lists the sections");
}

const char *
settings_source_url(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->source_place_count; i++)
		if (strcmp(s->source_places[i].name, name) == 0)
			return s->source_places[i].url;
	return NULL;
}

/* [sources]: the keys are the organisation's own words, one per source. */
static int
on_source(struct settings *s, const struct conf_line *line, struct fault *f)
{
	const char *why = database_wrong(line->value);

	if (settings_source_url(s, line->key) != NULL)
		return conf_repeated(f, line, 0);
	if (why != NULL || s->source_place_count == countof(s->source_places)) {
		fault_set(f, "E108", line->file, line->number, 1,
		    "[sources] %s cannot be set so", line->key);
		return fault_cure(f, "%s", why != NULL ? why : "32 at most");
	}
	s->source_places[s->source_place_count++] = (struct source_place){
	    xstrdup(line->key), xstrdup(line->value) };
	return 0;
}

static int
on_line(const struct conf_line *line, void *arg, struct fault *f)
{
	struct reading *r = arg;
	const char *why;
	size_t i;

	if (strcmp(line->section, "sources") == 0)
		return on_source(r->s, line, f);

	for (i = 0; i < settings_rows; i++)
		if (strcmp(settings_table[i].section, line->section) == 0 &&
		    strcmp(settings_table[i].key, line->key) == 0)
			break;
	if (i == settings_rows)
		return unknown(line, f);
	if (r->seen[i] > 0)
		return conf_repeated(f, line, r->seen[i]);
	r->seen[i] = line->number;
	if (set_value(r, &settings_table[i], line->value, &why) == 0)
		return 0;
	fault_set(f, "E108", line->file, line->number, 1,
	    "[%s] %s cannot be '%s'", line->section, line->key,
	    settings_table[i].type == DATABASE ? "(hidden)" : line->value);
	return fault_cure(f, "%s", why);
}

static int
fill_defaults(struct reading *r, struct fault *f)
{
	const char *why;

	for (size_t i = 0; i < settings_rows; i++) {
		const struct row *row = &settings_table[i];
		int rc;

		if (r->seen[i] > 0)
			continue;
		if (row->value == NULL) {
			fault_set(f, "E109", r->file, 0, 0,
			    "[%s] %s is missing", row->section, row->key);
			return fault_cure(f, "add it: %s", row->sentence);
		}
		rc = set_value(r, row, row->value, &why);
		assert(rc == 0);	/* the table itself */
	}
	return 0;
}

/* A secret that others may read is no secret. */
static int
check_secrets(struct reading *r, struct fault *f)
{
	for (size_t i = 0; i < settings_rows; i++) {
		const char *path = *text_at(r->s, &settings_table[i]);
		struct stat st;

		if (settings_table[i].type != SECRET || path[0] == '\0')
			continue;
		if (stat(path, &st) < 0) {
			fault_set(f, "E110", r->file, r->seen[i], 1, "%s: %s",
			    path, strerror(errno));
			return fault_cure(f, "name a file that this user can read");
		}
		if ((st.st_mode & (is_credential(path) ? 037 : 077)) != 0) {
			fault_set(f, "E111", r->file, r->seen[i], 1,
			    "%s can be read by other users (mode %04o)", path,
			    (unsigned)st.st_mode & 07777);
			return fault_cure(f, "chmod 600 %s", path);
		}
	}
	return 0;
}

static char *
join(const char *a, size_t n, const char *b)
{
	char *out;

	if (asprintf(&out, "%.*s%s", (int)n, a, b) < 0)
		abort();
	return out;
}

/* Defaults that follow from other settings. */
static void
derive(struct settings *s)
{
	const char *host = strstr(s->public_url, "://") + 3;

	if (s->database_direct_url[0] == '\0') {
		free(s->database_direct_url);
		s->database_direct_url = xstrdup(s->database_url);
	}
	if (s->journal_origin[0] == '\0') {
		free(s->journal_origin);
		s->journal_origin = join(host, strcspn(host, "/"), "/journal");
	}
	if (s->journal_notes_dir[0] == '\0') {
		free(s->journal_notes_dir);
		s->journal_notes_dir = join(s->keys_dir, strlen(s->keys_dir),
		    "/notes");
	}
}

static int
check_together(const struct reading *r, struct fault *f)
{
	const struct settings *s = r->s;

	if ((s->tls_certificate[0] == '\0') != (s->tls_key[0] == '\0')) {
		fault_set(f, "E112", r->file, 0, 0, "[server] tls_certificate "
		    "and tls_key go together, and one of them is missing");
		return fault_cure(f, "set both, or neither");
	}
	if (s->listen_mtls[0] != '\0' && s->tls_certificate[0] == '\0') {
		fault_set(f, "E112", r->file, 0, 0,
		    "[server] listen_mtls needs tls_certificate and tls_key");
		return fault_cure(f, "set them");
	}
	if (s->grant_days_default > s->grant_days_max) {
		fault_set(f, "E112", r->file, 0, 0, "[consent] "
		    "grant_days_default is more than grant_days_max");
		return fault_cure(f, "propose at most what is allowed");
	}
	return 0;
}

int
settings_read(struct settings **out, FILE *in, const char *path,
    struct fault *f)
{
	struct reading r = { xcalloc(1, sizeof(struct settings)), path, { 0 } };

	r.s->file = xstrdup(path);
	if (conf_read(in, path, on_line, &r, f) < 0 ||
	    fill_defaults(&r, f) < 0 || check_together(&r, f) < 0 ||
	    check_secrets(&r, f) < 0) {
		settings_free(r.s);
		return E_BAD_INPUT;
	}
	derive(r.s);
	*out = r.s;
	return 0;
}

int
settings_load(struct settings **out, const char *path, struct fault *f)
{
	FILE *in = fopen(path, "re");
	int rc;

	if (in == NULL) {
		fault_set(f, "E101", path, 0, 0, "cannot be read: %s",
		    strerror(errno));
		return fault_cure(f, "`guichet init` writes one, or name yours "
		    "with --config FILE");
	}
	rc = settings_read(out, in, path, f);
	fclose(in);
	return rc;
}

void
settings_free(struct settings *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < settings_rows; i++)
		if (settings_table[i].type != NUMBER && settings_table[i].type != YES_NO)
			free(*text_at(s, &settings_table[i]));
	for (size_t i = 0; i < s->source_place_count; i++) {
		free(s->source_places[i].name);
		free(s->source_places[i].url);
	}
	free(s->file);
	free(s);
}
