/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exports.h - walks what was asked for at once (POST /v1/exports).
 *
 * One export at a time, page by page, each under a horizon of its own data set;
 * what is kept of a page is where it begins and ends, how many records it has
 * and how long it is. A walker that dies leaves a lease, and another goes on
 * from the last place.
 */
#ifndef EXPORTS_H
#define EXPORTS_H

struct exports;
struct house;

struct exports *exports_new(struct house *);
void exports_free(struct exports *);		/* NULL is welcome */

#endif
