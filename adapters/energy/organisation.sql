-- The energy database of a synthetic organisation, the Régie de Valombre.
-- It looks like what grows in such a house over twenty years: French names cut
-- short, code tables, history rows, amounts in cents, readings by rank.
-- `guichet synth --sector energy` runs the first part, fills the tables, and
-- then runs what follows the line that begins with "-- AFTER".

CREATE SCHEMA ref;	-- code tables
CREATE SCHEMA crm;	-- customers and contracts
CREATE SCHEMA si;	-- meters and readings
CREATE SCHEMA fac;	-- billing
CREATE SCHEMA gaz;	-- bought with another utility, and it shows
CREATE SCHEMA eau;

COMMENT ON SCHEMA crm IS 'synthetic: nobody in here exists';

CREATE TABLE ref.option_tarif (
	code_opt	varchar(4) NOT NULL,	-- BASE HPHC HCWE TEMP EJP
	lib_opt		varchar(40) NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE ref.offre (
	code_off	varchar(8) NOT NULL,
	lib_off		varchar(60) NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE ref.motif_resil (
	code_motif	char(2) NOT NULL,
	lib_motif	varchar(40) NOT NULL
);

CREATE TABLE crm.client (
	id_client	varchar(12) NOT NULL,
	civ		varchar(3),		-- M, MME, or nothing
	nom		varchar(60) NOT NULL,
	prenom		varchar(60) NOT NULL,
	date_nais	date,
	mail		varchar(120),
	tel		varchar(16),
	langue		char(2) NOT NULL,
	top_opposition	char(1) NOT NULL,	-- O: refuses any restitution
	top_tutelle	char(1) NOT NULL,	-- O: somebody acts for them
	util_maj	varchar(8) NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE crm.adresse (
	id_adr		bigint NOT NULL,
	ligne2		varchar(38),		-- building, floor, door
	ligne4		varchar(38) NOT NULL,	-- number and street
	cp		char(5) NOT NULL,
	ville		varchar(38) NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE crm.contrat (
	num_ctr		varchar(20) NOT NULL,
	id_client	varchar(12) NOT NULL,
	id_adr		bigint NOT NULL,
	pdl		varchar(14) NOT NULL,
	code_off	varchar(8) NOT NULL,
	code_opt	varchar(4) NOT NULL,
	puis_sous	numeric(4,1) NOT NULL,	-- kVA
	date_deb	date NOT NULL,
	date_fin	date NOT NULL,		-- 9999-12-31 while it runs
	etat		char(1) NOT NULL,	-- A active, R résilié, S suspendu
	code_motif	char(2),
	proch_rel	date,
	util_maj	varchar(8) NOT NULL,
	date_maj	timestamptz NOT NULL
);
-- Who holds which usage point, when: the readings of a home follow the home,
-- the right to see them follows the holder.
CREATE TABLE crm.rattachement (
	pdl		varchar(14) NOT NULL,
	num_ctr		varchar(20) NOT NULL,
	id_client	varchar(12) NOT NULL,
	date_deb	date NOT NULL,
	date_fin	date NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE crm.service (
	num_ctr		varchar(20) NOT NULL,
	lib_serv	varchar(60) NOT NULL,
	date_deb	date NOT NULL,
	date_fin	date NOT NULL,
	date_maj	timestamptz NOT NULL
);

-- History rows: a replaced meter keeps its row, with the day it was taken away.
CREATE TABLE si.compteur (
	matricule	varchar(16) NOT NULL,
	pdl		varchar(14) NOT NULL,
	type_cpt	char(3) NOT NULL,	-- MEC, ELE, COM
	date_pose	date NOT NULL,
	date_depose	date NOT NULL,
	car_kwh		integer NOT NULL,	-- consommation annuelle de référence
	plage_hc	varchar(40),
	producteur	boolean NOT NULL,	-- counts both ways
	date_maj	timestamptz NOT NULL
);
-- The total of a day, kept beside it.
CREATE FUNCTION si.somme(integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT AS 'SELECT sum(v) FROM unnest($1) AS v';
CREATE FUNCTION si.sommet(integer[]) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT AS 'SELECT max(v) FROM unnest($1) AS v';
-- One row per meter, local day and version. Values are by rank, in Wh, as the
-- network sends them; the calendar says which instant a rank is. A correction
-- is a new version, and only the last one is current.
CREATE TABLE si.courbe_jour (
	pdl		varchar(14) NOT NULL,
	jour		date NOT NULL,
	version		smallint NOT NULL,
	courante	boolean NOT NULL,
	pas_min		smallint NOT NULL,	-- 30 or 60
	soutirage	integer[] NOT NULL,
	injection	integer[],		-- NULL: does not produce
	natures		"char"[],		-- R, E, C by rank; NULL: all R
	num_flux	integer NOT NULL,
	date_maj	timestamptz NOT NULL,
	conso_wh	bigint GENERATED ALWAYS AS (si.somme(soutirage)) STORED
);
-- Made once, by arithmetic; it never changes.
CREATE TABLE ref.calendrier (
	jour		date NOT NULL,
	pas_min		smallint NOT NULL,
	horodates	timestamptz[] NOT NULL
);

CREATE TABLE fac.facture (
	num_fac		varchar(24) NOT NULL,
	num_ctr		varchar(20) NOT NULL,
	type_fac	char(2) NOT NULL,	-- CY, RE, AV
	date_fac	date NOT NULL,
	per_deb		date NOT NULL,
	per_fin		date NOT NULL,
	type_rel	char(1) NOT NULL,	-- R, E, A
	conso_wh	bigint NOT NULL,
	mt_ht_cts	integer NOT NULL,	-- amounts in cents
	mt_tva_cts	integer NOT NULL,
	mt_ttc_cts	integer NOT NULL,
	date_ech	date NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE fac.ligne (
	num_fac		varchar(24) NOT NULL,
	rang		smallint NOT NULL,
	code_lig	char(3) NOT NULL,
	lib_lig		varchar(60) NOT NULL,
	quantite	numeric(14,3),
	prix_u		numeric(12,6),
	mt_cts		integer NOT NULL
);
CREATE TABLE fac.reglement (
	num_fac		varchar(24) NOT NULL,
	date_reg	date NOT NULL,
	mode_reg	char(2) NOT NULL,	-- PR, CB, VI, CH
	date_maj	timestamptz NOT NULL
);

CREATE TABLE fac.modalite (
	num_ctr		varchar(20) NOT NULL,
	mode_reg	char(2) NOT NULL,	-- PR, CB, VI, CH
	periodicite	char(4) NOT NULL,	-- BIME, MENS, SEME, ANNU
	iban		varchar(40),		-- never leaves
	date_maj	timestamptz NOT NULL
);
CREATE TABLE crm.profil_logement (
	num_ctr		varchar(20) NOT NULL,
	date_decl	date NOT NULL,
	type_log	char(1) NOT NULL,	-- A appartement, M maison
	type_res	char(1) NOT NULL,	-- P principale, S secondaire
	statut_occ	char(1) NOT NULL,	-- 1 propriétaire, 2 locataire
	surface_m2	smallint NOT NULL,
	nb_occ		smallint NOT NULL,
	annee_constr	smallint,
	chauffage	char(1) NOT NULL,	-- E, G, A
	eau_chaude	char(1) NOT NULL,
	date_maj	timestamptz NOT NULL
);
-- The gas day begins at six.
CREATE TABLE gaz.pce (
	pce		varchar(20) NOT NULL,
	id_client	varchar(12) NOT NULL,
	date_deb	date NOT NULL,
	date_fin	date NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE gaz.conso_jour (
	pce		varchar(20) NOT NULL,
	jour_gazier	date NOT NULL,
	vol_m3		numeric(10,3) NOT NULL,
	pcs		numeric(6,3) NOT NULL,
	index_m3	numeric(12,3) NOT NULL,
	date_maj	timestamptz NOT NULL
) PARTITION BY RANGE (jour_gazier);
CREATE TABLE gaz.conso_jour_avant PARTITION OF gaz.conso_jour
	FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE gaz.conso_jour_depuis PARTITION OF gaz.conso_jour
	FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
CREATE TABLE eau.abonne (
	compteur	varchar(20) NOT NULL,
	id_client	varchar(12) NOT NULL,
	date_deb	date NOT NULL,
	date_fin	date NOT NULL,
	date_maj	timestamptz NOT NULL
);
CREATE TABLE eau.releve_jour (
	compteur	varchar(20) NOT NULL,
	jour		date NOT NULL,
	litres		integer NOT NULL,
	index_l		bigint NOT NULL,
	nature		char(1) NOT NULL,	-- R, E
	fuite		boolean NOT NULL,
	date_maj	timestamptz NOT NULL
);

INSERT INTO ref.option_tarif VALUES
	('BASE', 'Base', '2012-01-02 09:00+01'),
	('HPHC', 'Heures pleines / heures creuses', '2012-01-02 09:00+01'),
	('HCWE', 'Heures creuses et week-end', '2019-05-06 09:00+02'),
	('TEMP', 'Tempo', '2012-01-02 09:00+01'),
	('EJP', 'EJP', '2012-01-02 09:00+01');
INSERT INTO ref.offre VALUES
	('VALB', 'Valombre simple', '2014-03-03 10:00+01'),
	('VALHC', 'Valombre heures creuses', '2014-03-03 10:00+01'),
	('VALWE', 'Valombre week-end', '2019-05-06 09:00+02');
INSERT INTO ref.motif_resil VALUES
	('DE', 'Déménagement'), ('CF', 'Changement de fournisseur'),
	('CO', 'Changement d''offre'), ('IM', 'Impayé'), ('DC', 'Décès');

-- AFTER the data: keys, indexes, the calendar, who may read
ALTER TABLE ref.option_tarif ADD PRIMARY KEY (code_opt);
ALTER TABLE ref.offre ADD PRIMARY KEY (code_off);
ALTER TABLE ref.motif_resil ADD PRIMARY KEY (code_motif);
ALTER TABLE crm.client ADD PRIMARY KEY (id_client);
ALTER TABLE crm.adresse ADD PRIMARY KEY (id_adr);
ALTER TABLE crm.contrat ADD PRIMARY KEY (num_ctr);
ALTER TABLE crm.rattachement ADD PRIMARY KEY (pdl, date_deb);
ALTER TABLE crm.service ADD PRIMARY KEY (num_ctr, lib_serv);
ALTER TABLE si.compteur ADD PRIMARY KEY (matricule);
ALTER TABLE si.courbe_jour ADD PRIMARY KEY (pdl, jour, version);
ALTER TABLE fac.facture ADD PRIMARY KEY (num_fac);
ALTER TABLE fac.ligne ADD PRIMARY KEY (num_fac, rang);
ALTER TABLE fac.reglement ADD PRIMARY KEY (num_fac);

ALTER TABLE fac.modalite ADD PRIMARY KEY (num_ctr);
ALTER TABLE crm.profil_logement ADD PRIMARY KEY (num_ctr);
ALTER TABLE gaz.pce ADD PRIMARY KEY (pce);
ALTER TABLE gaz.conso_jour ADD PRIMARY KEY (pce, jour_gazier);
ALTER TABLE eau.abonne ADD PRIMARY KEY (compteur);
ALTER TABLE eau.releve_jour ADD PRIMARY KEY (compteur, jour);

-- by customer: what a page of records walks
CREATE INDEX ON crm.contrat (id_client);
CREATE INDEX ON crm.rattachement (id_client);
CREATE INDEX ON si.compteur (pdl);
CREATE INDEX ON fac.facture (num_ctr);
-- by time: what "who changed?" walks
CREATE INDEX ON ref.option_tarif (date_maj);
CREATE INDEX ON ref.offre (date_maj);
CREATE INDEX ON crm.client (date_maj);
CREATE INDEX ON crm.adresse (date_maj);
CREATE INDEX ON crm.contrat (date_maj);
CREATE INDEX ON crm.contrat (id_adr);
CREATE INDEX ON crm.contrat (pdl);
CREATE INDEX ON crm.contrat (code_off);
CREATE INDEX ON crm.contrat (code_opt);
CREATE INDEX ON crm.rattachement (date_maj);
CREATE INDEX ON crm.service (date_maj);
CREATE INDEX ON si.compteur (date_maj);
CREATE INDEX ON si.courbe_jour (date_maj);
CREATE INDEX ON fac.facture (date_maj);
CREATE INDEX ON fac.reglement (date_maj);
CREATE INDEX ON fac.modalite (date_maj);
CREATE INDEX ON crm.profil_logement (date_maj);
CREATE INDEX ON gaz.pce (id_client);
CREATE INDEX ON gaz.pce (date_maj);
CREATE INDEX ON gaz.conso_jour (date_maj);
CREATE INDEX ON eau.abonne (id_client);
CREATE INDEX ON eau.abonne (date_maj);
CREATE INDEX ON eau.releve_jour (date_maj);

-- Rank 1 begins at local midnight; a day lasts until the next one does. So the
-- day clocks change has 46 or 50 half-hours, and no instant comes twice.
INSERT INTO ref.calendrier
SELECT j::date, pas, array_agg(h ORDER BY h)
  FROM generate_series((SELECT coalesce(min(jour), current_date) FROM si.courbe_jour),
		       (SELECT coalesce(max(jour), current_date) FROM si.courbe_jour)
			+ interval '400 days', interval '1 day') AS j
 CROSS JOIN (VALUES (30::smallint), (60::smallint)) AS p (pas)
 CROSS JOIN LATERAL generate_series(j::date::timestamp AT TIME ZONE 'Europe/Paris',
	(j::date + 1)::timestamp AT TIME ZONE 'Europe/Paris' - interval '1 second',
	make_interval(mins => pas)) AS h
 GROUP BY 1, 2;
ALTER TABLE ref.calendrier ADD PRIMARY KEY (jour, pas_min);

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
GRANT USAGE ON SCHEMA ref, crm, si, fac, gaz, eau TO guichet_lecture;
GRANT SELECT ON ALL TABLES IN SCHEMA ref, crm, si, fac, gaz, eau TO guichet_lecture;
GRANT pg_read_all_stats TO guichet_lecture;	-- the horizon: who still writes?

-- In a sandbox a developer may make records change: only here, by these
-- functions, and only of people who never were.
CREATE SCHEMA guichet_sandbox;
CREATE FUNCTION guichet_sandbox.correct(who text) RETURNS text LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog AS $$
	WITH last AS (
		SELECT k.pdl, k.jour FROM crm.rattachement AS r
		  JOIN si.courbe_jour AS k ON k.pdl = r.pdl AND k.courante
		   AND k.jour BETWEEN r.date_deb AND r.date_fin
		 WHERE r.id_client = who ORDER BY k.jour DESC LIMIT 1
	), done AS (
		UPDATE si.courbe_jour AS k
		   SET soutirage[1] = k.soutirage[1] + 1, date_maj = now()
		  FROM last AS l
		 WHERE k.pdl = l.pdl AND k.jour = l.jour AND k.courante
		RETURNING 1
	)
	SELECT 'energy.load-curve' FROM done LIMIT 1
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA guichet_sandbox FROM PUBLIC;
GRANT USAGE ON SCHEMA guichet_sandbox TO guichet_lecture;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA guichet_sandbox TO guichet_lecture;
-- SPDX-License-Identifier: Apache-2.0
