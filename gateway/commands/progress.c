/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - a bar on a terminal, for what lasts over a second. */
#include "commands/progress.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"

enum { WIDTH = 30, AFTER_US = 1000000, EVERY_US = 100000 };

void
progress_begin(struct progress *p, const char *what)
{
	*p = (struct progress){ .what = what, .begun_us = clock_mono_us(),
	    .terminal = isatty(STDERR_FILENO) };
}

void
progress_step(uint64_t done, uint64_t of, void *arg)
{
	struct progress *p = arg;
	int64_t now = clock_mono_us(), spent = now - p->begun_us;
	double rate, left;
	int full;

	if (!p->terminal || spent < AFTER_US || now - p->drawn_us < EVERY_US ||
	    of == 0 || done > of)
		return;
	p->drawn_us = now;
	p->shown = true;
	rate = (double)done / ((double)spent / 1e6);
	left = rate > 0 ? (double)(of - done) / rate : 0;
	full = (int)(WIDTH * done / of);
	fprintf(stderr, "\r%s [%.*s%.*s] %3d %%  %.0f/s  %.0f s left  ", p->what,
	    full, "##############################",
	    WIDTH - full, "..............................",
	    (int)(100 * done / of), rate, left);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
