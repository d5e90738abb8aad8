/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - records as files of a cloud: one by one, in order, each by a
 * conditional write (RFC 9110 13.1): a new one only if nothing is there,
 * another only over what we just saw. What was received before trouble came
 * counts. Nothing remembers what its owner deleted: such a file comes back
 * when its record changes at the source. One that is gone there goes here too.
 */
#ifndef FILES_H
#define FILES_H
#include <stdbool.h>
#include "push/errand.h"

/* How one kind of cloud does it. */
struct files_ways {
	const char *(*url)(struct errand *, int item);
	void (*ask)(struct errand *, const char *method, const char *url,
	    const char *condition, const char *body, size_t n, errand_then *);
	/* Is this answer about our keys, or a folder that is missing? Then it
	 * mends that and goes on with again, or ends the errand: true. */
	bool (*trouble)(struct errand *, const struct http_answer *,
	    void (*again)(struct errand *));
};

/* The first member of a connector's own state (e->own). */
struct files {
	const struct files_ways *ways;
	int conflicts;			/* of the item at e->done */
	const char *etag;		/* of what stands there; NULL = nothing */
};

/* Writes e->parcel from e->done on, and ends the errand. */
void files_write(struct errand *);

#endif
