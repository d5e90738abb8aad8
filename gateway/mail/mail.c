/* SPDX-License-Identifier: Apache-2.0 */
/* mail.c - letters to customers, see mail.h. */
#include "mail/mail.h"
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/grant.h"
#include "http/counters.h"
#include "http/house.h"
#include "http/smtp.h"
#include "mail/hook.h"
#include "mail/letter.h"

enum {
	AT_ONCE = 8, TURN_MS = 500, CHORE_TURNS = 10,
	RETRY_MAX_S = 4 * 3600,
	TRIES_MAX = 30,			/* some four days */
	REFUSALS_MAX = 3,		/* the address itself is refused */
	KEPT_DAYS = 30, KEPT_OFF_DAYS = 1	/* given up; nobody sends */
};

struct posting {
	LIST_ENTRY(posting) among;
	struct mail *mail;
	struct arena *arena;
	struct grant grant;
	struct letter letter;
	struct uuid id;
	const char *customer;
	int attempts;
	size_t source;			/* asked for the address */
	bool away;			/* one of them did not answer */
	struct question *question;
	struct http_job *job;
	struct hook *hook;
};

struct mail {
	struct house *house;
	struct http_client *client;	/* NULL: off, or by command */
	char *password;
	struct event *turn;
	unsigned turns;
	bool off, stopped;
	struct question *claim, *chore;
	LIST_HEAD(, posting) list;
	int under_way;
};

static void
posting_free(struct posting *p)
{
	LIST_REMOVE(p, among);
	p->mail->under_way--;
	arena_free(p->arena);
}

/* ---- settling ---- */

static void
on_settled(struct rows *r UNUSED, int failure, void *arg)
{
	struct posting *p = arg;

	p->question = NULL;
	if (failure != 0)
		log_warning("letter=%s not settled, it will come again cause=%s",
		    p->letter.id, error_name(failure));
	posting_free(p);
}

static void
settle(struct posting *p, const struct statement *s, const struct params *params)
{
	p->question = db_ask(p->mail->house->db, s, params, on_settled, p);
	if (p->question == NULL)
		posting_free(p);	/* the lease brings it back */
}

static void
params_whose(struct params *params, const struct posting *p)
{
	params_init(params);
	params_uuid(params, &p->id);
	params_int(params, p->attempts);
}

static void
done(struct posting *p)
{
	struct params params;

	params_whose(&params, p);
	settle(p, SQL_LETTER_DONE, &params);
}

static void
sent(struct posting *p)
{
	const struct grant *g = &p->grant;
	struct line line = { .event = "consent.expiring", .to = g->client_id,
	    .records = -1, .bytes = -1, .actor = "system",
	    .subject = &g->subject, .grant = &g->id };
	struct line_row row;
	struct params params;

	counter_add(COUNTER_LETTERS, 1);
	log_info("letter=%s sent kind=%s grant=%s", p->letter.id, p->letter.kind,
	    g->id_text);
	if (strcmp(p->letter.kind, "reminder") != 0) {
		done(p);
		return;
	}
	line_make(&row, p->arena, &line);
	params_whose(&params, p);
	line_params(&params, &row);
	settle(p, SQL_LETTER_TOLD, &params);
}

/* Four times as long as before, four hours at most. */
static int64_t
wait_s(const struct posting *p)
{
	int64_t s = p->mail->house->settings->mail_retry_s;

	for (int i = 1; i < p->attempts && s < RETRY_MAX_S; i++)
		s *= 4;
	return s > RETRY_MAX_S ? RETRY_MAX_S : s;
}

static void
failed(struct posting *p, bool refused, const char *why)
{
	bool over = p->attempts >= (refused ? REFUSALS_MAX : TRIES_MAX);
	struct params params;

	counter_add(COUNTER_LETTERS_FAILED, 1);
	log_warning("letter=%s %s kind=%s attempt=%d cause=%s", p->letter.id,
	    over ? "given up" : "not sent", p->letter.kind, p->attempts, why);
	params_whose(&params, p);
	params_int(&params, over ? -1 : wait_s(p));
	params_text(&params, why);
	settle(p, SQL_LETTER_AGAIN, &params);
}

/* ---- sending ---- */

/* 5xx about her address or this letter; not about who we are (RFC 4954). */
static bool
refused_for_good(int status)
{
	return status / 100 == 5 && status != 530 && status != 534 &&
	    status != 535 && status != 538;
}

static void
on_posted(const struct http_answer *answer, void *arg)
{
	struct posting *p = arg;

	p->job = NULL;
	if (answer->failure == 0 && answer->status / 100 == 2)
		sent(p);
	else
		failed(p, refused_for_good(answer->status), arena_printf(p->arena,
		    "%d %s", answer->status, answer->why));
}

static void
on_run(int status, void *arg)
{
	struct posting *p = arg;

	p->hook = NULL;
	if (status == EX_OK)
		sent(p);
	else
		failed(p, status == EX_NOUSER || status == EX_DATAERR ||
		    status == EX_NOHOST, arena_printf(p->arena,
		    "the command ended with %d", status));
}

static void
post(struct posting *p)
{
	const struct settings *s = p->mail->house->settings;
	bool tls = strcmp(s->mail_tls, "tls") == 0;
	struct smtp_letter m = { .from = letter_from(s), .to = p->letter.to,
	    .starttls = strcmp(s->mail_tls, "starttls") == 0,
	    .deadline_ms = (int)s->mail_deadline_ms };

	m.text = letter_text(p->arena, &p->letter, &m.text_n);
	if (p->mail->client == NULL) {
		p->hook = hook_run(p->mail->house->base, s->mail_command, m.to,
		    m.text, m.text_n, m.deadline_ms, on_run, p);
		return;
	}
	m.url = arena_printf(p->arena, "%s://%s", tls ? "smtps" : "smtp",
	    s->mail_server);
	if (s->mail_user[0] != '\0') {
		m.user = s->mail_user;
		m.password = p->mail->password;
	}
	p->job = smtp_send(p->mail->client, &m, on_posted, p);
}

/* ---- to whom ---- */

static void ask_source(struct posting *);

/* 1: her address; 0: it is not told here; -1: nobody is to be written to. */
static int
take_facts(struct posting *p, const struct rows *r)
{
	const char *reason = row_text(r, 0, "reason");
	json_t *facts = json_loads(row_text(r, 0, "facts"),
	    JSON_DECODE_INT_AS_REAL, NULL);
	const char *to = json_string_value(json_object_get(facts, "email"));
	const char *lang = json_string_value(json_object_get(facts, "language"));
	int found = 0;

	if (reason != NULL && strcmp(reason, "deceased") == 0) {
		found = -1;
	} else if (smtp_address(to)) {
		p->letter.to = arena_strdup(p->arena, to);
		found = 1;
		if (lang == NULL || lang[0] == '\0')
			lang = p->grant.language;
		p->letter.lang = strncasecmp(lang, "fr", 2) == 0 ? LANG_FR :
		    LANG_EN;
	}
	json_decref(facts);
	return found;
}

static void
on_told(struct rows *r, int failure, void *arg)
{
	struct posting *p = arg;
	int found = 0;

	p->question = NULL;
	if (failure != 0)
		p->away = true;
	else if (rows_count(r) > 0)
		found = take_facts(p, r);
	if (found > 0)
		post(p);
	else if (found < 0)
		done(p);
	else
		ask_source(p);
}

/* One source after the other, until one knows how to write to her. */
static void
ask_source(struct posting *p)
{
	const struct catalogue *all = p->mail->house->catalogue;
	struct params params;

	while (p->source < catalogue_source_count(all)) {
		struct source *s = catalogue_source(all, p->source++);

		if (s->customer.text == NULL)
			continue;
		params_init(&params);
		params_text(&params, p->customer);
		p->question = db_ask(s->db, &s->customer, &params, on_told, p);
		if (p->question != NULL)
			return;
		p->away = true;
	}
	if (p->away) {
		failed(p, false, "a source that may know the address is away");
		return;
	}
	log_debug("letter=%s no address is known", p->letter.id);
	done(p);
}

/* ---- claiming ---- */

static void
begin(struct mail *m, const struct rows *r, int i)
{
	struct arena *a = arena_new();
	struct posting *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	p->mail = m;
	grant_read(&p->grant, r, i, a);
	row_uuid(r, i, "letter", &p->id);
	p->attempts = (int)row_int(r, i, "attempts");
	p->customer = arena_strdup(a, row_text(r, i, "customer"));
	p->letter = (struct letter){
		.id = arena_strdup(a, row_text(r, i, "letter")),
		.kind = arena_strdup(a, row_text(r, i, "letter_kind")),
		.answer_by_us = row_time(r, i, "awaits_until"),
		.grant = &p->grant, .settings = m->house->settings,
		.catalogue = m->house->catalogue, .words = m->house->words };
	LIST_INSERT_HEAD(&m->list, p, among);
	m->under_way++;
	if (row_bool(r, i, "wanted"))
		ask_source(p);
	else
		done(p);
}

static void
on_claimed(struct rows *r, int failure, void *arg)
{
	struct mail *m = arg;

	m->claim = NULL;
	for (int i = 0; failure == 0 && i < rows_count(r); i++)
		begin(m, r, i);
}

static void
claim(struct mail *m)
{
	struct params p;

	if (m->claim != NULL || m->under_way == AT_ONCE)
		return;
	params_init(&p);
	/* longer than finding the address and handing over may take */
	params_int(&p, m->house->settings->mail_deadline_ms / 1000 + 60);
	params_int(&p, AT_ONCE - m->under_way);
	m->claim = db_ask(m->house->db, SQL_LETTER_CLAIM, &p, on_claimed, m);
}

/* ---- now and then ---- */

static void
on_chore(struct rows *r UNUSED, int failure UNUSED, void *arg)
{
	struct mail *m = arg;

	m->chore = NULL;
}

/* Reminders that are due become letters; letters too old are dropped. */
static void
do_chore(struct mail *m)
{
	bool remind = !m->off && m->turns / CHORE_TURNS % 2 == 0;
	struct params p;

	if (m->chore != NULL)
		return;
	params_init(&p);
	params_int(&p, remind ? m->house->settings->mail_reminder_days :
	    m->off ? KEPT_OFF_DAYS : KEPT_DAYS);
	m->chore = db_ask(m->house->db, remind ? SQL_LETTER_REMIND :
	    SQL_LETTER_DROP, &p, on_chore, m);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct mail *m = arg;

	if (m->stopped)
		return;
	if (m->turns++ % CHORE_TURNS == 0)
		do_chore(m);
	if (!m->off)
		claim(m);
}

/* ---- the whole ---- */

static char *
read_password(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[256];

	if (in == NULL || fgets(line, sizeof(line), in) == NULL)
		fatal("%s: [mail] password_file cannot be read", path);
	fclose(in);
	line[strcspn(line, "\r\n")] = '\0';
	return xstrdup(line);
}

struct mail *
mail_new(struct house *h)
{
	const struct timeval every = { 0, TURN_MS * 1000 };
	const struct settings *s = h->settings;
	struct mail *m = xcalloc(1, sizeof(*m));

	m->house = h;
	LIST_INIT(&m->list);
	m->off = strcmp(s->mail_mode, "off") == 0;
	if (strcmp(s->mail_mode, "smtp") == 0)
		m->client = http_client_inside(h->base, s, s->mail_ca_file,
		    "[mail] ca_file");
	if (m->client != NULL && s->mail_user[0] != '\0')
		m->password = read_password(s->mail_password_file);
	m->turn = event_new(h->base, -1, EV_PERSIST, on_turn, m);
	event_add(m->turn, &every);
	return m;
}

void
mail_stop(struct mail *m)
{
	m->stopped = true;
}

static void
forget(struct posting *p)
{
	if (p->question != NULL)
		db_forget(p->question);
	if (p->job != NULL)
		http_forget(p->job);
	if (p->hook != NULL)
		hook_forget(p->hook);
	posting_free(p);
}

void
mail_free(struct mail *m)
{
	struct posting *p;

	if (m == NULL)
		return;
	while ((p = LIST_FIRST(&m->list)) != NULL)
		forget(p);
	if (m->claim != NULL)
		db_forget(m->claim);
	if (m->chore != NULL)
		db_forget(m->chore);
	http_client_free(m->client);
	event_free(m->turn);
	free(m->password);
	free(m);
}
