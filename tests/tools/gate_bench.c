/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_bench [CALLS [SECONDS]]: what a line costs.
 *
 * CALLS concurrent callers ask the gate, note their end and ask again, against
 * a PostgreSQL with fsync on; then the sequencer orders what was staged. Prints
 * lines per second and microseconds of CPU per line, ours and PostgreSQL's.
 */
#include <dirent.h>
#include <event2/event.h>
#include <sys/resource.h>
#include "base/clock.h"
#include "journal/gate.h"
#include "journal/sequencer.h"
#include "../journal_ground.h"

enum { GRANTS = 1000 };

static struct event_base *base;
static struct gate *gate;
static struct arena *arena;
static int64_t end_us, admitted, worst_us, total_us;

struct caller { int grant; int64_t asked_us; };

static void ask(struct caller *);

static void
on_verdict(int verdict, void *arg)
{
	struct caller *c = arg;
	int64_t waited = clock_mono_us() - c->asked_us;
	struct line_row row;

	if (verdict == 0) {
		admitted++;
		total_us += waited;
		worst_us = waited > worst_us ? waited : worst_us;
		ground_row(&row, arena, "pull.ended", c->grant);
		gate_note(gate, &row);
	}
	if (admitted % 1000 == 0) {
		arena_free(arena);
		arena = arena_new();
	}
	if (clock_mono_us() < end_us)
		ask(c);
}

static void
ask(struct caller *c)
{
	struct line_row row;

	c->grant = (c->grant + 37) % GRANTS;
	c->asked_us = clock_mono_us();
	ground_row(&row, arena, "pull.begun", c->grant);
	gate_admit(gate, &row, on_verdict, c);
}

static double
own_cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_utime.tv_sec + r.ru_stime.tv_sec +
	    (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/* Of every process below the postmaster; the dead count with it. */
static double
postgres_cpu(void)
{
	char path[300], name[64];
	long postmaster = 0, pid, ppid, u, s, cu, cs;
	double ticks = 0;
	struct dirent *d;
	DIR *proc;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cluster/data/postmaster.pid", ground_dir);
	if ((f = fopen(path, "r")) == NULL || fscanf(f, "%ld", &postmaster) != 1)
		return 0;
	fclose(f);
	proc = opendir("/proc");
	while ((d = readdir(proc)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
		if ((f = fopen(path, "r")) == NULL)
			continue;
		if (fscanf(f, "%ld (%63[^)]) %*c %ld %*d %*d %*d %*d %*u %*u"
		    " %*u %*u %*u %ld %ld %ld %ld", &pid, name, &ppid, &u, &s,
		    &cu, &cs) == 7 && (ppid == postmaster || pid == postmaster))
			ticks += (double)(u + s) + (pid == postmaster ?
			    (double)(cu + cs) : 0);
		fclose(f);
	}
	closedir(proc);
	return ticks / (double)sysconf(_SC_CLK_TCK);
}

static void
say(const char *what, int64_t lines, double seconds, double own, double pg)
{
	fprintf(stderr, "%-22s %8.0f lines/s  %5.1f us gateway  %5.1f us"
	    " PostgreSQL a line\n", what, (double)lines / seconds,
	    own * 1e6 / (double)lines, pg * 1e6 / (double)lines);
}

static void
bench_gate(int callers, int seconds)
{
	struct caller *c = calloc((size_t)callers, sizeof(*c));
	struct gate_counts n;
	const struct timeval warm = { 0, 300000 }, tick = { 0, 5000 };
	double own, pg;
	int64_t begun;

	base = event_base_new();
	gate = gate_new(base, &ground_settings);
	event_base_loopexit(base, &warm);
	event_base_dispatch(base);
	own = own_cpu();
	pg = postgres_cpu();
	begun = clock_mono_us();
	end_us = begun + seconds * 1000000;
	admitted = worst_us = total_us = 0;
	for (int i = 0; i < callers; i++) {
		c[i].grant = i % GRANTS;
		ask(&c[i]);
	}
	while (clock_mono_us() < end_us || !gate_idle(gate)) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	gate_count(gate, &n);
	say("gate", (int64_t)n.lines, (double)(clock_mono_us() - begun) / 1e6,
	    own_cpu() - own, postgres_cpu() - pg);
	fprintf(stderr, "%-22s %d callers, %lu lines a batch, verdict after"
	    " %.2f ms, %.1f ms at worst, denied %lu, failed %lu\n", "", callers,
	    n.lines / n.batches, (double)total_us / (double)admitted / 1e3,
	    (double)worst_us / 1e3, n.denied, n.failed);
	gate_free(gate);
	event_base_free(base);
	free(c);
}

static void
bench_sequencer(void)
{
	struct sequencer *s = sequencer_new(&ground_settings, keys);
	double own = own_cpu(), pg = postgres_cpu();
	int64_t begun = clock_mono_us(), lines;

	if (sequencer_turn(s, &lines) < 0)
		abort();
	say("order and sign", lines, (double)(clock_mono_us() - begun) / 1e6,
	    own_cpu() - own, postgres_cpu() - pg);
	sequencer_free(s);
}

int
main(int argc, char **argv)
{
	int callers = argc > 1 ? atoi(argv[1]) : 32;
	int seconds = argc > 2 ? atoi(argv[2]) : 3;

	setenv("FSYNC", "1", 1);
	ground_open("gate_bench");
	ground_fill(GRANTS);
	ground_sql("ANALYZE");
	arena = arena_new();
	bench_gate(callers, seconds);
	bench_sequencer();
	arena_free(arena);
	ground_close();
	return 0;
}
