/* SPDX-License-Identifier: Apache-2.0 */
/*
 * try.c - `guichet try`: be a PIMS for a moment. Makes a key, signs an assertion
 * or a proof for curl, or goes the whole way by itself.
 */
#include "commands/try.h"
#include <string.h>
#include "base/arena.h"
#include "commands/command.h"

static int run(int argc, char **argv);

const struct command command_try = {
	"try", "Be a PIMS for a moment: sign proofs, go the whole way.", run,
	"--at URL --client ID --key FILE --datasets \"ID...\"\n"
	"           --login NAME --password WORD [--redirect-uri URL] [--ca FILE]\n"
	"   or: guichet try key --out FILE\n"
	"   or: guichet try assertion --key FILE --client ID --at URL\n"
	"   or: guichet try proof --key FILE --url URL [--method M] [--token T]"
	" [--nonce N]"
};

struct wish {
	struct attempt t;
	const char *key, *out, *url, *method, *token, *nonce;
};

static int
make_key(const struct wish *w)
{
	EVP_PKEY *key;
	json_t *set;

	if (w->out == NULL)
		return command_misused(&command_try, "key needs --out FILE");
	if (try_key_make(w->out) < 0 || (key = try_key_read(w->out)) == NULL)
		return EX_CANTCREAT;
	set = json_pack("{s:[o]}", "keys", try_key_public(key));
	json_dumpf(set, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(set);
	EVP_PKEY_free(key);
	return EX_OK;
}

static int
sign(struct arena *a, const struct wish *w, const char *what)
{
	if (strcmp(what, "proof") == 0) {
		if (w->url == NULL)
			return command_misused(&command_try,
			    "proof needs --url URL");
		puts(try_proof(a, w->t.key, w->method, w->url, w->token,
		    w->nonce));
		return EX_OK;
	}
	if (w->t.client == NULL || w->t.at == NULL)
		return command_misused(&command_try,
		    "assertion needs --client ID and --at URL");
	puts(try_assertion(a, w->t.key, w->t.client, w->t.at));
	return EX_OK;
}

static int
go(struct arena *a, const struct wish *w)
{
	const struct attempt *t = &w->t;

	if (t->at == NULL || t->client == NULL || t->datasets == NULL ||
	    t->login == NULL || t->password == NULL)
		return command_misused(&command_try, "--at, --client, --key, "
		    "--datasets, --login and --password are needed");
	return try_flow(a, t);
}

static int
with_key(struct wish *w, const char *what)
{
	struct arena *a;
	int rc;

	if (w->key == NULL)
		return command_misused(&command_try, "--key FILE is needed");
	if ((w->t.key = try_key_read(w->key)) == NULL)
		return EX_NOINPUT;
	a = arena_new();
	rc = what == NULL ? go(a, w) : sign(a, w, what);
	arena_free(a);
	EVP_PKEY_free(w->t.key);
	return rc;
}

static int
run(int argc, char **argv)
{
	struct wish w = { .method = "GET",
	    .t.redirect_uri = "https://localhost/cb" };
	const struct flag flags[] = {
		{ "--at", FLAG_TEXT, &w.t.at, "URL  the counter" },
		{ "--client", FLAG_TEXT, &w.t.client, "ID  as registered" },
		{ "--key", FLAG_TEXT, &w.key, "FILE  private key (PEM)" },
		{ "--out", FLAG_TEXT, &w.out, "FILE  where to write a new key" },
		{ "--datasets", FLAG_TEXT, &w.t.datasets, "\"ID...\"  what to ask" },
		{ "--redirect-uri", FLAG_TEXT, &w.t.redirect_uri,
		    "URL  as registered; https://localhost/cb" },
		{ "--login", FLAG_TEXT, &w.t.login, "NAME  a synthetic person" },
		{ "--password", FLAG_TEXT, &w.t.password, "WORD  theirs" },
		{ "--ca", FLAG_TEXT, &w.t.ca, "FILE  authorities to trust; else $SSL_CERT_FILE" },
		{ "--url", FLAG_TEXT, &w.url, "URL  that the proof is for" },
		{ "--method", FLAG_TEXT, &w.method, "METHOD  GET" },
		{ "--token", FLAG_TEXT, &w.token, "TOKEN  that goes with it" },
		{ "--nonce", FLAG_TEXT, &w.nonce, "TEXT  of DPoP-Nonce" },
		{ NULL }
	};
	struct common common;
	int n = command_args(&command_try, &common, flags, argc, argv);

	if (n == 0)
		return with_key(&w, NULL);
	if (n == 1 && strcmp(argv[0], "key") == 0)
		return make_key(&w);
	if (n == 1 && (strcmp(argv[0], "assertion") == 0 ||
	    strcmp(argv[0], "proof") == 0))
		return with_key(&w, argv[0]);
	return command_misused(&command_try, "there is no such thing to try");
}
