-- The tables of a town library, as twenty years left them: lending in local time,
-- codes that a table explains, rows that are struck out and stay. Nobody real is
-- in it. docs/tutorial/first-adapter.md makes an adapter for them.
CREATE SCHEMA pret;

CREATE TABLE pret.adherent (
	no_carte   varchar(8) PRIMARY KEY,
	nom        varchar(60) NOT NULL,
	naissance  date NOT NULL,
	mail       varchar(120),
	opposition char(1) NOT NULL DEFAULT 'N');
COMMENT ON COLUMN pret.adherent.opposition IS 'O: no processing beyond lending';

CREATE TABLE pret.r_support (
	cd  char(2) PRIMARY KEY,
	lib varchar(20) NOT NULL);

CREATE TABLE pret.notice (
	cote       varchar(12) PRIMARY KEY,
	titre      varchar(120) NOT NULL,
	auteur     varchar(80),
	cd_support char(2) NOT NULL REFERENCES pret.r_support,
	dt_maj     timestamp NOT NULL);

CREATE TABLE pret.emprunt (
	no_emprunt integer PRIMARY KEY,
	no_carte   varchar(8) NOT NULL REFERENCES pret.adherent,
	cote       varchar(12) NOT NULL REFERENCES pret.notice,
	dt_sortie  timestamp NOT NULL,
	dt_retour  timestamp,
	amende_cts integer NOT NULL DEFAULT 0,
	suppr      char(1) NOT NULL DEFAULT 'N',
	dt_maj     timestamp NOT NULL);
COMMENT ON COLUMN pret.emprunt.amende_cts IS 'fine, in cents';
COMMENT ON COLUMN pret.emprunt.suppr IS 'O: entered by mistake';
CREATE INDEX ON pret.emprunt (no_carte);
CREATE INDEX ON pret.emprunt (dt_maj);

INSERT INTO pret.r_support VALUES ('LV', 'LIVRE'), ('CD', 'CD'), ('DV', 'DVD'),
	('JE', 'JEU');
INSERT INTO pret.adherent VALUES
	('20417', 'Odile Ferrand', '1961-04-12', 'odile@mediatheque.example'),
	('20533', 'Basile Nguema', '1989-11-30', NULL),
	('20588', 'Tom Ferrand', '2015-02-03', NULL);
INSERT INTO pret.notice VALUES
	('R SAN', 'La Mare au diable', 'George Sand', 'LV', '2019-01-08 09:00'),
	('R VER', 'Deux ans de vacances', 'Jules Verne', 'LV', '2019-01-08 09:00'),
	('3 BIZ', 'Carmen', 'Georges Bizet', 'CD', '2021-06-15 14:10'),
	('F MEL', 'Le Voyage dans la Lune', NULL, 'DV', '2022-03-02 10:00'),
	('J AWA', 'Awalé', NULL, 'JE', '2023-09-12 16:45');
INSERT INTO pret.emprunt VALUES
	(9001, '20417', 'R SAN', '2026-07-15 16:05', '2026-08-04 10:20', 0, 'N', '2026-08-04 10:20'),
	(9002, '20417', '3 BIZ', '2026-10-24 17:30', NULL, 0, 'N', '2026-10-24 17:30'),
	(9003, '20417', 'F MEL', '2026-08-04 10:25', '2026-09-30 18:00', 240, 'N', '2026-09-30 18:00'),
	(9004, '20417', 'R VER', '2026-08-04 10:26', NULL, 0, 'O', '2026-08-04 10:31'),
	(9005, '20533', 'J AWA', '2026-11-03 11:00', NULL, 0, 'N', '2026-11-03 11:00'),
	(9006, '20533', 'R VER', '2026-10-25 02:30', '2026-11-03 10:58', 0, 'N', '2026-11-03 10:58');
-- SPDX-License-Identifier: Apache-2.0
