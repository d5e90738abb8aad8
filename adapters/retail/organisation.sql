-- SPDX-License-Identifier: Apache-2.0
-- The database of a synthetic food retailer, the Coopérative du Grand Pré: what
-- tills send each night, and who holds a card. A cancelled receipt stays.
-- `guichet synth --sector retail` runs the first part, fills the tables, and
-- then runs what follows the line that begins with "-- AFTER".

CREATE SCHEMA fid;	-- loyalty
CREATE SCHEMA caisse;	-- tills

COMMENT ON SCHEMA fid IS 'synthetic: nobody in here exists';

CREATE TABLE fid.carte (
	no_carte	varchar(20) NOT NULL,
	ref_client	varchar(12) NOT NULL,
	nom		varchar(60) NOT NULL,
	prenom		varchar(60) NOT NULL,
	naissance	date,
	etat		char(1) NOT NULL,	-- A, B
	dt_ouv		date NOT NULL,
	pts		integer NOT NULL,
	opt_mail	char(1) NOT NULL,	-- O, N
	opt_tel		char(1) NOT NULL,
	segment		char(1) NOT NULL,	-- 1 régulier 2 occasionnel 3 nouveau
	refus		boolean NOT NULL,	-- refuses any restitution
	sup_le		timestamptz,
	dt_maj		timestamptz NOT NULL
);
CREATE TABLE caisse.ticket (
	id_ticket	varchar(32) NOT NULL,
	no_carte	varchar(20) NOT NULL,
	magasin		varchar(60) NOT NULL,
	caisse		smallint NOT NULL,
	hote		varchar(8),		-- never leaves
	h_local		timestamp NOT NULL,	-- the till's clock
	hete		boolean NOT NULL,	-- it showed summer time
	nb_art		smallint NOT NULL,
	total_cts	integer NOT NULL,
	bons_cts	integer NOT NULL,
	canal		char(1) NOT NULL,	-- M magasin, W web
	pts		integer NOT NULL,
	annule_le	timestamptz,
	dt_maj		timestamptz NOT NULL
);
-- The label is the one that was printed, so a line never changes.
CREATE TABLE caisse.ligne (
	id_ticket	varchar(32) NOT NULL,
	rg		smallint NOT NULL,
	ean		char(13) NOT NULL,
	lib		varchar(60) NOT NULL,
	qte		numeric(9,3) NOT NULL,
	vente		char(1) NOT NULL,	-- P, K
	pu_cts		integer NOT NULL,
	mt_cts		integer NOT NULL,
	rayon		char(2) NOT NULL
);

-- AFTER the data: keys, indexes, who may read
ALTER TABLE fid.carte ADD PRIMARY KEY (no_carte);
ALTER TABLE caisse.ticket ADD PRIMARY KEY (id_ticket);
ALTER TABLE caisse.ligne ADD PRIMARY KEY (id_ticket, rg);
CREATE INDEX ON fid.carte (ref_client);
CREATE INDEX ON fid.carte (dt_maj);
CREATE INDEX ON fid.carte (sup_le) WHERE sup_le IS NOT NULL;
CREATE INDEX ON caisse.ticket (no_carte, dt_maj);
CREATE INDEX ON caisse.ticket (dt_maj);

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
GRANT USAGE ON SCHEMA fid, caisse TO guichet_lecture;
GRANT SELECT ON ALL TABLES IN SCHEMA fid, caisse TO guichet_lecture;
GRANT pg_read_all_stats TO guichet_lecture;	-- the horizon: who still writes?
