/* SPDX-License-Identifier: Apache-2.0 */
/* settings_tell.c - the table told to people: the sample file, --help. */
#include <string.h>
#include "base/jw.h"
#include "base/settings.h"
#include "base/settings_own.h"

bool
settings_known(const char *section, const char *key)
{
	for (size_t i = 0; i < settings_rows; i++)
		if (strcmp(settings_table[i].section, section) == 0 &&
		    strcmp(settings_table[i].key, key) == 0)
			return true;
	return false;
}

static const char *
given_for(const struct setting_given *given, const struct row *row)
{
	for (; given->section != NULL; given++)
		if (strcmp(given->section, row->section) == 0 &&
		    strcmp(given->key, row->key) == 0)
			return given->value;
	return NULL;
}

static void
sample_row(FILE *out, const struct row *row, const char *given)
{
	const char *value = given != NULL ? given :
	    row->value == NULL ? "" : row->value;

	fprintf(out, "# %s\n%s%s =%s%s\n", row->sentence,
	    given != NULL || row->value == NULL ? "" : "#", row->key,
	    value[0] == '\0' ? "" : " ", value);
}

void
settings_sample(FILE *out)
{
	static const struct setting_given none[] = { { NULL } };

	settings_sample_with(out, none);
}

void
settings_sample_with(FILE *out, const struct setting_given *given)
{
	const char *section = "";

	fputs("# guichet.conf. Lines that begin with # are defaults or "
	    "comments.\n# Paths are seen from the directory of this file.\n", out);
	for (size_t i = 0; i < settings_rows; i++) {
		const struct row *row = &settings_table[i];

		if (strcmp(section, row->section) != 0)
			fprintf(out, "\n[%s]\n", row->section);
		section = row->section;
		sample_row(out, row, given_for(given, row));
	}
	fputs("\n[sources]\n# Where a source is here, instead of the url of its "
	    "source.conf.\n#energy = postgresql://reader@db.example/prod\n", out);
	for (; given->section != NULL; given++)
		if (strcmp(given->section, "sources") == 0)
			fprintf(out, "%s = %s\n", given->key, given->value);
}

void
settings_help(FILE *out)
{
	const char *section = "";

	for (size_t i = 0; i < settings_rows; i++) {
		const struct row *row = &settings_table[i];

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
	fputs("[sources]\n  NAME                       Where that source is here, "
	    "instead of its source.conf's url.\n", out);
}

void
settings_json(struct jw *w)
{
	static const char *const types[] = { "text", "choice", "URL", "address",
	    "database", "path", "secret file", "number", "yes or no" };

	jw_array(w);
	for (size_t i = 0; i < settings_rows; i++) {
		const struct row *row = &settings_table[i];

		jw_object(w);
		jw_str_member(w, "section", row->section);
		jw_str_member(w, "key", row->key);
		jw_str_member(w, "type", types[row->type]);
		jw_str_member(w, "default", row->value);
		jw_str_member(w, "sentence", row->sentence);
		if (row->type == NUMBER) {
			jw_int_member(w, "min", row->min);
			jw_int_member(w, "max", row->max);
		}
		if (row->type == CHOICE)
			jw_str_member(w, "words", row->words);
		jw_end_object(w);
	}
	jw_end_array(w);
}
