/* SPDX-License-Identifier: Apache-2.0 */
/* order CONFIG: what the journal role does in one interval; prints how many
 * lines were ordered. */
#include <inttypes.h>
#include <stdio.h>
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "crypto/keys.h"
#include "journal/sequencer.h"

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
