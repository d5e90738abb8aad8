-- What this host asks of a source in the background.
-- $1 host, $2 source, $3 asked, $4 waited ms, $5 over so many ms, $6 bound
INSERT INTO guichet.source_load AS l (host, source, at, asked, waited_ms, ms,
       bound)
VALUES ($1::text, $2::text, now(), $3::bigint, $4::bigint, $5::bigint,
       $6::bigint)
    ON CONFLICT (host, source) DO UPDATE
   SET at = now(), asked = excluded.asked, waited_ms = excluded.waited_ms,
       ms = excluded.ms, bound = excluded.bound;
-- SPDX-License-Identifier: Apache-2.0
