-- A log goes on under another origin, after its end was lost: with the line that
-- says so, which is placed at once and is nothing that a turn would find.
-- $1 log, $2 origin, $3 the note quoted (or NULL), $4..$11 as line_params adds
-- them -> epoch, size, frontier of the head, log, n, id, leaf of the line; no row:
-- it has that origin already, or the log has no head
WITH head AS (
	UPDATE guichet.journal_head SET origin = $2, epoch = epoch + 1
	 WHERE log = $1::smallint AND (origin <> $2 OR size = 0)
	RETURNING log, epoch, size, frontier
), begun AS (
	INSERT INTO guichet.journal_origin (log, origin, first, quoted)
	SELECT log, $2, size, $3 FROM head
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id, xid)
	SELECT $4::uuid, $5::smallint, $6::bytea, $7::bytea, $8::bytea, $9::uuid,
	       $10::uuid, $11::text, '3'::xid8
	  FROM head
	RETURNING n, id, leaf
)
SELECT h.epoch, h.size, h.frontier, h.log, l.n, l.id, l.leaf
  FROM head AS h
 CROSS JOIN line AS l;
-- SPDX-License-Identifier: Apache-2.0
