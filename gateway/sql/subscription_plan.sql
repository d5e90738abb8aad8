-- What is still to be given, by PIMS and data set: the dry run counts at the source
-- for a few of them. $1 again (true: as if nothing had been given), $2 host or NULL,
-- $3 client or NULL, $4 data set or NULL, $5 customer or NULL, $6 how many to look at
-- -> client, dataset, subscriptions, received (records, of these), customers and
--    details of those to look at (texts, in the same order)
WITH those AS (
	SELECT g.client_id, s.dataset, s.sequence, u.customer, g.details,
	       row_number() OVER (PARTITION BY g.client_id, s.dataset
				  ORDER BY md5(s.id::text)) AS n
	  FROM guichet.subscription AS s
	  JOIN guichet.grants AS g ON g.id = s.grant_id
	  JOIN guichet.subject AS u ON u.id = g.subject_id
	 WHERE s.state IN ('waiting', 'active')
	   AND g.state IN ('pending', 'active')
	   AND ($1::boolean OR s.given IS NULL)
	   AND ($2::text IS NULL OR s.host = $2::text)
	   AND ($3::text IS NULL OR g.client_id = $3::text)
	   AND ($4::text IS NULL OR s.dataset = $4::text)
	   AND ($5::text IS NULL OR u.customer = $5::text)
)
SELECT client_id AS client, dataset, count(*) AS subscriptions,
       CASE WHEN $1::boolean THEN 0 ELSE sum(sequence) END::bigint AS received,
       array_agg(customer ORDER BY n) FILTER (WHERE n <= $6::bigint)
	AS customers,
       array_agg(details::text ORDER BY n) FILTER (WHERE n <= $6::bigint)
	AS details
  FROM those
 GROUP BY client_id, dataset
 ORDER BY client_id, dataset;
-- SPDX-License-Identifier: Apache-2.0
