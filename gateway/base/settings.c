/*
 * settings.c - guichet.conf, from one table.
 *
 * A row is one setting: its place in the file, its type, its default, the
 * sentence that tells what it is, and where its value goes. A default of NULL
 * means that the file must give it.
 */
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
#include "base/text.h"

enum type {
	TEXT,
	CHOICE,		/* one of the words in `words` */
	URL,		/* https://..., no final slash; http on loopback only */
	ADDRESS,	/* host:port */
	DATABASE,	/* a libpq URL, without a password in it */
	PATH,		/* as seen from the settings file */
	SECRET,		/* a PATH that nobody else may read */
	NUMBER,		/* from min to max */
	YES_NO
};

struct row {
	const char *section, *key;
	enum type type;
	const char *value;		/* default; NULL = required */
	size_t at;			/* in struct settings */
	const char *sentence;
	int64_t min, max;
	const char *words;
};

#define AT(field) offsetof(struct settings, field)

static const struct row table[] = {
	{ "organisation", "name", TEXT, NULL, AT(organisation_name),
	  "The organisation behind this counter, as customers know it." },
	{ "organisation", "address", TEXT, "", AT(organisation_address),
	  "Its postal address." },
	{ "organisation", "contact", TEXT, NULL, AT(organisation_contact),
	  "E-mail address of its data protection officer." },
	{ "organisation", "privacy_url", URL, "", AT(organisation_privacy_url),
	  "Where its privacy notice is." },

	{ "server", "public_url", URL, NULL, AT(public_url),
	  "The address customers and PIMS use; also the OAuth issuer." },
	{ "server", "mtls_url", URL, "", AT(mtls_url),
	  "The same for clients that show a certificate; empty: none do." },
	{ "server", "listen", ADDRESS, "127.0.0.1:8443", AT(listen),
	  "Where to listen; with TLS as soon as a certificate is set." },
	{ "server", "listen_mtls", ADDRESS, "", AT(listen_mtls),
	  "Where to listen for clients that show a certificate." },
	{ "server", "listen_plain", ADDRESS, "", AT(listen_plain),
	  "Where to listen without TLS, behind a local front only." },
	{ "server", "tls_certificate", PATH, "", AT(tls_certificate),
	  "Certificate chain (PEM), our own first." },
	{ "server", "tls_key", SECRET, "", AT(tls_key),
	  "Its private key (PEM), readable by this user alone." },
	{ "server", "trusted_proxies", TEXT, "", AT(trusted_proxies),
	  "Addresses of fronts whose forwarding headers count." },
	{ "server", "client_certificate_header", TEXT, "",
	  AT(client_certificate_header),
	  "Header in which such a front hands over client certificates." },
	{ "server", "web_workers", NUMBER, "2", AT(web_workers),
	  "Processes that answer; about one per core.", 1, 64 },
	{ "server", "connections_max", NUMBER, "2000", AT(connections_max),
	  "Connections held at most, per web worker.", 1, 100000 },
	{ "server", "head_timeout_ms", NUMBER, "10000", AT(head_timeout_ms),
	  "A request's head must be whole after so long.", 1, 600000 },
	{ "server", "body_timeout_ms", NUMBER, "30000", AT(body_timeout_ms),
	  "And its body after so long.", 1, 600000 },
	{ "server", "answer_timeout_ms", NUMBER, "60000", AT(answer_timeout_ms),
	  "An answer must be sent after so long.", 1, 3600000 },
	{ "server", "idle_timeout_ms", NUMBER, "75000", AT(idle_timeout_ms),
	  "A connection without request is closed after so long.", 1, 3600000 },
	{ "server", "drain_timeout_ms", NUMBER, "20000", AT(drain_timeout_ms),
	  "At the end, calls under way have so long to finish.", 0, 600000 },

	{ "admin", "listen", ADDRESS, "127.0.0.1:9464", AT(admin_listen),
	  "Loopback address of /live, /ready and /metrics." },

	{ "database", "url", DATABASE, NULL, AT(database_url),
	  "guichet's own PostgreSQL (passfile= names a file for a password)." },
	{ "database", "direct_url", DATABASE, "", AT(database_direct_url),
	  "The same without a pooler between; empty: as url." },
	{ "database", "connections", NUMBER, "2", AT(database_connections),
	  "Pipelined connections per worker; one or two are best.", 1, 16 },
	{ "database", "queue", NUMBER, "1000", AT(database_queue),
	  "Questions that may wait per worker; beyond, 503.", 1, 100000 },
	{ "database", "prepared_statements", YES_NO, "yes",
	  AT(prepared_statements),
	  "no: behind pgbouncer before 1.21 in transaction mode." },

	{ "catalogue", "schemas", PATH, "/usr/local/share/guichet/schemas",
	  AT(schemas_dir), "Directory of the data sets' schemas." },
	{ "catalogue", "adapters", PATH, "adapters", AT(adapters_dir),
	  "Directory of the adapters, one folder each." },
	{ "catalogue", "sources", TEXT, "", AT(sources),
	  "The adapter folders to serve, separated by spaces." },

	{ "keys", "directory", PATH, "keys", AT(keys_dir),
	  "Directory of our keys, made by `guichet key new`." },

	{ "login", "mode", CHOICE, "off", AT(login_mode),
	  "How customers sign in; demo knows synthetic people only.",
	  .words = "off demo" },
	{ "login", "session_minutes", NUMBER, "30", AT(session_minutes),
	  "A customer is signed out after so long.", 1, 1440 },

	{ "consent", "grant_days_max", NUMBER, "1095", AT(grant_days_max),
	  "The longest a customer may grant.", 1, 3650 },
	{ "consent", "grant_days_default", NUMBER, "365",
	  AT(grant_days_default), "What the page proposes.", 1, 3650 },
	{ "consent", "access_token_seconds", NUMBER, "600",
	  AT(access_token_seconds), "How long an access token lives.",
	  10, 3600 },

	{ "push", "workers", NUMBER, "1", AT(push_workers),
	  "Processes that deliver.", 0, 64 },
	{ "push", "batch", NUMBER, "100", AT(push_batch),
	  "Subscriptions claimed at once.", 1, 1000 },
	{ "push", "lease_s", NUMBER, "60", AT(push_lease_s),
	  "A claim not settled is free again after so long.", 5, 3600 },
	{ "push", "deadline_ms", NUMBER, "20000", AT(push_deadline_ms),
	  "One exchange with a PIMS lasts at most so long.", 100, 600000 },
	{ "push", "attempts_max", NUMBER, "20", AT(push_attempts_max),
	  "Refusals in a row before a subscription is set aside.", 1, 1000 },
	{ "push", "allow", TEXT, "", AT(push_allow),
	  "Private networks a PIMS may live in (for trials)." },
	{ "push", "ca_file", PATH, "", AT(push_ca_file),
	  "One more certificate authority to trust (for trials)." },
	{ "push", "webid", TEXT, "", AT(push_webid),
	  "Solid: the WebID of this counter." },
	{ "push", "solid_issuer", TEXT, "", AT(push_solid_issuer),
	  "Solid: the OpenID provider that knows it." },
	{ "push", "solid_client_id", TEXT, "", AT(push_solid_client_id),
	  "Solid: our client identifier there." },
	{ "push", "solid_secret_file", SECRET, "", AT(push_solid_secret_file),
	  "Solid: the file that holds its secret." },

	{ "watch", "interval_ms", NUMBER, "5000", AT(watch_interval_ms),
	  "How often sources are asked who changed.", 50, 86400000 },
	{ "watch", "horizon_margin_ms", NUMBER, "2000", AT(horizon_margin_ms),
	  "How far behind the oldest transaction to read.", 0, 600000 },

	{ "journal", "origin", TEXT, "", AT(journal_origin),
	  "Name of the logs; empty: public_url's host, and /journal." },
	{ "journal", "interval_ms", NUMBER, "1000", AT(journal_interval_ms),
	  "How often lines are ordered and signed.", 10, 600000 },

	{ "log", "format", CHOICE, "text", AT(log_format),
	  "How log lines are written.", .words = "text json" },
	{ "log", "level", CHOICE, "info", AT(log_level),
	  "What is written.", .words = "error warning info debug" },
};

/* ---- one value ---- */

struct reading {
	struct settings *s;
	const char *file;
	int seen[countof(table)];	/* the line that gave it */
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

/* Puts the value in its place; why says what a person must change. */
static int
set_value(struct reading *r, const struct row *row, const char *v,
    const char **why)
{
	bool is_path = row->type == PATH || row->type == SECRET;

	if (!utf8_valid(v, strlen(v))) {
		*why = "save the file as UTF-8";
		return E_BAD_INPUT;
	}
	if ((*why = value_wrong(r->s, row, v)) != NULL)
		return E_BAD_INPUT;
	if (row->type == NUMBER || row->type == YES_NO)
		return 0;
	put(r->s, row, is_path && v[0] != '\0' ? conf_path(r->file, v) :
	    xstrdup(v));
	return 0;
}

/* ---- the file ---- */

/* The keys of a section, or the sections themselves, for "perhaps". */
static size_t
names_of(const char **out, const char *section)
{
	size_t n = 0;

	for (size_t i = 0; i < countof(table); i++) {
		if (section != NULL && strcmp(table[i].section, section) == 0)
			out[n++] = table[i].key;
		else if (section == NULL && (i == 0 ||
		    strcmp(table[i].section, table[i - 1].section) != 0))
			out[n++] = table[i].section;
	}
	return n;
}

static int
unknown(const struct conf_line *line, struct fault *f)
{
	const char *names[countof(table)];
	size_t n = names_of(names, line->section);
	const char *near;

	if (n > 0) {
		conf_unknown(f, line, names, n);
		for (size_t i = 0; i < countof(table); i++)
			if (strcmp(table[i].key, line->key) == 0)
				fault_cure(f, "'%s' belongs to [%s]", line->key,
				    table[i].section);
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

static int
on_line(const struct conf_line *line, void *arg, struct fault *f)
{
	struct reading *r = arg;
	const char *why;
	size_t i;

	for (i = 0; i < countof(table); i++)
		if (strcmp(table[i].section, line->section) == 0 &&
		    strcmp(table[i].key, line->key) == 0)
			break;
	if (i == countof(table))
		return unknown(line, f);
	if (r->seen[i] > 0)
		return conf_repeated(f, line, r->seen[i]);
	r->seen[i] = line->number;
	if (set_value(r, &table[i], line->value, &why) == 0)
		return 0;
	fault_set(f, "E108", line->file, line->number, 1,
	    "[%s] %s cannot be '%s'", line->section, line->key,
	    table[i].type == DATABASE ? "(hidden)" : line->value);
	return fault_cure(f, "%s", why);
}

static int
fill_defaults(struct reading *r, struct fault *f)
{
	const char *why;

	for (size_t i = 0; i < countof(table); i++) {
		const struct row *row = &table[i];
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
	for (size_t i = 0; i < countof(table); i++) {
		const char *path = *text_at(r->s, &table[i]);
		struct stat st;

		if (table[i].type != SECRET || path[0] == '\0')
			continue;
		if (stat(path, &st) < 0) {
			fault_set(f, "E110", r->file, r->seen[i], 1, "%s: %s",
			    path, strerror(errno));
			return fault_cure(f, "name a file that this user can read");
		}
		if ((st.st_mode & 077) != 0) {
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
	for (size_t i = 0; i < countof(table); i++)
		if (table[i].type != NUMBER && table[i].type != YES_NO)
			free(*text_at(s, &table[i]));
	free(s->file);
	free(s);
}

/* ---- telling about them ---- */

void
settings_sample(FILE *out)
{
	const char *section = "";

	fputs("# guichet.conf. Lines that begin with # are defaults or "
	    "comments.\n# Paths are seen from the directory of this file.\n", out);
	for (size_t i = 0; i < countof(table); i++) {
		const struct row *row = &table[i];

		if (strcmp(section, row->section) != 0)
			fprintf(out, "\n[%s]\n", row->section);
		section = row->section;
		fprintf(out, "# %s\n%s%s =%s%s\n", row->sentence,
		    row->value == NULL ? "" : "#", row->key,
		    row->value == NULL || row->value[0] == '\0' ? "" : " ",
		    row->value == NULL ? "" : row->value);
	}
}

void
settings_help(FILE *out)
{
	const char *section = "";

	for (size_t i = 0; i < countof(table); i++) {
		const struct row *row = &table[i];

		if (strcmp(section, row->section) != 0)
			fprintf(out, "[%s]\n", row->section);
		section = row->section;
		fprintf(out, "  %-26s %s", row->key, row->sentence);
		if (row->type == CHOICE)
			fprintf(out, " (%s)", row->words);
		if (row->value == NULL)
			fputs(" Required.\n", out);
		else if (row->value[0] != '\0')
			fprintf(out, " Default: %s\n", row->value);
		else
			fputc('\n', out);
	}
}
