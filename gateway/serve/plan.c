/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - everything that can be wrong is found before any port opens. */
#include "serve/serve.h"
#include <string.h>
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "crypto/keys.h"
#include "db/migrate.h"
#include "db/roles.h"
#include "http/way.h"
#include "http/client.h"
#include "http/server.h"
#include "journal/stamp.h"
#include "journal/witness.h"
#include "mail/mail.h"

static int
check_oidc(const struct settings *s, struct fault *f)
{
	const char *why;

	if (s->login_issuer[0] == '\0' || s->login_client_id[0] == '\0') {
		fault_set(f, "E134", s->file, 0, 0, "[login] mode = oidc, but %s "
		    "is missing", s->login_issuer[0] == '\0' ? "issuer" :
		    "client_id");
		return fault_cure(f, "register %s/login/callback at the "
		    "organisation's provider, and write what it answers",
		    s->public_url);
	}
	if (http_url_check(s->login_issuer, &why) < 0 ||
	    (s->staff_issuer[0] != '\0' &&
	    http_url_check(s->staff_issuer, &why) < 0)) {
		fault_set(f, "E134", s->file, 0, 0, "[login] or [staff] issuer: "
		    "%s", why);
		return fault_cure(f, "write it exactly as the provider says it "
		    "in its configuration");
	}
	return 0;
}

/* Synthetic people sign in with a password from a table: never real ones. */
static int
check_login(const struct plan *p, struct fault *f)
{
	if (strcmp(p->settings->login_mode, "oidc") == 0)
		return check_oidc(p->settings, f);
	if (strcmp(p->settings->login_mode, "demo") != 0)
		return 0;
	for (size_t i = 0; i < catalogue_source_count(p->catalogue); i++) {
		const struct source *s = catalogue_source(p->catalogue, i);

		if (s->synthetic)
			continue;
		fault_set(f, "E130", p->settings->file, 0, 0, "[login] mode = "
		    "demo, but the source '%s' is not marked synthetic", s->name);
		return fault_cure(f, "use another mode, or write `synthetic = "
		    "yes` in its source.conf if nobody real is in it");
	}
	return 0;
}

/* A sandbox gives anybody a client, its clock and its faults: never real data. */
static int
check_sandbox(const struct plan *p, struct fault *f)
{
	for (size_t i = 0; p->settings->sandbox &&
	    i < catalogue_source_count(p->catalogue); i++) {
		const struct source *s = catalogue_source(p->catalogue, i);

		if (s->synthetic)
			continue;
		fault_set(f, "E136", p->settings->file, 0, 0, "[sandbox] open = "
		    "yes, but the source '%s' is not marked synthetic", s->name);
		return fault_cure(f, "give the sandbox an installation of its "
		    "own; write `synthetic = yes` in source.conf only if nobody "
		    "real is in it");
	}
	return 0;
}

static int
read_tls(struct plan *p, struct fault *f)
{
	const struct settings *s = p->settings;

	if (s->tls_certificate[0] == '\0') {
		if (s->listen_mtls[0] == '\0')
			return 0;
		fault_set(f, "E131", s->file, 0, 0,
		    "[server] listen_mtls is set, tls_certificate is not");
		return fault_cure(f, "set tls_certificate and tls_key");
	}
	if (server_tls(&p->tls, s, p->keys, false, f) < 0)
		return E_BAD_INPUT;
	return s->listen_mtls[0] == '\0' ? 0 :
	    server_tls(&p->tls_mtls, s, p->keys, true, f);
}

int
plan_read(struct plan *p, const char *config, struct fault *f)
{
	int rc;

	memset(p, 0, sizeof(*p));
	if ((rc = settings_load(&p->settings, config, f)) < 0 ||
	    (rc = server_check(p->settings, f)) < 0 ||
	    (rc = way_check(p->settings, f)) < 0 ||
	    (rc = keys_load(&p->keys, p->settings->keys_dir, f)) < 0 ||
	    (rc = catalogue_load(&p->catalogue, p->settings, f)) < 0 ||
	    (rc = check_login(p, f)) < 0 ||
	    (rc = mail_check(p->settings, f)) < 0 ||
	    (rc = check_sandbox(p, f)) < 0 ||
	    (rc = read_tls(p, f)) < 0 ||
	    (rc = witness_check(p->settings, f)) < 0 ||
	    (rc = stamp_settings_check(p->settings, f)) < 0 ||
	    (rc = migrate_check(p->settings->database_url, f)) < 0 ||
	    (rc = roles_check(p->settings, f)) < 0 ||
	    (rc = catalogue_describe(p->catalogue, f)) < 0)
		plan_clear(p);
	return rc;
}

void
plan_clear(struct plan *p)
{
	SSL_CTX_free(p->tls);
	SSL_CTX_free(p->tls_mtls);
	if (p->catalogue != NULL)
		catalogue_free(p->catalogue);
	if (p->keys != NULL)
		keys_free(p->keys);
	if (p->settings != NULL)
		settings_free(p->settings);
	memset(p, 0, sizeof(*p));
}
