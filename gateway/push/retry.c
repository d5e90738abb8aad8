/* SPDX-License-Identifier: Apache-2.0 */
/* retry.c - patience with a cloud. */
#include "push/retry.h"
#include "crypto/hash.h"

enum {
	FIRST_MS = 500, LONGEST_MS = 4 * 3600 * 1000, DOUBLINGS_MAX = 14
};

static int64_t
draw(int64_t below)
{
	uint64_t r;

	random_bytes(&r, sizeof(r));
	return (int64_t)(r % (uint64_t)below);
}

int64_t
retry_wait_ms(int refusals, int asked_s)
{
	int doublings = refusals < DOUBLINGS_MAX ? refusals : DOUBLINGS_MAX;
	int64_t bound = (int64_t)FIRST_MS << doublings;

	if (bound > LONGEST_MS)
		bound = LONGEST_MS;
	return (int64_t)asked_s * 1000 + draw(bound) + 1;
}
