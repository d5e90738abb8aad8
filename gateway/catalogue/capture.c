/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.c - how it is known that something was written at the source.
 *
 * By time (horizon), the watch asks <data-set>.changed.sql about [:since,
 * :until); by overlap the same, about all that may still come late, again and
 * again. By trigger, each write leaves a row in guichet_source.change (table,
 * key, operation, xid8), and <data-set>.changed.sql turns these rows into
 * customers: it reads them as a table named `changes`, which stands for those
 * that are new. They are read below pg_snapshot_xmin: every transaction below it
 * has ended, so nothing can commit behind the place reached.
 */
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/describe.h"

static const char *const names[] = {
	[CAPTURE_HORIZON] = "horizon",
	[CAPTURE_TRIGGER] = "trigger",
	[CAPTURE_OVERLAP] = "overlap",
};

int
capture_parse(enum capture *out, const char *name)
{
	for (size_t i = 0; i < countof(names); i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0) {
			*out = (enum capture)i;
			return 0;
		}
	return E_BAD_INPUT;
}

/* ---- who changed? ---- */

/* Since (xid, n). One transaction may be larger than a batch: hence n. An xid
 * beyond all those of this server was another server's. */
static const char by_trigger[] =
    "WITH changes AS MATERIALIZED (\n"
    " SELECT c.xid, c.n, c.relation, c.operation, c.key, c.at\n"
    "   FROM guichet_source.change AS c\n"
    "  WHERE (c.xid, c.n) > ($1::bigint::text::xid8, $2::bigint)\n"
    "    AND c.xid < pg_snapshot_xmin(pg_current_snapshot())\n"
    "  ORDER BY c.xid, c.n LIMIT 1000\n"
    "), last AS (\n"
    " SELECT c.xid::text::bigint AS xid, c.n FROM changes AS c\n"
    "  ORDER BY c.xid DESC, c.n DESC LIMIT 1\n"
    "), told AS (\n"
    " SELECT (SELECT count(*) FROM changes) AS rows, l.xid, l.n,\n"
    "        EXISTS (SELECT FROM changes AS c WHERE c.operation = 'T')"
    " AS emptied,\n"
    "        $1::bigint::text::xid8 > pg_snapshot_xmax(pg_current_snapshot())"
    " AS elsewhere,\n"
    "        EXISTS (SELECT FROM guichet_source.change AS c WHERE c.xid >=\n"
    "          pg_snapshot_xmin(pg_current_snapshot())) AS pending\n"
    "   FROM (SELECT 1) AS always LEFT JOIN last AS l ON true\n"
    ")\n"
    "SELECT t.*, p.customer FROM told AS t LEFT JOIN (\n"
    " SELECT DISTINCT r.customer::text AS customer FROM (\n%s\n) AS r\n"
    "  WHERE r.customer IS NOT NULL) AS p ON true";

static const char by_time[] =
    "SELECT r.customer::text AS customer, max(r.changed) AS changed\n"
    "  FROM (\n%s\n) AS r\n WHERE r.customer IS NOT NULL\n GROUP BY 1";

/* Told again and again: seen is what a row is known by. */
static const char by_overlap[] =
    "SELECT r.customer::text AS customer, r.changed,\n"
    "       hashtextextended(concat_ws(' ', r.customer, r.changed,\n"
    "         sum(hashtextextended(r::text, 0)::numeric)), 0) AS seen\n"
    "  FROM (\n%s\n) AS r\n WHERE r.customer IS NOT NULL\n"
    " GROUP BY r.customer, r.changed";

static int
by_time_uses(const struct dataset *d, unsigned used, struct fault *f)
{
	if (used == (1u << 1 | 1u << 2))
		return 0;
	fault_set(f, "E205", d->changed_file, 0, 0,
	    "does not use both :since and :until");
	return fault_cure(f, "ask for rows with changed >= :since AND "
	    "changed < :until");
}

static int
by_change_uses(const struct dataset *d, unsigned used, struct fault *f)
{
	if (used == 0 && sqltext_alias(d->changed_text, "changes") > 0)
		return 0;
	fault_set(f, "E205", d->changed_file, 0, 0, used == 0 ?
	    "does not read FROM changes" :
	    "uses :since or :until, which capture = trigger has not");
	return fault_cure(f, "select customer FROM changes AS g JOIN ..., where "
	    "g.relation, g.operation, g.key ->> 'column' and g.at tell what was "
	    "written");
}

int
capture_changed(struct dataset *d, unsigned used, struct arena *a,
    struct fault *f)
{
	bool by_change = d->source->capture == CAPTURE_TRIGGER;

	if ((by_change ? by_change_uses : by_time_uses)(d, used, f) < 0)
		return E_BAD_INPUT;
	d->changed.text = arena_printf(a, by_change ? by_trigger :
	    d->source->capture == CAPTURE_OVERLAP ? by_overlap : by_time,
	    d->changed_text);
	return 0;
}

const char *
capture_described(struct arena *a, const struct dataset *d)
{
	if (d->source->capture != CAPTURE_TRIGGER)
		return NULL;
	return arena_printf(a, "WITH changes AS (SELECT c.relation, c.operation, "
	    "c.key, c.at FROM guichet_source.change AS c ORDER BY c.n DESC "
	    "LIMIT 100) SELECT r.* FROM (\n%s\n) AS r", d->changed_text);
}

/* ---- is it in place? ---- */

int
capture_look(PGconn *pg, const struct source *s, struct fault *f)
{
	struct arena *a;
	const char *there;
	int rc = 0;

	if (s->capture != CAPTURE_TRIGGER)
		return 0;
	a = arena_new();
	there = live_text(pg, a, "SELECT c.oid FROM pg_class AS c JOIN"
	    " pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname ="
	    " 'guichet_source' AND c.relname = 'change' AND"
	    " has_schema_privilege(n.oid, 'USAGE') AND"
	    " has_table_privilege(c.oid, 'SELECT')", NULL, 0);
	if (there == NULL) {
		rc = fault_set(f, "E240", s->name, 0, 0, "there is no "
		    "guichet_source.change that our role may read");
		fault_cure(f, "have the owner of the tables run what `guichet "
		    "adapter triggers %s` prints", s->name);
	}
	arena_free(a);
	return rc;
}
