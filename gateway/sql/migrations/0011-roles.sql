-- Roles apart: what each process and each reader may do, and no more. Whoever
-- owns these tables migrates and administers (`guichet` commands); web, push and
-- watch connect as NAME_app, the journal's process as NAME_sequencer; NAME_auditor
-- and NAME_dpo are groups for people who read with tools of their own. The signer
-- has no role: it knows no database.

-- What a role without the right to do so has done for it, and only that.
ALTER FUNCTION guichet.partitions_ahead(int) SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION guichet.partitions_step(int) SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION guichet.journal_facts(int, text) SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp;
REVOKE EXECUTE ON FUNCTION guichet.partitions_ahead(int),
	guichet.partitions_step(int), guichet.journal_facts(int, text) FROM PUBLIC;

-- Called after every migration, so that a new table is granted too. A later
-- migration that brings a table of another kind replaces this function.
CREATE FUNCTION guichet.grant_roles(name text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	app text := name || '_app'; sequencer text := name || '_sequencer';
	auditor text := name || '_auditor'; dpo text := name || '_dpo';
	t text; r text;
BEGIN
	FOREACH r IN ARRAY ARRAY[app, sequencer, auditor, dpo] LOOP
		EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA guichet FROM %I', r);
		EXECUTE format('GRANT USAGE ON SCHEMA guichet TO %I', r);
		EXECUTE format('GRANT SELECT ON guichet.migration TO %I', r);
	END LOOP;
	FOR t IN SELECT c.relname FROM pg_class AS c
	    JOIN pg_namespace AS n ON n.oid = c.relnamespace
	   WHERE n.nspname = 'guichet' AND c.relkind IN ('r', 'p', 'v')
	     AND NOT c.relispartition AND c.relname <> 'migration' LOOP
		EXECUTE format('GRANT SELECT%s ON guichet.%I TO %I',
		    CASE WHEN t LIKE 'journal\_%' OR t = 'legal_hold' THEN ''
			 ELSE ', INSERT, UPDATE, DELETE' END, t, app);
		IF t LIKE 'journal\_%' AND t NOT IN ('journal_fact', 'journal_hour',
		    'journal_day', 'journal_month', 'journal_fact_mark') THEN
			EXECUTE format('GRANT SELECT ON guichet.%I TO %I', t,
			    sequencer);
		END IF;
	END LOOP;
	EXECUTE format('GRANT INSERT ON guichet.journal_line,'
	    ' guichet.journal_check TO %I, %I', app, sequencer);
	EXECUTE format('GRANT EXECUTE ON FUNCTION guichet.partitions_ahead(int),'
	    ' guichet.partitions_step(int), guichet.journal_facts(int, text)'
	    ' TO %I', app);

	-- the order of lines, and nothing of what they say
	EXECUTE format('GRANT UPDATE (xid) ON guichet.journal_line TO %I', sequencer);
	EXECUTE format('GRANT INSERT, UPDATE ON guichet.journal_bundle,'
	    ' guichet.journal_tile, guichet.journal_head, guichet.journal_note'
	    ' TO %I', sequencer);
	EXECUTE format('GRANT UPDATE ON guichet.journal_turn, guichet.journal_check'
	    ' TO %I', sequencer);
	EXECUTE format('GRANT INSERT ON guichet.journal_origin,'
	    ' guichet.journal_stamp TO %I', sequencer);

	-- the journal without persons, and what proves it
	EXECUTE format('GRANT SELECT ON guichet.journal_bundle,'
	    ' guichet.journal_tile, guichet.journal_head, guichet.journal_note,'
	    ' guichet.journal_origin, guichet.journal_stamp,'
	    ' guichet.journal_check, guichet.journal_hour,'
	    ' guichet.journal_day, guichet.journal_month'
	    ' TO %I, %I', auditor, dpo);
	EXECUTE format('GRANT SELECT (id, n, xid, log, leaf, client_id)'
	    ' ON guichet.journal_line TO %I', auditor);
	EXECUTE format('GRANT SELECT (log, seq, id, at, ev, ds, client, oc, n, b,'
	    ' att, act, ms, lag) ON guichet.journal_fact TO %I', auditor);

	-- and persons
	EXECUTE format('GRANT SELECT ON guichet.journal_line, guichet.journal_fact,'
	    ' guichet.subject, guichet.grants, guichet.legal_hold,'
	    ' guichet.notice TO %I', dpo);
END $$;
REVOKE EXECUTE ON FUNCTION guichet.grant_roles(text) FROM PUBLIC;
-- SPDX-License-Identifier: Apache-2.0
