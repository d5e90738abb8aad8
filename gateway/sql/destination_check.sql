-- Claims doors that nobody looked at for so long, the longest first; each is
-- noted as looked at, so that no other worker does.
-- $1 seconds, $2 rows at most -> as destination_find.sql
WITH due AS MATERIALIZED (
	SELECT d.grant_id
	  FROM guichet.destination AS d
	  JOIN guichet.grants AS g ON g.id = d.grant_id
	 WHERE d.checked < now() - $1::bigint * interval '1 second'
	   AND d.departed IS NULL AND g.state = 'active' AND g.expires > now()
	   AND EXISTS (SELECT FROM guichet.subscription AS s
			WHERE s.grant_id = g.id AND s.state = 'active')
	 ORDER BY d.checked
	 LIMIT $2::bigint
	   FOR UPDATE OF d SKIP LOCKED
), claimed AS (
	UPDATE guichet.destination AS d
	   SET checked = now()
	  FROM due
	 WHERE d.grant_id = due.grant_id
	RETURNING d.*
)
SELECT g.id AS grant_id, g.state AS grant_state, g.client_id, g.details,
       g.datasets, d.kind, d.address, d.host, d.state AS place, d.sealed,
       false AS departed, u.id AS subject_id, u.key AS subject_key, u.customer
  FROM claimed AS d
  JOIN guichet.grants AS g ON g.id = d.grant_id
  JOIN guichet.subject AS u ON u.id = g.subject_id;
-- SPDX-License-Identifier: Apache-2.0
