/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - a bar on a terminal, for what lasts over a second.
 *
 * Nothing is drawn before that, nor when stderr is no terminal.
 */
#ifndef PROGRESS_H
#define PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;	/* "verifying" */
	int64_t begun_us, drawn_us;
	bool terminal, shown;
};
void progress_begin(struct progress *, const char *what);
void progress_step(uint64_t done, uint64_t of, void *progress);
void progress_end(struct progress *);	/* wipes it */

#endif
