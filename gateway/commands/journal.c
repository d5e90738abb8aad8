/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c - `guichet journal`: verify, export and prove the journal. */
#include "commands/journal.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/settings.h"
#include "crypto/keys.h"
#include "db/db.h"

static int run(int argc, char **argv);

const struct command command_journal = {
	"journal", "Verify, export and prove what the journal says.", run,
	"verify [DIR|URL] | export DIR [--from DATE] [--to DATE] [--customer REF]\n"
	"       [--pims ID] [--sides] | checkpoint | prove ID|PLACE\n"
	"       | report [NAME] [--from DATE] [--to DATE] [--customer REF] [--json]\n"
	"       | hold list | hold set|release [ID] --reason TEXT | purge --to DATE --reason TEXT\n"
	"       | confirm [ID]\n"
	"       | signer --keys DIR|--hsm URI --notes DIR --socket PATH --user NAME\n"
	"       | vkey | witness --name NAME --state DIR --listen ADDRESS --knows VKEY...\n"
	"       | new-epoch --reason TEXT | new-epoch --origin NAME --notes DIR"
};

static const struct {
	const char *name;
	journal_verb *verb;
	int least, most;	/* arguments */
} verbs[] = {
	{ "verify",	journal_verify,		0, 1 },
	{ "export",	journal_export,		1, 1 },
	{ "checkpoint",	journal_checkpoint,	0, 0 },
	{ "prove",	journal_prove,		1, 1 },
	{ "report",	journal_report,		0, 1 },
	{ "hold",	journal_hold,		1, 2 },
	{ "purge",	journal_purge,		0, 0 },
	{ "confirm",	journal_confirm,	0, 1 },
	{ "signer",	journal_sign,		0, 0 },
	{ "witness",	journal_witness,	0, 0 },
	{ "vkey",	journal_vkey,		0, 0 },
	{ "new-epoch",	journal_new_epoch,	0, 0 },
};

int
journal_failed(int code, const char *fmt, ...)
{
	va_list ap;

	fputs("guichet journal: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

int
journal_open(struct journal_ask *j)
{
	char why[256];

	j->settings = command_settings(&j->common);
	if (db_now_open(&j->db, j->settings->database_url,
	    "guichet journal command", why) == 0)
		return EX_OK;
	j->db = NULL;
	return journal_failed(EX_UNAVAILABLE, "the database is away: %s", why);
}

static int
installed_key(struct journal_ask *j, struct note_key *out)
{
	const char *log = journal_log_name(j->log);
	char origin[NOTE_NAME];
	struct keys *keys;
	struct fault fault;
	EVP_PKEY *key;

	if (keys_load(&keys, j->settings->keys_dir, &fault) < 0) {
		fault_print(stderr, &fault);
		return EX_CONFIG;
	}
	if ((key = keys_journal(keys, log)) != NULL) {
		snprintf(origin, sizeof(origin), "%s/%s",
		    j->settings->journal_origin, log);
		note_key_of(out, origin, key);
	}
	keys_free(keys);
	return key != NULL ? EX_OK : journal_failed(EX_CONFIG, "the public key"
	    " of this log is missing (`guichet key new` brings it); or name"
	    " its verifier key with --vkey");
}

EVP_PKEY *
journal_signer(struct journal_ask *j)
{
	struct fault fault;
	EVP_PKEY *key;

	return keys_signer(&key, j->settings->keys_dir,
	    journal_log_name(j->log), &fault) < 0 ? NULL : key;
}

int
journal_key(struct journal_ask *j, struct note_key *out)
{
	if (j->vkey == NULL)
		return installed_key(j, out);
	if (note_key_parse(out, j->vkey) == 0)
		return EX_OK;
	return journal_failed(EX_USAGE, "--vkey is not a verifier key"
	    " (NAME+hex+base64)");
}

char *
journal_slurp(const char *path)
{
	char *text = xmalloc(NOTE_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL) {
		journal_failed(EX_NOINPUT, "%s: %s", path, strerror(errno));
		free(text);
		return NULL;
	}
	n = fread(text, 1, NOTE_MAX, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static int
find_log(struct journal_ask *j)
{
	if (j->log_name == NULL)
		return 0;		/* restitution */
	for (int i = 0; i < JOURNAL_LOGS; i++)
		if (strcmp(j->log_name,
		    journal_log_name((enum journal_log)i)) == 0) {
			j->log = (enum journal_log)i;
			return 0;
		}
	return E_NOT_FOUND;
}

static int
run_verb(struct journal_ask *j, const char *name)
{
	for (size_t i = 0; i < countof(verbs); i++) {
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		if (j->argc < verbs[i].least || j->argc > verbs[i].most)
			return command_misused(&command_journal,
			    "%s takes %s", name,
			    verbs[i].most == 0 ? "no argument" : "one argument");
		return verbs[i].verb(j);
	}
	return command_misused(&command_journal, "no such verb: %s", name);
}

static int
run(int argc, char **argv)
{
	struct journal_ask j = { 0 };
	const struct flag flags[] = {
		{ "--log", FLAG_TEXT, &j.log_name,
		  "NAME  restitution (the default) or consent-admin" },
		{ "--known", FLAG_TEXT, &j.known,
		  "FILE  a checkpoint you kept: nothing since may be gone" },
		{ "--vkey", FLAG_TEXT, &j.vkey,
		  "KEY  the verifier key you hold" },
		{ "--from", FLAG_TEXT, &j.from,
		  "DATE  export: lines from that day on (2026-01-31)" },
		{ "--to", FLAG_TEXT, &j.to, "DATE  export: and before that day" },
		{ "--customer", FLAG_TEXT, &j.customer,
		  "REF  export: lines of one customer, with her key" },
		{ "--pims", FLAG_TEXT, &j.pims, "ID  export: lines of one recipient" },
		{ "--reason", FLAG_TEXT, &j.reason,
		  "TEXT  hold, purge, new-epoch: why" },
		{ "--name", FLAG_TEXT, &j.name, "NAME  witness: its name, like"
		  " witness.example/us" },
		{ "--state", FLAG_TEXT, &j.state, "DIR  witness: its key, and what"
		  " it remembers" },
		{ "--listen", FLAG_TEXT, &j.listen, "ADDRESS  witness: where it is"
		  " asked, like 0.0.0.0:8080" },
		{ "--certificate", FLAG_TEXT, &j.certificate, "FILE  witness: for"
		  " TLS; without it, put a front before" },
		{ "--certificate-key", FLAG_TEXT, &j.certificate_key,
		  "FILE  witness: its private key" },
		{ "--knows", FLAG_LIST, &j.knows, "VKEY  witness: a log it knows;"
		  " may be repeated" },
		{ "--origin", FLAG_TEXT, &j.origin, "NAME  new-epoch: to a signer"
		  " of its own, the new [journal] origin" },
		{ "--lang", FLAG_TEXT, &j.lang, "fr or en  report: the titles" },
		{ "--keys", FLAG_TEXT, &j.keys_dir,
		  "DIR  signer: its keys, made when there are none" },
		{ "--hsm", FLAG_TEXT, &j.hsm,
		  "URI  signer: the token that holds its keys (RFC 7512)" },
		{ "--notes", FLAG_TEXT, &j.notes_dir,
		  "DIR  signer, new-epoch: where it keeps the last checkpoints" },
		{ "--socket", FLAG_TEXT, &j.socket, "PATH  signer: where it is asked" },
		{ "--user", FLAG_TEXT, &j.user, "NAME  signer: who may ask it" },
		{ "--sides", FLAG_SET, &j.sides,
		  "export: with what links lines to persons (DPO)" },
		{ NULL }
	};
	int n = command_args(&command_journal, &j.common, flags, argc, argv);
	int code;

	if (n == 0)
		return command_misused(&command_journal, "a verb is missing");
	if (find_log(&j) < 0)
		return command_misused(&command_journal, "no such log: %s",
		    j.log_name);
	j.argc = n - 1;
	j.argv = argv + 1;
	code = run_verb(&j, argv[0]);
	if (j.db != NULL)
		db_now_close(j.db);
	settings_free(j.settings);
	return code;
}
