/* SPDX-License-Identifier: Apache-2.0 */
/* pims_cozy.h - what the two halves of the Cozy connector share. */
#ifndef PIMS_COZY_H
#define PIMS_COZY_H
#include <stdbool.h>
#include "push/errand.h"

enum cozy_fate { TO_WRITE, WRITTEN, DELETED_THERE, IN_CONFLICT };
struct cozy_own {
	char (*rev)[80];		/* of each item; "" = not there */
	enum cozy_fate *fate;
	int one;			/* the item written alone */
	int conflicts;			/* of that one */
	bool renewed;			/* the token, in this errand */
	void (*again)(struct errand *);	/* after the token was renewed */
	const char *old;		/* its address before it moved, or NULL */
	void (*again_there)(struct errand *);
};

const char *cozy_secret(struct errand *, const char *name);	/* never NULL */
/* Is it about our token? Then renew it. Is it about where it lives? Then look
 * there. Once each, and go on with `again`. */
bool cozy_trouble(struct errand *, const struct http_answer *,
    void (*again)(struct errand *));
/* By the registration token, which never expires. */
void cozy_ask_registration(struct errand *, const char *method, errand_then *);
/* pims_cozy_move.c: is it a 308 (or 301) to the same place elsewhere? */
bool cozy_moved(struct errand *, const struct http_answer *,
    void (*again)(struct errand *));
void cozy_deliver(struct errand *);

#endif
