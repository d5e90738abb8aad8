/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - `guichet init`: from nothing to an installation that can serve.
 *
 * It takes flags, or asks on a terminal: writes a commented guichet.conf, makes
 * the role and the database when it is given an administrator's URL, then keys
 * and tables; says what a source's DBA has to grant, and what to do next. Run
 * again, it changes nothing that is there. Without flags and terminal it writes
 * the file to be filled in. As root it becomes the owner of the directory of
 * the settings, so that what it makes is guichet's.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/settings.h"
#include "commands/command.h"
#include "commands/init.h"
#include "crypto/keys.h"
#include "db/migrate.h"
#include "db/roles.h"
#include "journal/signer.h"

static int run(int argc, char **argv);

const struct command command_init = {
	"init", "Write guichet.conf, then make the keys and the tables.", run,
	"[--name NAME --contact ADDRESS --public-url URL --database URL]\n"
	"           [--admin URL] [--source NAME=URL]... [--synthetic]\n"
	"           [--set SECTION.KEY=VALUE]..."
};

/* What is asked on a terminal when no flag gave it. */
static const struct { const char *section, *key, *flag, *question, *offer; }
asked[] = {
	{ "organisation", "name", "--name", "Name of the organisation, as its "
	    "customers know it", NULL },
	{ "organisation", "contact", "--contact", "E-mail address of its data "
	    "protection officer", NULL },
	{ "server", "public_url", "--public-url", "Address of the counter "
	    "(https://...)", NULL },
	{ "database", "url", "--database", "guichet's own database",
	    "postgresql:///guichet" },
};
enum { ASKED = countof(asked), DATABASE = ASKED - 1,
	GIVEN_MAX = ASKED + 2 * FLAG_LIST_MAX + 4 };

struct init {
	struct arena *arena;
	const char *answers[ASKED];
	const char *admin;
	bool synthetic;
	struct flag_list sources, sets;
	struct setting_given given[GIVEN_MAX];
	size_t n;
};

/* ---- gathering ---- */

static void
give(struct init *i, const char *section, const char *key, const char *value)
{
	i->given[i->n++] = (struct setting_given){ section, key, value };
}

/* A line from the terminal; the offer when it is empty; NULL at its end. */
static const char *
ask(struct init *i, const char *question, const char *offer)
{
	char line[200];

	for (;;) {
		printf("%s%s%s%s: ", question, offer == NULL ? "" : " [",
		    offer == NULL ? "" : offer, offer == NULL ? "" : "]");
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return NULL;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0')
			return arena_strdup(i->arena, line);
		if (offer != NULL)
			return offer;
	}
}

static int
gather_asked(struct init *i)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	for (size_t k = 0; k < ASKED; k++) {
		if (i->answers[k] == NULL && terminal)
			i->answers[k] = ask(i, asked[k].question, asked[k].offer);
		if (i->answers[k] == NULL)
			return command_misused(&command_init, "%s is missing",
			    asked[k].flag);
		give(i, asked[k].section, asked[k].key, i->answers[k]);
	}
	return EX_OK;
}

static char *
split(struct init *i, const char *text, char at, const char **after)
{
	const char *p = strchr(text, at);

	if (p == NULL || p == text)
		return NULL;
	*after = p + 1;
	return arena_strndup(i->arena, text, (size_t)(p - text));
}

/* --source energy=postgresql://..., --set server.listen=0.0.0.0:443 */
static int
gather_more(struct init *i)
{
	const char *names = "", *value, *key;

	for (size_t k = 0; k < i->sources.n; k++) {
		char *name = split(i, i->sources.items[k], '=', &value);

		if (name == NULL)
			return command_misused(&command_init,
			    "--source is NAME=URL, not '%s'", i->sources.items[k]);
		give(i, "sources", name, value);
		names = arena_printf(i->arena, "%s%s%s", names,
		    names[0] == '\0' ? "" : " ", name);
	}
	if (i->sources.n > 0)
		give(i, "catalogue", "sources", names);
	for (size_t k = 0; k < i->sets.n; k++) {
		char *name = split(i, i->sets.items[k], '=', &value);
		char *section = name == NULL ? NULL : split(i, name, '.', &key);

		if (section == NULL)
			return command_misused(&command_init, "--set is "
			    "SECTION.KEY=VALUE, not '%s'", i->sets.items[k]);
		if (!settings_known(section, key))
			return command_misused(&command_init, "there is no setting "
			    "%s.%s", section, key);
		give(i, section, key, value);
	}
	return EX_OK;
}

/* ---- making ---- */

/* O_EXCL: a file that is there is never written over. */
static int
write_settings(const char *path, const struct setting_given *given)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (out == NULL) {
		fprintf(stderr, "guichet init: %s: %s\n", path, strerror(errno));
		return EX_CANTCREAT;
	}
	settings_sample_with(out, given);
	if (fclose(out) != 0) {
		fprintf(stderr, "guichet init: %s: %s\n", path, strerror(errno));
		unlink(path);
		return EX_IOERR;
	}
	printf("%s written.\n", path);
	return EX_OK;
}

/* Nothing given and nobody to ask: as it was always done. */
static int
write_sample(const char *path)
{
	static const struct setting_given none[] = { { NULL } };
	int rc = write_settings(path, none);

	if (rc == EX_OK)
		puts("Fill in the lines without #, then run `guichet init` again.");
	return rc;
}

/* The package's own signer runs: it is the one to ask. */
static void
give_signer(struct init *i, const char *path)
{
	static const char socket[] = "/run/guichet-signer/socket";

	if (strcmp(path, "/etc/guichet/guichet.conf") == 0 &&
	    access(socket, F_OK) == 0)
		give(i, "journal", "signer", socket);
}

/* An administrator was given: role, database and roles apart are made before
 * the settings that name them. */
static int
give_roles(struct init *i, const char *path)
{
	const char *name, *url = i->answers[DATABASE];
	char given[4096], dir[4096], *slash;
	struct fault f;
	int rc;

	if (i->admin == NULL)
		return EX_OK;
	snprintf(given, sizeof(given), "./%s", path);
	slash = strrchr(given, '/');
	*slash = '\0';
	if (realpath(path[0] == '/' ? given + 2 : given, dir) == NULL)	/* libpq wants it whole */
		fatal("%s: %s", dir, strerror(errno));
	if ((rc = init_database(i->admin, url, &f)) == 0)
		rc = init_roles(i->arena, i->admin, url, arena_printf(i->arena,
		    "%s/database.pass", dir), &name, &url, &f);
	if (rc < 0) {
		fault_print(stderr, &f);
		return EX_UNAVAILABLE;
	}
	if (name == NULL)
		return EX_OK;
	i->given[DATABASE].value = url;
	give(i, "database", "roles", name);
	return EX_OK;
}

/* What was written must also be read: else it is taken away again. */
static int
write_given(struct init *i, const char *path)
{
	struct settings *s;
	struct fault f;
	int rc = gather_asked(i);

	if (rc == EX_OK)
		rc = gather_more(i);
	give_signer(i, path);
	if (rc == EX_OK)
		rc = give_roles(i, path);
	if (rc == EX_OK)
		rc = write_settings(path, i->given);
	if (rc != EX_OK)
		return rc;
	if (settings_load(&s, path, &f) < 0) {
		fault_print(stderr, &f);
		unlink(path);
		puts("It was taken away again.");
		return EX_CONFIG;
	}
	settings_free(s);
	return EX_OK;
}

static int
make_all(const struct init *i, const struct settings *s, struct fault *f)
{
	int rc = 0;

	if (i->admin != NULL)
		rc = init_database(i->admin, s->database_direct_url, f);
	if (rc == 0)
		rc = init_adapters(s, i->synthetic, f);
	if (rc == 0 && (rc = keys_make(s->keys_dir, f)) == 0)
		rc = signer_keys_make(s, f);
	if (rc == 0)
		rc = migrate_run(s->database_direct_url, f);
	return rc < 0 ? rc : roles_grant(s, f);
}

static int
make(struct init *i, const struct common *common)
{
	struct settings *s = command_settings(common);
	struct fault f;
	int rc = make_all(i, s, &f);

	if (rc < 0)
		fault_print(stderr, &f);
	else
		init_next(s, common->config);
	settings_free(s);
	return rc == E_UNAVAILABLE ? EX_UNAVAILABLE : rc < 0 ? EX_CONFIG : EX_OK;
}

static void
become_owner(const char *config)
{
	char *dir = strdup(config), *slash = dir == NULL ? NULL :
	    strrchr(dir, '/');
	struct passwd *pw;
	struct stat st;

	if (slash == NULL || slash == dir)
		strcpy(dir, slash == NULL ? "." : "/");
	else
		*slash = '\0';
	if (geteuid() == 0 && stat(dir, &st) == 0 && st.st_uid != 0 &&
	    (pw = getpwuid(st.st_uid)) != NULL &&
	    (initgroups(pw->pw_name, pw->pw_gid) < 0 ||
	    setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0))
		fatal("cannot become %s, who owns %s", pw->pw_name, dir);
	free(dir);
}

static int
run(int argc, char **argv)
{
	struct init i = { .arena = arena_new() };
	const struct flag flags[] = {
		{ "--name", FLAG_TEXT, &i.answers[0], "NAME  the organisation, as "
		    "its customers know it" },
		{ "--contact", FLAG_TEXT, &i.answers[1], "ADDRESS  e-mail of its "
		    "data protection officer" },
		{ "--public-url", FLAG_TEXT, &i.answers[2], "URL  the counter's "
		    "address" },
		{ "--database", FLAG_TEXT, &i.answers[3], "URL  guichet's own "
		    "PostgreSQL" },
		{ "--admin", FLAG_TEXT, &i.admin, "URL  as whom to make that role "
		    "and database; without it they must be there" },
		{ "--source", FLAG_LIST, &i.sources, "NAME=URL  an adapter and "
		    "where its tables are; may be repeated" },
		{ "--synthetic", FLAG_SET, &i.synthetic, "nobody real is in these "
		    "sources" },
		{ "--set", FLAG_LIST, &i.sets, "SECTION.KEY=VALUE  any other "
		    "setting; may be repeated" },
		{ NULL } };
	struct common common;
	bool given;
	int rc = EX_OK;

	if (command_args(&command_init, &common, flags, argc, argv) != 0)
		return command_misused(&command_init, "it takes no argument");
	given = i.answers[0] != NULL || i.answers[1] != NULL ||
	    i.answers[2] != NULL || i.answers[3] != NULL || i.sources.n > 0 ||
	    i.sets.n > 0 || isatty(STDIN_FILENO);
	become_owner(common.config);
	if (access(common.config, F_OK) < 0 && errno == ENOENT) {
		rc = given ? write_given(&i, common.config) :
		    write_sample(common.config);
		if (rc != EX_OK || !given)
			goto out;
	} else if (given && !isatty(STDIN_FILENO)) {
		printf("%s is there already: its settings stay.\n",
		    common.config);
	}
	rc = make(&i, &common);
out:
	arena_free(i.arena);
	return rc;
}
