/*
 * keyset.c - the page asked of a source.
 *
 * The adapter's SELECT becomes a subquery; the gateway adds where to begin,
 * where to end, the order and the limit. A first page begins after -infinity,
 * an open period goes from -infinity to infinity: one statement serves all
 * pages, and the planner pushes the period down to the organisation's index.
 */
#include "base/buf.h"
#include "catalogue/catalogue_own.h"

size_t
keyset_key_count(const struct schema *s)
{
	size_t n = 0;

	while (n < KEY_MAX && s->natural_key[n] != NULL)
		n++;
	return n;
}

static void
order(struct buf *b, const struct schema *s)
{
	buf_printf(b, "r.\"%s\"", s->changed);
	for (size_t i = 0; i < keyset_key_count(s); i++)
		buf_printf(b, ", r.\"%s\"", s->natural_key[i]);
}

const char *
keyset_wrap(struct arena *a, const struct schema *s, const char *sql)
{
	size_t n = keyset_key_count(s);
	struct buf b;

	buf_init_in(&b, a);
	buf_printf(&b, "SELECT r.* FROM (\n%s\n) AS r\n WHERE (", sql);
	order(&b, s);
	buf_printf(&b, ") > ($%d", ASK_SINCE);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, ", $%zu", ASK_KEY + i);
	buf_printf(&b, ")\n   AND r.\"%s\" < $%d", s->changed, ASK_UNTIL);
	if (s->period != NULL)
		buf_printf(&b, "\n   AND r.\"%s\" >= $%zu AND r.\"%s\" < $%zu",
		    s->period, ASK_KEY + n, s->period, ASK_KEY + n + 1);
	buf_str(&b, "\n ORDER BY ");
	order(&b, s);
	buf_printf(&b, " LIMIT $%d", ASK_LIMIT);
	return b.data;
}
