/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate - holds records against a schema by our own validator, for the
 * scenario that compares it with others.
 *
 *     validate SCHEMA.json < RECORDS.ndjson
 *
 * One line per record: "ok", or where and why not. Exit 78: the schema itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "catalogue/validate.h"

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();
	const struct checks *checks;
	const char *at, *why;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	json_error_t error;
	json_t *doc = argc < 2 ? NULL : json_load_file(argv[1],
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (doc == NULL)
		return 64;
	if (checks_make(&checks, a, doc, &at, &why) < 0) {
		printf("%s: %s\n", at, why);
		return 78;
	}
	while ((n = getline(&line, &size, stdin)) > 0) {
		struct invalid bad;

		if (checks_run_text(checks, line, (size_t)n, &bad) == 0)
			puts("ok");
		else
			printf("%s: %s\n", bad.path, bad.why);
	}
	free(line);
	arena_free(a);
	json_decref(doc);
	return 0;
}
