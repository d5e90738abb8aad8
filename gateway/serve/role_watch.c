/* SPDX-License-Identifier: Apache-2.0 */
/* role_watch.c - asks the sources who changed, wakes the subscriptions; and
 * does the chores of this host. */
#include <event2/event.h>
#include <sysexits.h>
#include "base/settings.h"
#include "consent/lives.h"
#include "http/house.h"
#include "serve/chores.h"
#include "serve/facts.h"
#include "serve/serve.h"
#include "serve/told.h"
#include "watch/exports.h"
#include "watch/load.h"
#include "watch/watch.h"

static void
stop(void *arg)
{
	struct house *h = arg;

	event_base_loopbreak(h->base);
}

int
role_watch(struct role *r)
{
	struct house house;
	struct chores *chores;
	struct exports *exports;
	struct facts *facts;
	struct watch *watch;
	struct load *load;
	struct lives *lives;

	house_open(&house, r);
	chores = chores_new(house.base, house.db);
	facts = facts_new(house.base, house.db,
	    house.settings->time_zone);
	watch = watch_new(&house);
	load = load_new(&house);
	lives = lives_new(&house);
	exports = exports_new(&house);
	told_configuration(&house);
	role_ready(r);
	role_until_stopped(&house, r, stop, &house);
	exports_free(exports);
	lives_free(lives);
	load_free(load);
	watch_free(watch);
	facts_free(facts);
	chores_free(chores);
	house_close(&house);
	return EX_OK;
}
