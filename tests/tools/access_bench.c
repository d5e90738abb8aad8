/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_bench [KEYS]: what it costs the API to know whose call this is.
 *
 * The two steps every protected route begins with (consent/access.h), on a
 * PostgreSQL with fsync on, and nothing else: no socket, no record. CPU of this
 * process per check, and of PostgreSQL; proofs are made beforehand.
 *
 *     cold    a token not seen before, a proof by a key not seen before
 *     warm    the same tokens and keys, new proofs
 *     bound   a token known here, bound to a certificate
 *
 * In each, the answer must be yes; each proof is spent (and would be refused
 * a second time: the last line says that it was).
 */
#include <event2/event.h>
#include <openssl/ec.h>
#include <time.h>
#include "base/clock.h"
#include "base/text.h"
#include "consent/access.h"
#include "crypto/jws.h"
#include "http/exchange.h"
#include "http/house.h"
#include "journal/gate.h"
#include "../journal_ground.h"

enum { AT_ONCE = 32, KEYS_MAX = 4000, BOUND = 1000000 };
#define URL "https://counter.example/v1/datasets"

struct holder {
	EVP_PKEY *key;
	char jkt[44], token[44];
	const char *proof;
};

static struct holder holders[KEYS_MAX];
static struct house house;
static int keys_n = 800, next_i, done_n, yes_n, no_n;

/* ---- what is sent ---- */

static void
make_holders(void)
{
	struct db_now *now = ground_db();
	char hash[65], sql[600];
	uint8_t bytes[32];
	const char *why;
	struct jwk k;

	for (int i = 0; i < keys_n; i++) {
		struct holder *h = &holders[i];
		json_t *jwk = jwk_public(h->key = EVP_EC_gen("P-256"));

		if (jwk_read(&k, jwk, &why) < 0)
			abort();
		memcpy(h->jkt, k.thumbprint, sizeof(h->jkt));
		jwk_clear(&k);
		json_decref(jwk);
		random_token(h->token, 32);
		sha256(bytes, h->token, strlen(h->token));
		hex_encode(hash, bytes, sizeof(bytes));
		snprintf(sql, sizeof(sql), "INSERT INTO guichet.access_token "
		    "(hash, grant_id, client_id, binding, thumbprint, expires) "
		    "VALUES ('\\x%s', '60000000-0000-0000-0000-%012x', 'pims', "
		    "'%s', '%s', now() + interval '30 min')", hash,
		    i % 900 / 9 * 10, i == 0 ? "mtls" : "dpop", h->jkt);
		if (db_now_run(now, sql) < 0)
			abort();
	}
	db_now_close(now);
}

static void
make_proofs(struct arena *a)
{
	for (int i = 0; i < keys_n; i++) {
		struct holder *h = &holders[i];
		uint8_t digest[32];
		char ath[44], jti[44];
		json_t *header = json_pack("{s:o}", "jwk", jwk_public(h->key));
		json_t *claims;

		sha256(digest, h->token, strlen(h->token));
		b64url_encode(ath, digest, sizeof(digest));
		random_token(jti, 16);
		claims = json_pack("{s:s,s:s,s:I,s:s,s:s}", "htm", "GET", "htu",
		    URL, "iat", (json_int_t)clock_s(), "jti", jti, "ath", ath);
		h->proof = jws_sign(a, h->key, "dpop+jwt", header, claims);
		json_decref(header);
		json_decref(claims);
	}
}

/* ---- asking ---- */

static enum next
answer(struct call *c)
{
	return call_answer(c, 200, "text/plain", "", 0);
}

static const struct step steps[] = { { "find token", access_find },
    { "check token", access_check }, { "answer", answer }, { NULL, NULL } };
static const struct route route = { "GET", "/v1/datasets", steps };

static void go_on(void);

static void
on_answer(struct exchange *x)
{
	x->status == 200 ? yes_n++ : no_n++;
	done_n++;
	arena_free(x->call.arena);
	go_on();
}

static void
fill(struct exchange *x, const struct holder *h, const char *scheme,
    const char *proof)
{
	struct call *c = &x->call;
	struct field *f = arena_alloc(c->arena, 2 * sizeof(*f));

	f[0] = (struct field){ "authorization",
	    arena_printf(c->arena, "%s %s", scheme, h->token) };
	f[1] = (struct field){ "dpop", proof };
	c->route = &route;
	c->method = "GET";
	c->path = "/v1/datasets";
	c->fields = f;
	c->field_count = proof == NULL ? 1 : 2;
	x->on_answer = on_answer;
}

static void
go_on(void)
{
	struct exchange *x;

	if (next_i >= keys_n) {
		if (done_n == keys_n - 1)
			event_base_loopbreak(house.base);
		return;
	}
	x = exchange_new(&house);
	fill(x, &holders[next_i], "DPoP", holders[next_i].proof);
	next_i++;
	runner_start(x);
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
say(const char *what, double us, int n)
{
	fprintf(stderr, "%-6s %8.2f us of CPU a check, %d checks, %d yes, %d no\n",
	    what, us / n, n, yes_n, no_n);
}

static void
bench_proofs(const char *what)
{
	double before = cpu_us();

	next_i = 1;		/* the first is bound to a certificate */
	done_n = yes_n = no_n = 0;
	for (int i = 0; i < AT_ONCE; i++)
		go_on();
	event_base_dispatch(house.base);
	say(what, cpu_us() - before, keys_n - 1);
}

/* Alone and without a runner: two functions, on a call that is there. */
static void
bench_bound(void)
{
	struct exchange *x;
	double us = 0;

	yes_n = no_n = 0;
	for (int i = 0; i < BOUND / 1000; i++) {
		double before;

		x = exchange_new(&house);
		fill(x, &holders[0], "Bearer", NULL);
		x->call.certificate = holders[0].jkt;
		before = cpu_us();
		for (int k = 0; k < 1000; k++)
			access_find(&x->call) == NEXT &&
			    access_check(&x->call) == NEXT ? yes_n++ : no_n++;
		us += cpu_us() - before;
		arena_free(x->call.arena);
	}
	say("bound", us, BOUND);
}

static void
warm_up(void)
{
	const struct timeval moment = { 0, 500000 };
	struct exchange *x = exchange_new(&house);

	event_base_loopexit(house.base, &moment);
	event_base_dispatch(house.base);
	fill(x, &holders[0], "Bearer", NULL);	/* known from here on */
	x->call.certificate = holders[0].jkt;
	next_i = keys_n;
	done_n = keys_n - 2;
	runner_start(x);
	event_base_dispatch(house.base);
}

static void
open_house(void)
{
	const struct db_options o = { .url = ground_url, .name = "own",
	    .application_name = "access_bench", .connections = 1,
	    .queue_max = 1000, .prepared = true };

	ground_settings.public_url = (char *)"https://counter.example";
	ground_settings.mtls_url = (char *)"";
	house.settings = &ground_settings;
	house.keys = keys;
	house.base = event_base_new();
	house.db = db_open(house.base, &o);
	house.gate = gate_new(house.base, &ground_settings);
	access_open(&house);
}

int
main(int argc, char **argv)
{
	struct arena *a;

	if (argc > 1 && atoi(argv[1]) > 1 && atoi(argv[1]) <= KEYS_MAX)
		keys_n = atoi(argv[1]);
	setenv("FSYNC", "1", 1);
	ground_open("access_bench");
	ground_fill(1000);
	ground_sql("UPDATE guichet.grants SET details = '[{\"type\":"
	    "\"restitution\",\"datasets\":[\"energy.contract\"]}]'");
	ground_sql("SELECT guichet.partitions_step() FROM generate_series(1, 300)");
	make_holders();
	open_house();
	warm_up();
	a = arena_new();
	make_proofs(a);
	bench_proofs("cold");
	bench_proofs("again");
	arena_free(a);
	a = arena_new();
	make_proofs(a);
	bench_proofs("warm");
	bench_bound();
	access_close(&house);
	gate_free(house.gate);
	db_close(house.db);
	event_base_free(house.base);
	for (int i = 0; i < keys_n; i++)
		EVP_PKEY_free(holders[i].key);
	arena_free(a);
	ground_close();
	return 0;
}
