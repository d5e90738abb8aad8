/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.c - networks, and what the public Internet is not.
 *
 * An IPv4 address is kept as its mapped IPv6 one, so that one comparison of
 * leading bits serves both. The lists are the IANA special-purpose registries
 * (RFC 6890 and its successors), read in November 2026.
 */
#include "http/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

struct network { uint8_t bytes[16]; int bits; };
struct networks { size_t n; struct network list[]; };

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
to_bytes(uint8_t out[16], const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		memcpy(out, mapped, 12);
		memcpy(out + 12,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(out,
		    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
		return true;
	}
	return false;
}

static bool
text_to_bytes(uint8_t out[16], const char *text)
{
	memcpy(out, mapped, 12);
	return inet_pton(AF_INET, text, out + 12) == 1 ||
	    inet_pton(AF_INET6, text, out) == 1;
}

static bool
holds(const struct network *net, const uint8_t bytes[16])
{
	int whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->bytes, bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 ||
	    ((net->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

/* "10.0.0.0/8" */
static bool
parse_one(struct network *net, const char *text)
{
	char copy[64], *slash;
	int64_t bits = 128;
	bool v4;

	snprintf(copy, sizeof(copy), "%s", text);
	if ((slash = strchr(copy, '/')) != NULL)
		*slash++ = '\0';
	if (!text_to_bytes(net->bytes, copy))
		return false;
	v4 = strchr(copy, ':') == NULL;
	if (slash != NULL) {
		if (parse_int(&bits, slash, 0, v4 ? 32 : 128) < 0)
			return false;
		bits += v4 ? 96 : 0;
	}
	net->bits = (int)bits;
	return true;
}

int
networks_parse(struct networks **out, const char *text, char wrong[64])
{
	struct networks *nets = xcalloc(1, sizeof(*nets) +
	    (strlen(text) / 2 + 1) * sizeof(struct network));

	while (*(text += strspn(text, " \t,")) != '\0') {
		size_t n = strcspn(text, " \t,");

		snprintf(wrong, 64, "%.*s", (int)n, text);
		if (n > 60 || !parse_one(&nets->list[nets->n], wrong)) {
			networks_free(nets);
			return E_BAD_INPUT;
		}
		nets->n++;
		text += n;
	}
	*out = nets;
	return 0;
}

static bool
any_holds(const struct networks *nets, const uint8_t bytes[16])
{
	for (size_t i = 0; i < nets->n; i++)
		if (holds(&nets->list[i], bytes))
			return true;
	return false;
}

bool
networks_hold(const struct networks *nets, const struct sockaddr *sa)
{
	uint8_t bytes[16];

	return to_bytes(bytes, sa) && any_holds(nets, bytes);
}

bool
networks_hold_text(const struct networks *nets, const char *address)
{
	uint8_t bytes[16];

	return text_to_bytes(bytes, address) && any_holds(nets, bytes);
}

void
networks_free(struct networks *nets)
{
	free(nets);
}

/* ---- what is not public ---- */

static const char special[] =
	"0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 "
	"172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 "
	"192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 "
	"198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
	/* of IPv6 only 2000::/3 is given out (checked below); of it: */
	"2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20";

/* The IPv4 address an IPv6 one stands for, if any. */
static bool
inner_v4(uint8_t out[16], const uint8_t b[16])
{
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const uint8_t zeros[12];
	const uint8_t *v4 = NULL;

	if (memcmp(b, zeros, 12) == 0 || memcmp(b, nat64, 12) == 0)
		v4 = b + 12;
	else if (b[0] == 0x20 && b[1] == 0x02)		/* 6to4 */
		v4 = b + 2;
	if (v4 == NULL)
		return false;
	memcpy(out, mapped, 12);
	memcpy(out + 12, v4, 4);
	return true;
}

static bool
bytes_public(const uint8_t b[16])
{
	static struct networks *nets;
	char wrong[64];
	uint8_t v4[16];

	if (nets == NULL && networks_parse(&nets, special, wrong) < 0)
		abort();
	if (inner_v4(v4, b))
		return bytes_public(v4);
	if (any_holds(nets, b))
		return false;
	return memcmp(b, mapped, 12) == 0 || (b[0] & 0xe0) == 0x20;
}

bool
address_public(const struct sockaddr *sa)
{
	uint8_t bytes[16];

	return to_bytes(bytes, sa) && bytes_public(bytes);
}

void
address_text(char out[64], const struct sockaddr *sa)
{
	const void *from = sa->sa_family == AF_INET ?
	    (const void *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr :
	    (const void *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;

	if ((sa->sa_family != AF_INET && sa->sa_family != AF_INET6) ||
	    inet_ntop(sa->sa_family, from, out, 64) == NULL)
		snprintf(out, 64, "-");
}
