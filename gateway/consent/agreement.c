/* SPDX-License-Identifier: Apache-2.0 */
/* agreement.c - a consent about what several people hold. */
#include "consent/agreement.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "db/db.h"

/* In its place: two consents given at once meet their rows in one order. */
static void
add(struct agreement *g, const struct coholder *h)
{
	size_t i = 0;

	while (i < g->n && strcmp(g->customers[i], h->customer) < 0)
		i++;
	if (i < g->n && strcmp(g->customers[i], h->customer) == 0) {
		g->all[i] = g->all[i] || h->all;
		return;
	}
	if (g->n == COHOLDERS_MAX)
		return;			/* coholders_read counts no more */
	memmove(&g->customers[i + 1], &g->customers[i],
	    (g->n - i) * sizeof(g->customers[0]));
	memmove(&g->all[i + 1], &g->all[i], (g->n - i) * sizeof(g->all[0]));
	g->customers[i] = h->customer;
	g->all[i] = h->all;
	g->n++;
}

static bool
concerned(const struct coholder *h, const struct catalogue *all,
    const struct details *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct dataset *ds = dataset_find(all, d->list[i].dataset);

		if (ds != NULL && coholder_shares(h, ds, d->list[i].accounts))
			return true;
	}
	return false;
}

void
agreement_make(struct agreement *g, const struct coholders *others,
    const struct catalogue *all, const struct details *d, const char *customer)
{
	*g = (struct agreement){ .n = 0 };
	for (size_t i = 0; i < others->n; i++) {
		const struct coholder *h = &others->list[i];

		if (strcmp(h->customer, customer) != 0 && concerned(h, all, d))
			add(g, h);
	}
	for (size_t i = 0; i < g->n; i++)
		g->awaited += g->all[i];
}

void
agreement_params(struct params *p, struct arena *a, const struct agreement *g,
    const struct settings *s)
{
	struct uuid *ids = arena_alloc(a, (g->n + 1) * sizeof(*ids));
	uint8_t (*keys)[32] = arena_alloc(a, (g->n + 1) * sizeof(*keys));
	struct piece *pieces = arena_alloc(a, (g->n + 1) * sizeof(*pieces));
	const char **answers = arena_alloc(a, (g->n + 1) * sizeof(*answers));

	for (size_t i = 0; i < g->n; i++) {
		uuid_make(&ids[i]);
		random_bytes(keys[i], sizeof(keys[i]));
		pieces[i] = (struct piece){ keys[i], sizeof(keys[i]) };
		answers[i] = g->all[i] ? "awaited" : "told";
	}
	params_uuids(p, a, ids, g->n);
	params_texts(p, a, g->customers, g->n);
	params_byteses(p, a, pieces, g->n);
	params_texts(p, a, answers, g->n);
	params_int(p, (int64_t)g->awaited);
	params_int(p, s->coholder_days);
}
