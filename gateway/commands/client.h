/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - what the files of `guichet client` share. */
#ifndef COMMANDS_CLIENT_H
#define COMMANDS_CLIENT_H
#include "commands/command.h"

struct db_now;
struct settings;

extern const struct command command_client;

/* What `client add` was told. */
struct client_wish {
	const char *id, *kind, *name, *uri, *contact, *jwks, *certificate;
	const char *jwks_uri, *as;
	int64_t uses, days;		/* of an invitation */
	bool admit;
	const char *purpose_en, *purpose_fr, *datasets, *auth, *binding;
	const char *endpoint, *link, *payload;	/* client_endpoint.c */
	int64_t hours;				/* -1: not said */
	bool off;				/* no more signals */
	const char *how_en, *how_fr, *how_url;	/* how a customer gets one */
	struct flag_list redirects, old_redirects;
};
int client_add(const struct client_wish *, const struct settings *, bool json);

/* Recipients that come by themselves (client_request.c). */
int client_invite(const struct client_wish *, const struct settings *);
int client_export(const char *id, const struct settings *);
int client_request(const char *file, const struct client_wish *,
    const struct settings *);

/* Where it hears of us: sets it, shows its new keys, tries it. */
int client_endpoint_check(const struct client_wish *);
int client_endpoint(const char *id, const struct client_wish *,
    const struct settings *);
int client_prove(const char *id, const struct settings *);
/* New keys; those before sign for so many hours more (-1: a day). */
int client_rotate(const char *id, int64_t hours, const struct settings *);
/* Where it is told what became of consents, once that takes a signal; or --off. */
int client_signals(const char *id, const struct client_wish *,
    const struct settings *);

/* The database of the settings, or a sentence and exit 69. */
struct db_now *client_database(const struct settings *);
int client_failed(const struct db_now *, int failure);

#endif
