/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue_own.h - what the files of this room share. */
#ifndef CATALOGUE_OWN_H
#define CATALOGUE_OWN_H
#include <libpq-fe.h>
#include "base/arena.h"
#include "catalogue/catalogue.h"

enum { SCHEMAS_MAX = 256, DATASETS_MAX = 256, SOURCES_MAX = 32, KEY_MAX = 8 };

struct catalogue {
	struct arena *arena;		/* everything below lives here */
	struct schema *schemas[SCHEMAS_MAX + 1];
	size_t schema_count;
	struct source *sources[SOURCES_MAX];
	size_t source_count;
	struct dataset *datasets[DATASETS_MAX + 1];
	size_t dataset_count;
	struct findings *found;		/* NULL: the first fault ends it all */
	bool sources_only;		/* no SQL is read */
};

/* A fault in somebody's file: keeps it and goes on (0), or gives it back. */
int catalogue_fault(struct catalogue *, int level, const struct source *,
    const struct dataset *, const struct fault *);

/* ---- schema.c ---- */
/* x-account and x-granularities (schema_offer.c): NULL, or the annotation that
 * is wrong, with code, cause and cure. */
struct offer_wrong { const char *cause, *cure; };
const char *schema_offer(struct schema *, struct arena *, const json_t *doc,
    struct offer_wrong *);
const struct schema_field *schema_field_find(const struct schema *,
    const char *path);		/* "readings[].start"; NULL */
MUST_CHECK int schemas_read(struct catalogue *, const char *dir, struct fault *);
/* Those of one folder: an adapter may bring its own. */
MUST_CHECK int schemas_read_folder(struct catalogue *, const char *dir,
    struct fault *);

/* ---- adapter.c ---- */
MUST_CHECK int adapter_read(struct catalogue *, const char *dir, const char *name,
    const struct settings *, struct fault *);

/* ---- capture.c ---- */
#define CAPTURE_NAMES "horizon, trigger, replication or overlap"
MUST_CHECK int capture_parse(enum capture *, const char *name);
/* d->changed from d->changed_text, as the source's capture wants it. */
MUST_CHECK int capture_changed(struct dataset *, unsigned used, struct arena *,
    struct fault *);
/* What is described in place of the person's text; NULL: the text itself. */
const char *capture_described(struct arena *, const struct dataset *);
/* Where rows of the change table are needed: is it there, may we read it? */
MUST_CHECK int capture_look(PGconn *, const struct source *, struct fault *);

/* ---- removed.c: <data-set>.removed.sql ---- */
/* consent_days of source.conf, once its data sets are known (lifetime.c). */
MUST_CHECK int lifetime_read(struct catalogue *, const struct source *,
    const char *file, struct fault *);
MUST_CHECK int removed_read(struct dataset *, const char *path, struct arena *,
    struct fault *);
MUST_CHECK int removed_columns(struct dataset *gone, struct arena *,
    const PGresult *, struct fault *);

/* ---- sqltext.c: an adapter's SQL, as a person wrote it ---- */
struct buf;
enum sql_for { SQL_FOR_PAGE, SQL_FOR_CHANGED, SQL_FOR_CUSTOMER, SQL_FOR_LOGIN,
    SQL_FORS };
/*
 * Replaces :customer and its kin by $n, padded with blanks so that every place
 * stays where it was; leaves quotes, comments and casts alone. The result
 * ends before a final semicolon. used: bit n = $n appears. One statement, and
 * brackets that match: it becomes a subquery, and must not be able to end it.
 */
MUST_CHECK int sqltext_scan(char *text, unsigned *used, const char *path,
    enum sql_for, struct fault *);	/* the same, in place */
MUST_CHECK int sqltext_read(const char **out, unsigned *used, struct arena *,
    const char *path, enum sql_for, struct fault *);
/* The text with with[n - 1] in place of each $n. */
void sqltext_replace(struct buf *out, const char *text, const char *const *with,
    int n);
/* Line and column of byte `at`, or of the character PostgreSQL counted. */
void sqltext_place(const char *text, size_t at, int *line, int *column);
size_t sqltext_byte_of(const char *text, int character);
/* Where is this column named? 0 when it cannot be told. */
size_t sqltext_alias(const char *text, const char *alias);
/* Behind the comment, word, string or quoted name that begins at i; i itself
 * where none does. */
size_t sqltext_skip(const char *text, size_t i);
/* sqlitems.c: the expressions of its outermost SELECT, each without its alias;
 * how many there are, of which max at most are told. */
struct sql_item { size_t from, to; };
size_t sqltext_items(const char *text, struct sql_item *out, size_t max);
char *file_read(struct arena *, const char *path, size_t max, struct fault *);

/* ---- keyset.c: the page asked of a source ---- */
/* $5 and the key say where the last page ended; $2, a microsecond earlier, is
 * what an adapter may use as :since, whether it writes > or >=. The natural key
 * comes last, after from and to when the schema has a period. */
/* The list of accounts is the last, when the schema names a field for them. */
enum { ASK_CUSTOMER = 1, ASK_SINCE, ASK_UNTIL, ASK_LIMIT, ASK_CHANGED, ASK_FROM,
    ASK_TO };
int keyset_first_key(const struct schema *);
const char *keyset_wrap(struct arena *, const struct schema *, const char *sql);
/* The same page for many at once (db.h: gathered); the types of its parameters
 * as PostgreSQL says them. */
const char *keyset_gather(struct arena *, const char *page,
    const char *const *types, int n);
size_t keyset_key_count(const struct schema *);

/* ---- plan.c: how a row becomes JSON ---- */
struct column {
	const char *name;
	uint32_t type;			/* OID, of the element for arrays */
	bool array;
};
MUST_CHECK int plan_make(struct record_plan **out, struct arena *,
    const struct dataset *, const struct column *, size_t n, struct fault *);
bool type_fits(enum field_type, uint32_t type);
const char *type_name(uint32_t type);
uint32_t type_element(uint32_t array_type);	/* 0: no array we know */

/* ---- zone.c: local time of a source, without touching the process's TZ ---- */
struct zone *zone_load(struct arena *, const char *name);	/* NULL: unknown */
int zone_offset(struct zone *, int64_t utc_s);		/* seconds east */

/* ---- describe.c ---- */
MUST_CHECK int source_describe(struct catalogue *, struct source *, struct fault *);

/* ---- horizon.c ---- */
struct horizon *horizon_new(struct source *, struct event_base *,
    int64_t margin_ms);
void horizon_free(struct horizon *);

#endif
