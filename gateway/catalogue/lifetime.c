/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifetime.c - for how long a data set may be allowed at most.
 *
 * One line of source.conf: a number for all that the source gives, and exceptions,
 * `consent_days = 730 energy.load-curve=365`.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "catalogue/catalogue_own.h"

enum { DAYS_MAX = 3650 };

/* One word of the line: days, and of which data set ("" = all). */
static int
word_read(struct arena *a, const char *word, const char **id, int64_t *days)
{
	const char *equals = strchr(word, '=');

	*id = equals == NULL ? "" : arena_strndup(a, word,
	    (size_t)(equals - word));
	return parse_int(days, equals == NULL ? word : equals + 1, 1, DAYS_MAX);
}

static int
wrong(const struct source *s, struct fault *f, const char *file, const char *word)
{
	fault_set(f, "E212", file, 0, 0, "consent_days: '%s' is no number of "
	    "days of a data set of '%s'", word, s->name);
	return fault_cure(f, "write for example: consent_days = 730 "
	    "energy.load-curve=365");
}

/* Every version of it: is it meant? */
static bool
lasts(struct dataset *d, const struct source *s, const char *id, int64_t days)
{
	bool named = strcmp(d->schema->id, id) == 0;

	if (d->source != s || (id[0] != '\0' && !named) ||
	    (id[0] == '\0' && d->consent_days != 0))
		return false;
	for (; d != NULL; d = d->older)
		d->consent_days = days;
	return true;
}

int
lifetime_read(struct catalogue *c, const struct source *s, const char *file,
    struct fault *f)
{
	char *rest, *text, *word;

	if (s->consent_days == NULL)
		return 0;
	text = arena_strdup(c->arena, s->consent_days);
	for (word = strtok_r(text, " \t", &rest); word != NULL;
	    word = strtok_r(NULL, " \t", &rest)) {
		const char *id;
		int64_t days;
		bool met = false;

		if (word_read(c->arena, word, &id, &days) < 0)
			return wrong(s, f, file, word);
		for (size_t i = 0; i < c->dataset_count; i++)
			met |= lasts(c->datasets[i], s, id, days);
		if (!met && id[0] != '\0')
			return wrong(s, f, file, word);
	}
	return 0;
}

int64_t
catalogue_consent_days(const struct catalogue *c, const char *const *ids,
    int64_t most)
{
	for (; *ids != NULL; ids++) {
		const struct dataset *d = dataset_find(c, *ids);

		if (d != NULL && d->consent_days != 0 && d->consent_days < most)
			most = d->consent_days;
	}
	return most;
}
