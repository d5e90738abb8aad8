/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - how the columns of a row become one JSON document.
 *
 * A tree, made once from the aliases: "tariff.name" nests, "readings[].start"
 * and its siblings are arrays zipped into a list of objects, "tags[]" is a
 * list of plain values. NULLs are left out, and so are objects and lists that
 * hold nothing else.
 */
#ifndef PLAN_H
#define PLAN_H
#include "base/buf.h"
#include "db/db.h"

struct zone;

enum node_kind { NODE_VALUE, NODE_OBJECT, NODE_LIST };
enum { ZIP_MAX = 24 };		/* arrays zipped into one list */

struct node {
	enum node_kind kind;
	const char *name;
	const char *key;	/* ",\"name\":", ready to write */
	size_t key_n;
	int column;		/* NODE_VALUE: of the row; -1 else */
	struct node *child, *next;
};

struct record_plan {
	const struct node **roots;	/* one per granularity, at least one */
	int changed, period, key[8];	/* columns; period -1: none */
	int key_n;
	struct zone *zone;
};

/* One row as JSON, at the schema's granularity number g. E_BAD_INPUT: a value that its type does not allow. */
MUST_CHECK int plan_write(struct buf *, const struct record_plan *, int g,
    const struct rows *, int row);

#endif
