/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - which route answers?
 *
 * The table is short and read from front to back; of two routes that fit, the
 * one whose first differing segment is written out wins over {name}.
 */
#include "http/router.h"
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "http/exchange.h"

/* Does the path fit the pattern? {name} is one segment, {name*} the rest. */
static bool
fits(const char *pattern, const char *path)
{
	for (;;) {
		if (*pattern == '{') {
			size_t n = strcspn(path, "/");

			if (n == 0)
				return false;
			pattern += strcspn(pattern, "}") + 1;
			if (pattern[-2] == '*')
				return true;
			path += n;
		} else if (*pattern != *path) {
			return false;
		} else if (*pattern == '\0') {
			return true;
		} else {
			pattern++;
			path++;
		}
	}
}

/* Where two patterns that fit the same path part, is a the one written out? */
static bool
closer(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return *b == '{' && *a != '{';
}

static void
take_path_args(struct exchange *x)
{
	struct arena *arena = x->call.arena;
	const char *pattern = x->call.route->path, *path = x->call.path;
	size_t n = 0;

	while (*pattern != '\0') {
		if (*pattern == '{') {
			size_t m = strcspn(pattern, "*}");
			size_t k = pattern[m] == '*' ? strlen(path) :
			    strcspn(path, "/");

			assert(n < PATH_ARGS_MAX);
			x->path_args[n].name = arena_strndup(arena, pattern + 1,
			    m - 1);
			x->path_args[n++].value = arena_strndup(arena, path, k);
			pattern += strcspn(pattern, "}") + 1;
			path += k;
		} else {
			pattern++;
			path++;
		}
	}
}

static void
add_allow(char allow[64], const char *method)
{
	size_t n = strlen(allow);

	if (strstr(allow, method) != NULL)
		return;
	snprintf(allow + n, 64 - n, "%s%s%s", n > 0 ? ", " : "", method,
	    strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

int
router_find(struct call *c, char allow[64])
{
	struct exchange *x = exchange_of(c);
	const struct route *best = NULL;

	allow[0] = '\0';
	for (size_t i = 0; x->table[i] != NULL; i++) {
		const struct route *r = x->table[i];

		if (!fits(r->path, c->path))
			continue;
		add_allow(allow, r->method);
		if (strcmp(r->method, c->method) == 0 &&
		    (best == NULL || closer(r->path, best->path)))
			best = r;
	}
	if (best == NULL)
		return allow[0] == '\0' ? E_NOT_FOUND : E_DENIED;
	c->route = best;
	take_path_args(x);
	return 0;
}
