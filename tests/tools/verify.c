/* SPDX-License-Identifier: Apache-2.0 */
/* verify CONFIG: verifies what each line of its input names, as `guichet journal
 * verify` does, without a process for each: "DIR", "DIR KNOWN", or "db" for the log
 * in the database. Answers "good", or "bad" and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "journal/verify.h"

static struct settings *settings;
static struct db_now *db;
static char *own;			/* the verifier key, as the file has it */

static char *
slurp(const char *path)
{
	char *text = calloc(1, NOTE_MAX + 1);
	FILE *f = fopen(path, "re");

	if (f != NULL) {
		(void)!fread(text, 1, NOTE_MAX, f);
		fclose(f);
	}
	return text;
}

static void
verify(const char *what, const char *known)
{
	struct verification v = { 0 };
	struct note_key key;
	struct evidence *e;
	const char *vkey = own;
	char why[256], *kept = known == NULL ? NULL : slurp(known);
	bool in_db = strcmp(what, "db") == 0;

	if ((in_db ? evidence_open_db(&e, db, LOG_RESTITUTION, why) :
	    evidence_open_dir(&e, what, why)) < 0) {
		printf("bad %s\n", why);
		free(kept);
		return;
	}
	if (!in_db)
		vkey = evidence_vkey(e);
	v.key = &key;
	v.known = kept;
	if (vkey == NULL || note_key_parse(&key, vkey) < 0)
		puts("bad no verifier key");
	else if (verify_log(&v, e) < 0 || !v.good)
		printf("bad %s\n", v.why);
	else
		puts("good");
	evidence_close(e);
	free(kept);
}

int
main(int argc, char **argv)
{
	char line[9000], why[256], *known;
	struct fault fault;

	log_open(false, LEVEL_WARNING, "verify");
	if (argc != 3 || settings_load(&settings, argv[1], &fault) < 0 ||
	    db_now_open(&db, settings->database_url, "verify", why) < 0)
		return 78;
	own = slurp(argv[2]);
	own[strcspn(own, "\n")] = '\0';
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((known = strchr(line, ' ')) != NULL)
			*known++ = '\0';
		verify(line, known);
		fflush(stdout);
	}
	db_now_close(db);
	settings_free(settings);
	return 0;
}
