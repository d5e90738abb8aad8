-- -> now: is the database there, and what does its clock say?
SELECT clock_timestamp() AS now;
-- SPDX-License-Identifier: Apache-2.0
