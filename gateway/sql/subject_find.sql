-- $1 customer -> id, key, language of one who came at least once
SELECT id, key, language FROM guichet.subject WHERE customer = $1;
-- SPDX-License-Identifier: Apache-2.0
