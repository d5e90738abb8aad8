/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema and records as anybody may write them: what is read judges any
 * record without a fault, twice the same. The input is a schema, a NUL, and a
 * record.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "catalogue/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *cut = n == 0 ? NULL : memchr(data, 0, n);
	size_t head = cut == NULL ? n : (size_t)(cut - data);
	const char *record = cut == NULL ? "{}" : (const char *)cut + 1;
	size_t record_n = cut == NULL ? 2 : n - head - 1;
	json_t *doc = json_loadb((const char *)data, head,
	    JSON_REJECT_DUPLICATES, NULL);
	struct arena *a = arena_new();
	const struct checks *checks;
	const char *at = NULL, *why = NULL;

	if (json_is_object(doc) && checks_make(&checks, a, doc, &at, &why) == 0) {
		struct invalid bad = { "", "" }, again = { "", "" };
		int rc = checks_run_text(checks, record, record_n, &bad);

		assert(rc == checks_run_text(checks, record, record_n, &again));
		assert(rc == 0 || bad.why[0] != '\0');
	} else if (json_is_object(doc))
		assert(at != NULL && why != NULL && why[0] != '\0');
	arena_free(a);
	json_decref(doc);
	return 0;
}
