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
 * has ended, so nothing can commit behind the place reached. By replication
 * `changes` are the rows of a stream (watch/by_replication.c), in the same form.
 */
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/describe.h"

static const char *const names[] = {
	[CAPTURE_HORIZON] = "horizon",
	[CAPTURE_TRIGGER] = "trigger",
	[CAPTURE_REPLICATION] = "replication",
	[CAPTURE_OVERLAP] = "overlap",
};

int
capture_parse(enum capture *out, const char *name)
{
	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0) {
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

/*
 * Relations, operations, keys, times, and who wrote them (32 bits of an xid). A
 * commit may be streamed a moment before it can be seen: pending, ask again.
 */
static const char by_replication[] =
    "WITH told AS MATERIALIZED (\n"
    " SELECT u.relation, u.operation::\"char\" AS operation,"
    " u.key::jsonb AS key,\n"
    "        timestamptz 'epoch' + u.us * interval '1 microsecond' AS at, u.xid\n"
    "   FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[],\n"
    "        $5::bigint[]) AS u (relation, operation, key, us, xid)\n"
    "), changes AS MATERIALIZED (\n"
    " SELECT t.relation, t.operation, t.key, t.at FROM told AS t\n"
    "), head AS (\n"
    " SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax\n"
    "), whole AS (\n"
    " SELECT h.xmax, (h.xmax >> 32 << 32) + t.xid AS xid\n"
    "   FROM (SELECT DISTINCT xid FROM told) AS t, head AS h\n"
    "), state AS (\n"
    " SELECT EXISTS (SELECT FROM told WHERE operation = 'T') AS emptied,\n"
    "  EXISTS (SELECT FROM whole AS w WHERE NOT pg_visible_in_snapshot((\n"
    "   w.xid + CASE WHEN w.xid - w.xmax > 2147483648 THEN -4294967296\n"
    "    WHEN w.xmax - w.xid > 2147483648 THEN 4294967296 ELSE 0 END\n"
    "   )::text::xid8, pg_current_snapshot())) AS pending\n"
    ")\n"
    "SELECT s.*, p.customer FROM state AS s LEFT JOIN (\n"
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
	    "uses :since or :until, which changes by rows have not");
	return fault_cure(f, "select customer FROM changes AS g JOIN ..., where "
	    "g.relation, g.operation, g.key ->> 'column' and g.at tell what was "
	    "written");
}

int
capture_changed(struct dataset *d, unsigned used, struct arena *a,
    struct fault *f)
{
	static const char *const asked[] = {
		[CAPTURE_HORIZON] = by_time,
		[CAPTURE_TRIGGER] = by_trigger,
		[CAPTURE_REPLICATION] = by_replication,
		[CAPTURE_OVERLAP] = by_overlap,
	};

	if ((capture_by_rows(d->source) ? by_change_uses : by_time_uses)(d,
	    used, f) < 0)
		return E_BAD_INPUT;
	d->changed.text = arena_printf(a, asked[d->source->capture],
	    d->changed_text);
	return 0;
}

bool
capture_by_rows(const struct source *s)
{
	return s->capture == CAPTURE_TRIGGER ||
	    s->capture == CAPTURE_REPLICATION;
}

const char *
capture_described(struct arena *a, const struct dataset *d)
{
	if (!capture_by_rows(d->source))
		return NULL;
	if (d->source->capture == CAPTURE_REPLICATION)
		return arena_printf(a, "WITH changes AS (SELECT NULL::text AS "
		    "relation, NULL::\"char\" AS operation, NULL::jsonb AS key, "
		    "NULL::timestamptz AS at WHERE false) SELECT r.* FROM (\n%s\n)"
		    " AS r", d->changed_text);
	return arena_printf(a, "WITH changes AS (SELECT c.relation, c.operation, "
	    "c.key, c.at FROM guichet_source.change AS c ORDER BY c.n DESC "
	    "LIMIT 100) SELECT r.* FROM (\n%s\n) AS r", d->changed_text);
}

/* ---- is it in place? ---- */

/* What is there when all is well; NULL stands for nothing. */
static const struct {
	enum capture capture;
	const char *code, *sql, *cause, *cure[2];	/* around its name */
} needed[] = {
	{ CAPTURE_TRIGGER, "E240",
	  "SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid ="
	  " c.relnamespace WHERE n.nspname = 'guichet_source' AND c.relname ="
	  " 'change' AND has_schema_privilege(n.oid, 'USAGE') AND"
	  " has_table_privilege(c.oid, 'SELECT') AND $1::text IS NOT NULL",
	  "there is no guichet_source.change that our role may read",
	  { "have the owner of the tables run what `guichet adapter triggers ",
	    "` prints" } },
	{ CAPTURE_REPLICATION, "E241",
	  "SELECT 'yes' WHERE current_setting('wal_level') = 'logical' AND"
	  " $1::text IS NOT NULL",
	  "wal_level is not logical, so that nothing can be streamed",
	  { "set wal_level = logical in postgresql.conf of ",
	    ", and restart it" } },
	{ CAPTURE_REPLICATION, "E241",
	  "SELECT oid FROM pg_publication WHERE pubname = $1::text",
	  "the publication that source.conf names (slot) is not there",
	  { "have the owner of the tables run what `guichet adapter replication ",
	    "` prints" } },
};

int
capture_look(PGconn *pg, const struct source *s, struct fault *f)
{
	struct arena *a = arena_new();
	int rc = 0;

	for (size_t i = 0; i < countof(needed) && rc == 0; i++) {
		const char *values[] = { s->slot };

		if (needed[i].capture != s->capture ||
		    live_text(pg, a, needed[i].sql, values, 1) != NULL)
			continue;
		rc = fault_set(f, needed[i].code, s->name, 0, 0, "%s",
		    needed[i].cause);
		fault_cure(f, "%s%s%s", needed[i].cure[0], s->name,
		    needed[i].cure[1]);
	}
	arena_free(a);
	return rc;
}
