/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes, verifier keys and checkpoints, as a stranger sends them. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "journal/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	char *text = arena_memdup(a, data, n);
	struct checkpoint c, again;
	struct note_key key;
	struct note note;

	if (note_parse(&note, a, text, n) == 0) {
		assert(note.signature_count > 0);
		assert(strlen(note.text) == note.text_n);
		if (checkpoint_parse(&c, &note) == 0) {
			note.text = checkpoint_text(a, &c);
			assert(checkpoint_parse(&again, &note) == 0);
			assert(again.size == c.size);
		}
	}
	if (note_key_parse(&key, arena_strndup(a, (const char *)data, n)) == 0)
		assert(note_key_parse(&key, note_key_text(a, &key)) == 0);
	arena_free(a);
	return 0;
}
