/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the time, in microseconds unless the name says otherwise. */
#ifndef CLOCK_H
#define CLOCK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

int64_t clock_us(void);			/* since 1970, UTC */
int64_t clock_s(void);
int64_t clock_mono_us(void);		/* for durations only */
int64_t clock_boot_ms(void);		/* the same, counting while asleep too */

#define TIME_TEXT_MAX 40
/* RFC 3339, UTC: "2026-03-04T10:15:30.123Z" (ms) or with all six digits */
void time_text_ms(char out[TIME_TEXT_MAX], int64_t us);
void time_text_us(char out[TIME_TEXT_MAX], int64_t us);
/* Reads RFC 3339 with offset or Z. 0, or E_BAD_INPUT. */
MUST_CHECK int time_parse(int64_t *us, const char *text);
/* Reads an ISO 8601 duration of fixed or calendar parts (P1D, PT30M, P3Y...);
 * calendar parts count as 365 and 30 days. 0, or E_BAD_INPUT. */
MUST_CHECK int duration_parse(int64_t *us, const char *text);

#endif
