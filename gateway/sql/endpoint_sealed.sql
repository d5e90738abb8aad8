-- -> client_id, sealed of every endpoint (there are as many as recipients).
SELECT client_id, sealed
  FROM guichet.endpoint
 ORDER BY client_id;
-- SPDX-License-Identifier: Apache-2.0
