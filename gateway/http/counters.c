/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.c - figures of all processes, and their OpenMetrics text.
 *
 * A page is written by one process and read by others; each number is a
 * relaxed atomic, so that a reader sees whole values without a lock.
 */
#include "http/counters.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/mem.h"
#include "http/call.h"

enum { ROUTES_MAX = 128, CLASSES = 6, BUCKETS = 10 };

typedef _Atomic uint64_t number;

struct route_figures {
	char method[8], path[72];	/* "" = free */
	number by_class[CLASSES];	/* [0]: the client left; [2]: 2xx */
	number by_time[BUCKETS];
	number us;
};

struct page {
	char role[16];			/* "" = nobody took it yet */
	number counters[COUNTER_COUNT];
	struct route_figures routes[ROUTES_MAX];
};

struct counters_book {
	int pages;
	struct page page[];
};

static const struct { const char *name, *help; bool gauge; }
about[COUNTER_COUNT] = {
	[COUNTER_CONNECTIONS] = { "guichet_connections",
	    "Connections open now.", true },
	[COUNTER_CALLS] = { "guichet_calls_under_way",
	    "Calls being answered now.", true },
	[COUNTER_ACCEPTED] = { "guichet_connections_accepted",
	    "Connections accepted.", false },
	[COUNTER_REFUSED] = { "guichet_connections_refused",
	    "Connections beyond the cap.", false },
	[COUNTER_HANDSHAKES] = { "guichet_tls_handshakes_full",
	    "TLS handshakes with a key exchange of their own.", false },
	[COUNTER_RESUMED] = { "guichet_tls_handshakes_resumed",
	    "TLS handshakes resumed by a ticket.", false },
	[COUNTER_DB_CONNECTIONS] = { "guichet_database_connections",
	    "Usable connections to guichet's own database.", true },
	[COUNTER_DB_WAITING] = { "guichet_database_questions_waiting",
	    "Questions waiting for it.", true },
	[COUNTER_DB_ASKED] = { "guichet_database_questions",
	    "Questions it was asked.", false },
	[COUNTER_DB_FAILED] = { "guichet_database_questions_failed",
	    "Questions without answer.", false },
	[COUNTER_DB_LOST] = { "guichet_database_connections_lost",
	    "Connections to it that broke.", false },
	[COUNTER_GATE_WAITING] = { "guichet_gate_waiting",
	    "Journal lines waiting to be committed.", true },
	[COUNTER_GATE_LINES] = { "guichet_gate_lines",
	    "Journal lines committed at the gate.", false },
	[COUNTER_GATE_BATCHES] = { "guichet_gate_batches",
	    "Commits they took.", false },
	[COUNTER_GATE_DENIED] = { "guichet_gate_denied",
	    "Calls turned away: the grant was no longer live.", false },
	[COUNTER_DELIVERED] = { "guichet_deliveries",
	    "Pushes a PIMS acknowledged.", false },
	[COUNTER_DELIVERY_FAILED] = { "guichet_deliveries_failed",
	    "Pushes it did not.", false },
	[COUNTER_RECORDS] = { "guichet_records",
	    "Records that a PIMS acknowledged.", false },
	[COUNTER_HOSTS_OPEN] = { "guichet_push_hosts_resting",
	    "Hosts that failed several times in a row, left alone for now.", true },
	[COUNTER_LETTERS] = { "guichet_letters",
	    "Letters to customers that the mail server took.", false },
	[COUNTER_LETTERS_FAILED] = { "guichet_letters_failed",
	    "Letters it did not take; they are tried again.", false },
	[COUNTER_SIGNALS] = { "guichet_signals",
	    "Signals of consents that a recipient took.", false },
	[COUNTER_SIGNALS_FAILED] = { "guichet_signals_failed",
	    "Signals it did not take, this time or for good.", false },
	[COUNTER_DUE] = { "guichet_subscriptions_due",
	    "Subscriptions whose time has come (ten thousand at most).", true },
	[COUNTER_LATE_S] = { "guichet_subscriptions_late_seconds",
	    "For how long the oldest of them has been due.", true },
	[COUNTER_DEAD] = { "guichet_subscriptions_dead",
	    "Subscriptions set aside after refusals (ten thousand at most).", true },
	[COUNTER_STAGED] = { "guichet_journal_waiting",
	    "Journal lines that have no place yet (ten thousand at most).", true },
	[COUNTER_STILL] = { "guichet_journal_stands_still",
	    "1: what the database holds is not what was signed; nothing is.",
	    true },
	[COUNTER_CLOCK_MS] = { "guichet_clock_offset_milliseconds",
	    "How far this host's clock is from its database's.", true },
	[COUNTER_CERTIFICATE] = { "guichet_certificate_expires_seconds",
	    "When our TLS certificate expires, in seconds since 1970; 0: none.",
	    true },
	[COUNTER_SOURCE_ASKED] = { "guichet_source_questions",
	    "Questions to sources by watch, pushes and exports; not by pulls.",
	    false },
	[COUNTER_SOURCE_WAITED_MS] = { "guichet_source_waited_milliseconds",
	    "How long they waited for their turn (queries_per_second).", false },
	[COUNTER_STREAMS] = { "guichet_streams",
	    "Streams of changes (capture = replication) that this host reads.",
	    true },
	[COUNTER_SLOT_LAG] = { "guichet_slot_lag_bytes",
	    "WAL that a source keeps until we have read it; the most.", true },
	[COUNTER_SLOTS_LOST] = { "guichet_slots_lost",
	    "Sources whose slot is not there, or has lost what we had not read.",
	    true },
};

static const struct { int64_t us; const char *le; } bounds[BUCKETS] = {
	{ 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" },
	{ 10000, "0.01" }, { 25000, "0.025" }, { 50000, "0.05" },
	{ 100000, "0.1" }, { 500000, "0.5" }, { 2500000, "2.5" },
	{ INT64_MAX, "+Inf" },
};

static struct counters_book *book;
static struct page *mine;
static const struct route *known[ROUTES_MAX];	/* by place in our page */

struct counters_book *
counters_make(int pages)
{
	size_t size = sizeof(struct counters_book) +
	    (size_t)pages * sizeof(struct page);
	struct counters_book *b = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		fatal("no memory for %d pages of counters", pages);
	b->pages = pages;
	return b;
}

void
counters_take(struct counters_book *b, int page, const char *role)
{
	assert(page >= 0 && page < b->pages);
	book = b;
	mine = &b->page[page];
	memset(known, 0, sizeof(known));
	snprintf(mine->role, sizeof(mine->role), "%s", role);
	for (int i = 0; i < COUNTER_COUNT; i++)
		if (about[i].gauge)
			atomic_store_explicit(&mine->counters[i], 0,
			    memory_order_relaxed);
}

static void
add(number *n, uint64_t more)	/* one writer: no locked instruction */
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) +
	    more, memory_order_relaxed);
}

void
counter_add(enum counter c, uint64_t n)
{
	if (mine != NULL)
		add(&mine->counters[c], n);
}

void
counter_set(enum counter c, uint64_t value)
{
	if (mine != NULL)
		atomic_store_explicit(&mine->counters[c], value,
		    memory_order_relaxed);
}

/* Our page's figures for this method and path; NULL when it is full. */
static struct route_figures *
figures_named(struct page *p, const char *method, const char *path)
{
	for (int i = 0; i < ROUTES_MAX; i++) {
		struct route_figures *f = &p->routes[i];

		if (f->method[0] == '\0') {
			snprintf(f->path, sizeof(f->path), "%s", path);
			snprintf(f->method, sizeof(f->method), "%s", method);
			return f;
		}
		if (strcmp(f->method, method) == 0 && strcmp(f->path, path) == 0)
			return f;
	}
	return NULL;
}

static struct route_figures *
figures_of(const struct route *route)
{
	struct route_figures *f;

	for (int i = 0; i < ROUTES_MAX; i++)
		if (known[i] == route && mine->routes[i].method[0] != '\0')
			return &mine->routes[i];
	f = figures_named(mine, route == NULL ? "-" : route->method,
	    route == NULL ? "-" : route->path);
	if (f != NULL)
		known[f - mine->routes] = route;
	return f;
}

void
counters_call(const struct route *route, int status, int64_t us)
{
	struct route_figures *f;
	int i = 0;

	if (mine == NULL || (f = figures_of(route)) == NULL)
		return;
	add(&f->by_class[status / 100 % CLASSES], 1);
	while (us > bounds[i].us)
		i++;
	add(&f->by_time[i], 1);
	add(&f->us, (uint64_t)us);
}

/* ---- as text: one family after the other, all pages in each ---- */

static uint64_t
get(number *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static void
write_counter(struct buf *out, int i)
{
	const char *total = about[i].gauge ? "" : "_total";

	buf_printf(out, "# TYPE %s %s\n# HELP %s %s\n", about[i].name,
	    about[i].gauge ? "gauge" : "counter", about[i].name, about[i].help);
	for (int p = 0; p < book->pages; p++)
		if (book->page[p].role[0] != '\0')
			buf_printf(out, "%s%s{role=\"%s\",process=\"%d\"} %llu\n",
			    about[i].name, total, book->page[p].role, p,
			    (unsigned long long)get(&book->page[p].counters[i]));
}

/* The figures of one route over all pages. */
struct sum {
	const char *method, *path;
	uint64_t by_class[CLASSES], by_time[BUCKETS], us;
};

static size_t
find_sum(struct sum *sums, size_t n, const struct route_figures *f)
{
	size_t i = 0;

	while (i < n && (strcmp(sums[i].method, f->method) != 0 ||
	    strcmp(sums[i].path, f->path) != 0))
		i++;
	return i;
}

static size_t
sum_page(struct sum *sums, size_t n, struct page *p)
{
	for (int r = 0; r < ROUTES_MAX && p->routes[r].method[0] != '\0'; r++) {
		struct route_figures *f = &p->routes[r];
		size_t i = find_sum(sums, n, f);

		if (i == ROUTES_MAX)
			return n;
		if (i == n)
			sums[n++] = (struct sum){ f->method, f->path };
		for (int k = 0; k < CLASSES; k++)
			sums[i].by_class[k] += get(&f->by_class[k]);
		for (int k = 0; k < BUCKETS; k++)
			sums[i].by_time[k] += get(&f->by_time[k]);
		sums[i].us += get(&f->us);
	}
	return n;
}

static void
write_classes(struct buf *out, const struct sum *s)
{
	static const char *const names[CLASSES] = { "left", "1xx", "2xx", "3xx",
	    "4xx", "5xx" };

	for (int k = 0; k < CLASSES; k++)
		if (s->by_class[k] > 0)
			buf_printf(out, "guichet_calls_total{method=\"%s\","
			    "route=\"%s\",status=\"%s\"} %llu\n", s->method,
			    s->path, names[k],
			    (unsigned long long)s->by_class[k]);
}

static void
write_times(struct buf *out, const struct sum *s)
{
	uint64_t n = 0;

	for (int k = 0; k < BUCKETS; k++)
		buf_printf(out, "guichet_call_seconds_bucket{method=\"%s\","
		    "route=\"%s\",le=\"%s\"} %llu\n", s->method, s->path,
		    bounds[k].le, (unsigned long long)(n += s->by_time[k]));
	buf_printf(out, "guichet_call_seconds_count{method=\"%s\",route=\"%s\"} "
	    "%llu\nguichet_call_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n",
	    s->method, s->path, (unsigned long long)n, s->method, s->path,
	    (double)s->us / 1e6);
}

void
counters_write(struct buf *out)
{
	struct sum *sums = xcalloc(ROUTES_MAX, sizeof(*sums));
	size_t n = 0;

	for (int p = 0; book != NULL && p < book->pages; p++)
		n = sum_page(sums, n, &book->page[p]);
	for (int i = 0; book != NULL && i < COUNTER_COUNT; i++)
		write_counter(out, i);
	buf_str(out, "# TYPE guichet_calls counter\n"
	    "# HELP guichet_calls Calls answered, by route and status.\n");
	for (size_t i = 0; i < n; i++)
		write_classes(out, &sums[i]);
	buf_str(out, "# TYPE guichet_call_seconds histogram\n"
	    "# HELP guichet_call_seconds From the head read to the last byte "
	    "sent.\n# UNIT guichet_call_seconds seconds\n");
	for (size_t i = 0; i < n; i++)
		write_times(out, &sums[i]);
	buf_str(out, "# EOF\n");
	free(sums);
}

/* ---- told to people ---- */

static void
tell(struct jw *w, const char *name, const char *kind, const char *help,
    const char *labels)
{
	jw_object(w);
	jw_str_member(w, "name", name);
	jw_str_member(w, "kind", kind);
	jw_str_member(w, "help", help);
	jw_str_member(w, "labels", labels);
	jw_end_object(w);
}

void
counters_json(struct jw *w)
{
	jw_array(w);
	for (int i = 0; i < COUNTER_COUNT; i++)
		tell(w, about[i].name, about[i].gauge ? "gauge" : "counter",
		    about[i].help, "role process");
	tell(w, "guichet_calls", "counter", "Calls answered, by route and status.",
	    "method route status");
	tell(w, "guichet_call_seconds", "histogram", "From the head read to the "
	    "last byte sent.", "method route le");
	jw_end_array(w);
}
