/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of a source's changes: messages of two bytes of length each, read by
 * one reader. What it hands out lies within the message. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "watch/pgoutput.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
within(const struct pgoutput_row *row, const struct pgoutput_relation *r,
    const char *message, size_t n)
{
	if (row->kind == 0)
		return;
	assert(r != NULL && row->n == r->n);
	for (int i = 0; i < row->n; i++) {
		const struct pgoutput_value *v = &row->values[i];

		assert(strchr("nutb", v->kind) != NULL);
		assert(r->columns[i].name != NULL);
		if (v->kind == 't' || v->kind == 'b')
			assert(v->data >= message && v->n <= n &&
			    v->data + v->n <= message + n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct pgoutput *p = pgoutput_new();
	struct pgoutput_message m;

	while (n >= 2) {
		size_t size = (size_t)data[0] << 8 | data[1];
		char *message;

		data += 2;
		n -= 2;
		if (size > n)
			size = n;
		message = malloc(size == 0 ? 1 : size);	/* no byte more */
		memcpy(message, data, size);
		if (pgoutput_read(p, message, size, &m) == 0) {
			within(&m.old, m.relation, message, size);
			within(&m.new, m.relation, message, size);
			for (int i = 0; i < m.emptied_n; i++)
				assert(m.emptied[i]->name != NULL);
		}
		free(message);
		data += size;
		n -= size;
	}
	pgoutput_free(p);
	return 0;
}
