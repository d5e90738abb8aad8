-- It was sent, or is not to be. Only by who claimed it last.
-- $1 letter, $2 attempts
DELETE FROM guichet.letter WHERE id = $1::uuid AND attempts = $2::int;
-- SPDX-License-Identifier: Apache-2.0
