/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth.h - a whole synthetic organisation: people who never were, whose
 * records look as if they had been.
 *
 * Person N of a seed is the same in every sector and at any population size:
 * whatever is drawn for her is a function of the seed, of N and of what it is
 * drawn for (draw.c), never of what was drawn before. The reference date
 * only says how far her story has been told. Her addresses, numbers and
 * domains are among those reserved for fiction.
 */
#ifndef SYNTH_H
#define SYNTH_H
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"

struct db_now;
struct fault;
struct jw;

enum { SYNTH_CUSTOMERS_MAX = 10 * 1000 * 1000, SYNTH_DAYS_MAX = 3660 };

struct synth {
	uint64_t seed;
	int as_of;		/* days since 1970: all that changed before it */
	int days;		/* of readings and calls, up to as_of */
	int64_t customers;
	struct curve_memo *memo;	/* synth_records' own; else NULL */
};

/* Day number of "2026-03-04", 1900 to 2100. 0, or E_BAD_INPUT. */
MUST_CHECK int synth_day(int *out, const char *date);

typedef void synth_step(uint64_t done, uint64_t of, void *arg);
struct synth_job {
	const char *sector;	/* "energy", "telecom" ... */
	const char *ddl;	/* its organisation.sql */
	const char *schemas;	/* synth_records: their directory */
	synth_step *step;	/* how far it has come; may be NULL */
	void *arg;
	int64_t rows;		/* out: written */
};
/* Makes the tables of a sector in an empty database and fills them by COPY,
 * in one transaction: all of it, or nothing. */
MUST_CHECK int synth_fill(const struct synth *, struct synth_job *,
    const char *url, struct fault *);

/* The same people as records: DIR/<data-set>.ndjson or .csv, in constant memory.
 * They are those that the sector's adapter makes of its tables. */
enum synth_form { SYNTH_NDJSON, SYNTH_CSV };
MUST_CHECK int synth_records(const struct synth *, struct synth_job *,
    enum synth_form, const char *dir, struct fault *);
bool synth_knows(const char *sector);
/* "bank, energy, ...", for messages */
#define SYNTH_SECTORS "energy, telecom, insurance, bank, retail or mobility"

/* One of the people, for those who sign in (demo) and those who read about
 * them: login, password, customer, name, story. */
struct synth_login {
	char login[32], password[48], customer[32], name[128];
	const char *story_en, *story_fr;	/* "" for everyday people */
	bool barred;		/* a minor, under guardianship, opposed */
};
void synth_login_make(struct synth_login *, const struct synth *, int64_t n);
/* Puts it into guichet's own database. 0, or E_... (db_now_error tells). */
MUST_CHECK int synth_login_put(const struct synth_login *, struct db_now *);

#endif
