-- SPDX-License-Identifier: Apache-2.0
-- The database of a synthetic mutual insurer, the Mutuelle du Roseau: it was
-- moved from a mainframe in 2004 and still sounds like it. Days are whole
-- numbers (20260304, 0 for none), what is deleted is marked by dtsup, and the
-- database speaks WIN1252 where it may (CREATE DATABASE ... ENCODING 'WIN1252').
-- `guichet synth --sector insurance` runs the first part, fills the tables, and
-- then runs what follows the line that begins with "-- AFTER".

CREATE SCHEMA prod;

COMMENT ON SCHEMA prod IS 'synthetic: nobody in here exists';

CREATE TABLE prod.t_soc (
	nosoc	varchar(12) NOT NULL,
	cdtit	char(1),		-- 1 M., 2 Mme
	pren	varchar(60) NOT NULL,
	nom	varchar(60) NOT NULL,
	dtnais	integer NOT NULL,
	cdprof	char(1),		-- 1 salarié 2 indépendant 7 retraité 9 autre
	cdfam	char(1),		-- S, C
	mel	varchar(120),
	tel	varchar(16),
	adr1	varchar(60) NOT NULL,
	adr2	varchar(60),
	cpost	char(5) NOT NULL,
	bdist	varchar(38) NOT NULL,
	dtadh	integer NOT NULL,
	opp	char(1) NOT NULL,	-- 1: refuses any restitution
	tut	char(1) NOT NULL,	-- 1: somebody acts for them
	dtmaj	timestamptz NOT NULL
);
CREATE TABLE prod.t_form (
	cdform	char(4) NOT NULL,
	cdgar	char(3) NOT NULL,	-- HAB, AUT, GAV
	lib	varchar(40) NOT NULL,
	dtmaj	timestamptz NOT NULL
);
CREATE TABLE prod.t_ctr (
	noctr	varchar(20) NOT NULL,
	nosoc	varchar(12) NOT NULL,
	cdform	char(4) NOT NULL,
	mtprim	integer NOT NULL,	-- cents a year
	dteff	integer NOT NULL,
	dtres	integer NOT NULL,	-- 0: runs
	dtsup	timestamptz,
	dtmaj	timestamptz NOT NULL
);
CREATE TABLE prod.t_obj (
	noctr	varchar(20) NOT NULL,
	rg	smallint NOT NULL,
	cdobj	char(1) NOT NULL,	-- H, V, P
	lib	varchar(120) NOT NULL,
	dteff	integer NOT NULL
);
CREATE TABLE prod.t_hab (
	norsq	varchar(20) NOT NULL,
	noctr	varchar(20) NOT NULL,
	cdnat	char(1) NOT NULL,	-- A, M
	cdjur	char(1) NOT NULL,	-- P, L
	nbpc	smallint NOT NULL,
	mtmob	integer NOT NULL,	-- euros
	adr1	varchar(60) NOT NULL,
	adr2	varchar(60),
	cpost	char(5) NOT NULL,
	bdist	varchar(38) NOT NULL,
	dteff	integer NOT NULL,
	dtres	integer NOT NULL,
	dtmaj	timestamptz NOT NULL
);
CREATE TABLE prod.t_foyer (
	nofoy	varchar(20) NOT NULL,
	nosoc	varchar(12) NOT NULL,
	nbpers	smallint NOT NULL,
	dtmaj	timestamptz NOT NULL
);
CREATE TABLE prod.t_memb (
	nofoy	varchar(20) NOT NULL,
	rg	smallint NOT NULL,
	cdlien	char(1) NOT NULL,	-- C, E, A
	pren	varchar(60) NOT NULL,	-- never leaves
	annais	smallint NOT NULL
);
CREATE TABLE prod.t_regl (
	nosoc	varchar(12) NOT NULL,
	cdmode	char(4) NOT NULL,	-- PRLV, CB, VIR
	cdper	char(1) NOT NULL,	-- M, A
	mt	integer NOT NULL,	-- cents
	jour	smallint NOT NULL,
	iban	varchar(40),		-- never leaves
	dtmaj	timestamptz NOT NULL
);
-- surv is a clock on a wall; hete says whether it showed summer time.
CREATE TABLE prod.t_sin (
	nosin	varchar(24) NOT NULL,
	noctr	varchar(20) NOT NULL,
	cdnat	char(3) NOT NULL,	-- DDE VOL BDG TEM COL
	surv	timestamp NOT NULL,
	hete	boolean NOT NULL,
	dtdecl	integer NOT NULL,
	cdlieu	char(1) NOT NULL,	-- 1 domicile 2 voie 9 ailleurs
	commune	varchar(38) NOT NULL,
	cdetat	char(1) NOT NULL,	-- O, R, C
	mtregl	integer,		-- cents
	dtsup	timestamptz,
	dtmaj	timestamptz NOT NULL
);

INSERT INTO prod.t_form VALUES
	('HAB1', 'HAB', 'Habitation essentiel', '2004-01-05 08:00+01'),
	('HAB2', 'HAB', 'Habitation confort', '2004-01-05 08:00+01'),
	('HAB3', 'HAB', 'Habitation sérénité', '2004-01-05 08:00+01'),
	('AUT2', 'AUT', 'Auto tous risques', '2004-01-05 08:00+01');

-- AFTER the data: keys, indexes, who may read
ALTER TABLE prod.t_soc ADD PRIMARY KEY (nosoc);
ALTER TABLE prod.t_form ADD PRIMARY KEY (cdform);
ALTER TABLE prod.t_ctr ADD PRIMARY KEY (noctr);
ALTER TABLE prod.t_obj ADD PRIMARY KEY (noctr, rg);
ALTER TABLE prod.t_hab ADD PRIMARY KEY (norsq);
ALTER TABLE prod.t_foyer ADD PRIMARY KEY (nofoy);
ALTER TABLE prod.t_memb ADD PRIMARY KEY (nofoy, rg);
ALTER TABLE prod.t_regl ADD PRIMARY KEY (nosoc);
ALTER TABLE prod.t_sin ADD PRIMARY KEY (nosin);
CREATE INDEX ON prod.t_ctr (nosoc);
CREATE INDEX ON prod.t_ctr (cdform);
CREATE INDEX ON prod.t_hab (noctr);
CREATE INDEX ON prod.t_foyer (nosoc);
CREATE INDEX ON prod.t_sin (noctr);
CREATE INDEX ON prod.t_soc (dtmaj);
CREATE INDEX ON prod.t_form (dtmaj);
CREATE INDEX ON prod.t_ctr (dtmaj);
CREATE INDEX ON prod.t_ctr (dtsup) WHERE dtsup IS NOT NULL;
CREATE INDEX ON prod.t_hab (dtmaj);
CREATE INDEX ON prod.t_foyer (dtmaj);
CREATE INDEX ON prod.t_regl (dtmaj);
CREATE INDEX ON prod.t_sin (dtmaj);
CREATE INDEX ON prod.t_sin (dtsup) WHERE dtsup IS NOT NULL;

-- The gateway reads by this role and can do nothing else.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guichet_lecture') THEN
		CREATE ROLE guichet_lecture LOGIN;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL;		-- somebody else made it just now
END $$;
DO $$
BEGIN
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO guichet_lecture',
	    current_database());
END $$;
GRANT USAGE ON SCHEMA prod TO guichet_lecture;
GRANT SELECT ON ALL TABLES IN SCHEMA prod TO guichet_lecture;
GRANT pg_read_all_stats TO guichet_lecture;	-- the horizon: who still writes?

-- In a sandbox a developer may make records change: only here, by these
-- functions, and only of people who never were.
CREATE SCHEMA guichet_sandbox;
CREATE FUNCTION guichet_sandbox.correct(who text) RETURNS text LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog AS $$
	WITH done AS (
		UPDATE prod.t_sin AS s SET mtregl = s.mtregl + 100, dtmaj = now()
		 WHERE s.nosin = (SELECT x.nosin FROM prod.t_ctr AS c
			JOIN prod.t_sin AS x ON x.noctr = c.noctr
			WHERE c.nosoc = who AND x.dtsup IS NULL
			ORDER BY x.surv DESC LIMIT 1)
		RETURNING 1
	)
	SELECT 'insurance.claim' FROM done
$$;
CREATE FUNCTION guichet_sandbox.remove(who text) RETURNS text LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog AS $$
	WITH done AS (
		UPDATE prod.t_sin AS s SET dtsup = now(), dtmaj = now()
		 WHERE s.nosin = (SELECT x.nosin FROM prod.t_ctr AS c
			JOIN prod.t_sin AS x ON x.noctr = c.noctr
			WHERE c.nosoc = who AND x.dtsup IS NULL
			ORDER BY x.surv DESC LIMIT 1)
		RETURNING 1
	)
	SELECT 'insurance.claim' FROM done
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA guichet_sandbox FROM PUBLIC;
GRANT USAGE ON SCHEMA guichet_sandbox TO guichet_lecture;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA guichet_sandbox TO guichet_lecture;
