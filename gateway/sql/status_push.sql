-- How deliveries stand.
-- -> due (could be claimed now), oldest (the longest due of these), under_way,
--    later (wait for their next try), waiting, paused, dead, comparing,
--    beginning (their first history is not over), total,
--    delivered_1m, delivered_1h (subscriptions that received something)
SELECT count(*) FILTER (WHERE s.state = 'active' AND s.due <= now()
	AND s.lease_until IS NULL) AS due,
       min(s.due) FILTER (WHERE s.state = 'active' AND s.due <= now()
	AND s.lease_until IS NULL) AS oldest,
       count(*) FILTER (WHERE s.lease_until > now()) AS under_way,
       count(*) FILTER (WHERE s.state = 'active' AND s.due > now()
	AND s.attempts > 0) AS later,
       count(*) FILTER (WHERE s.state = 'waiting') AS waiting,
       count(*) FILTER (WHERE s.state = 'paused') AS paused,
       count(*) FILTER (WHERE s.state = 'dead') AS dead,
       count(*) FILTER (WHERE s.state = 'active' AND s.walk IS NOT NULL)
	AS comparing,
       count(*) FILTER (WHERE s.state = 'active' AND s.given IS NULL)
	AS beginning,
       count(*) FILTER (WHERE s.state <> 'ended') AS total,
       count(*) FILTER (WHERE s.delivered > now() - interval '1 minute')
	AS delivered_1m,
       count(*) FILTER (WHERE s.delivered > now() - interval '1 hour')
	AS delivered_1h
  FROM guichet.subscription AS s;
-- SPDX-License-Identifier: Apache-2.0
