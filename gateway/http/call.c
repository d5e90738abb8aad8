/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - reading the request of a call. */
#include "http/call.h"
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "http/exchange.h"

const char *
call_field(struct call *c, const char *lower_name)
{
	for (size_t i = 0; i < c->field_count; i++)
		if (strcmp(c->fields[i].name, lower_name) == 0)
			return c->fields[i].value;
	return NULL;
}

size_t
call_field_count(struct call *c, const char *lower_name)
{
	size_t n = 0;

	for (size_t i = 0; i < c->field_count; i++)
		n += strcmp(c->fields[i].name, lower_name) == 0;
	return n;
}

const char *
call_path_arg(struct call *c, const char *name)
{
	struct exchange *x = exchange_of(c);

	for (size_t i = 0; i < PATH_ARGS_MAX && x->path_args[i].name != NULL; i++)
		if (strcmp(x->path_args[i].name, name) == 0)
			return x->path_args[i].value;
	assert(!"the route has this {name}");
	return NULL;
}

static const char *
find(const struct args *args, const char *name)
{
	for (size_t i = 0; i < args->n; i++)
		if (strcmp(args->list[i].name, name) == 0)
			return args->list[i].value;
	return NULL;
}

const char *
call_query_arg(struct call *c, const char *name)
{
	return find(&exchange_of(c)->query, name);
}

const char *
call_form_arg(struct call *c, const char *name)
{
	return find(&exchange_of(c)->form, name);
}

size_t
call_form_args(struct call *c, const char *name, const char **out, size_t max)
{
	const struct args *form = &exchange_of(c)->form;
	size_t n = 0;

	for (size_t i = 0; i < form->n && n < max; i++)
		if (strcmp(form->list[i].name, name) == 0)
			out[n++] = form->list[i].value;
	return n;
}

static const char *
repeated(const struct args *args)
{
	for (size_t i = 1; i < args->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(args->list[i].name, args->list[j].name) == 0)
				return args->list[i].name;
	return NULL;
}

const char *
call_args_repeated(struct call *c)
{
	struct exchange *x = exchange_of(c);
	const char *name = repeated(&x->query);

	return name != NULL ? name : repeated(&x->form);
}

/* RFC 6265 5.4: "name=value; name=value", in one field or several. */
const char *
call_cookie(struct call *c, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < c->field_count; i++) {
		const char *p = c->fields[i].value;

		if (strcmp(c->fields[i].name, "cookie") != 0)
			continue;
		while (*p != '\0') {
			size_t m;

			p += strspn(p, "; ");
			m = strcspn(p, ";");
			if (m > n && strncmp(p, name, n) == 0 && p[n] == '=')
				return arena_strndup(c->arena, p + n + 1,
				    m - n - 1);
			p += m;
		}
	}
	return NULL;
}
