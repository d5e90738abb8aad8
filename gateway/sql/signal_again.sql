-- It was not received: later.
-- $1 signal, $2 attempts, $3 milliseconds from now, $4 why
UPDATE guichet.signal
   SET due = now() + $3::bigint * interval '1 ms', reason = $4::text
 WHERE id = $1::uuid AND attempts = $2::int;
-- SPDX-License-Identifier: Apache-2.0
