/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - traceparent and tracestate, read strictly and given on. */
#include "http/trace.h"
#include <string.h>
#include "base/arena.h"
#include "http/call.h"

enum { STATE_MAX = 512, FIRST_LENGTH = 55 };	/* 3.3.1.5; 3.2.2 */

static bool
is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") >= n;
}

/* All zeros name nobody. */
static bool
is_id(const char *s, size_t n)
{
	return is_hex(s, n) && strspn(s, "0") < n;
}

/* 00-<32 hex>-<16 hex>-<2 hex>; a later version may go on behind a dash. */
static bool
is_parent(const char *s)
{
	return strlen(s) >= FIRST_LENGTH && is_hex(s, 2) &&
	    strncmp(s, "ff", 2) != 0 && s[2] == '-' && is_id(s + 3, 32) &&
	    s[35] == '-' && is_id(s + 36, 16) && s[52] == '-' &&
	    is_hex(s + 53, 2) && (s[FIRST_LENGTH] == '\0' ||
	    (strncmp(s, "00", 2) != 0 && s[FIRST_LENGTH] == '-'));
}

/* One field, or none: what comes in several is not put together. */
static const char *
only(const struct field *fields, size_t n, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0) {
			if (value != NULL)
				return NULL;
			value = fields[i].value;
		}
	return value;
}

static bool
is_state(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return n > 0 && n <= STATE_MAX;
}

void
trace_take(struct trace *t, const struct field *fields, size_t n)
{
	const char *parent = only(fields, n, "traceparent"), *state;

	memset(t, 0, sizeof(*t));
	if (parent == NULL || !is_parent(parent))
		return;
	memcpy(t->id, parent + 3, 32);
	/* of the flags, version 00 defines "sampled" alone */
	memcpy(t->flags, strchr("13579bdf", parent[54]) != NULL ? "01" : "00", 2);
	state = only(fields, n, "tracestate");
	t->state = state != NULL && is_state(state) ? state : NULL;
}

const char **
trace_fields(struct arena *a, const struct trace *t, const char *parent)
{
	const char **out;

	if (t->id[0] == '\0')
		return NULL;
	out = arena_alloc(a, 3 * sizeof(*out));
	out[0] = arena_printf(a, "traceparent: 00-%s-%s-%s", t->id, parent,
	    t->flags);
	out[1] = t->state == NULL ? NULL :
	    arena_printf(a, "tracestate: %s", t->state);
	out[2] = NULL;
	return out;
}
