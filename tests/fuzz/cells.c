/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary values and arrays as a broken or hostile server might send them: they
 * are refused, or become JSON that jansson reads (texts: on one line).
 */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/cell.h"
#include "catalogue/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint32_t types[] = { T_BOOL, T_CHAR, T_NAME, T_INT8, T_INT2,
    T_INT4, T_TEXT, T_FLOAT4, T_FLOAT8, T_BPCHAR, T_VARCHAR, T_DATE,
    T_TIMESTAMP, T_TIMESTAMPTZ, T_NUMERIC, T_UUID };

static struct zone *paris;

static void
write_one(const struct cell *c)
{
	struct buf b;
	json_t *v;

	buf_init(&b);
	if (cell_to_json(&b, c, paris)) {
		assert(memchr(b.data, '\n', b.len) == NULL);
		assert(b.data[b.len] == '\0');
		v = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL |
		    JSON_DECODE_INT_AS_REAL, NULL);
		/* only a number beyond a double's range is no JSON to jansson */
		assert(v != NULL || c->type == T_NUMERIC);
		json_decref(v);
	}
	buf_reset(&b);
	(void)!cell_to_text(&b, c);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct arena *arena;
	struct cell c, item;
	struct walk walk;
	char *exact;

	if (arena == NULL) {
		arena = arena_new();
		paris = zone_load(arena, "Europe/Paris");
	}
	if (n < 1 || n > 4096)
		return 0;
	/* a NUL follows, as libpq promises, and nothing more */
	exact = malloc(n);
	memcpy(exact, data + 1, n - 1);
	exact[n - 1] = '\0';
	c = (struct cell){ exact, (int)n - 1, types[data[0] % countof(types)] };
	write_one(&c);
	if (walk_begin(&walk, &c))
		while (walk_next(&walk, &item))
			if (item.n >= 0) {
				item.type = c.type;
				write_one(&item);
			}
	free(exact);
	return 0;
}
