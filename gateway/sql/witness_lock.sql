-- One host asks the witnesses, for as long as its session lives -> got
SELECT pg_try_advisory_lock(hashtextextended('guichet witness', 0)) AS got;
-- SPDX-License-Identifier: Apache-2.0
