/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adapter_likeness.c - which column of a table is perhaps which field?
 *
 * Names, the DBA's comments and types are compared; words of English and French
 * trade are one when they mean the same. A proposal, to be read by a person: it
 * says what it was taken from.
 */
#include "commands/adapter_likeness.h"
#include <ctype.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"

enum { WORDS_MAX = 24, COLUMNS_MAX = 200, ENOUGH = 30, FULL = 60 };

/* Each line is one meaning. */
static const char *const meanings[] = {
	" customer client abonne societaire titulaire adherent holder ",
	" day jour date dt ", " changed maj modif modifie modification update updated dtmaj ",
	" number numero num no nr id ident identifier identifiant reference ref code ",
	" name nom lib libelle label intitule designation ",
	" start debut deb begin effet since ", " end fin expiration echeance due until ",
	" amount montant mt mnt somme ", " total ttc global ", " net ht ",
	" tax tva vat ", " price prix tarif cout cost ",
	" city ville commune town ", " street rue voie ",
	" postcode postal cp zip ", " address adresse adr ", " country pays ",
	" energy energie conso consommation consumption wh kwh ",
	" power puissance puis pmax kva ", " meter compteur cpt ",
	" point pdl prm usage ", " kind type nature genre categorie ",
	" status statut etat state ", " quantity quantite qte ",
	" duration duree length ", " invoice facture bill fac ",
	" contract contrat ctr ", " email mail courriel ",
	" phone telephone tel portable mobile ", " birth naissance nais ",
	" reading releve index ", " product produit article ", " account compte ",
	" balance solde ", " currency devise monnaie ", " payment paiement reglement ",
	" method mode moyen ", " time heure horodate instant moment ",
	" description texte commentaire notes ", " surface area superficie ",
	" owner proprietaire ", " member membre ", " vehicle vehicule ",
	" loan emprunt pret ", " returned return retour rendu ",
	" title titre ", " author auteur ", " fine amende penalite ",
	" first prenom given ", " family last surname patronyme ",
};

struct words { const char *of[WORDS_MAX]; size_t n; };

/* é, è, ç as e, e, c: French names of columns have no accents. */
static char
plain(const unsigned char *s)
{
	static const char latin[] = "aaaaaaaceeeeiiiidnooooo*ouuuuypb";

	return s[0] == 0xc3 && s[1] >= 0x80 && s[1] <= 0xbf ?
	    latin[(s[1] - 0x80) % 32] : (char)tolower(s[0]);
}

/* The words of a name, "usagePoint" and "usage_point" alike; their meaning
 * where they have one. */
static void
split(struct words *w, struct arena *a, const char *text)
{
	char word[40];
	size_t n = 0;

	for (const char *p = text; p != NULL && w->n < WORDS_MAX; p++) {
		char c = plain((const unsigned char *)p);
		bool letter = c >= 'a' && c <= 'z';
		bool hump = n > 0 && p > text && *p >= 'A' && *p <= 'Z' &&
		    p[-1] >= 'a' && p[-1] <= 'z';

		if ((!letter || hump) && n > 0) {
			word[n] = '\0';
			w->of[w->n++] = arena_strdup(a, word);
			n = 0;
		}
		if (letter && n < sizeof(word) - 1)
			word[n++] = c;
		if (*p == '\0')
			break;
		p += (unsigned char)*p == 0xc3 && p[1] != '\0';
	}
}

static size_t
meaning(const char *word)
{
	char sought[44];
	size_t i = 0;

	snprintf(sought, sizeof(sought), " %s ", word);
	while (i < countof(meanings) && strstr(meanings[i], sought) == NULL)
		i++;
	return i;
}

/* 0 nothing, 1 begins alike, 2 the same or of one meaning */
static int
alike(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
	size_t m = meaning(a);

	if (strcmp(a, b) == 0 || (m < countof(meanings) && m == meaning(b)))
		return 2;
	return n >= 4 && strncmp(a, b, n) == 0 ? 1 : 0;
}

static int
overlap(const struct words *a, const struct words *b)
{
	int sum = 0;

	for (size_t i = 0; i < a->n; i++) {
		int best = 0;

		for (size_t k = 0; k < b->n; k++)
			if (alike(a->of[i], b->of[k]) > best)
				best = alike(a->of[i], b->of[k]);
		sum += best;
	}
	return a->n == 0 ? 0 : sum * FULL / 2 / (int)a->n;
}

/* ---- types ---- */

enum kin { TEXT, WHOLE, DECIMAL, DAY, LOCAL, INSTANT, YES_NO, OTHER };

static enum kin
kin_of(const char *type)
{
	static const struct { const char *begins; enum kin kin; } all[] = {
		{ "character", TEXT }, { "text", TEXT }, { "uuid", TEXT },
		{ "smallint", WHOLE }, { "integer", WHOLE }, { "bigint", WHOLE },
		{ "numeric", DECIMAL }, { "double", DECIMAL }, { "real", DECIMAL },
		{ "date", DAY }, { "timestamp with time", INSTANT },
		{ "timestamp", LOCAL }, { "boolean", YES_NO } };

	for (size_t i = 0; i < countof(all); i++)
		if (strncmp(type, all[i].begins, strlen(all[i].begins)) == 0 &&
		    strstr(type, "[]") == NULL)
			return all[i].kin;
	return OTHER;
}

/* What the column becomes, or NULL: it cannot be that field. */
static const char *
expression(struct arena *a, const struct schema_field *f, const char *column,
    enum kin kin, const char *zone)
{
	const char *name = arena_printf(a, "t.\"%s\"", column);

	switch (f->type) {
	case FIELD_STRING:
		return kin == OTHER ? NULL : kin == TEXT ? name :
		    arena_printf(a, "%s::text", name);
	case FIELD_DATE:
		return kin == DAY ? name : kin == LOCAL || kin == INSTANT ?
		    arena_printf(a, "%s::date", name) : NULL;
	case FIELD_DATE_TIME:
		return kin == INSTANT ? name : kin == LOCAL ? arena_printf(a,
		    "%s AT TIME ZONE '%s'", name, zone) : NULL;
	case FIELD_INTEGER:
		return kin == WHOLE ? name : NULL;
	case FIELD_NUMBER:
		return kin == DECIMAL ? name : kin == WHOLE ?
		    arena_printf(a, "%s::numeric", name) : NULL;
	case FIELD_BOOLEAN:
		return kin == YES_NO ? name : NULL;
	default:
		return NULL;
	}
}

/* ---- pairing ---- */

static const char columns_of[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod),"
    " col_description(a.attrelid, a.attnum) FROM pg_attribute AS a"
    " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0"
    " AND NOT a.attisdropped ORDER BY a.attnum LIMIT 200";

struct column { const char *name, *comment; enum kin kin; struct words named,
    said; bool taken; };

static int
score(struct arena *a, const struct schema_field *f, const struct column *c)
{
	struct words named = { .n = 0 }, said = { .n = 0 };
	int by_name, by_title, by_comment;

	split(&named, a, f->path);
	split(&said, a, f->title.in[LANG_EN]);
	split(&said, a, f->title.in[LANG_FR]);
	by_name = overlap(&named, &c->named);
	by_title = overlap(&c->named, &said) / 2;
	by_comment = overlap(&named, &c->said) * 3 / 4;
	if (by_comment > by_name)
		by_name = by_comment;
	return by_name + by_title / 2 + (c->named.n == named.n ? 3 : 0);
}

static size_t
read_columns(struct column *all, struct arena *a, PGconn *pg, const char *table)
{
	PGresult *r = PQexecParams(pg, columns_of, 1, NULL, &table, NULL, NULL, 0);
	size_t n = PQresultStatus(r) == PGRES_TUPLES_OK ? (size_t)PQntuples(r) : 0;

	for (size_t i = 0; i < n; i++) {
		struct column *c = &all[i];

		*c = (struct column){ .kin = kin_of(PQgetvalue(r, (int)i, 1)),
		    .name = arena_strdup(a, PQgetvalue(r, (int)i, 0)) };
		if (!PQgetisnull(r, (int)i, 2))
			c->comment = arena_strdup(a, PQgetvalue(r, (int)i, 2));
		split(&c->named, a, c->name);
		split(&c->said, a, c->comment);
	}
	PQclear(r);
	return n;
}

/* The likest pair first, until none is like enough. */
static void
pair(struct likeness *out, struct arena *a, const struct schema *s,
    struct column *all, size_t n, const char *zone)
{
	for (;;) {
		int best = ENOUGH - 1;
		size_t field = 0, column = 0;

		for (size_t i = 0; i < s->field_count; i++)
			for (size_t k = 0; k < n; k++) {
				int points = out->from[i] != NULL || all[k].taken ||
				    expression(a, &s->fields[i], all[k].name,
				    all[k].kin, zone) == NULL ? 0 :
				    score(a, &s->fields[i], &all[k]);

				if (points > best) {
					best = points;
					field = i;
					column = k;
				}
			}
		if (best < ENOUGH)
			return;
		all[column].taken = true;
		out->from[field] = expression(a, &s->fields[field],
		    all[column].name, all[column].kin, zone);
		out->why[field] = all[column].comment;
	}
}

int
likeness_find(struct likeness *out, struct arena *a, const struct schema *s,
    void *connection, const char *table, const char *zone)
{
	static const struct schema_field customer = { .path = "customer",
	    .type = FIELD_STRING, .title = { { "Customer", "Client" } } };
	struct column *all = arena_alloc(a, COLUMNS_MAX * sizeof(*all));
	size_t n = read_columns(all, a, connection, table);
	struct column *who = NULL;
	int best = ENOUGH - 1;

	out->from = arena_alloc(a, s->field_count * sizeof(*out->from));
	out->why = arena_alloc(a, s->field_count * sizeof(*out->why));
	out->customer = NULL;
	for (size_t k = 0; k < n; k++)
		if (score(a, &customer, &all[k]) > best) {
			best = score(a, &customer, &all[k]);
			who = &all[k];
		}
	if (who != NULL) {
		who->taken = true;
		out->customer = who->name;
	}
	pair(out, a, s, all, n, zone);
	return n == 0 ? -1 : 0;
}
