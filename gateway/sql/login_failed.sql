-- A wrong password counts for its login and its address for a quarter of an
-- hour; a few that no longer count go, and the line says it.
-- $1 hash of the login, $2 of the address, $3-$10 journal line
WITH old AS (
	DELETE FROM guichet.login_failure
	 WHERE hash IN (SELECT hash FROM guichet.login_failure
			 WHERE until < now() AND hash NOT IN ($1::bytea, $2::bytea)
			 LIMIT 10 FOR UPDATE SKIP LOCKED)
), counted AS (
	INSERT INTO guichet.login_failure AS f (hash, failures, until)
	SELECT h, 1, now() + interval '15 minutes'
	  FROM unnest(ARRAY[$1::bytea, $2::bytea]) AS h
	 ORDER BY h
	ON CONFLICT (hash) DO UPDATE
	   SET failures = CASE WHEN f.until > now() THEN f.failures + 1 ELSE 1 END,
	       until = CASE WHEN f.until > now() THEN f.until
			    ELSE now() + interval '15 minutes' END
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
       $8::uuid, $9::uuid, $10::text;
-- SPDX-License-Identifier: Apache-2.0
