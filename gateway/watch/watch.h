/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - who changed? Asks each source, wakes the subscriptions.
 *
 * Per data set, again and again: the horizon U; the adapter's own question
 * (<data-set>.changed.sql) over [mark, U); then, by one statement, the
 * subscriptions of those customers are due and the mark is U. Nothing is
 * remembered between turns but the mark, so that kill -9 at any point only
 * asks again. Hosts share the data sets by a lease; the mark itself fences.
 */
#ifndef WATCH_H
#define WATCH_H

struct house;
struct watch;

struct watch *watch_new(struct house *);
void watch_free(struct watch *);

#endif
