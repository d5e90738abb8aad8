/* SPDX-License-Identifier: Apache-2.0 */
/*
 * without_journal.c - for `make bench-bare`: the program without a journal, to see
 * what the journal costs. Linked in place of the gate (ld --wrap): a line is not
 * made, the verdict comes at once, nothing is written, ordered or signed. It is never
 * installed: what it serves leaves no trace.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "journal/gate.h"
#include "journal/line.h"

static struct event_base *loop;

struct gate *__real_gate_new(struct event_base *, const struct settings *);
struct gate *__wrap_gate_new(struct event_base *, const struct settings *);
struct gate_pass *__wrap_gate_admit(struct gate *, const struct line_row *,
    gate_on_verdict *, void *);
void __wrap_gate_forget(struct gate_pass *);
void __wrap_gate_note(struct gate *, const struct line_row *);
void __real_line_make(struct line_row *, struct arena *, const struct line *);
void __wrap_line_make(struct line_row *, struct arena *, const struct line *);

/* Its own, so that the struct of the same name stays the gate's. */
struct bare { gate_on_verdict *on_verdict; void *arg; };

struct gate *
__wrap_gate_new(struct event_base *base, const struct settings *s)
{
	loop = base;
	return __real_gate_new(base, s);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct bare *b = arg;

	if (b->on_verdict != NULL)
		b->on_verdict(0, b->arg);
	free(b);
}

struct gate_pass *
__wrap_gate_admit(struct gate *g UNUSED, const struct line_row *row UNUSED,
    gate_on_verdict *on_verdict, void *arg)
{
	const struct timeval now = { 0, 0 };
	struct bare *b = malloc(sizeof(*b));

	*b = (struct bare){ on_verdict, arg };
	event_base_once(loop, -1, EV_TIMEOUT, on_turn, b, &now);
	return (struct gate_pass *)(void *)b;
}

void
__wrap_gate_forget(struct gate_pass *p)
{
	((struct bare *)(void *)p)->on_verdict = NULL;
}

void
__wrap_gate_note(struct gate *g UNUSED, const struct line_row *row UNUSED)
{
}

/* Lines of pulls alone: other statements write theirs. */
void
__wrap_line_make(struct line_row *row, struct arena *a, const struct line *l)
{
	if (strncmp(l->event, "pull.", 5) == 0)
		memset(row, 0, sizeof(*row));
	else
		__real_line_make(row, a, l);
}
