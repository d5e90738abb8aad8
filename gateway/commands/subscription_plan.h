/* SPDX-License-Identifier: Apache-2.0 */
/* subscription_plan.h - `guichet subscription plan`, a dry run. */
#ifndef SUBSCRIPTION_PLAN_H
#define SUBSCRIPTION_PLAN_H
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"

struct db_now;
struct settings;

struct plan_wish {
	const char *host, *client, *dataset, *customer;	/* NULL = all */
	bool again;		/* as if nothing had been given yet */
	int64_t sample;		/* customers of each that are counted */
	int64_t rate;		/* records a second */
	bool json;
};

/* An exit code. */
MUST_CHECK int subscription_plan(const struct settings *, struct db_now *,
    const struct plan_wish *);

#endif
