/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - the words people are made of.
 *
 * Towns and their postcodes are real pairs, so that maps and climates fit;
 * streets are not, so that no door is anybody's. The ten with a story come
 * first in every population; docs/explanation/synthetic-people.md tells more.
 */
#include "synth/synth_own.h"

const struct commune communes[] = {
	{ "Lyon", "69006", 45.77, 4.85, 0.6 },
	{ "Villeurbanne", "69100", 45.77, 4.88, 0.6 },
	{ "Nantes", "44000", 47.22, -1.55, 0.8 },
	{ "La Rochelle", "17000", 46.16, -1.15, 1.4 },
	{ "Rennes", "35000", 48.11, -1.68, 0.3 },
	{ "Brest", "29200", 48.39, -4.49, 0.2 },
	{ "Quimper", "29000", 47.99, -4.10, 0.4 },
	{ "Vannes", "56000", 47.66, -2.76, 0.8 },
	{ "Lille", "59000", 50.63, 3.06, -0.8 },
	{ "Amiens", "80000", 49.89, 2.30, -0.9 },
	{ "Rouen", "76000", 49.44, 1.10, -0.7 },
	{ "Caen", "14000", 49.18, -0.37, -0.3 },
	{ "Reims", "51100", 49.26, 4.03, -0.9 },
	{ "Metz", "57000", 49.12, 6.18, -1.1 },
	{ "Strasbourg", "67000", 48.58, 7.75, -0.8 },
	{ "Mulhouse", "68100", 47.75, 7.34, -0.9 },
	{ "Besançon", "25000", 47.24, 6.02, -0.9 },
	{ "Dijon", "21000", 47.32, 5.04, -0.5 },
	{ "Clermont-Ferrand", "63000", 45.78, 3.08, -0.1 },
	{ "Limoges", "87000", 45.83, 1.26, -0.6 },
	{ "Poitiers", "86000", 46.58, 0.34, 0.2 },
	{ "Tours", "37000", 47.39, 0.69, 0.1 },
	{ "Angers", "49000", 47.47, -0.55, 0.6 },
	{ "Le Mans", "72000", 48.00, 0.20, 0.1 },
	{ "Orléans", "45000", 47.90, 1.90, -0.2 },
	{ "Paris", "75011", 48.86, 2.38, 0.5 },
	{ "Montreuil", "93100", 48.86, 2.44, 0.3 },
	{ "Courbevoie", "92400", 48.90, 2.25, 0.3 },
	{ "Grenoble", "38000", 45.19, 5.72, -0.1 },
	{ "Chambéry", "73000", 45.57, 5.92, -0.4 },
	{ "Annecy", "74000", 45.90, 6.13, -1.2 },
	{ "Saint-Étienne", "42000", 45.43, 4.39, -0.7 },
	{ "Valence", "26000", 44.93, 4.89, 1.3 },
	{ "Avignon", "84000", 43.95, 4.81, 2.8 },
	{ "Nîmes", "30000", 43.84, 4.36, 3.2 },
	{ "Montpellier", "34000", 43.61, 3.88, 3.1 },
	{ "Perpignan", "66000", 42.70, 2.90, 3.5 },
	{ "Marseille", "13001", 43.30, 5.38, 3.3 },
	{ "Nice", "06000", 43.70, 7.27, 3.6 },
	{ "Toulouse", "31000", 43.60, 1.44, 1.9 },
	{ "Pau", "64000", 43.30, -0.37, 1.3 },
	{ "Bayonne", "64100", 43.49, -1.47, 2.1 },
	{ "Bordeaux", "33000", 44.84, -0.58, 1.7 }
};
const int commune_count = countof(communes);

const char *const streets[] = {
	"rue de l'Exemple", "allée du Spécimen", "impasse de la Maquette",
	"avenue du Modèle", "chemin du Prototype", "place de l'Échantillon",
	"quai du Gabarit", "rue du Faux-Semblant", "boulevard de la Fiction",
	"rue des Noms-Inventés", "cours du Roman", "passage de l'Ébauche",
	"rue du Trompe-l'Œil", "montée du Simulacre", "square de la Fable",
	"rue de l'Avatar", "venelle du Personnage", "rue de la Réplique"
};
const int street_count = countof(streets);

const struct given_name given_names[] = {
	{ "Adèle", true }, { "Agathe", true }, { "Aïcha", true },
	{ "Alice", true }, { "Amélie", true }, { "Anaïs", true },
	{ "Anne", true }, { "Assia", true }, { "Aurélie", true },
	{ "Béatrice", true }, { "Capucine", true }, { "Catherine", true },
	{ "Céline", true }, { "Chloé", true }, { "Clémence", true },
	{ "Élodie", true }, { "Emma", true }, { "Fatou", true },
	{ "Françoise", true }, { "Gaëlle", true }, { "Hélène", true },
	{ "Isabelle", true }, { "Jade", true }, { "Jeanne", true },
	{ "Julie", true }, { "Léa", true }, { "Lina", true },
	{ "Louise", true }, { "Manon", true }, { "Marie", true },
	{ "Monique", true }, { "Noémie", true }, { "Pauline", true },
	{ "Salomé", true }, { "Sophie", true }, { "Thuy", true },
	{ "Adrien", false }, { "Alain", false }, { "Antoine", false },
	{ "Arthur", false }, { "Benoît", false }, { "Bruno", false },
	{ "Clément", false }, { "Damien", false }, { "David", false },
	{ "Émile", false }, { "Étienne", false }, { "Fabien", false },
	{ "François", false }, { "Gaël", false }, { "Gilles", false },
	{ "Hugo", false }, { "Ibrahim", false }, { "Jérôme", false },
	{ "Joël", false }, { "Karim", false }, { "Loïc", false },
	{ "Louis", false }, { "Lucas", false }, { "Mamadou", false },
	{ "Mathieu", false }, { "Maël", false }, { "Mehdi", false },
	{ "Nicolas", false }, { "Noël", false }, { "Olivier", false },
	{ "Pierre", false }, { "Quentin", false }, { "Raphaël", false },
	{ "Rémi", false }, { "Sébastien", false }, { "Yann", false }
};
const int given_name_count = countof(given_names);

const char *const family_names[] = {
	"Adam", "André", "Aubert", "Bailly", "Barbier", "Baron", "Benali",
	"Bernard", "Berthelot", "Blanc", "Bonnet", "Boucher", "Bouvier",
	"Brun", "Camara", "Caron", "Chevalier", "Clément", "Colin", "Da Silva",
	"David", "Delaunay", "Denis", "Diallo", "Dufour", "Dumas", "Durand",
	"Fabre", "Faure", "Ferrand", "Fontaine", "Fournier", "Garnier",
	"Gauthier", "Gérard", "Girard", "Gomez", "Guérin", "Guillot", "Haddad",
	"Henry", "Hubert", "Jacquet", "Joly", "Kaya", "Lacroix", "Lambert",
	"Le Bihan", "Le Gall", "Leclerc", "Legrand", "Lemaire", "Leroux",
	"Lopes", "Lucas", "Marchand", "Masson", "Mathieu", "Mercier", "Meunier",
	"Michaud", "Moreau", "Morin", "N'Diaye", "Nguyen", "Noël", "Olivier",
	"Perrin", "Petit", "Picard", "Renard", "Renaud", "Rey", "Rivière",
	"Robin", "Rousseau", "Sanchez", "Schmitt", "Tessier", "Traoré", "Vidal",
	"Vincent", "Weber"
};
const int family_name_count = countof(family_names);

const struct story stories[] = {
	{ "camille", "Camille", "Roux", true, "1988-05-17", 0, T_PLAIN,
	  "A flat in Lyon, electric heating, hot water at night. The one to begin with.",
	  "Un appartement à Lyon, chauffage électrique, eau chaude la nuit. Pour commencer." },
	{ "nadia", "Nadia", "Benali", true, "1979-11-02", 2, T_MOVED,
	  "She moved four months ago: two contracts, two meters, one customer.",
	  "Elle a déménagé il y a quatre mois : deux contrats, deux compteurs, une cliente." },
	{ "yannick", "Yannick", "Le Goff", false, "1971-02-23", 6, T_SOLAR,
	  "Solar panels on a house in Quimper: some half-hours give instead of taking.",
	  "Des panneaux solaires à Quimper : certaines demi-heures donnent au lieu de prendre." },
	{ "germaine", "Germaine", "Dupond-Lavigne", true, "1941-08-30", 0, T_OLD_METER,
	  "At home all day. Her old meter knew hours only; the new one knows half-hours.",
	  "Chez elle toute la journée. Son ancien compteur ne savait que les heures." },
	{ "leo", "Léo", "Martin", false, NULL, 4, T_MINOR | T_PREPAID,
	  "Sixteen years old, with a phone of his own: he cannot consent by himself.",
	  "Seize ans et un téléphone à lui : il ne peut pas consentir seul." },
	{ "solene", "Solène-Marguerite", "d'Hôtel-Ÿvray de la Brèche-Saint-Élœil", true,
	  "1964-02-29", 22, T_FAULTY,
	  "A long name, a leap day's birth, and a line that loses readings.",
	  "Un long nom, née un 29 février, et une ligne qui perd des relevés." },
	{ "thomas", "Thomas", "Nguyen", false, "1985-09-09", 27, T_CAR | T_NIGHT,
	  "Works at night and charges a car: his curve is upside down.",
	  "Travaille la nuit et recharge une voiture : sa courbe est à l'envers." },
	{ "ines", "Inès", "Moreau", true, "1993-12-24", 25, T_TRAVELS | T_TWO_LINES,
	  "Two lines, often abroad: calls in other time zones that arrive days late.",
	  "Deux lignes, souvent à l'étranger : des appels d'autres fuseaux, arrivés tard." },
	{ "maxime", "Maxime", "Girard", false, "1976-06-06", 39, T_OPPOSED,
	  "Told the organisation that nobody may receive his data: he is never offered.",
	  "A dit que personne ne doit recevoir ses données : rien ne lui est proposé." },
	{ "aicha", "Aïcha", "Diallo", true, "1990-03-15", 8, T_LEFT,
	  "Left two months ago for another supplier: what she was is still hers.",
	  "Partie il y a deux mois chez un autre fournisseur : son passé reste à elle." }
};
const int story_count = countof(stories);
