/* SPDX-License-Identifier: Apache-2.0 */
/* advance.c - a log goes on: see advance.h. */
#include "journal/advance.h"
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

/* A line without its newline; the text moves on. False: there is none. */
static bool
next_line(const char **text, size_t *n, const char **line, size_t *line_n)
{
	const char *end = memchr(*text, '\n', *n);

	if (end == NULL)
		return false;
	*line = *text;
	*line_n = (size_t)(end - *text);
	*text = end + 1;
	*n -= *line_n + 1;
	return true;
}

static int
read_old(uint64_t *out, const char *line, size_t n)
{
	if (n < 5 || memcmp(line, "old ", 4) != 0)
		return E_BAD_INPUT;
	return checkpoint_size(out, line + 4, n - 4);
}

int
advance_read(struct advance *v, const char *text, size_t n)
{
	const char *line;
	size_t line_n;

	v->proof.n = 0;
	if (!next_line(&text, &n, &line, &line_n) ||
	    read_old(&v->old, line, line_n) < 0)
		return E_BAD_INPUT;
	for (;;) {
		if (!next_line(&text, &n, &line, &line_n))
			return E_BAD_INPUT;
		if (line_n == 0)
			break;
		if (v->proof.n == ADVANCE_PROOF_MAX ||
		    b64_decode(v->proof.hashes[v->proof.n++].bytes, SHA256_SIZE,
		    line, line_n) != SHA256_SIZE)
			return E_BAD_INPUT;
	}
	v->rest = text;
	v->rest_n = n;
	return 0;
}

void
advance_write(struct buf *out, uint64_t old, const struct proof *p)
{
	char hash[48];

	buf_printf(out, "old %" PRIu64 "\n", old);
	for (size_t i = 0; i < p->n; i++) {
		b64_encode(hash, p->hashes[i].bytes, SHA256_SIZE);
		buf_printf(out, "%s\n", hash);
	}
	buf_char(out, '\n');
}

int
advance_check(const struct checkpoint *last, const struct advance *v,
    const struct checkpoint *next)
{
	struct checkpoint nothing = { .size = 0 };
	int rc;

	if (v->old > next->size)
		return E_BAD_INPUT;
	sha256(nothing.root.bytes, "", 0);
	if (last == NULL && v->old == 0)
		last = &nothing;
	if (last == NULL || v->old != last->size)
		return E_CONFLICT;
	/* of nothing, everything is a continuation; but it has one root */
	if (last == &nothing && next->size > 0)
		return v->proof.n == 0 ? 0 : E_DENIED;
	rc = tree_check_consistency(&v->proof, v->old, &last->root, next->size,
	    &next->root);
	return rc < 0 && v->old == next->size && v->proof.n == 0 ? E_CONFLICT : rc;
}
