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
	const char *purpose_en, *purpose_fr, *datasets, *auth, *binding;
	struct flag_list redirects, old_redirects;
};
int client_add(const struct client_wish *, const struct settings *, bool json);

/* The database of the settings, or a sentence and exit 69. */
struct db_now *client_database(const struct settings *);
int client_failed(const struct db_now *, int failure);

#endif
