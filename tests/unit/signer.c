/* SPDX-License-Identifier: Apache-2.0 */
/* The signer against whoever lies to it: no signature, whatever is asked. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "crypto/keys.h"
#include "journal/advance.h"
#include "journal/keep.h"
#include "journal/signer.h"

static char dir[64], notes[80];
static struct signer *signer;
static struct arena *a;
static EVP_PKEY *public;
static const char *origin = "test.example/journal/restitution";

/* ---- trees of leaves "x0", "x1"...: x is the history ---- */

static struct hash leaves[2][600];

static int
read_leaves(const struct hash **out, int level, uint64_t n, int width, void *arg)
{
	static struct hash tile[TILE_WIDTH];
	const struct hash *l = arg;

	for (int i = 0; i < width; i++) {
		size_t at = (n * TILE_WIDTH + (size_t)i);

		if (level == 0)
			tile[i] = l[at];
		else
			tree_fold(&tile[i], l + at * 256, 256);
	}
	*out = tile;
	return 0;
}

static struct checkpoint
checkpoint(char history, uint64_t size)
{
	struct checkpoint c = { .size = size };
	struct tiles t = { read_leaves, leaves[history - 'a'], size };

	strcpy(c.origin, origin);
	assert_int_equal(tree_root_at(&c.root, &t, size), 0);
	return c;
}

static struct proof
proof(char history, uint64_t old, uint64_t size)
{
	struct tiles t = { read_leaves, leaves[history - 'a'], size };
	struct proof p;

	assert_int_equal(tree_prove_consistency(&p, &t, old, size), 0);
	return p;
}

/* ---- asking ---- */

static const char *
ask(const char *fmt, ...)
{
	struct buf out;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	buf_init_in(&out, a);
	signer_answer(signer, text, strlen(text), &out);
	return out.data;
}

static const char *
advance(uint64_t old, const struct proof *p)
{
	struct buf out;

	buf_init_in(&out, a);
	advance_write(&out, old, p);
	return out.data;
}

static const char *
sign_at(int64_t held, char history, uint64_t old, uint64_t size)
{
	struct checkpoint c = checkpoint(history, size);
	struct proof p = proof(history, old, size);

	return ask("sign restitution %lld\n%s%s", (long long)held,
	    advance(old, &p), checkpoint_text(a, &c));
}

static const char *
sign(char history, uint64_t old, uint64_t size)
{
	return sign_at(clock_boot_ms(), history, old, size);
}

static void
begins(const char *said, const char *word)
{
	if (strncmp(said, word, strlen(word)) != 0)
		fail_msg("'%s', not '%s'", said, word);
}

/* A note comes back, of that size, and it is what is kept from now on. */
static void
signs(const char *said, uint64_t size)
{
	struct checkpoint c;
	char why[256];

	begins(said, "ok ");
	assert_int_equal(keep_parse(&c, a, said + 3, strlen(said + 3), public), 0);
	assert_int_equal(c.size, size);
	assert_int_equal(keep_read(&c, NULL, a, notes, "restitution", public,
	    why), 0);
	assert_int_equal(c.size, size);
}

/* Nothing signed, nothing changed. */
static void
refuses(const char *said, const char *word, uint64_t kept)
{
	struct checkpoint c;
	char why[256];

	begins(said, word);
	assert_null(strstr(said, "\xe2\x80\x94"));
	assert_int_equal(keep_read(&c, NULL, a, notes, "restitution", public,
	    why), 0);
	assert_int_equal(c.size, kept);
}

static void
shell(const char *fmt, const char *with)
{
	char command[300];

	snprintf(command, sizeof(command), fmt, with);
	assert_int_equal(system(command), 0);
}

static int
set_up(void **state UNUSED)
{
	struct keys *keys;
	struct fault f;

	log_open(false, LEVEL_ERROR, "signer");
	strcpy(dir, "/tmp/guichet-signer.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(notes, sizeof(notes), "%s/notes", dir);
	for (int h = 0; h < 2; h++)
		for (size_t i = 0; i < countof(leaves[h]); i++) {
			char leaf[8];
			int n = snprintf(leaf, sizeof(leaf), "%c%zu",
			    /* the first ten are the same in both */
			    i < 10 ? 'a' : 'a' + h, i);

			tree_leaf(&leaves[h][i], leaf, (size_t)n);
		}
	if (keys_make(dir, &f) < 0 || keys_make_signer(dir, dir, &f) < 0 ||
	    keys_load(&keys, dir, &f) < 0)
		return -1;
	public = keys_journal(keys, "restitution");
	EVP_PKEY_up_ref(public);
	keys_free(keys);
	return signer_open(&signer, dir, notes, &f);
}

static int
tear_down(void **state UNUSED)
{
	signer_free(signer);
	EVP_PKEY_free(public);
	shell("rm -rf %s", dir);
	return 0;
}

static int
each_begins(void **state UNUSED)
{
	a = arena_new();
	shell("rm -rf %s", notes);
	return 0;
}

static int
each_ends(void **state UNUSED)
{
	arena_free(a);
	return 0;
}

/* ---- stories ---- */

static void
what_continues_is_signed(void **state UNUSED)
{
	static const uint64_t sizes[] = { 0, 1, 2, 7, 8, 255, 256, 257, 600, 600 };
	uint64_t old = 0;

	begins(ask("last restitution"), "none");
	for (size_t i = 0; i < countof(sizes); i++) {
		signs(sign('a', old, sizes[i]), sizes[i]);
		old = sizes[i];
	}
	begins(ask("last restitution"), "ok test.example/journal/restitution\n600");
	begins(ask("last consent-admin"), "none");
}

static void
a_shorter_tree_is_not(void **state UNUSED)
{
	signs(sign('a', 0, 20), 20);
	refuses(sign('a', 0, 19), "refused", 20);
	refuses(sign('a', 19, 19), "refused", 20);
	refuses(sign('a', 10, 12), "refused", 20);
	refuses(sign('a', 0, 0), "refused", 20);
	/* an old request, played again: the same words change nothing */
	signs(sign('a', 20, 30), 30);
	refuses(sign('a', 20, 25), "refused", 30);
	refuses(sign('a', 0, 20), "refused", 30);
}

static void
another_history_is_not(void **state UNUSED)
{
	struct checkpoint c = checkpoint('b', 40);
	struct proof good = proof('a', 20, 40), p;

	signs(sign('a', 0, 20), 20);
	refuses(sign('b', 20, 40), "refused", 20);	/* a proof of its own */
	refuses(sign('b', 20, 20), "refused", 20);	/* the same size */
	refuses(sign('b', 10, 40), "conflict 20", 20);	/* from where they part */
	refuses(sign('b', 0, 40), "conflict 20", 20);	/* as if nothing were */
	/* the proof of the true one, for the root of the other */
	refuses(ask("sign restitution %lld\n%s%s", (long long)clock_boot_ms(),
	    advance(20, &good), checkpoint_text(a, &c)), "refused", 20);
	c = checkpoint('a', 40);
	for (size_t i = 0; i < good.n; i++) {	/* each hash counts */
		p = good;
		p.hashes[i].bytes[i % 32] ^= 1;
		refuses(ask("sign restitution %lld\n%s%s",
		    (long long)clock_boot_ms(), advance(20, &p),
		    checkpoint_text(a, &c)), "refused", 20);
	}
	p = good;
	p.n--;
	refuses(ask("sign restitution %lld\n%s%s", (long long)clock_boot_ms(),
	    advance(20, &p), checkpoint_text(a, &c)), "refused", 20);
	signs(sign('a', 20, 40), 40);
}

static void
another_name_is_not(void **state UNUSED)
{
	char why[256];

	origin = "test.example/journal/other";
	begins(sign('a', 0, 5), "refused");
	origin = "restitution";
	begins(sign('a', 0, 5), "refused");
	origin = "test.example/journal/restitution";
	begins(ask("last restitution"), "none");
	signs(sign('a', 0, 5), 5);
	origin = "evil.example/journal/restitution";
	refuses(sign('a', 5, 6), "refused", 5);
	/* a person lets it begin under that name: once, and from nothing */
	assert_int_equal(keep_allow(notes, "restitution", origin, why), 0);
	refuses(sign('b', 5, 6), "conflict 0", 5);
	signs(sign('b', 0, 4), 4);
	assert_false(keep_allows(notes, "restitution", origin));
	signs(sign('b', 4, 7), 7);
	shell("ls %s/restitution.note.before-* >/dev/null", notes);
	origin = "test.example/journal/restitution";
	refuses(sign('a', 0, 9), "refused", 7);
}

/* It slept since it last knew that it leads. */
static void
a_late_request_is_not(void **state UNUSED)
{
	int64_t now = clock_boot_ms();

	signs(sign('a', 0, 20), 20);
	refuses(sign_at(now - SIGNER_LEASE_MS - 1, 'a', 20, 30), "late", 20);
	refuses(sign_at(now - 60000, 'a', 20, 30), "late", 20);
	refuses(sign_at(now + 60000, 'a', 20, 30), "late", 20);
	signs(sign_at(now - SIGNER_LEASE_MS / 2, 'a', 20, 30), 30);
}

static void
a_note_is_kept_that_was_proved(void **state UNUSED)
{
	struct checkpoint c;
	struct proof p = proof('a', 20, 40), none = { .n = 0 };
	const char *at_40;

	/* elsewhere, by the signer of another host with the same key */
	at_40 = sign('a', 0, 40) + 3;
	shell("rm -rf %s", notes);
	signs(sign('a', 0, 20), 20);
	refuses(ask("keep restitution\n%s%s", advance(20, &none), at_40),
	    "refused", 20);
	refuses(ask("keep restitution\n%s%s", advance(0, &none), at_40),
	    "conflict 20", 20);
	/* nobody's signature */
	c = checkpoint('a', 40);
	refuses(ask("keep restitution\n%s%s", advance(20, &p), arena_printf(a,
	    "%s\n\xe2\x80\x94 %s AAAAAAAA\n", checkpoint_text(a, &c), origin)),
	    "refused", 20);
	begins(ask("keep restitution\n%s%s", advance(20, &p), at_40), "ok");
	refuses(sign('b', 20, 40), "conflict 40", 40);
	refuses(sign('b', 40, 40), "refused", 40);
	refuses(sign('a', 20, 30), "refused", 40);
	signs(sign('a', 40, 41), 41);
}

static void
noise_is_refused(void **state UNUSED)
{
	static const char *const noise[] = {
	    "", " ", "sign", "sign restitution", "sign other 1\nold 0\n\n",
	    "erase restitution", "sign restitution \nold 0\n\nx\n1\ny\n",
	    "sign restitution 1\nold 00\n\nx\n1\ny\n", "sign restitution 1\nold 0",
	    "sign restitution -1\nold 0\n\n", "keep restitution\nold 0\n\n",
	    "sign restitution 99999999999999999999\nold 0\n\n",
	    "files restitution", "files restitution zz" };
	struct buf out;
	char big[SIGNER_MESSAGE_MAX + 1];

	for (size_t i = 0; i < countof(noise); i++)
		begins(ask("%s", noise[i]), "refused");
	memset(big, 'x', sizeof(big));
	memcpy(big, "last restitution", 16);
	buf_init_in(&out, a);
	signer_answer(signer, big, sizeof(big), &out);
	begins(out.data, "refused");
	signer_answer(signer, "last restitution\0", 17, &out);
	begins(out.data, "refused");
}

/* What it signs for an export can never be read as a checkpoint. */
static void
files_are_no_checkpoint(void **state UNUSED)
{
	struct checkpoint c;
	const char *said, *hex = "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855";

	begins(ask("files restitution %s", hex), "refused");
	signs(sign('a', 0, 3), 3);
	said = ask("files restitution %s", hex);
	begins(said, "ok files of an export of test.example/journal/restitution\n");
	assert_int_equal(keep_parse(&c, a, said + 3, strlen(said + 3), public),
	    E_BAD_INPUT);
	begins(ask("files restitution %s\n5\n", hex), "refused");
}

static void
a_spoilt_note_stops_it(void **state UNUSED)
{
	signs(sign('a', 0, 3), 3);
	shell("echo nothing > %s/restitution.note", notes);
	begins(sign('a', 3, 4), "broken");
	begins(ask("last restitution"), "broken");
	shell("rm -rf %s", notes);
	shell("touch %s", notes);	/* no directory */
	begins(sign('a', 3, 4), "broken");
	shell("rm %s", notes);
}

/* As a process: it can start nothing and call nobody; a restart is not seen. */
static void
its_process_is_confined(void **state UNUSED)
{
	static const volatile sig_atomic_t never;
	char address[SIGNER_ADDRESS], *said;
	int listener = signer_listen(NULL, address), status;
	pid_t parent = getpid(), pid = fork();
	struct signer_link *link;

	if (pid == 0) {
		signer_confine(false);
		if (system("true") == 0 || socket(AF_INET, SOCK_STREAM, 0) >= 0 ||
		    fork() >= 0)
			_exit(1);
		signer_serve(signer, listener, getuid(), parent, &never);
	}
	link = signer_ask_at(address);
	assert_int_equal(signer_last(link, a, LOG_RESTITUTION, &said),
	    E_NOT_FOUND);
	assert_int_equal(kill(pid, SIGKILL), 0);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	if ((pid = fork()) == 0)
		signer_serve(signer, listener, getuid() + 1, parent, &never);
	/* another user's: not root's, when root runs this */
	assert_int_equal(signer_last(link, a, LOG_RESTITUTION, &said),
	    getuid() == 0 ? E_NOT_FOUND : E_UNAVAILABLE);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(listener);
	assert_int_equal(signer_last(link, a, LOG_RESTITUTION, &said),
	    E_UNAVAILABLE);
	assert_non_null(strstr(signer_why(link), "does not answer"));
	signer_hang_up(link);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, each_begins, each_ends)
	const struct CMUnitTest tests[] = {
		STORY(what_continues_is_signed),
		STORY(a_shorter_tree_is_not),
		STORY(another_history_is_not),
		STORY(another_name_is_not),
		STORY(a_late_request_is_not),
		STORY(a_note_is_kept_that_was_proved),
		STORY(noise_is_refused),
		STORY(files_are_no_checkpoint),
		STORY(a_spoilt_note_stops_it),
		STORY(its_process_is_confined),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
