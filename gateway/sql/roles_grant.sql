-- (writes) $1 name of the roles apart (NAME_app...) -> done: what each may do, anew
SELECT guichet.grant_roles($1)::text AS done;
-- SPDX-License-Identifier: Apache-2.0
