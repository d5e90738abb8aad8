/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks.h - looks from time to time whether clouds still let us in, so that a
 * customer who closed the door there sees it here although nothing was sent.
 */
#ifndef CHECKS_H
#define CHECKS_H

struct checks;
struct house;

/* Any number of workers may: each door is looked at by one. */
struct checks *checks_new(struct house *);
void checks_free(struct checks *);

#endif
