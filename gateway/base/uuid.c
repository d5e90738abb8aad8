/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uuid.c - identifiers that sort by the time they were made (RFC 9562).
 *
 * Version 7: 48 bits of milliseconds, then 12 bits of the millisecond's
 * fraction (section 6.2, method 3), pushed forward within this process when
 * the clock stands still or steps back; 62 random bits keep processes apart.
 */
#include <assert.h>
#include <string.h>
#include <sys/random.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

/* Milliseconds and 1/4096 of them: never the same, never less. */
static uint64_t
tick(void)
{
	static uint64_t last;
	uint64_t us = (uint64_t)clock_us();
	uint64_t now = (us / 1000) << 12 | (us % 1000) * 4096 / 1000;

	last = now > last ? now : last + 1;
	return last;
}

void
uuid_make(struct uuid *u)
{
	uint64_t t = tick();
	ssize_t n = getrandom(u->bytes + 8, 8, 0);

	assert(n == 8);
	for (int i = 0; i < 6; i++)
		u->bytes[i] = (uint8_t)(t >> (52 - 8 * i));
	u->bytes[6] = (uint8_t)(0x70 | (t >> 8 & 0x0f));
	u->bytes[7] = (uint8_t)t;
	u->bytes[8] = (uint8_t)(0x80 | (u->bytes[8] & 0x3f));
}

void
uuid_text(char out[UUID_TEXT], const struct uuid *u)
{
	static const int parts[] = { 4, 2, 2, 2, 6 };
	const uint8_t *p = u->bytes;

	for (size_t i = 0; i < countof(parts); p += parts[i++]) {
		hex_encode(out, p, (size_t)parts[i]);
		out += 2 * parts[i];
		*out++ = '-';
	}
	out[-1] = '\0';
}

int
uuid_parse(struct uuid *u, const char *text)
{
	char hex[33];
	size_t n = 0;

	if (strlen(text) != UUID_TEXT - 1)
		return E_BAD_INPUT;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash != (text[i] == '-'))
			return E_BAD_INPUT;
		if (!dash)
			hex[n++] = text[i];
	}
	hex[n] = '\0';
	return hex_decode(u->bytes, sizeof(u->bytes), hex);
}
