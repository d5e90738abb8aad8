/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h - one line of the journal: what happened, without a person in it.
 *
 * A leaf is JSON with a fixed member order:
 *     {"v":1,"id","t","ev","ds","to","oc","n","b","att","lag","act","q","tag","cm"}
 * absent facts are left out. `cm` commits to the erasable side record:
 * SHA-256("guichet/side/v1\n" || salt (32) || side). `tag` is the first 16
 * bytes of HMAC-SHA-256(the subject's random key, id), base64url: destroying
 * side, salt and key unlinks the person and leaves the tree whole.
 */
#ifndef LINE_H
#define LINE_H
#include <stdint.h>
#include "base/attr.h"
#include "base/text.h"

struct arena;
struct params;

enum journal_log { LOG_RESTITUTION, LOG_CONSENT_ADMIN, JOURNAL_LOGS };
const char *journal_log_name(enum journal_log);	/* "restitution", "consent-admin" */

struct subject_ref {
	struct uuid id;
	uint8_t key[32];	/* random, of this subject only */
};

struct line {
	const char *event;	/* from the closed vocabulary (events.c), asserted;
				 * it also decides which log keeps the line */
	const char *dataset;	/* "energy.load-curve@1", or NULL */
	const char *to;		/* client id of the PIMS, or NULL */
	const char *outcome;	/* "complete", "4xx"..., or NULL */
	int64_t records, bytes;	/* -1 = absent */
	int attempt;		/* 0 = absent */
	int64_t lag_ms;		/* since the source changed; 0 = absent */
	const char *actor;	/* customer | recipient | system | operator | auditor */
	const char *quote;	/* a note, whole (integrity.begun_anew), or NULL */
	const struct subject_ref *subject;	/* NULL = nobody's */
	const struct uuid *grant;		/* NULL = none */
	/* what only the side record holds; NULL = absent */
	const char *digest;	/* of the payload, hex */
	const char *covers;	/* its dates: "2026-01-01/2026-03-31" */
	const char *reason;
	const char *by;		/* staff id of the person who did it */
	const char *call;	/* call or delivery id */
	const char *of;		/* id of an earlier line this one ends */
};

/* The row of journal_line. Everything is in the arena. */
struct line_row {
	struct uuid id;
	enum journal_log log;
	const char *leaf;	/* JSON, ASCII but for what a caller passed */
	const char *side;	/* JSON, or NULL: nothing to erase */
	size_t leaf_n, side_n;
	uint8_t salt[32];	/* meaningless without a side */
	const struct uuid *subject, *grant;
	const char *to;
};
void line_make(struct line_row *, struct arena *, const struct line *);

/*
 * Adds the eight parameters every journalling statement ends with, in this
 * order: id uuid, log smallint, leaf bytea, salt bytea, side bytea,
 * subject uuid, grant uuid, client text. With n parameters of its own before,
 * a statement that changes a state writes its line by the same statement:
 *
 *     WITH done AS (UPDATE guichet.grants SET ... WHERE id = $1 RETURNING id)
 *     INSERT INTO guichet.journal_line
 *            (id, log, leaf, salt, side, subject_id, grant_id, client_id)
 *     SELECT $2::uuid, $3::smallint, $4::bytea, $5::bytea, $6::bytea,
 *            $7::uuid, $8::uuid, $9::text
 *       FROM done;
 *
 * SELECT ... FROM the rows it changed: no change, no line; and the line's
 * place is taken after the row lock, so that the journal's order is the order
 * in which things came true.
 */
void line_params(struct params *, const struct line_row *);

#endif
