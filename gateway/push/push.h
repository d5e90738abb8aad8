/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push.h - the push role: claims what is due, reads a page, hands it over,
 * settles. See DESIGN in docs/design.md, "Push".
 *
 * The whole queue is the table guichet.subscription; nothing is remembered here
 * that a kill -9 could lose. What was claimed by a worker that died is tried
 * again, alone.
 */
#ifndef PUSH_H
#define PUSH_H
#include <stddef.h>

struct house;
struct push;

struct push *push_new(struct house *);
/* Claims no more; done is called once when the last delivery is settled. */
void push_stop(struct push *, void (*done)(void *), void *arg);
void push_free(struct push *);

#endif
