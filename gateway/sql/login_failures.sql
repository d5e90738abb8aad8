-- $1 hash of the login, $2 of the address -> login, address: wrong passwords
-- lately; wait: seconds until the longer of both is forgotten.
SELECT coalesce(max(failures) FILTER (WHERE hash = $1), 0) AS login,
       coalesce(max(failures) FILTER (WHERE hash = $2), 0) AS address,
       coalesce(ceil(extract(epoch FROM max(until) - now())), 0)::bigint AS wait
  FROM guichet.login_failure
 WHERE hash IN ($1, $2) AND until > now();
-- SPDX-License-Identifier: Apache-2.0
