-- Whom one may sign in as. -> login, name, story_en, story_fr
SELECT login, name, story ->> 'en' AS story_en, story ->> 'fr' AS story_fr
  FROM guichet.demo_customer
 ORDER BY story = '{}', login
 LIMIT 50;
-- SPDX-License-Identifier: Apache-2.0
