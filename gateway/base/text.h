/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - small honest work on bytes: hex, base64url, UTF-8, percent. */
#ifndef TEXT_H
#define TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct buf;

void hex_encode(char *out, const void *bytes, size_t n);	/* 2n+1 bytes */
MUST_CHECK int hex_decode(void *out, size_t n, const char *hex); /* exactly n */

/* base64url without padding (RFC 4648 5). Decoding is strict: canonical, no
 * padding, no white space; returns the length, or E_BAD_INPUT/E_TOO_LARGE. */
size_t b64url_encode(char *out, const void *bytes, size_t n);	/* 4n/3+3 bytes */
MUST_CHECK int b64url_decode(void *out, size_t max, const char *text, size_t n);
char *b64url_text(struct arena *, const void *bytes, size_t n);
/* base64 with padding, for signed notes and headers */
size_t b64_encode(char *out, const void *bytes, size_t n);
MUST_CHECK int b64_decode(void *out, size_t max, const char *text, size_t n);

bool utf8_valid(const char *, size_t n);
size_t utf8_length(const char *, size_t n);	/* of the first character; 0 = bad */
/* %XX and, in forms, '+'. Refuses bad escapes and %00. NULL when refused. */
char *percent_decode(struct arena *, const char *, size_t n, bool form);
void percent_encode(struct buf *, const char *);	/* unreserved stay */

/* Which of the candidates was perhaps meant? NULL when none is near. */
const char *nearest(const char *word, const char *const *candidates, size_t n);

/* "yes/no/on/off/true/false" -> 0 and *out, or E_BAD_INPUT */
MUST_CHECK int parse_bool(bool *out, const char *);
MUST_CHECK int parse_int(int64_t *out, const char *, int64_t min, int64_t max);

#define UUID_TEXT 37
struct uuid { uint8_t bytes[16]; };
void uuid_make(struct uuid *);		/* version 7 (RFC 9562): sorted by time */
void uuid_text(char out[UUID_TEXT], const struct uuid *);
MUST_CHECK int uuid_parse(struct uuid *, const char *);

#endif
