/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue_ground.h - one source with one data set, made of texts given by the
 * test: a schema, an adapter, tables. Stands on journal_ground.h's database.
 */
#ifndef CATALOGUE_GROUND_H
#define CATALOGUE_GROUND_H
#include <sys/stat.h>
#include "catalogue/catalogue.h"
#include "journal_ground.h"

UNUSED static void
cat_write(const char *path, const char *text)
{
	char whole[256];
	FILE *out;

	snprintf(whole, sizeof(whole), "%s/%s", ground_dir, path);
	if ((out = fopen(whole, "w")) == NULL)
		abort();
	fputs(text, out);
	fclose(out);
}

static const char cat_schema[] =
    "{ \"x-id\": \"test.thing\", \"x-version\": 3, \"x-domain\": \"test\",\n"
    "  \"title\": \"Things\", \"description\": \"Things.\",\n"
    "  \"x-fr\": { \"title\": \"Choses\", \"description\": \"Des choses.\" },\n"
    "  \"x-consent\": { \"en\": \"Your things.\", \"fr\": \"Vos choses.\" },\n"
    "  \"x-doctype\": \"test.thing\", \"x-update-frequency\": \"P1D\",\n"
    "  \"x-latency\": \"P1D\", \"x-natural-key\": [\"place\", \"number\"],\n"
    "  \"x-period\": \"day\", \"x-changed\": \"changed\",\n"
    "  \"x-account\": \"place\", \"x-granularities\": [\n"
    "    { \"id\": \"POINT\", \"en\": \"points\", \"fr\": \"points\" },\n"
    "    { \"id\": \"P1D\", \"en\": \"days\", \"fr\": \"jours\",\n"
    "      \"without\": [\"points\", \"tags\"] },\n"
    "    { \"id\": \"P1M\", \"en\": \"months\", \"fr\": \"mois\",\n"
    "      \"without\": [\"points\", \"tags\", \"holder\"] }],\n"
    "  \"type\": \"object\", \"additionalProperties\": false,\n"
    "  \"required\": [\"place\", \"number\", \"day\", \"changed\"],\n"
    "  \"properties\": {\n"
    "    \"place\": { \"type\": \"string\", \"title\": \"P\","
    " \"x-fr\": { \"title\": \"P\" } },\n"
    "    \"number\": { \"type\": \"integer\", \"title\": \"N\","
    " \"x-fr\": { \"title\": \"N\" } },\n"
    "    \"day\": { \"type\": \"string\", \"format\": \"date\","
    " \"title\": \"D\", \"x-fr\": { \"title\": \"D\" } },\n"
    "    \"amount\": { \"type\": \"number\", \"title\": \"A\","
    " \"x-fr\": { \"title\": \"A\" } },\n"
    "    \"holder\": { \"type\": \"object\", \"title\": \"H\","
    " \"x-fr\": { \"title\": \"H\" }, \"properties\": {\n"
    "      \"name\": { \"type\": \"string\", \"title\": \"N\","
    " \"x-fr\": { \"title\": \"N\" } },\n"
    "      \"since\": { \"type\": \"string\", \"format\": \"date\","
    " \"title\": \"S\", \"x-fr\": { \"title\": \"S\" } } } },\n"
    "    \"points\": { \"type\": \"array\", \"title\": \"P\","
    " \"x-fr\": { \"title\": \"P\" }, \"items\": { \"type\": \"object\","
    " \"required\": [\"at\"], \"properties\": {\n"
    "      \"at\": { \"type\": \"string\", \"format\": \"date-time\","
    " \"title\": \"A\", \"x-fr\": { \"title\": \"A\" } },\n"
    "      \"value\": { \"type\": \"integer\", \"title\": \"V\","
    " \"x-fr\": { \"title\": \"V\" } } } } },\n"
    "    \"tags\": { \"type\": \"array\", \"title\": \"T\","
    " \"x-fr\": { \"title\": \"T\" }, \"items\": { \"type\": \"string\" } },\n"
    "    \"changed\": { \"type\": \"string\", \"format\": \"date-time\","
    " \"title\": \"C\", \"x-fr\": { \"title\": \"C\" } }\n"
    "  }\n}\n";

static const char cat_sql[] =
    "-- Things of :nobody\n"
    "SELECT t.place AS place, t.number AS number, t.day AS day,\n"
    "       t.amount AS amount, t.holder AS \"holder.name\",\n"
    "       t.since AS \"holder.since\", t.ats AS \"points[].at\",\n"
    "       t.vals AS \"points[].value\", t.tags AS \"tags[]\",\n"
    "       t.changed AS changed\n"
    "  FROM thing AS t\n"
    " WHERE t.customer = :customer;\n";

static const char cat_tables[] =
    "CREATE TABLE thing (customer text NOT NULL, place varchar(20) NOT NULL,"
    " number int NOT NULL, day date NOT NULL DEFAULT '2026-03-04',"
    " amount numeric, holder text, since date, ats timestamptz[], vals int[],"
    " tags text[], changed timestamptz NOT NULL DEFAULT now());"
    "CREATE INDEX ON thing (customer, changed)";

/* The files, and the settings that name them. */
UNUSED static void
cat_files(void)
{
	static char schemas[96], adapters[96];
	char path[128];

	snprintf(schemas, sizeof(schemas), "%s/schemas", ground_dir);
	snprintf(adapters, sizeof(adapters), "%s/adapters", ground_dir);
	mkdir(schemas, 0700);
	mkdir(adapters, 0700);
	snprintf(path, sizeof(path), "%s/test", schemas);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/house", adapters);
	mkdir(path, 0700);
	cat_write("schemas/test/thing.schema.json", cat_schema);
	cat_write("adapters/house/test.thing.sql", cat_sql);
	cat_write("adapters/house/source.conf", "time_zone = Europe/Paris\n");
	ground_settings.schemas_dir = schemas;
	ground_settings.adapters_dir = adapters;
	ground_settings.sources = (char *)"house";
	ground_settings.database_queue = 100;
	ground_settings.horizon_margin_ms = 2000;
	ground_settings.source_place_count = 1;
	ground_settings.source_places[0].name = (char *)"house";
	ground_settings.source_places[0].url = ground_url;
}

#endif
