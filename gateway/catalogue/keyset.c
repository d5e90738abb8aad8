/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyset.c - the page asked of a source.
 *
 * The adapter's SELECT becomes a subquery; the gateway adds where to begin,
 * where to end, the order and the limit. A first page begins after -infinity,
 * an open period goes from -infinity to infinity: no parameter is ever NULL, so
 * that one statement serves all pages and one generic plan, the one `guichet
 * check` looked at, walks the organisation's indexes by customer and period.
 */
#include "base/buf.h"
#include "catalogue/catalogue_own.h"

/* Whichever accounts, or those of a list. */
static void
accounts(struct buf *b, const struct schema *s)
{
	int n = keyset_first_key(s) + (int)keyset_key_count(s);

	buf_printf(b, "\n   AND (cardinality($%d::text[]) = 0 OR r.\"%s\"::text"
	    " = ANY ($%d::text[]))", n, s->account, n);
}

size_t
keyset_key_count(const struct schema *s)
{
	size_t n = 0;

	while (n < KEY_MAX && s->natural_key[n] != NULL)
		n++;
	return n;
}

int
keyset_first_key(const struct schema *s)
{
	return s->period != NULL ? ASK_TO + 1 : ASK_CHANGED + 1;
}

static void
order(struct buf *b, const struct schema *s)
{
	buf_printf(b, "r.\"%s\"", s->changed);
	for (size_t i = 0; i < keyset_key_count(s); i++)
		buf_printf(b, ", r.\"%s\"", s->natural_key[i]);
}

/* A day is within the period when the whole of it is: a moment asked for in
 * the middle of a day leaves that day out, and no more than asked goes out. */
static void
period(struct buf *b, const struct schema *s)
{
	bool day = schema_field_find(s, s->period)->type == FIELD_DATE;

	if (day)
		buf_printf(b, "\n   AND r.\"%s\" >= ($%d::timestamptz"
		    " + interval '1 day' - interval '1 microsecond')::date"
		    "\n   AND r.\"%s\" < ($%d::timestamptz)::date",
		    s->period, ASK_FROM, s->period, ASK_TO);
	else
		buf_printf(b, "\n   AND r.\"%s\" >= $%d::timestamptz"
		    "\n   AND r.\"%s\" < $%d::timestamptz",
		    s->period, ASK_FROM, s->period, ASK_TO);
}

/*
 * Two bounds on one column are a range, which a generic plan takes for half a
 * percent of the table: the planner would rather walk that stretch of time than
 * look the customer up. So only the lower one can use an index (of customer and
 * time, where there is one); IS TRUE hides the upper one, which leaves out next
 * to nothing. :since is there for adapters that use it.
 */
const char *
keyset_wrap(struct arena *a, const struct schema *s, const char *sql)
{
	struct buf b;

	buf_init_in(&b, a);
	buf_printf(&b, "SELECT r.* FROM (\n%s\n) AS r\n"
	    " WHERE $%d::timestamptz IS NOT NULL\n   AND (", sql, ASK_SINCE);
	order(&b, s);
	buf_printf(&b, ") > ($%d::timestamptz", ASK_CHANGED);
	for (size_t i = 0; i < keyset_key_count(s); i++)
		buf_printf(&b, ", $%d", keyset_first_key(s) + (int)i);
	buf_printf(&b, ")\n   AND (r.\"%s\" < $%d::timestamptz) IS TRUE",
	    s->changed, ASK_UNTIL);
	if (s->period != NULL)
		period(&b, s);
	if (s->account != NULL)
		accounts(&b, s);
	buf_str(&b, "\n ORDER BY ");
	order(&b, s);
	buf_printf(&b, " LIMIT $%d::bigint", ASK_LIMIT);
	return b.data;
}

/* Sent in binary, as page_params does: times; everything else is text. */
static bool
is_time(int number)
{
	return number == ASK_SINCE || number == ASK_UNTIL ||
	    number == ASK_CHANGED;
}

/* No adapter has a table of that name. */
#define ASKERS "\"guichet askers\""

const char *
keyset_gather(struct arena *a, const char *page, const char *const *types, int n)
{
	const char **items = arena_alloc(a, (size_t)n * sizeof(*items));
	struct buf b;

	buf_init_in(&b, a);
	buf_str(&b, "SELECT p.*, " ASKERS ".number FROM unnest(");
	for (int k = 1; k <= n; k++) {
		buf_printf(&b, "%s$%d::%s[]", k == 1 ? "" : ", ", k,
		    is_time(k) ? "timestamptz" : "text");
		items[k - 1] = arena_printf(a, "(" ASKERS ".a%d::%s)", k, types[k - 1]);
	}
	buf_str(&b, ")\n  WITH ORDINALITY AS " ASKERS " (");
	for (int k = 1; k <= n; k++)
		buf_printf(&b, "a%d, ", k);
	buf_str(&b, "number),\n  LATERAL (\n");
	sqltext_replace(&b, page, items, n);
	buf_str(&b, "\n) AS p");
	return b.data;
}
