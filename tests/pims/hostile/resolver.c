/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.c - names of .hostile.example lead where a liar's would: preloaded
 * into the gateway, so that a test owns a zone without owning a resolver.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

typedef int resolve(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);

/* Some addresses, one behind the other; allow is where tests may listen. */
static const struct { const char *name, *first, *second; } zone[] = {
	{ "inside.hostile.example", "127.0.0.1", NULL },
	{ "metadata.hostile.example", "169.254.169.254", NULL },
	{ "mapped.hostile.example", "::ffff:127.0.0.1", NULL },
	{ "six.hostile.example", "::1", NULL },
	{ "two.hostile.example", "127.0.0.2", "127.0.0.1" },
	{ "turned.hostile.example", "127.0.0.1", "127.0.0.2" },
};

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	resolve *real = (resolve *)dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo *second;

	for (size_t i = 0; node != NULL && i < sizeof(zone) / sizeof(zone[0]);
	    i++) {
		if (strcmp(node, zone[i].name) != 0)
			continue;
		if (real(zone[i].first, service, hints, out) != 0)
			return EAI_NONAME;
		if (zone[i].second != NULL &&
		    real(zone[i].second, service, hints, &second) == 0) {
			struct addrinfo *last = *out;

			while (last->ai_next != NULL)
				last = last->ai_next;
			last->ai_next = second;
		}
		return 0;
	}
	return real(node, service, hints, out);
}
