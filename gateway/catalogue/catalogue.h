/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue.h - the data sets of this installation: schemas, and the SQL that
 * fills them from the organisation's PostgreSQL.
 *
 * A schema (schemas/<domain>/<name>.schema.json) documents a data set; an
 * adapter (adapters/<name>/source.conf and <data-set>.sql) gives it records.
 * Both are loaded and compared once, before any port opens.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "db/db.h"

struct arena;
struct event_base;
struct fault;
struct settings;

enum lang { LANG_EN, LANG_FR, LANG_COUNT };
struct wording { const char *in[LANG_COUNT]; };

enum field_type { FIELD_STRING, FIELD_DATE, FIELD_DATE_TIME, FIELD_INTEGER,
    FIELD_NUMBER, FIELD_BOOLEAN, FIELD_OBJECT, FIELD_LIST, FIELD_ANY };

struct code { const char *value; struct wording label; };

/* A leaf or a branch of a schema; path is the alias: "tariff.name",
 * "readings[].start". */
struct schema_field {
	const char *path;
	enum field_type type;
	bool required;
	struct wording title, description;
	const char *unit;		/* UCUM, or NULL */
	const char *kind;		/* characteristic | transaction | metadata */
	const char *sensitivity;
	double plausible[2];		/* x-plausible, or 0, 0: what to expect */
	const json_t *example;
	const struct code *codes;
	size_t code_count;
};

/* How fine records may be given: the first, the finest, is the whole record;
 * the others leave fields out. */
struct granularity {
	const char *id;			/* "PT30M", "P1D" */
	struct wording name;
	struct wording consent;		/* the sentence at this granularity */
	const char **without;		/* fields of the record, NULL-terminated */
};

struct schema {
	const char *id;			/* "energy.load-curve" */
	const char *domain;		/* "energy" */
	int version;
	struct wording title, description;
	struct wording consent;		/* the sentence the customer reads */
	const char *doctype;		/* Cozy's */
	const char *availability;	/* available | soon | planned */
	const char *frequency, *latency;	/* ISO 8601 durations */
	/* x-sign-in: how recently (-1 = no matter) and how strongly (NULL = no
	 * matter) she must have proved who she is to give them away */
	int64_t sign_in_age_s;
	const char *sign_in_acr;
	const char *natural_key[8];	/* field paths, NULL-terminated */
	const char *period;		/* field that from/to select, or NULL */
	const char *changed;		/* field that cursors follow: "changed" */
	const char *account;		/* field that names the account, or NULL */
	const struct granularity *granularities;	/* finest first */
	size_t granularity_count;	/* 0: whole records only */
	const struct schema_field *fields;
	size_t field_count;
	json_t *document;		/* the file, for the public pages */
	const struct checks *checks;	/* what a record must keep (validate.h) */
	struct schema *older;		/* the version before it, kept beside; NULL */
};

/* Its place among the granularities; -1: not offered. */
int schema_granularity(const struct schema *, const char *id);

/* How it is known that something was written at the source (capture.c). */
enum capture { CAPTURE_HORIZON, CAPTURE_TRIGGER, CAPTURE_REPLICATION,
    CAPTURE_OVERLAP };

struct zone;				/* offsets of local time (zone.c) */
struct source {
	const char *name;		/* the adapter's folder: "energy" */
	const char *url, *time_zone;
	struct zone *zone;
	enum capture capture;
	int64_t overlap_s;		/* the longest transaction, by overlap */
	/* by replication: who may stream, and the name of slot and publication */
	const char *replication_url, *slot;
	int64_t compare_days;		/* between comparisons; 0 = never */
	const char *consent_days;	/* source.conf: "730 energy.load-curve=365" */
	int64_t keeps_days;		/* records are held so far back; 0 = all */
	bool synthetic;
	int64_t statement_timeout_ms;
	/* customers.sql: may this one take part? $1 customer -> reason, NULL =
	 * yes, and all its columns as facts (coholders.h reads one of them); no
	 * row: unknown here. text NULL: everybody may. */
	struct statement customer;
	const char *customers_file, *customers_text;
	/* accounts.sql: which meters, lines or contracts are hers? $1 customer
	 * -> account, label, reason (why not), both may be NULL. text NULL:
	 * nothing to choose here. */
	struct statement accounts;
	const char *accounts_file, *accounts_text;
	/* login.sql: who signed in? $1 the claim, $2 all claims (JSON) ->
	 * customer, name (may be NULL). text NULL: none here. */
	struct statement login;
	const char *login_file, *login_text;
	struct budget *budget;		/* what may be asked in a second */
	struct db *db;			/* this process's pool; NULL until opened */
	struct db *sandbox;		/* in a sandbox: may call its functions */
	struct horizon *horizon;
};

struct record_plan;			/* how rows become JSON (record.h) */

/* A data set served here: a schema with an adapter. Of several versions the
 * newest stands in the catalogue, and each leads to the one before. */
struct dataset {
	const struct schema *schema;
	struct source *source;
	const char *sql_file, *sql_text;	/* :customer is $1 there */
	const char *changed_file, *changed_text;
	struct statement page;		/* a keyset page (page.h) */
	struct statement pages;		/* of many customers at once (db.h) */
	struct statement changed;	/* who changed in [since, until), text NULL = none */
	struct record_plan *plan;
	/* Those that are gone (<data-set>.removed.sql): a data set of its own
	 * with the same schema, whose records are keys; NULL: not told. */
	struct dataset *removed;
	bool gone;			/* this is such a one */
	int64_t consent_days;		/* allowed for so long at most; 0 = not said */
	struct dataset *older;		/* the version before it, served beside */
};

/* Is it known by rows (of triggers, of a stream) rather than by time? */
bool capture_by_rows(const struct source *);
/* Is what was delivered remembered, by keyed digests? Needed to compare, and
 * to read beyond the horizon. */
bool dataset_remembers(const struct dataset *);
/* May pages reach beyond the horizon, as repeats are known? */
bool dataset_early(const struct dataset *);

struct catalogue;

/* By replication: the tables of publication $1 -> id, name (schema.table, as
 * format() quotes it), keys text[], primary_key text[]. */
extern const struct statement tables_published;

/* Reads every schema and the adapters named in settings. No database yet. */
MUST_CHECK int catalogue_load(struct catalogue **out, const struct settings *,
    struct fault *);
/* The same without any SQL: an adapter that is being written has none yet. */
MUST_CHECK int catalogue_load_sources(struct catalogue **out,
    const struct settings *, struct fault *);
/* Level 2: describes each query on the live source and compares names and
 * types with the schema; builds the record plans. Blocking, at start. */
MUST_CHECK int catalogue_describe(struct catalogue *, struct fault *);
/* The same for `guichet check`, which goes on after a fault and keeps them all;
 * what is faulty is left out of the catalogue (its schema) or has no plan. */
struct findings;
void catalogue_look(struct catalogue **out, const struct settings *,
    struct findings *);
void catalogue_look_live(struct catalogue *, struct findings *);
/* Opens this process's pools. */
void catalogue_open(struct catalogue *, struct event_base *, const struct settings *);
/* One schema's file, in the arena. */
MUST_CHECK int schema_read(struct schema **out, struct arena *, const char *path,
    struct fault *);
void catalogue_free(struct catalogue *);

size_t catalogue_count(const struct catalogue *);
const struct dataset *catalogue_at(const struct catalogue *, size_t i);
/* In its newest version. */
const struct dataset *dataset_find(const struct catalogue *, const char *id);
/* In the oldest version still served: what whoever names no version is given,
 * pulled or pushed, so that a new one breaks nobody. */
const struct dataset *dataset_spoken(const struct catalogue *, const char *id);
/* How long all of these may be allowed at most, within `most`. */
int64_t catalogue_consent_days(const struct catalogue *, const char *const *ids,
    int64_t most);
/* In exactly that version; NULL: not served. */
const struct dataset *dataset_version(const struct catalogue *, const char *id,
    int version);
/* The fields documented that this source has no column for; how many. */
size_t dataset_absent(const struct dataset *, const struct schema_field **out,
    size_t max);
size_t catalogue_source_count(const struct catalogue *);
struct source *catalogue_source(const struct catalogue *, size_t i);
/* NULL-terminated, every data set documented, served here or not, in its newest
 * version */
const struct schema *const *catalogue_schemas(const struct catalogue *);

#endif
