-- -> log, n, id, leaf, seen: 1,000 lines (ORDER_MAX) of the turn at most
FETCH 1000 FROM turn;
-- SPDX-License-Identifier: Apache-2.0
