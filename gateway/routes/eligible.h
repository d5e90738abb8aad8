/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eligible.h - may this customer decide about these data? Each source says so
 * (customers.sql): a minor, somebody under guardianship, one who objected or
 * left is told why, and nothing of that source can be ticked.
 */
#ifndef ELIGIBLE_H
#define ELIGIBLE_H
#include "http/call.h"
#include "routes/choices.h"

struct eligible { size_t source; enum { ELIGIBLE_ASK, ELIGIBLE_TOLD,
    ELIGIBLE_ACCOUNTS } at; };

/* And which meters or lines are hers (accounts.sql): those of asked (NULL: of
 * every data set listed) become choices too.
 * A step that comes back to itself (its name in the table must be `name`) until
 * every source was asked; then it is NEXT and the choices are marked. */
enum next eligible_ask(struct call *, struct eligible *, struct choices *,
    const struct details *asked, const char *name);

#endif
