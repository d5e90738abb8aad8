/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_part.c - a part of a log, by what stands for the rest of it.
 *
 * Which entry is bad cannot be told when the root is not the one signed: a part
 * has no other hashes to compare with.
 */
#include <inttypes.h>
#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "journal/verify_own.h"

enum { WHY = 256, PROGRESS_EVERY = 4096 };

static void
look_back(struct spine *s, struct marks *m)
{
	struct hash root;

	if (!marks_wait(m, s->size))
		return;
	spine_root(s, &root);
	marks_hold(m, s->size, &root);
}

static int
add(struct verification *v, struct spine *s, struct marks *m,
    const struct entry *e)
{
	look_back(s, m);
	if (e->seq < s->size || e->seq >= v->now.size ||
	    spine_skip(s, e->seq, e->before, e->before_n) < 0) {
		verify_name(v, s->size, s->size);
		return verify_bad(v, "entry %" PRIu64 " is missing: entry %"
		    PRIu64 " stands in its place", s->size, e->seq);
	}
	look_back(s, m);
	spine_append(s, &e->hash);
	v->entries++;
	v->purged += e->leaf == NULL;
	return verify_side(v, e);
}

int
verify_part(struct verification *v, struct evidence *e, const struct part *part,
    struct marks *m)
{
	struct spine s;
	struct entry entry;
	struct hash root;
	char why[WHY];
	int rc;

	spine_init(&s);
	while ((rc = evidence_next(e, &entry, why)) == 1) {
		if ((rc = add(v, &s, m, &entry)) < 0)
			return rc;
		if (v->progress != NULL && v->entries % PROGRESS_EVERY == 0)
			v->progress(v->entries, part->entries, v->arg);
	}
	if (rc < 0) {
		verify_bad(v, "%s", why);
		return rc == E_BAD_INPUT ? E_DENIED : rc;
	}
	look_back(&s, m);
	if (v->entries != part->entries)
		return verify_bad(v, "%" PRIu64 " entries are there, %" PRIu64
		    " should be", v->entries, part->entries);
	if (spine_skip(&s, v->now.size, part->after, part->after_n) < 0)
		return verify_bad(v, "entry %" PRIu64 " is missing", s.size);
	look_back(&s, m);
	spine_root(&s, &root);
	if (memcmp(&root, &v->now.root, sizeof(root)) != 0)
		return verify_bad(v, "the entries are not those that were"
		    " signed");
	return marks_end(m, v);
}

int
verify_side(struct verification *v, const struct entry *e)
{
	static const char prefix[] = "guichet/side/v1\n";
	const struct piece pieces[] = { { prefix, sizeof(prefix) - 1 },
	    { e->salt, e->salt_n }, { e->side, e->side_n } };
	uint8_t digest[SHA256_SIZE];
	char text[64], member[80];

	if (e->side == NULL || e->leaf == NULL)
		return 0;
	sha256_pieces(digest, pieces, countof(pieces));
	b64url_encode(text, digest, sizeof(digest));
	snprintf(member, sizeof(member), "\"cm\":\"%s\"", text);
	if (e->salt != NULL && memmem(e->leaf, e->n, member, strlen(member)))
		return 0;
	verify_name(v, e->seq, e->seq);
	return verify_bad(v, "the side record of entry %" PRIu64
	    " is not the one it commits to", e->seq);
}
