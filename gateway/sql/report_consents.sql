-- $1 from, $2 to, $3 client or NULL -> client, requested, shown, given, refused,
-- changed, withdrawn, expired, after: per recipient; after = what began to leave
-- under a grant once its withdrawal was written (must be 0)
SELECT h.client,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.requested'), 0)::bigint
	   AS requested,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.shown'), 0)::bigint AS shown,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.given'), 0)::bigint AS given,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.refused'), 0)::bigint
	   AS refused,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.changed'), 0)::bigint
	   AS changed,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.withdrawn'), 0)::bigint
	   AS withdrawn,
       coalesce(sum(lines) FILTER (WHERE ev = 'consent.expired'), 0)::bigint
	   AS expired,
       (SELECT count(*)
	  FROM guichet.journal_fact AS w
	  JOIN guichet.journal_fact AS f ON f.subject_id = w.subject_id
	   AND f.grant_id = w.grant_id AND f.at > w.at
	   AND f.ev IN ('pull.begun', 'delivery.attempted')
	 WHERE w.ev = 'consent.withdrawn' AND w.client = h.client
	   AND w.at >= $1::timestamptz AND w.at < $2::timestamptz) AS after
  FROM guichet.journal_hour AS h
 WHERE h.hour >= $1::timestamptz AND h.hour < $2::timestamptz
   AND h.ev LIKE 'consent.%'
   AND guichet.counted(h.client, $3::text)
 GROUP BY h.client
 ORDER BY h.client;
-- SPDX-License-Identifier: Apache-2.0
