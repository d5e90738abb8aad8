-- -> one: is the database there?
SELECT 1 AS one;
-- SPDX-License-Identifier: Apache-2.0
