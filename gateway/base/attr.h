/* SPDX-License-Identifier: Apache-2.0 */
/* attr.h - words the compiler understands. */
#ifndef ATTR_H
#define ATTR_H
#include <stddef.h>

#define MUST_CHECK	__attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define UNUSED		__attribute__((unused))
#define countof(a)	(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

#endif
