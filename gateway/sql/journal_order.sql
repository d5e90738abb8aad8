-- Takes the oldest staged lines and gives them their places. Whatever is staged
-- is taken, by removal: a line that commits late is taken later, never missed.
-- Who no longer leads takes nothing.
-- A line staged twice (its first answer was lost) is ordered once.
-- $1 lines at most, $2 epochs of the logs bigint[] (log 0, 1...)
-- -> log, seq, hash, in order
WITH taken AS (
	DELETE FROM guichet.journal_stage
	 WHERE n = ANY (ARRAY (SELECT n FROM guichet.journal_stage
	                        ORDER BY n LIMIT $1))	-- by the index: what
							-- was taken lies about
	   AND cardinality($2::bigint[]) = (SELECT count(*)
	               FROM guichet.journal_head AS h
	              WHERE h.epoch = ($2::bigint[])[h.log + 1])
	RETURNING *
), first AS (
	SELECT DISTINCT ON (t.id) t.*
	  FROM taken AS t
	 WHERE NOT EXISTS (SELECT FROM guichet.journal_line AS l
	                    WHERE l.id = t.id
	                   OFFSET 0)	-- looked up one by one: a join may
					-- choose to read the whole journal
	 ORDER BY t.id, t.n
), placed AS (
	SELECT f.*, h.size - 1 +
	       row_number() OVER (PARTITION BY f.log ORDER BY f.n) AS seq
	  FROM first AS f
	  JOIN guichet.journal_head AS h
	    ON h.log = f.log AND h.epoch = ($2::bigint[])[h.log + 1]
), put AS (
	INSERT INTO guichet.journal_line
	       (log, seq, id, leaf, hash, salt, side, subject_id, grant_id,
	        client_id)
	SELECT log, seq, id, leaf, sha256('\x00'::bytea || leaf), salt, side,
	       subject_id, grant_id, client_id
	  FROM placed
	RETURNING log, seq, hash
)
SELECT log, seq, hash FROM put ORDER BY log, seq;
-- SPDX-License-Identifier: Apache-2.0
