-- $1 customer or NULL, $2-$9 journal line -> subject, last_size, last_note,
-- signed, behind (lines not decoded yet). Whoever reads the journal leaves a line
-- of it, before she sees anything.
WITH noted AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	VALUES ($2::uuid, $3::smallint, $4::bytea, $5::bytea, $6::bytea, $7::uuid,
	       $8::uuid, $9::text)
	RETURNING id
)
SELECT (SELECT id FROM guichet.subject WHERE customer = $1::text) AS subject,
       n.size AS last_size, n.note AS last_note, n.signed,
       (SELECT sum(h.size - k.seq)::bigint FROM guichet.journal_fact_mark AS k
	  JOIN guichet.journal_head AS h USING (log)) AS behind
  FROM noted
  LEFT JOIN LATERAL (SELECT size, note, signed FROM guichet.journal_note
		      WHERE log = 0 ORDER BY size DESC LIMIT 1) AS n ON true;
-- SPDX-License-Identifier: Apache-2.0
