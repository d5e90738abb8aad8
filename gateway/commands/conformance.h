/* SPDX-License-Identifier: Apache-2.0 */
/* conformance.h - what a receiver is held against, case by case. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H
#include <stdbool.h>
#include <stdint.h>
#include "crypto/webhook.h"

struct arena;

struct trial {
	const char *url, *ca;
	struct webhook_keys keys, strange;	/* strange: nobody's */
	struct arena *arena;
	/* the last exchange */
	long status;
	const char *body;
	int64_t ms, next;			/* next: the number it waits for, or 0 */
	const char *unreached;			/* why nothing more is tried */
};

struct conformance_case {
	const char *name, *what;
	const char *(*run)(struct trial *);	/* NULL: it passes; else what to mend */
};
extern const struct conformance_case conformance_cases[];	/* ends with NULL */

#endif
