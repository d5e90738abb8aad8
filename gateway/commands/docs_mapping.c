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
	struct mapping_view v = { .n = catalogue_count(c), .made_us = clock_us(),
	    .organisation = site->settings->organisation_name };
	struct mapping_set *sets = arena_alloc(site->arena,
	    (v.n + 1) * sizeof(*sets));
	int rc = EX_OK;

	for (size_t i = 0; i < v.n && rc == EX_OK; i++)
		rc = look(&sets[i], site->arena, catalogue_at(c, i));
	v.sets = sets;
	return rc == EX_OK ? site_page(site, "/data", "mapping.title", show, &v) :
	    rc;
}
