-- $1 from, $2 to, $3 client or NULL -> ev, lines, consents: from a request for
-- consent to the first records, stage by stage; consents: of how many, once there
-- is one
SELECT s.ev, coalesce(h.lines, 0)::bigint AS lines,
       CASE WHEN s.place > 3 THEN (SELECT count(DISTINCT f.grant_id)
	  FROM guichet.journal_fact AS f
	 WHERE f.ev = s.ev AND f.at >= $1::timestamptz AND f.at < $2::timestamptz
	   AND guichet.counted(f.client, $3::text)) END AS consents
  FROM unnest(ARRAY['consent.requested', 'consent.shown', 'consent.refused',
	'consent.given', 'token.issued', 'pull.begun', 'delivery.acked',
	'consent.withdrawn', 'consent.expired']) WITH ORDINALITY AS s (ev, place)
  LEFT JOIN LATERAL (SELECT sum(j.lines) AS lines
	  FROM guichet.journal_hour AS j
	 WHERE j.ev = s.ev AND j.hour >= $1::timestamptz
	   AND j.hour < $2::timestamptz
	   AND guichet.counted(j.client, $3::text)) AS h ON true
 ORDER BY s.place;
-- SPDX-License-Identifier: Apache-2.0
