/* SPDX-License-Identifier: Apache-2.0 */
/* details_own.h - what the files about authorization_details share. */
#ifndef DETAILS_OWN_H
#define DETAILS_OWN_H
#include "consent/details.h"

/* A day ("2026-03-04": its first moment, UTC) or a moment (RFC 3339). */
MUST_CHECK int detail_time(int64_t *us, const char *text);
/* The day that lies a duration of days or more before a moment, on the
 * organisation's clock; NULL: not such a duration. In the arena. */
const char *detail_days_before(struct arena *, int64_t us, const char *duration);
/* The day of a moment, on the organisation's clock (words.h sets it). */
const char *detail_day(struct arena *, int64_t us);
bool detail_same_text(const char *, const char *);	/* NULL equals NULL */

#endif
