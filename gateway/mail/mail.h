/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.h - letters to customers: receipt, change, reminder, deliveries given up,
 * end.
 *
 * A letter is a row of guichet.letter, put there by the transaction that changed
 * the grant. Whoever sends claims it by lease, asks customers.sql for the address
 * and the language, hands the letter to the mail server (or to a program) and
 * deletes the row. What fails is tried again, ever later; a worker that dies
 * leaves it to the next, and the Message-ID stays the same. Where mail is off,
 * letters are dropped after a day.
 */
#ifndef MAIL_H
#define MAIL_H
#include "base/attr.h"

struct fault;
struct house;
struct mail;
struct settings;

/* Are the [mail] settings whole? 0, or E_BAD_INPUT and the fault. */
MUST_CHECK int mail_check(const struct settings *, struct fault *);

struct mail *mail_new(struct house *);
void mail_stop(struct mail *);		/* claims no more */
void mail_free(struct mail *);		/* NULL is welcome */

#endif
