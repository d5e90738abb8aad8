/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - chooses a version, and tells of its end. */
#include "routes/version.h"
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"

enum { VERSION_MAX = 1000000 };

struct range { int64_t min, max; };

static bool
read_range(struct call *c, struct range *r)
{
	const char *max = call_field(c, "guichet-version");
	const char *min = call_field(c, "guichet-version-min");

	*r = (struct range){ 1, VERSION_MAX };
	if (max != NULL && parse_int(&r->max, max, 1, VERSION_MAX) < 0)
		return false;
	r->min = max == NULL ? 1 : r->max;
	return min == NULL || parse_int(&r->min, min, 1, VERSION_MAX) == 0;
}

/* The highest between; all: those there are, for the refusal. */
static const struct dataset *
highest(const struct dataset *newest, const struct range *r, struct buf *all)
{
	const struct dataset *best = NULL;

	for (const struct dataset *d = newest; d != NULL; d = d->older) {
		buf_printf(all, "%s%d", all->len > 0 ? ", " : "",
		    d->schema->version);
		if (best == NULL && d->schema->version >= r->min &&
		    d->schema->version <= r->max)
			best = d;
	}
	return best;
}

enum next
version_choose(struct call *c, const struct dataset **out, const char *id)
{
	struct range r;
	struct buf all;

	*out = dataset_spoken(c->house->catalogue, id);
	if (*out == NULL)
		return call_refuse(c, 404, "no_such_dataset",
		    "there is no such data set here");
	if (call_field(c, "guichet-version") == NULL &&
	    call_field(c, "guichet-version-min") == NULL)
		return NEXT;
	if (!read_range(c, &r))
		return call_refuse(c, 400, "bad_version",
		    "Guichet-Version and Guichet-Version-Min are numbers");
	buf_init_in(&all, c->arena);
	*out = highest(dataset_find(c->house->catalogue, id), &r, &all);
	if (*out == NULL)
		return call_refuse(c, 406, "no_such_version",
		    "this data set is served in version %s", all.data);
	return NEXT;
}

/* A day of the schema, from its first moment, UTC. */
static bool
day_of(const struct schema *s, const char *name, time_t *out)
{
	const char *day = json_string_value(json_object_get(s->document, name));
	char whole[32];
	int64_t us;

	if (day == NULL)
		return false;
	snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", day);
	if (time_parse(&us, whole) < 0)
		return false;
	*out = (time_t)(us / 1000000);
	return true;
}

void
version_tell(struct call *c, const struct dataset *d)
{
	const struct schema *s = d->schema;
	char date[40];
	struct tm tm;
	time_t t;

	call_reply_field(c, "Guichet-Version", "%d", s->version);
	if (!day_of(s, "x-deprecated", &t))
		return;
	call_reply_field(c, "Deprecation", "@%lld", (long long)t);
	call_reply_field(c, "Link", "<%s/data/%s@%d>; rel=\"deprecation\"",
	    c->house->settings->public_url, s->id, s->version);
	if (!day_of(s, "x-sunset", &t))
		return;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
	    gmtime_r(&t, &tm));
	call_reply_field(c, "Sunset", "%s", date);
}
