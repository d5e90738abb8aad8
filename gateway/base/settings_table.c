/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_table.c - every setting: a new one is a row here and a field in
 * settings.h.
 */
#include <assert.h>
#include "base/settings.h"
#include "base/settings_own.h"

#define AT(field) offsetof(struct settings, field)

const struct row settings_table[] = {
	{ "organisation", "name", TEXT, NULL, AT(organisation_name),
	  "The organisation behind this counter, as customers know it." },
	{ "organisation", "address", TEXT, "", AT(organisation_address),
	  "Its postal address." },
	{ "organisation", "contact", TEXT, NULL, AT(organisation_contact),
	  "E-mail address of its data protection officer." },
	{ "organisation", "time_zone", TEXT, "Europe/Paris", AT(time_zone),
	  "The clock on which pages show times." },
	{ "organisation", "privacy_url", URL, "", AT(organisation_privacy_url),
	  "Where its privacy notice is." },

	{ "server", "public_url", URL, NULL, AT(public_url),
	  "The address customers and PIMS use; also the OAuth issuer." },
	{ "server", "mtls_url", URL, "", AT(mtls_url),
	  "The same for clients that show a certificate; empty: none do." },
	{ "server", "listen", ADDRESS, "127.0.0.1:8443", AT(listen),
	  "Where to listen; with TLS as soon as a certificate is set." },
	{ "server", "listen_mtls", ADDRESS, "", AT(listen_mtls),
	  "Where to listen for clients that show a certificate." },
	{ "server", "listen_plain", ADDRESS, "", AT(listen_plain),
	  "Where to listen without TLS, behind a local front only." },
	{ "server", "tls_certificate", PATH, "", AT(tls_certificate),
	  "Certificate chain (PEM), our own first." },
	{ "server", "tls_key", SECRET, "", AT(tls_key),
	  "Its private key (PEM), readable by this user alone." },
	{ "server", "trusted_proxies", TEXT, "", AT(trusted_proxies),
	  "Addresses of fronts whose forwarding headers count." },
	{ "server", "client_certificate_header", TEXT, "",
	  AT(client_certificate_header),
	  "Header in which such a front hands over client certificates." },
	{ "server", "web_workers", NUMBER, "2", AT(web_workers),
	  "Processes that answer; about one per core.", 1, 64 },
	{ "server", "connections_max", NUMBER, "2000", AT(connections_max),
	  "Connections held at most, per web worker.", 1, 100000 },
	{ "server", "head_timeout_ms", NUMBER, "10000", AT(head_timeout_ms),
	  "A request's head must be whole after so long.", 1, 600000 },
	{ "server", "body_timeout_ms", NUMBER, "30000", AT(body_timeout_ms),
	  "And its body after so long.", 1, 600000 },
	{ "server", "answer_timeout_ms", NUMBER, "60000", AT(answer_timeout_ms),
	  "An answer must be sent after so long.", 1, 3600000 },
	{ "server", "idle_timeout_ms", NUMBER, "75000", AT(idle_timeout_ms),
	  "A connection without request is closed after so long.", 1, 3600000 },
	{ "server", "drain_timeout_ms", NUMBER, "20000", AT(drain_timeout_ms),
	  "At the end, calls under way have so long to finish.", 0, 600000 },

	{ "admin", "listen", ADDRESS, "127.0.0.1:9464", AT(admin_listen),
	  "Loopback address of /live, /ready and /metrics." },

	{ "database", "url", DATABASE, NULL, AT(database_url),
	  "guichet's own PostgreSQL (passfile= names a file for a password)." },
	{ "database", "direct_url", DATABASE, "", AT(database_direct_url),
	  "The same without a pooler between; empty: as url." },
	{ "database", "connections", NUMBER, "2", AT(database_connections),
	  "Pipelined connections per worker; one or two are best.", 1, 16 },
	{ "database", "queue", NUMBER, "1000", AT(database_queue),
	  "Questions that may wait per worker; beyond, 503.", 1, 100000 },
	{ "database", "prepared_statements", YES_NO, "yes",
	  AT(prepared_statements),
	  "no: behind pgbouncer before 1.21 in transaction mode." },

	{ "catalogue", "schemas", PATH, "/usr/local/share/guichet/schemas",
	  AT(schemas_dir), "Directory of the data sets' schemas." },
	{ "catalogue", "adapters", PATH, "adapters", AT(adapters_dir),
	  "Directory of the adapters, one folder each." },
	{ "catalogue", "sources", TEXT, "", AT(sources),
	  "The adapter folders to serve, separated by spaces." },

	{ "keys", "directory", PATH, "keys", AT(keys_dir),
	  "Directory of our keys, made by `guichet key new`." },

	{ "login", "mode", CHOICE, "off", AT(login_mode),
	  "How customers sign in; demo knows synthetic people only.",
	  .words = "off demo" },
	{ "login", "session_minutes", NUMBER, "30", AT(session_minutes),
	  "A customer is signed out after so long.", 1, 1440 },

	{ "consent", "grant_days_max", NUMBER, "1095", AT(grant_days_max),
	  "The longest a customer may grant.", 1, 3650 },
	{ "consent", "grant_days_default", NUMBER, "365",
	  AT(grant_days_default), "What the page proposes.", 1, 3650 },
	{ "consent", "access_token_seconds", NUMBER, "600",
	  AT(access_token_seconds), "How long an access token lives.",
	  10, 3600 },

	{ "push", "workers", NUMBER, "1", AT(push_workers),
	  "Processes that deliver.", 0, 64 },
	{ "push", "batch", NUMBER, "100", AT(push_batch),
	  "Subscriptions claimed at once.", 1, 1000 },
	{ "push", "lease_s", NUMBER, "60", AT(push_lease_s),
	  "A claim not settled is free again after so long.", 5, 3600 },
	{ "push", "deadline_ms", NUMBER, "20000", AT(push_deadline_ms),
	  "One exchange with a PIMS lasts at most so long.", 100, 600000 },
	{ "push", "attempts_max", NUMBER, "20", AT(push_attempts_max),
	  "Refusals in a row before a subscription is set aside.", 1, 1000 },
	{ "push", "allow", TEXT, "", AT(push_allow),
	  "Private networks a PIMS may live in (for trials)." },
	{ "push", "ca_file", PATH, "", AT(push_ca_file),
	  "One more certificate authority to trust (for trials)." },
	{ "push", "webid", TEXT, "", AT(push_webid),
	  "Solid: the WebID of this counter." },
	{ "push", "solid_issuer", TEXT, "", AT(push_solid_issuer),
	  "Solid: the OpenID provider that knows it." },
	{ "push", "solid_client_id", TEXT, "", AT(push_solid_client_id),
	  "Solid: our client identifier there." },
	{ "push", "solid_secret_file", SECRET, "", AT(push_solid_secret_file),
	  "Solid: the file that holds its secret." },

	{ "watch", "interval_ms", NUMBER, "5000", AT(watch_interval_ms),
	  "How often sources are asked who changed.", 50, 86400000 },
	{ "watch", "horizon_margin_ms", NUMBER, "2000", AT(horizon_margin_ms),
	  "How far behind the oldest transaction to read.", 0, 600000 },

	{ "journal", "origin", TEXT, "", AT(journal_origin),
	  "Name of the logs; empty: public_url's host, and /journal." },
	{ "journal", "interval_ms", NUMBER, "1000", AT(journal_interval_ms),
	  "How often lines are ordered and signed.", 10, 600000 },
	{ "journal", "notes_dir", PATH, "", AT(journal_notes_dir),
	  "Where this host keeps the last checkpoints; empty: keys_dir/notes." },

	{ "log", "format", CHOICE, "text", AT(log_format),
	  "How log lines are written.", .words = "text json" },
	{ "log", "level", CHOICE, "info", AT(log_level),
	  "What is written.", .words = "error warning info debug" },
};

const size_t settings_rows = countof(settings_table);
static_assert(countof(settings_table) <= ROWS, "make ROWS greater");
