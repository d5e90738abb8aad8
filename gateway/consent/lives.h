/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lives.h - what becomes of customers, as their organisation's sources tell.
 *
 * Each live grant's customer is looked at again once an hour, source by source
 * (customers.sql), a few at a time. One who may no longer take part there (died,
 * left, objected, under guardianship) has her grant ended by us, with the reason
 * in the journal and on her page; a source that is away decides nothing. One who
 * goes by another reference since (a merge, a renumbering: the column customer
 * differs from what was asked) is followed: she keeps her history and her
 * grants, unless somebody of that reference has come here too; then the older
 * grants end rather than show one person another's records.
 */
#ifndef LIVES_H
#define LIVES_H

struct house;
struct lives;

struct lives *lives_new(struct house *);
void lives_free(struct lives *);		/* NULL is welcome */

#endif
