-- (writes) -> made: hourly partitions of the flow tables, made ahead of time and
-- dropped when past, one at a time: 0 = there is nothing more to do,
-- -1 = somebody stands in the way of the next, later then
SELECT guichet.partitions_step() AS made
-- SPDX-License-Identifier: Apache-2.0
