/* SPDX-License-Identifier: Apache-2.0 */
/* oauth_token.h - what the two ways to an access token share. */
#ifndef OAUTH_TOKEN_H
#define OAUTH_TOKEN_H
#include "consent/auth.h"
#include "consent/details.h"
#include "consent/grant.h"

struct token_call {
	struct auth auth;		/* first: AUTH_STEPS */
	bool dpop;			/* else bound to the certificate */
	const char *thumbprint;		/* what the token is bound to */
	uint8_t hash[32];		/* of the code or refresh token given */
	struct grant *grant;
	struct details details;		/* what the token allows */
	bool narrowed;			/* less than the grant */
	char access[44], refresh[44];	/* new ones; refresh "" = none */
	int64_t expires_us;
	struct params *use;		/* of refresh_use.sql */
	struct renewal_wait *renewal;
	int verdict;
};

/* The code: oauth_token_code.c */
enum next token_code_find(struct call *);
enum next token_code_spend(struct call *);
enum next token_code_check(struct call *);
enum next token_code_reused(struct call *);
/* The refresh token: oauth_token_refresh.c */
enum next token_refresh_find(struct call *);
enum next token_refresh_use(struct call *);
enum next token_refresh_used(struct call *);
enum next token_refresh_check(struct call *);

/* 400 invalid_grant */
enum next token_refuse(struct call *, const char *why);
/* The grant in c->rows, if it is this client's and live; else why is set. */
bool token_take_grant(struct call *, const char **why);
/* A new access token: its text, and its hash, binding, thumbprint (and data
 * sets, when asked for) and end as parameters. */
void token_make(struct call *, struct params *, bool datasets);
/* The line about it: token.issued or token.refreshed. */
void token_line(struct call *, struct params *, const char *event);

#endif
