/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - pieces that several pages are made of. */
#ifndef PARTS_H
#define PARTS_H
#include "pages/html.h"

struct session;

/* One data set that may be ticked, at one granularity: half-hourly and daily
 * consumption stand apart. */
struct choice {
	const struct schema *schema;
	const struct granularity *at;	/* NULL: whole records only */
	const char *value;		/* of its box: "energy.load-curve", or
				 * "energy.load-curve:P1D" for less */
	bool ticked;
	const char *closed;	/* why it cannot be given (customers.sql); NULL */
	int64_t days;		/* allowed for so long at most; 0 = as any */
	const char *held;	/* with somebody who must agree ("all") or is told
				 * ("any"); NULL */
};

/* A meter, a line, a contract: some of a customer's may be given, others not. */
struct account {
	const char *source, *id;	/* "energy", "01234567890123" */
	const char *label;		/* what she knows it by, or NULL */
	const char *closed;		/* why it cannot be given, or NULL */
	const char *value;		/* of its box: "energy/01234567890123" */
	const char *held;		/* as of a choice */
	bool ticked;
};

/* How far back, and until when: what the customer may choose. */
struct span {
	int64_t from_us;	/* as asked; INT64_MIN = all there is */
	int64_t now_us;
	int64_t until_us;	/* at the latest, as asked; 0 = not said */
	int64_t days_max, days;	/* the longest; the one shown as chosen */
	const char *since;	/* "asked", "year" or "today" */
};
/* The start that a choice of since means. */
int64_t span_from_us(const struct span *);
/* The end that so many days mean. */
int64_t span_until_us(const struct span *, int64_t days);

/* The title of a data set, or its id when nobody documents it any more. */
const char *part_title(struct html *, const struct catalogue *, const char *id);
void part_hidden(struct html *, const char *name, const char *value);
void part_hidden_unless_empty(struct html *, const char *name,
    const char *value);
/* A titled group of data sets to tick, none in advance. wrong: say that
 * nothing is ticked. */
void part_choices(struct html *, const struct choice *, size_t n, bool wrong);
/* The same of her meters; shown only when there is something to choose. wrong:
 * say that none is ticked. */
void part_accounts(struct html *, const struct account *, size_t n, bool wrong);
/* Why something cannot be given: a known reason in plain words, another one as
 * the organisation wrote it. */
const char *part_reason(struct html *, const char *closed);
void part_span(struct html *, const struct span *);
/* What it means that some of these are held with others; nothing when none is.
 * by_us: by when those must answer. */
void part_held(struct html *, const struct choice *, size_t n,
    const struct account *, size_t account_n, int64_t by_us);
/* The box on top of a form that came back, with a way to the first fault. */
void part_faults(struct html *, const char *id, const char *to);
/* Name or password of somebody who signs in. */
void part_login_field(struct html *, const char *id, const char *name,
    const char *type, const char *value, const char *complete, bool wrong);
/* Two buttons of one size and weight. */
void part_two_buttons(struct html *, const char *no, const char *yes);
/* dt and dd; the value is the reader's language already */
void part_fact(struct html *, const char *id, const char *value);

#endif
