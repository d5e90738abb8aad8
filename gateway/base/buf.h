/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - bytes that grow. Always NUL-terminated after the last byte once
 * anything was added, so that data can be read as a string.
 */
#ifndef BUF_H
#define BUF_H
#include <stddef.h>
#include "base/attr.h"

struct arena;

struct buf {
	char *data;		/* NULL while empty and never reserved */
	size_t len, size;	/* bytes used, bytes allocated */
	struct arena *arena;	/* whose the bytes are; NULL = ours */
};

void buf_init(struct buf *);
/* Its bytes are the arena's and live as long as it; the struct buf itself may
 * be gone before, on the stack for instance. */
void buf_init_in(struct buf *, struct arena *);
void buf_clear(struct buf *);			/* frees what is ours */
void buf_reset(struct buf *);			/* keeps the memory */
char *buf_reserve(struct buf *, size_t n);	/* room for n more; their start */
void buf_add(struct buf *, const void *, size_t n);
void buf_str(struct buf *, const char *);
void buf_char(struct buf *, char);
void buf_cut(struct buf *, size_t len);		/* back to a shorter length */
void buf_printf(struct buf *, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
