/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - what a person may write in guichet.conf, and what is told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "base/settings.h"

#define GOOD "[organisation]\nname = Énergie du Rhône\n" \
    "contact = dpo@example.org\n[server]\n" \
    "public_url = https://guichet.example.org\n" \
    "[database]\nurl = postgresql:///guichet\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123" \
    "0123456789012345678901234567890123456789012345678901234567890123" \
    "0123456789012345678901234567890123456789012345678901234567890123"

static int
read_text(struct settings **out, const char *text, size_t n, struct fault *f)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, n, "r");
	int rc = settings_read(out, in, "/etc/guichet/guichet.conf", f);

	fclose(in);
	return rc;
}

static void
defaults_are_filled(void **state UNUSED)
{
	struct settings *s;
	struct fault f;

	assert_int_equal(read_text(&s, GOOD, strlen(GOOD), &f), 0);
	assert_string_equal(s->organisation_name, "Énergie du Rhône");
	assert_string_equal(s->listen, "127.0.0.1:8443");
	assert_string_equal(s->adapters_dir, "/etc/guichet/adapters");
	assert_string_equal(s->keys_dir, "/etc/guichet/keys");
	assert_string_equal(s->database_direct_url, "postgresql:///guichet");
	assert_string_equal(s->journal_origin, "guichet.example.org/journal");
	assert_string_equal(s->login_mode, "off");
	assert_string_equal(s->tls_key, "");
	assert_int_equal(s->web_workers, 2);
	assert_true(s->prepared_statements);
	settings_free(s);
}

static void
values_are_taken(void **state UNUSED)
{
	static const char text[] = GOOD "prepared_statements = off\nqueue = 7\n"
	    "\n; a comment\n# another\n[keys]\ndirectory = /var/keys ; inline\n"
	    "[push]\nwebid = https://x.example/card#me\r\n";
	struct settings *s;
	struct fault f;

	assert_int_equal(read_text(&s, text, sizeof(text) - 1, &f), 0);
	assert_false(s->prepared_statements);
	assert_int_equal(s->database_queue, 7);
	assert_string_equal(s->keys_dir, "/var/keys");
	assert_string_equal(s->push_webid, "https://x.example/card#me");
	settings_free(s);
}

/* Each fault has its code, its line, its cause and its cure. */
static void
faults_are_told(void **state UNUSED)
{
	static const struct {
		const char *text, *code;
		int line;
		const char *cause, *cure;
	} t[] = {
	{ GOOD "quue = 3\n", "E106", 8, "unknown key 'quue' in [database]",
	  "perhaps you meant 'queue'" },
	{ GOOD "public_url = https://x\n", "E106", 8,
	  "unknown key 'public_url' in [database]",
	  "'public_url' belongs to [server]" },
	{ GOOD "\n[servr]\nlisten = 127.0.0.1:1\n", "E105", 10,
	  "'listen' is in an unknown section, [servr]",
	  "perhaps you meant [server]" },
	{ "name = x\n", "E105", 1, "'name' stands before any [section]", NULL },
	{ GOOD "url = postgresql:///two\n", "E107", 8,
	  "'url' was already set at line 7", "keep one of the two lines" },
	{ GOOD "queue = many\n", "E108", 8, "[database] queue cannot be 'many'",
	  "write a whole number from 1 to 100000" },
	{ GOOD "queue = 0\n", "E108", 8, "[database] queue cannot be '0'", NULL },
	{ GOOD "prepared_statements = perhaps\n", "E108", 8,
	  "[database] prepared_statements cannot be 'perhaps'",
	  "write yes or no" },
	{ GOOD "[log]\nlevel = loud\n", "E108", 9,
	  "[log] level cannot be 'loud'",
	  "write one of: error warning info debug" },
	{ GOOD "[log]\nlevel = warn\n", "E108", 9,
	  "[log] level cannot be 'warn'", NULL },
	{ GOOD "[server]\nlisten = 8443\n", "E108", 9,
	  "[server] listen cannot be '8443'", NULL },
	{ GOOD "[server]\nmtls_url = http://example.org\n", "E108", 9,
	  "[server] mtls_url cannot be 'http://example.org'",
	  "write https://... (http is for loopback addresses only)" },
	{ GOOD "[server]\nmtls_url = https://example.org/\n", "E108", 9, NULL,
	  "leave out the final slash" },
	{ GOOD "direct_url = postgresql://u:secret@h/db\n", "E108", 8, NULL, NULL },
	{ GOOD "direct_url = host=h password=secret\n", "E108", 8, NULL, NULL },
	{ GOOD "listen\n", "E102", 8,
	  "the line is neither [section] nor key = value", NULL },
	{ GOOD "[server\n", "E102", 8, NULL, NULL },
	{ GOOD "  queue = 3\n", "E104", 8, "the line is indented", NULL },
	{ GOOD "direct_url = " LONG "\n", "E103", 8,
	  "the line is longer than 198 bytes", NULL },
	{ "[organisation]\nname = x\n", "E109", 0,
	  "[organisation] contact is missing",
	  "add it: E-mail address of its data protection officer." },
	{ "[organisation]\nname =\n", "E108", 2, NULL, "give it a value" },
	{ "[organisation]\nname = \xff\n", "E108", 2, NULL,
	  "save the file as UTF-8" },
	{ GOOD "[server]\ntls_certificate = a.pem\n", "E112", 0, NULL, NULL },
	{ GOOD "[server]\ntls_certificate = a\ntls_key = /none/k\n", "E110", 10,
	  "/none/k: No such file or directory", NULL },
	};
	struct settings *s;
	struct fault f;

	for (size_t i = 0; i < countof(t); i++) {
		assert_int_equal(read_text(&s, t[i].text, strlen(t[i].text), &f),
		    E_BAD_INPUT);
		assert_string_equal(f.code, t[i].code);
		assert_string_equal(f.file, "/etc/guichet/guichet.conf");
		assert_int_equal(f.line, t[i].line);
		if (t[i].cause != NULL)
			assert_string_equal(f.cause, t[i].cause);
		if (t[i].cure != NULL)
			assert_string_equal(f.cure, t[i].cure);
		assert_true(strlen(f.cure) > 0);
		assert_null(strstr(f.cause, "secret"));	/* a password */
	}
	assert_int_equal(read_text(&s, GOOD "queue\0 = 3\n",
	    sizeof(GOOD "queue\0 = 3\n") - 1, &f), E_BAD_INPUT);
	assert_string_equal(f.cause, "the line holds a NUL byte");
}

static void
secrets_must_be_private(void **state UNUSED)
{
	char path[] = "/tmp/guichet-settings-XXXXXX", text[512];
	int fd = mkstemp(path);
	struct settings *s;
	struct fault f;
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), GOOD
	    "[push]\nsolid_secret_file = %s\n", path);
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_int_equal(read_text(&s, text, n, &f), E_BAD_INPUT);
	assert_string_equal(f.code, "E111");
	assert_int_equal(f.line, 9);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(read_text(&s, text, n, &f), 0);
	settings_free(s);
	close(fd);
	unlink(path);
}

/* The sample, with its required values given, reads as the defaults. */
static void
sample_is_a_settings_file(void **state UNUSED)
{
	char *text = NULL, *whole, *p;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	struct settings *s;
	struct fault f;

	settings_sample(out);
	fclose(out);
	assert_int_equal(read_text(&s, text, n, &f), E_BAD_INPUT);
	assert_string_equal(f.cure, "give it a value");
	whole = calloc(1, n + 200);
	for (p = text; *p != '\0'; p++) {
		strncat(whole, p, 1);
		if (strncmp(p, "\nname =", 7) == 0 ||
		    strncmp(p, "\ncontact =", 10) == 0 ||
		    strncmp(p, "\npublic_url =", 13) == 0 ||
		    strncmp(p, "\nurl =", 6) == 0) {
			char *eq = strchr(p, '=');

			strncat(whole, p + 1, (size_t)(eq - p));
			strcat(whole, " https://x.example");
			p = eq;
		}
	}
	assert_int_equal(read_text(&s, whole, strlen(whole), &f), 0);
	assert_int_equal(s->web_workers, 2);
	settings_free(s);
	free(text);
	free(whole);
}

static void
missing_file_is_told(void **state UNUSED)
{
	struct settings *s;
	struct fault f;

	assert_int_equal(settings_load(&s, "/none/guichet.conf", &f),
	    E_BAD_INPUT);
	assert_string_equal(f.code, "E101");
	assert_string_equal(f.cause, "cannot be read: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_filled),
		cmocka_unit_test(values_are_taken),
		cmocka_unit_test(faults_are_told),
		cmocka_unit_test(secrets_must_be_private),
		cmocka_unit_test(sample_is_a_settings_file),
		cmocka_unit_test(missing_file_is_told),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
