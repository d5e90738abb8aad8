/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter's SQL as anybody may write it: what is accepted keeps its length,
 * line by line, is one statement, and closes what it opens.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1), *before;
	struct fault f;
	unsigned used = 0;
	int line, column;

	memcpy(text, data, n);
	text[n] = '\0';
	before = strdup(text);
	for (enum sql_for what = SQL_FOR_PAGE; what <= SQL_FOR_CUSTOMER; what++) {
		strcpy(text, before);
		if (sqltext_scan(text, &used, "f", what, &f) < 0) {
			assert(f.line >= 1 && f.column >= 1 && f.cure[0] != '\0');
			continue;
		}
		assert(strlen(text) > 0 && strlen(text) <= strlen(before));
		for (size_t i = 0; text[i] != '\0'; i++)
			assert((text[i] == '\n') == (before[i] == '\n') ||
			    before[i] == '\n');
		sqltext_place(before, sqltext_byte_of(before, (int)(n / 2)), &line,
		    &column);
		assert(line >= 1 && column >= 1);
		(void)sqltext_alias(text, "changed");
	}
	free(before);
	free(text);
	return 0;
}
