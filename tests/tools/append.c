/* SPDX-License-Identifier: Apache-2.0 */
/*
 * append URL GATES SECONDS: what the gates of so many workers can write to that
 * database: lines made as for a pull, batches of the gate, one commit each. A process
 * a gate, as in a gateway. Prints how many lines a second were committed.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "crypto/hash.h"
#include "journal/gate.h"

enum { AHEAD = 1000, TICK_US = 500, WARM_MS = 500 };

static struct event_base *base;
static struct gate *gate;

static void
write_one(struct arena *a, const struct subject_ref *subject)
{
	const struct line line = { .event = "pull.ended",
	    .dataset = "energy.load-curve@1", .to = "bench", .outcome = "complete",
	    .records = 1, .bytes = 3500, .actor = "recipient", .subject = subject,
	    .grant = &subject->id, .call = "0123456789abcdef" };
	struct line_row row;

	line_make(&row, a, &line);
	gate_note(gate, &row);
}

static void
turn(void)
{
	const struct timeval tick = { 0, TICK_US };

	event_base_loopexit(base, &tick);
	event_base_dispatch(base);
}

/* Lines committed in those seconds. */
static unsigned long
run(int seconds)
{
	struct subject_ref subject = { .id = { { 0x51 } } };
	struct gate_counts warm = { 0 }, now;
	int64_t end = 0, begun = clock_mono_us();

	do {
		struct arena *a = arena_new();

		gate_count(gate, &now);
		if (end == 0 && clock_mono_us() - begun > WARM_MS * 1000) {
			warm = now;
			end = clock_mono_us() + seconds * 1000000;
		}
		for (size_t i = now.waiting; i < AHEAD; i++)
			write_one(a, &subject);
		arena_free(a);
		turn();
	} while (end == 0 || clock_mono_us() < end);
	gate_count(gate, &now);
	while (!gate_idle(gate))
		turn();
	return now.lines - warm.lines;
}

static void
work(const char *url, int seconds, int out)
{
	struct settings s = { .database_url = (char *)url,
	    .prepared_statements = true };
	unsigned long lines;

	base = event_base_new();
	gate = gate_new(base, &s);
	lines = run(seconds);
	if (write(out, &lines, sizeof(lines)) != sizeof(lines))
		_exit(1);
	gate_free(gate);
	_exit(0);
}

int
main(int argc, char **argv)
{
	int gates = argc == 4 ? atoi(argv[2]) : 0, pipes[2];
	int seconds = argc == 4 ? atoi(argv[3]) : 0;
	unsigned long lines, all = 0;

	if (gates < 1 || seconds < 1 || pipe(pipes) < 0) {
		fprintf(stderr, "usage: append URL GATES SECONDS\n");
		return 64;
	}
	log_open(false, LEVEL_WARNING, "append");
	for (int i = 0; i < gates; i++)
		if (fork() == 0)
			work(argv[1], seconds, pipes[1]);
	close(pipes[1]);
	for (int i = 0; i < gates; i++) {
		if (read(pipes[0], &lines, sizeof(lines)) != sizeof(lines))
			return 1;
		all += lines;
	}
	while (wait(NULL) > 0)
		;
	printf("%lu\n", all / (unsigned long)seconds);
	return 0;
}
