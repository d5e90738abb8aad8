/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - guichet.conf, from one table of name, type, default, sentence.
 *
 * The table (settings.c) feeds the parser, `guichet --help`, the sample file,
 * the manual page and the error messages. Secrets never stand in the file:
 * `..._file` settings and the keys directory name files, which must not be
 * readable by others.
 */
#ifndef SETTINGS_H
#define SETTINGS_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "base/attr.h"

struct fault;

struct settings {
	/* [organisation] who stands behind this counter (data controller) */
	char *organisation_name;	/* "Énergie du Rhône" */
	char *organisation_address;
	char *organisation_contact;	/* e-mail of the DPO */
	char *organisation_privacy_url;
	char *jurisdiction, *authority, *authority_address, *authority_url;
	char *time_zone;		/* on which pages show times */

	/* [server] */
	char *public_url;		/* issuer, https, no final slash */
	char *mtls_url;			/* same, for certificate-bound clients; or "" */
	char *listen;			/* "127.0.0.1:8443"; TLS when a certificate is set */
	char *listen_mtls;		/* asks for client certificates; or "" */
	char *listen_plain;		/* behind a local front only; or "" */
	char *tls_certificate;		/* PEM chain */
	char *tls_key;
	char *trusted_proxies;		/* addresses whose forwarding headers count */
	char *client_certificate_header; /* e.g. X-Client-Cert, URL-encoded PEM */
	bool core_dumps;
	int64_t web_workers;
	int64_t connections_max;	/* per worker */
	int64_t head_timeout_ms, body_timeout_ms, answer_timeout_ms, idle_timeout_ms;
	int64_t drain_timeout_ms;

	/* [admin] loopback only: /live /ready /metrics */
	char *admin_listen;

	/* [database] guichet's own */
	char *database_url;
	char *database_direct_url;	/* LISTEN, leadership; default = url */
	int64_t database_connections;	/* per worker, 1-2 is best */
	char *database_roles;		/* prefix of roles apart; "": none */
	int64_t database_queue;		/* questions waiting at most */
	bool prepared_statements;	/* off behind pgbouncer < 1.21 */

	/* [catalogue] */
	char *schemas_dir, *adapters_dir;
	char *sources;			/* adapter folders to serve, space separated */
	/* [sources] NAME = URL: where a source is here, instead of its source.conf */
	struct source_place { char *name, *url; } source_places[32];
	size_t source_place_count;

	/* [keys] */
	char *keys_dir;			/* made by `guichet key new` */

	/* [login] */
	char *login_mode;		/* "off", "oidc", or "demo": synthetic people */
	int64_t session_minutes;
	int64_t staff_minutes;		/* the same for the organisation's people */
	char *login_issuer, *login_client_id;
	char *login_secret_file;	/* "": we sign with our own key */
	char *login_ca_file;		/* extra trusted CA, or "" */
	char *login_scope;
	char *login_rsa_alg;		/* RS256 or PS256: keys that do not say */
	char *login_customer_claim, *login_name_claim;
	/* [staff] who they are is told by a claim; "" = as in [login] */
	char *staff_role_claim;		/* "": nobody comes in by OpenID */
	char *staff_values[5];		/* in the order of staff_role_words */
	char *staff_issuer, *staff_client_id, *staff_secret_file, *staff_scope;
	int64_t login_failures_max;	/* in a quarter of an hour, then a pause */

	/* [consent] */
	int64_t grant_days_max, grant_days_default;
	int64_t lives_interval_ms;	/* between two looks at a customer */
	int64_t coholder_days;		/* for them to answer */
	int64_t access_token_seconds;
	int64_t par_calls_per_second, token_calls_per_second;	/* 0: no limit */
	bool dpop_nonce;
	char *registration_mode, *registration_statement_keys;
	bool registration_four_eyes;

	/* [pull] per grant and host; 0 = as many as come */
	int64_t pull_calls_per_minute, pull_calls_per_day;
	int64_t downloads_per_hour;	/* of one customer, by herself */

	/* [selftest] */
	char *selftest_customer;	/* the organisation's reference, or "" */

	/* [sandbox] */
	bool sandbox;			/* a counter for trying, on people who never were */
	char *sandbox_sets;		/* directory of sets to download, or "" */

	/* [push] */
	int64_t push_workers;
	int64_t push_connections, push_batch, push_lease_s, push_deadline_ms;
	int64_t push_attempts_max, push_check_s;
	char *push_allow;		/* private networks that PIMS may live in (tests) */
	char *push_proxy, *push_proxy_password_file;	/* the way out (http/way.h) */
	char *push_certificates;	/* ours, one for each recipient */
	char *push_ca_file;		/* extra trusted CA, or "" */
	char *push_webid;		/* Solid: our own WebID, issuer and credentials */
	char *push_solid_issuer;
	char *push_solid_client_id;
	char *push_solid_secret_file;

	/* [mail] letters to customers */
	char *mail_mode;		/* "off", "smtp" or "command" */
	char *mail_server, *mail_tls;	/* host:port; none | starttls | tls */
	char *mail_user, *mail_password_file, *mail_ca_file;
	char *mail_command;		/* reads the letter; $1 is its address */
	char *mail_from;		/* "": organisation_contact */
	int64_t mail_reminder_days;
	int64_t mail_retry_s, mail_deadline_ms;

	/* [watch] */
	int64_t watch_interval_ms;
	int64_t horizon_margin_ms;

	/* [journal] */
	char *journal_origin;		/* "example.org/journal" */
	int64_t journal_interval_ms;
	bool journal_four_eyes;		/* purging, releasing a hold */
	int64_t journal_forget_delay_s;
	char *journal_notes_dir;	/* apart from the database */
	char *journal_witnesses;	/* a file; "": none */
	char *journal_witness_ca;
	char *journal_stamp_url;	/* "": no time-stamps */
	char *journal_stamp_ca, *journal_stamp_tls_ca;
	int64_t journal_stamp_every_s;
	char *journal_signer;		/* its socket; empty: ours */

	/* [log] */
	char *log_format;		/* text | json */
	char *log_level;

	char *file;			/* where all this was read */
};

/* 0 and *out (settings_free frees), or E_BAD_INPUT and the fault. */
MUST_CHECK int settings_load(struct settings **out, const char *path,
    struct fault *);
MUST_CHECK int settings_read(struct settings **out, FILE *in, const char *path,
    struct fault *);		/* the same from a stream; path names it */
void settings_free(struct settings *);
/* The URL that [sources] gives this source, or NULL. */
const char *settings_source_url(const struct settings *, const char *name);
void settings_sample(FILE *out);	/* a commented guichet.conf */
/* The same with these values in it; the last has a NULL section. */
struct setting_given { const char *section, *key, *value; };
bool settings_known(const char *section, const char *key);
void settings_sample_with(FILE *out, const struct setting_given *);
void settings_help(FILE *out);		/* a table for --help */
struct jw;
void settings_json(struct jw *);	/* an array, for the reference and the manual */

#endif
