/* SPDX-License-Identifier: Apache-2.0 */
/* audit_own.h - what the auditors' routes share. */
#ifndef AUDIT_OWN_H
#define AUDIT_OWN_H
#include "http/call.h"
#include "journal/line.h"

/* ---- audit_reading.c: each reading is a line, before anything is shown ---- */
struct audit_reading {
	const char *what;		/* "lines", "report activity": no person */
	const char *event;		/* access.read or report.produced */
	const char *client, *customer;	/* NULL = none */
	/* the answer, by audit_read_answer */
	bool known;			/* is there such a customer? */
	struct uuid subject;
	int64_t size, signed_us, behind;
	const char *root;		/* base64, of the last checkpoint */
};
enum next audit_read(struct call *, const struct audit_reading *);
void audit_read_answer(struct call *, struct audit_reading *);

/* The first moment of a day ("2026-03-01") on the organisation's clock, so many
 * days later; or what stands for none. */
int64_t audit_day(const char *day, int add_days, int64_t otherwise);
/* "2026-03-01" of that moment, on the same clock. */
const char *audit_day_text(struct arena *, int64_t us);

#endif
