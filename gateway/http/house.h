/* SPDX-License-Identifier: Apache-2.0 */
/* house.h - what a worker owns, by pointer; each room defines its own thing. */
#ifndef HOUSE_H
#define HOUSE_H

struct house {
	struct event_base *base;
	const struct settings *settings;
	struct keys *keys;
	struct db *db;			/* guichet's own database */
	struct catalogue *catalogue;	/* data sets, and their sources' pools */
	struct gate *gate;		/* journal lines, committed in groups */
	struct access_cache *access;	/* verified tokens, live grants */
	struct client_cache *clients;	/* registrations of PIMS */
	struct once *once;		/* each proof is used once */
	struct renewals *renewals;	/* refreshes commit together */
	struct http_client *client;	/* outbound HTTPS */
	struct oidc *login;		/* customers' sign-in; NULL: not by OIDC */
	struct oidc *staff_login;	/* colleagues'; the same */
	struct words *words;		/* FR and EN */
	int worker;			/* 0.. in its role */
	long long certificate_expires;	/* s since 1970; 0: we have none */
};

#endif
