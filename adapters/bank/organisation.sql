-- SPDX-License-Identifier: Apache-2.0
-- The database of a synthetic bank, the Banque de l'Estuaire: accounts, whose
-- they are, and movements by the year, one partition each. An amount has no
-- sign: D or C says where it went.
-- `guichet synth --sector bank` runs the first part, fills the tables, and then
-- runs what follows the line that begins with "-- AFTER".

CREATE SCHEMA ref;
CREATE SCHEMA tit;	-- people
CREATE SCHEMA cpt;	-- accounts
CREATE SCHEMA mvt;	-- movements
CREATE SCHEMA prod;

COMMENT ON SCHEMA tit IS 'synthetic: nobody in here exists';

CREATE TABLE ref.code_op (
	code_op		smallint NOT NULL,
	libelle		varchar(40) NOT NULL,
	famille		varchar(12) NOT NULL
);
CREATE TABLE tit.personne (
	id_pers		varchar(12) NOT NULL,
	qualite		varchar(3),
	nom_usage	varchar(60) NOT NULL,
	prenom		varchar(60) NOT NULL,
	date_naiss	date NOT NULL,
	courriel	varchar(120),
	langue		char(2) NOT NULL,
	opposition	boolean NOT NULL,
	protege		boolean NOT NULL,	-- somebody acts for them
	maj		timestamptz NOT NULL
);
CREATE TABLE cpt.compte (
	id_cpt		varchar(24) NOT NULL,
	type_cpt	char(2) NOT NULL,	-- CC CJ LI
	intitule	varchar(60) NOT NULL,
	iban		varchar(34) NOT NULL,	-- only its end leaves
	date_ouv	date NOT NULL,
	date_clo	date,
	solde		numeric(14,2) NOT NULL,
	date_solde	date NOT NULL,
	maj		timestamptz NOT NULL
);
CREATE TABLE cpt.titulaire (
	id_cpt		varchar(24) NOT NULL,
	id_pers		varchar(12) NOT NULL,
	rang		smallint NOT NULL,	-- 1 titulaire, 2 co-titulaire
	maj		timestamptz NOT NULL
);
CREATE TABLE mvt.mouvement (
	id_mvt		varchar(40) NOT NULL,
	id_cpt		varchar(24) NOT NULL,
	date_op		date NOT NULL,
	date_val	date NOT NULL,
	montant		numeric(14,2) NOT NULL,
	sens		char(1) NOT NULL,	-- D, C
	code_op		smallint NOT NULL,
	libelle		varchar(64) NOT NULL,
	heure		timestamp,		-- wall clock of the till
	hete		boolean,		-- it showed summer time
	annule		boolean NOT NULL,
	maj		timestamptz NOT NULL
) PARTITION BY RANGE (date_op);
CREATE TABLE mvt.mouvement_avant PARTITION OF mvt.mouvement
	FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE mvt.mouvement_2024 PARTITION OF mvt.mouvement
	FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE mvt.mouvement_2025 PARTITION OF mvt.mouvement
	FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE mvt.mouvement_2026 PARTITION OF mvt.mouvement
	FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE mvt.mouvement_apres PARTITION OF mvt.mouvement
	FOR VALUES FROM ('2027-01-01') TO (MAXVALUE);
CREATE TABLE prod.produit (
	id_prod		varchar(24) NOT NULL,
	id_pers		varchar(12) NOT NULL,
	libelle		varchar(60) NOT NULL,
	famille		char(2) NOT NULL,	-- CO CB EP CR
	role		char(1) NOT NULL,	-- T, C
	ouverture	date NOT NULL,
	cloture		date,
	frais_cts	integer NOT NULL,
	maj		timestamptz NOT NULL
);

INSERT INTO ref.code_op VALUES
	(11, 'paiement carte', 'CARD'), (21, 'prélèvement', 'DIRECT_DEBIT'),
	(31, 'virement', 'TRANSFER'), (35, 'virement salaire', 'SALARY'),
	(41, 'retrait', 'CASH'), (51, 'frais', 'FEE'), (61, 'chèque', 'CHEQUE');

-- AFTER the data: keys, indexes, who may read
ALTER TABLE ref.code_op ADD PRIMARY KEY (code_op);
ALTER TABLE tit.personne ADD PRIMARY KEY (id_pers);
ALTER TABLE cpt.compte ADD PRIMARY KEY (id_cpt);
ALTER TABLE cpt.titulaire ADD PRIMARY KEY (id_cpt, id_pers);
ALTER TABLE mvt.mouvement ADD PRIMARY KEY (id_mvt, date_op);
ALTER TABLE prod.produit ADD PRIMARY KEY (id_prod);
CREATE INDEX ON cpt.titulaire (id_pers);
CREATE INDEX ON mvt.mouvement (id_cpt, maj);
CREATE INDEX ON prod.produit (id_pers);
CREATE INDEX ON tit.personne (maj);
CREATE INDEX ON cpt.compte (maj);
CREATE INDEX ON cpt.titulaire (maj);
CREATE INDEX ON mvt.mouvement (maj);
CREATE INDEX ON prod.produit (maj);

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
GRANT USAGE ON SCHEMA ref, tit, cpt, mvt, prod TO guichet_lecture;
GRANT SELECT ON ALL TABLES IN SCHEMA ref, tit, cpt, mvt, prod TO guichet_lecture;
GRANT pg_read_all_stats TO guichet_lecture;	-- the horizon: who still writes?
