/* SPDX-License-Identifier: Apache-2.0 */
/* role_push.c - hands records over to personal clouds, letters to the mail
 * server, and signals to recipients. */
#include <event2/event.h>
#include <sysexits.h>
#include "base/error.h"
#include "base/settings.h"
#include "http/house.h"
#include "mail/mail.h"
#include "pages/words.h"
#include "push/checks.h"
#include "push/push.h"
#include "push/signals.h"
#include "serve/serve.h"

struct pushing {
	struct house house;
	struct push *push;
	struct checks *checks;
	struct mail *mail;
	struct signals *signals;
};

static void
on_done(void *arg)
{
	struct pushing *w = arg;

	event_base_loopexit(w->house.base, NULL);
}

/* What is on its way arrives, or fails, within its deadline. */
static void
stop(void *arg)
{
	struct pushing *w = arg;

	mail_stop(w->mail);
	signals_stop(w->signals);
	push_stop(w->push, on_done, w);
}

int
role_push(struct role *r)
{
	struct pushing w;
	struct fault f;

	house_open(&w.house, r);
	if (words_load(&w.house.words, w.house.settings->time_zone, &f) < 0)
		fatal("%s", f.cause);
	w.push = push_new(&w.house);
	w.checks = checks_new(&w.house);
	w.mail = mail_new(&w.house);
	w.signals = signals_new(&w.house);
	role_ready(r);
	role_until_stopped(&w.house, r, stop, &w);
	signals_free(w.signals);
	mail_free(w.mail);
	checks_free(w.checks);
	push_free(w.push);
	words_free(w.house.words);
	house_close(&w.house);
	return EX_OK;
}
