/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jw.h - JSON out, straight into a buffer: no tree, no doubles.
 * Decimals are text that is passed through as it stands (jw_raw), so that what
 * PostgreSQL stored is what a PIMS reads. Strings must be UTF-8 (invalid bytes
 * become U+FFFD). Nesting is limited to 32, asserted.
 */
#ifndef JW_H
#define JW_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct jw {
	struct buf *out;
	uint32_t more;		/* bit n: level n already has a member */
	int level;
	bool after_key;
};

void jw_init(struct jw *, struct buf *out);
void jw_object(struct jw *);
void jw_end_object(struct jw *);
void jw_array(struct jw *);
void jw_end_array(struct jw *);
void jw_key(struct jw *, const char *key);
void jw_string(struct jw *, const char *);		/* NULL gives null */
void jw_string_n(struct jw *, const char *, size_t n);
void jw_int(struct jw *, int64_t);
void jw_bool(struct jw *, bool);
void jw_null(struct jw *);
void jw_raw(struct jw *, const char *, size_t n);	/* JSON already */

/* key and value in one go */
void jw_str_member(struct jw *, const char *key, const char *value);
void jw_int_member(struct jw *, const char *key, int64_t value);
void jw_bool_member(struct jw *, const char *key, bool value);

#endif
