-- SPDX-License-Identifier: Apache-2.0
-- The database of a synthetic transport operator, the Réseau Hirondelle: cards,
-- what they bear, each validation (a bus does not know where one got off), and
-- the parking meters it took over. Validations are by the year.
-- `guichet synth --sector mobility` runs the first part, fills the tables, and
-- then runs what follows the line that begins with "-- AFTER".

CREATE SCHEMA geo;
CREATE SCHEMA bill;	-- billettique
CREATE SCHEMA stat;	-- stationnement

COMMENT ON SCHEMA bill IS 'synthetic: nobody in here exists';

CREATE TABLE geo.arret (
	id_arret	integer NOT NULL,
	nom		varchar(80) NOT NULL,
	lat		numeric(8,5) NOT NULL,
	lon		numeric(8,5) NOT NULL
);
CREATE TABLE bill.porteur (
	no_porteur	bigint NOT NULL,
	ref_ext		varchar(12) NOT NULL,
	no_carte	varchar(20) NOT NULL,
	nom		varchar(60) NOT NULL,
	prenom		varchar(60) NOT NULL,
	ne_le		date NOT NULL,
	mail		varchar(120),
	profil		char(1) NOT NULL,	-- P plein, J jeune, S senior
	refus		boolean NOT NULL,
	maj_le		timestamptz NOT NULL
);
CREATE TABLE bill.produit (
	code_prod	char(3) NOT NULL,
	libelle		varchar(40) NOT NULL,
	genre		varchar(12) NOT NULL,
	maj_le		timestamptz NOT NULL
);
CREATE TABLE bill.titre (
	no_titre	varchar(24) NOT NULL,
	no_porteur	bigint NOT NULL,
	code_prod	char(3) NOT NULL,
	debut		date NOT NULL,
	fin		date NOT NULL,
	prix_cts	integer NOT NULL,
	solde		smallint,
	maj_le		timestamptz NOT NULL
);
CREATE TABLE bill.validation (
	id_val		varchar(32) NOT NULL,
	no_porteur	bigint NOT NULL,
	mode		char(1) NOT NULL,	-- 1 bus 2 tram 3 vélo
	ligne		varchar(6),
	deb		timestamp NOT NULL,	-- wall clock
	hete		boolean NOT NULL,	-- it showed summer time
	fin		timestamp,
	arret_o		integer NOT NULL,
	arret_d		integer,
	dist_m		integer,
	prix_cts	integer NOT NULL,
	no_titre	varchar(24),
	maj_le		timestamptz NOT NULL
) PARTITION BY RANGE (deb);
CREATE TABLE bill.validation_avant PARTITION OF bill.validation
	FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE bill.validation_2025 PARTITION OF bill.validation
	FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE bill.validation_apres PARTITION OF bill.validation
	FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
CREATE TABLE stat.session (
	id_session	varchar(32) NOT NULL,
	no_porteur	bigint NOT NULL,
	zone		varchar(60) NOT NULL,
	genre		char(1) NOT NULL,	-- V voirie, P parc
	deb		timestamp NOT NULL,
	hete		boolean NOT NULL,
	duree_min	integer NOT NULL,
	plaque		varchar(12) NOT NULL,	-- only its ends leave
	prix_cts	integer NOT NULL,
	maj_le		timestamptz NOT NULL
);

INSERT INTO bill.produit VALUES
	('MEN', 'Hirondelle mensuel', 'MONTHLY', '2012-01-02 08:00+01'),
	('C10', 'Carnet de dix', 'TEN_TRIPS', '2012-01-02 08:00+01'),
	('UNI', 'Ticket à l''unité', 'SINGLE', '2012-01-02 08:00+01');

-- AFTER the data: keys, indexes, who may read
ALTER TABLE geo.arret ADD PRIMARY KEY (id_arret);
ALTER TABLE bill.porteur ADD PRIMARY KEY (no_porteur);
ALTER TABLE bill.produit ADD PRIMARY KEY (code_prod);
ALTER TABLE bill.titre ADD PRIMARY KEY (no_titre);
ALTER TABLE bill.validation ADD PRIMARY KEY (id_val, deb);
ALTER TABLE stat.session ADD PRIMARY KEY (id_session);
CREATE UNIQUE INDEX ON bill.porteur (ref_ext);
CREATE INDEX ON bill.titre (no_porteur);
CREATE INDEX ON bill.titre (code_prod);
CREATE INDEX ON bill.validation (no_porteur, maj_le);
CREATE INDEX ON stat.session (no_porteur);
CREATE INDEX ON bill.porteur (maj_le);
CREATE INDEX ON bill.produit (maj_le);
CREATE INDEX ON bill.titre (maj_le);
CREATE INDEX ON bill.validation (maj_le);
CREATE INDEX ON stat.session (maj_le);

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
GRANT USAGE ON SCHEMA geo, bill, stat TO guichet_lecture;
GRANT SELECT ON ALL TABLES IN SCHEMA geo, bill, stat TO guichet_lecture;
GRANT pg_read_all_stats TO guichet_lecture;	-- the horizon: who still writes?
