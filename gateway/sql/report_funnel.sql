-- $1 from, $2 to, $3 client or NULL -> ev, lines: from a request for consent to
-- the first records, stage by stage
SELECT s.ev, coalesce(sum(h.lines), 0)::bigint AS lines
  FROM unnest(ARRAY['consent.requested', 'consent.shown', 'consent.refused',
	'consent.given', 'token.issued', 'consent.withdrawn',
	'consent.expired']) WITH ORDINALITY AS s (ev, place)
  LEFT JOIN guichet.journal_hour AS h ON h.ev = s.ev
   AND h.hour >= $1::timestamptz AND h.hour < $2::timestamptz
   AND ($3::text IS NULL OR h.client = $3::text)
 GROUP BY s.ev, s.place
 ORDER BY s.place;
-- SPDX-License-Identifier: Apache-2.0
