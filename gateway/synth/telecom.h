/* SPDX-License-Identifier: Apache-2.0 */
/* telecom.h - what the files of the telecom sector share. */
#ifndef SYNTH_TELECOM_H
#define SYNTH_TELECOM_H
#include "synth/synth_own.h"

int64_t shop_hour(const struct synth *, const struct line_of *, int day);
int64_t subscriber_changed(const struct synth *, const struct person *);

enum { PHONE_OPTIONS_MAX = 3 };
struct phone_option { const char *name; int cents, since; };
int phone_options(struct phone_option[PHONE_OPTIONS_MAX], const struct synth *,
    const struct line_of *);

/* phone_more.c: tables and records of what a phone and a box see */
typedef void phone_rows(struct copy *, const struct synth *,
    const struct person *);
phone_rows phone_sights, phone_videos, phone_bills, phone_bill_lines;
/* What was ordered on the box in a period, in cents, and how many times. */
int64_t videos_cost(const struct synth *, const struct line_of *, int from,
    int to, int64_t *n);
/* phone_bill.c */
phone_rows phone_invoices;

#endif
