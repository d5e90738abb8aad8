/* SPDX-License-Identifier: Apache-2.0 */
/* docs_mapping.c - what the live sources say of each column, for one page. */
#include "commands/docs.h"
#include <sysexits.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/describe.h"
#include "pages/mapping_page.h"

enum { MAPPED_MAX = 2 * DATASETS_MAX };

static void
show(struct html *h, void *view)
{
	mapping_page(h, view);
}

static int
look(struct mapping_set *set, struct arena *a, const struct dataset *d)
{
	struct origin *origins;
	struct db_now *now;
	struct fault f;
	int rc = EX_OK;

	if (live_open(&now, d->source, &f) < 0) {
		fault_print(stderr, &f);
		return EX_UNAVAILABLE;
	}
	if (origins_read(&origins, &set->n, a, now, d, &f) < 0) {
		fault_print(stderr, &f);
		rc = EX_CONFIG;
	}
	set->dataset = d;
	set->origins = origins;
	db_now_close(now);
	return rc;
}

int
docs_mapping(struct site *site, const struct catalogue *c)
{
	struct mapping_view v = { .made_us = clock_us(),
	    .organisation = site->settings->organisation_name };
	struct mapping_set *sets = arena_alloc(site->arena,
	    MAPPED_MAX * sizeof(*sets));
	int rc = EX_OK;

	for (size_t i = 0; i < catalogue_count(c); i++)
		for (const struct dataset *d = catalogue_at(c, i); d != NULL &&
		    v.n < MAPPED_MAX && rc == EX_OK; d = d->older)
			rc = look(&sets[v.n++], site->arena, d);
	v.sets = sets;
	return rc == EX_OK ? site_page(site, "/data", "mapping.title", show, &v) :
	    rc;
}
