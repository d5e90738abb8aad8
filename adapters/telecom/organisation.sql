-- The telecom database of a synthetic organisation, the Régie de Valombre.
-- Another house, another style than its energy database: customers are
-- "abonnés", calls are stamped in the local time of wherever the caller was,
-- with the offset beside it, and causes are numbers.
-- `guichet synth --sector telecom` runs the first part, fills the tables, and
-- then runs what follows the line that begins with "-- AFTER".

CREATE SCHEMA abo;	-- subscribers and lines
CREATE SCHEMA cat;	-- catalogue of plans
CREATE SCHEMA cdr;	-- call detail records
CREATE SCHEMA tv;	-- the box
CREATE SCHEMA fac;	-- bills

COMMENT ON SCHEMA abo IS 'synthetic: nobody in here exists';

CREATE TABLE cat.forfait (
	code_forfait	varchar(8) NOT NULL,
	libelle		varchar(60) NOT NULL,
	data_go		integer,		-- NULL: none, or no limit
	maj_le		timestamptz NOT NULL
);

CREATE TABLE abo.abonne (
	ref_abonne	varchar(12) NOT NULL,
	titre		smallint,		-- 1 Mme, 2 M.
	nom		varchar(60) NOT NULL,
	prenom		varchar(60) NOT NULL,
	ne_le		date,
	courriel	varchar(120),
	adr_rue		varchar(60) NOT NULL,
	adr_compl	varchar(60),
	adr_cp		varchar(10) NOT NULL,
	adr_ville	varchar(60) NOT NULL,
	adr_pays	char(2) NOT NULL,
	langue		char(2) NOT NULL,
	opposition	boolean NOT NULL,
	maj_le		timestamptz NOT NULL
);
CREATE TABLE abo.ligne (
	id_ligne	bigint NOT NULL,
	ref_abonne	varchar(12) NOT NULL,
	num_contrat	varchar(20) NOT NULL,
	nd		varchar(15) NOT NULL,	-- numéro de désignation, +33...
	nature		char(1) NOT NULL,	-- M mobile, F fixe, B box
	code_forfait	varchar(8) NOT NULL,
	prix_ttc_cts	integer NOT NULL,
	ouverte_le	date NOT NULL,
	engagee_au	date,
	fermee_le	date,
	etat		smallint NOT NULL,	-- 1 active, 2 suspendue, 9 résiliée
	maj_le		timestamptz NOT NULL
);
CREATE TABLE abo.option_ligne (
	id_ligne	bigint NOT NULL,
	libelle		varchar(60) NOT NULL,
	prix_ttc_cts	integer NOT NULL,
	depuis		date NOT NULL,
	maj_le		timestamptz NOT NULL
);

CREATE TABLE cdr.cellule (
	id_cellule	integer NOT NULL,
	latitude	numeric(7,2) NOT NULL,
	longitude	numeric(7,2) NOT NULL
);
CREATE TABLE cdr.cause (
	code_cause	smallint NOT NULL,	-- as the switches send them
	libelle		varchar(40) NOT NULL,
	code_norme	varchar(12) NOT NULL
);
-- One row per call or message. debut is the wall clock where the line was;
-- decalage is that place's minutes ahead of UTC. Calls made abroad arrive days
-- later, and a few are valued again by the month's closing.
CREATE TABLE cdr.appel (
	id_appel	varchar(24) NOT NULL,
	id_ligne	bigint NOT NULL,
	debut		timestamp NOT NULL,
	decalage	smallint NOT NULL,
	sens		char(1) NOT NULL,	-- S sortant, E entrant
	type_com	char(1) NOT NULL,	-- V, S, M
	correspondant	varchar(17) NOT NULL,	-- whole: masked by the adapter
	type_corr	char(1) NOT NULL,	-- M mobile, F fixe, E étranger, S service
	duree_s		integer,
	techno		char(1),		-- 2 3 4 5 W F
	id_cellule	integer,
	pays		char(2) NOT NULL,
	code_cause	smallint NOT NULL,
	cout_cts	integer NOT NULL,
	num_lot		integer NOT NULL,
	maj_le		timestamptz NOT NULL
);

-- Kept for thirty days.
CREATE TABLE cdr.position (
	id_ligne	bigint NOT NULL,
	vu_a		timestamp NOT NULL,
	decalage	smallint NOT NULL,
	lat		numeric(7,2) NOT NULL,
	lon		numeric(7,2) NOT NULL,
	rayon_m		integer NOT NULL,
	pays		char(2) NOT NULL,
	maj_le		timestamptz NOT NULL
);
-- A household may ask that a title be forgotten: the row stays, marked.
CREATE TABLE tv.visionnage (
	id_vod		varchar(24) NOT NULL,
	id_ligne	bigint NOT NULL,
	debut		timestamp NOT NULL,
	decalage	smallint NOT NULL,
	action		char(1) NOT NULL,	-- C commande, V visionnage
	genre		char(1) NOT NULL,	-- F S D J
	titre		varchar(80) NOT NULL,
	episode		varchar(10),
	duree_min	smallint NOT NULL,
	vu_s		integer,
	appareil	char(1) NOT NULL,	-- 1 TV 2 tablette 3 téléphone 4 ordinateur
	prix_ttc_cts	integer NOT NULL,
	adulte		boolean NOT NULL,	-- never leaves
	supprime_le	timestamptz,
	maj_le		timestamptz NOT NULL
);
CREATE TABLE fac.facture (
	no_facture	varchar(32) NOT NULL,
	id_ligne	bigint NOT NULL,
	emise_le	date NOT NULL,
	du		date NOT NULL,
	au		date NOT NULL,
	tva_cts		integer NOT NULL,
	ttc_cts		integer NOT NULL,
	echeance	date NOT NULL,
	payee_le	date,
	maj_le		timestamptz NOT NULL
);
CREATE TABLE fac.ligne (
	no_facture	varchar(32) NOT NULL,
	rang		smallint NOT NULL,
	nature		char(2) NOT NULL,	-- FO OP HF VD
	libelle		varchar(60) NOT NULL,
	quantite	integer NOT NULL,
	ttc_cts		integer NOT NULL
);

INSERT INTO cat.forfait VALUES
	('MOB2', 'Mobile 2 heures', 1, '2019-02-04 08:00+01'),
	('MOB40', 'Mobile 40 Go', 40, '2021-05-03 08:00+02'),
	('MOB100', 'Mobile 100 Go', 100, '2022-09-05 08:00+02'),
	('BOX', 'Box fibre', NULL, '2020-01-06 08:00+01'),
	('PREP', 'Mobile sans facture', 2, '2018-03-05 08:00+01');
INSERT INTO cdr.cause VALUES
	(16, 'normal clearing', 'NORMAL'),
	(17, 'user busy', 'BUSY'),
	(19, 'no answer', 'NO_ANSWER'),
	(20, 'forwarded to voice mail', 'VOICE_MAIL'),
	(41, 'temporary failure', 'DROPPED'),
	(200, 'message delivered', 'DELIVERED'),
	(201, 'message not delivered', 'FAILED');

-- AFTER the data: keys, indexes, who may read
ALTER TABLE cat.forfait ADD PRIMARY KEY (code_forfait);
ALTER TABLE abo.abonne ADD PRIMARY KEY (ref_abonne);
ALTER TABLE abo.ligne ADD PRIMARY KEY (id_ligne);
ALTER TABLE abo.option_ligne ADD PRIMARY KEY (id_ligne, libelle);
ALTER TABLE cdr.cellule ADD PRIMARY KEY (id_cellule);
ALTER TABLE cdr.cause ADD PRIMARY KEY (code_cause);
ALTER TABLE cdr.appel ADD PRIMARY KEY (id_appel);

ALTER TABLE cdr.position ADD PRIMARY KEY (id_ligne, vu_a, decalage);
ALTER TABLE tv.visionnage ADD PRIMARY KEY (id_vod);
ALTER TABLE fac.facture ADD PRIMARY KEY (no_facture);
ALTER TABLE fac.ligne ADD PRIMARY KEY (no_facture, rang);

-- by customer: what a page of records walks
CREATE INDEX ON abo.ligne (ref_abonne);
CREATE INDEX ON cdr.appel (id_ligne, maj_le);
CREATE INDEX ON tv.visionnage (id_ligne, maj_le);
CREATE INDEX ON fac.facture (id_ligne);
-- by time: what "who changed?" walks
CREATE INDEX ON cat.forfait (maj_le);
CREATE INDEX ON abo.abonne (maj_le);
CREATE INDEX ON abo.ligne (maj_le);
CREATE INDEX ON abo.ligne (code_forfait);
CREATE INDEX ON abo.option_ligne (maj_le);
CREATE INDEX ON cdr.appel (maj_le);
CREATE INDEX ON cdr.position (maj_le);
CREATE INDEX ON tv.visionnage (maj_le);
CREATE INDEX ON tv.visionnage (supprime_le) WHERE supprime_le IS NOT NULL;
CREATE INDEX ON fac.facture (maj_le);

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
GRANT USAGE ON SCHEMA abo, cat, cdr, tv, fac TO guichet_lecture;
GRANT SELECT ON ALL TABLES IN SCHEMA abo, cat, cdr, tv, fac TO guichet_lecture;
GRANT pg_read_all_stats TO guichet_lecture;	-- the horizon: who still writes?

-- In a sandbox a developer may make records change: only here, by these
-- functions, and only of people who never were.
CREATE SCHEMA guichet_sandbox;
CREATE FUNCTION guichet_sandbox.correct(who text) RETURNS text LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog AS $$
	WITH done AS (
		UPDATE tv.visionnage AS v SET vu_s = v.vu_s + 1, maj_le = now()
		 WHERE v.id_vod = (SELECT x.id_vod FROM abo.ligne AS l
			JOIN tv.visionnage AS x ON x.id_ligne = l.id_ligne
			WHERE l.ref_abonne = who AND NOT x.adulte
			  AND x.supprime_le IS NULL
			ORDER BY x.debut DESC LIMIT 1)
		RETURNING 1
	)
	SELECT 'telecom.vod-history' FROM done
$$;
CREATE FUNCTION guichet_sandbox.remove(who text) RETURNS text LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog AS $$
	WITH done AS (
		UPDATE tv.visionnage AS v SET supprime_le = now(), maj_le = now()
		 WHERE v.id_vod = (SELECT x.id_vod FROM abo.ligne AS l
			JOIN tv.visionnage AS x ON x.id_ligne = l.id_ligne
			WHERE l.ref_abonne = who AND NOT x.adulte
			  AND x.supprime_le IS NULL
			ORDER BY x.debut DESC LIMIT 1)
		RETURNING 1
	)
	SELECT 'telecom.vod-history' FROM done
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA guichet_sandbox FROM PUBLIC;
GRANT USAGE ON SCHEMA guichet_sandbox TO guichet_lecture;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA guichet_sandbox TO guichet_lecture;
-- SPDX-License-Identifier: Apache-2.0
