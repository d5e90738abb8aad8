-- (writes) -> made: hourly partitions of the flow tables, made ahead of time
SELECT guichet.partitions_ahead() AS made
-- SPDX-License-Identifier: Apache-2.0
