/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_bench.c - how many questions a second: one at a time against many in the
 * pipeline. One point read by primary key, over a unix socket.
 *     db_bench URL [SECONDS]
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"

static const struct statement
    point = { "point", "SELECT v FROM bench WHERE n = $1", false };

struct run {
	struct event_base *base;
	struct db *db;
	int at_once;
	long answered;
	int64_t until_us;
	unsigned seed;
	bool over;
};

static void ask(struct run *);

static void
on_point(struct rows *rows, int failure, void *arg)
{
	struct run *r = arg;

	if (failure < 0 || rows_count(rows) != 1)
		abort();
	r->answered++;
	if (clock_mono_us() < r->until_us)
		ask(r);
	else if (!r->over) {
		r->over = true;
		event_base_loopbreak(r->base);
	}
}

static void
ask(struct run *r)
{
	struct params p;

	params_init(&p);
	params_int(&p, rand_r(&r->seed) % 100000);
	if (db_ask(r->db, &point, &p, on_point, r) == NULL)
		abort();
}

static double
cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double
measure(const char *url, int at_once, int connections, bool prepared,
    double seconds)
{
	struct run r = { .base = event_base_new(), .at_once = at_once };
	double cpu, rate;

	r.db = db_open(r.base, &(struct db_options){ .url = url,
	    .name = "bench", .connections = connections, .queue_max = 10000,
	    .prepared = prepared, .statements = &point, .statement_count = 1 });
	while (!db_ready(r.db))
		event_base_loop(r.base, EVLOOP_ONCE);
	r.until_us = clock_mono_us() + (int64_t)(seconds * 1e6);
	cpu = cpu_us();
	for (int i = 0; i < at_once; i++)
		ask(&r);
	event_base_dispatch(r.base);
	rate = (double)r.answered / seconds;
	printf("%3d at once, %d connection%s, %-10s %8.0f questions/s  "
	    "%5.1f us of our CPU each\n", at_once, connections,
	    connections > 1 ? "s" : " ", prepared ? "prepared" : "unprepared",
	    rate, (cpu_us() - cpu) / (double)r.answered);
	db_close(r.db);
	event_base_free(r.base);
	return rate;
}

int
main(int argc, char **argv)
{
	double s = argc > 2 ? atof(argv[2]) : 2, one;
	struct db_now *now;
	char why[256];

	if (argc < 2 || db_now_open(&now, argv[1], "bench", why) < 0)
		return 1;
	log_open(false, LEVEL_WARNING, "bench");
	if (db_now_run(now, "DROP TABLE IF EXISTS bench; CREATE TABLE bench AS"
	    " SELECT n, n::text AS v FROM generate_series(0, 99999) AS n;"
	    " ALTER TABLE bench ADD PRIMARY KEY (n); ANALYZE bench") < 0)
		return 1;
	db_now_close(now);
	one = measure(argv[1], 1, 1, true, s);
	measure(argv[1], 32, 1, false, s);
	measure(argv[1], 32, 2, true, s);
	measure(argv[1], 128, 1, true, s);
	printf("pipelined by 32 against one at a time: %.1fx\n",
	    measure(argv[1], 32, 1, true, s) / one);
	return 0;
}
