/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_cache.h - verified tokens in this worker's memory; for access.c alone.
 *
 * An entry is one token with the state of its grant, in one piece of memory,
 * and counted: a call that holds one keeps it after it was dropped. What a
 * call then does passes the gate, which asks the database again.
 */
#ifndef ACCESS_CACHE_H
#define ACCESS_CACHE_H
#include "consent/access.h"
#include "consent/client.h"
#include "consent/details.h"

struct access_entry {
	struct access access;		/* first: what c->access becomes */
	int holders;
	uint8_t hash[32];
	enum binding binding;
	char thumbprint[44];
	const struct detail *details;	/* of datasets[i] */
};

/* From a row of token_find.sql; the caller is the first holder. */
struct access_entry *access_entry_new(const uint8_t hash[32],
    const struct rows *);
void access_entry_leave(void *entry);

/* NULL while notifications do not flow. */
struct access_entry *access_cache_find(struct access_cache *,
    const uint8_t hash[32]);
/* Grows with every drop: what was asked before one is not to be kept. */
unsigned long access_cache_drops(const struct access_cache *);
void access_cache_keep(struct access_cache *, struct access_entry *);

#endif
