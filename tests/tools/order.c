/* SPDX-License-Identifier: Apache-2.0 */
/* order CONFIG: what the journal role and the signer do in one interval; prints
 * how many lines were ordered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "crypto/keys.h"
#include "journal/sequencer.h"
#include "journal/signer.h"

/* A signer of our own, as long as we live, unless another one is set. */
static void
sign(struct settings *s)
{
	static const volatile sig_atomic_t never;
	static char address[SIGNER_ADDRESS];
	pid_t parent = getpid();
	struct signer *signer;
	struct fault fault;
	int listener;

	if (s->journal_signer[0] != '\0')
		return;
	listener = signer_listen(NULL, address);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (signer_open(&signer, s->keys_dir, s->journal_notes_dir,
		    &fault) < 0) {
			fault_print(stderr, &fault);
			_exit(78);
		}
		signer_serve(signer, listener, getuid(), parent, &never);
		_exit(0);
	}
	free(s->journal_signer);
	s->journal_signer = strdup(address);
}

int
main(int argc, char **argv)
{
	struct sequencer *s;
	struct settings *settings;
	struct keys *keys;
	struct fault fault;
	int64_t lines = 0;
	int rc;

	log_open(false, LEVEL_WARNING, "order");
	if (argc != 2 || settings_load(&settings, argv[1], &fault) < 0 ||
	    keys_load(&keys, settings->keys_dir, &fault) < 0) {
		fault_print(stderr, &fault);
		return 78;
	}
	sign(settings);
	if ((s = sequencer_new(settings, keys)) == NULL)
		return 78;
	rc = sequencer_turn(s, &lines);
	sequencer_free(s);
	keys_free(keys);
	settings_free(settings);
	printf("%" PRId64 "\n", lines);
	if (rc < 0)
		fprintf(stderr, "%s\n", error_name(rc));
	return rc < 0;
}
