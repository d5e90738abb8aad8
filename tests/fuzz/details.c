/* SPDX-License-Identifier: Apache-2.0 */
/* authorization_details and scopes, as a PIMS sends them: what is read is
 * written so that it reads the same, and narrowing never widens. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"
#include "consent/details.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, n), *why;
	struct details d, again, less;

	if (details_read(&d, a, NULL, text, &why) == 0) {
		const char *written = details_text(a, &d);
		const char **ids = details_datasets(a, &d);
		const struct narrowing by = { .n = 1, .from_us = INT64_MIN,
		    .choices = detail_choices(a, ids, 1),
		    .now_us = INT64_C(1700000000000000) };

		assert(d.n > 0 && d.n <= DETAILS_MAX);
		assert(details_read(&again, a, NULL, written, &why) == 0);
		assert(strcmp(written, details_text(a, &again)) == 0);
		if (details_narrow(&less, a, NULL, &d, &by) == 0)
			assert(less.n == 1 && less.list[0].history == NULL);
	}
	memset(&d, 0, sizeof(d));
	if (details_read_scope(&d, a, NULL, text, &why) == 0 && d.n > 0)
		assert(details_scope(a, &d)[0] != '\0');
	arena_free(a);
	return 0;
}
