-- It could not be sent: later, or never.
-- $1 letter, $2 attempts, $3 seconds from now (-1: given up), $4 why
UPDATE guichet.letter
   SET due = CASE WHEN $3::bigint >= 0
		  THEN now() + $3::bigint * interval '1 s' END,
       reason = $4::text
 WHERE id = $1::uuid AND attempts = $2::int;
-- SPDX-License-Identifier: Apache-2.0
