-- A signed checkpoint, unless another leader began since it was ordered.
-- $1 log, $2 size, $3 note, $4 epoch -> ours
WITH head AS (
	SELECT log, epoch FROM guichet.journal_head
	 WHERE log = $1::smallint AND epoch = $4::bigint
	   FOR SHARE
), put AS (
	INSERT INTO guichet.journal_note (log, size, note, epoch)
	SELECT log, $2::bigint, $3, epoch FROM head
	    ON CONFLICT (log, size) DO NOTHING
)
SELECT EXISTS (SELECT FROM head) AS ours;
-- SPDX-License-Identifier: Apache-2.0
