/* SPDX-License-Identifier: Apache-2.0 */
/* destination.c - a customer's cloud and our keys to it. */
#include "push/destination.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "http/client.h"
#include "http/house.h"

static void
drop(void *json)
{
	json_decref(json);
}

static json_t *
kept(struct arena *a, json_t *json)
{
	json_t *object = json_is_object(json) ? json : json_object();

	if (object != json)
		json_decref(json);
	arena_defer(a, drop, object);
	return object;
}

struct destination *
destination_new(struct arena *a)
{
	struct destination *d = arena_alloc(a, sizeof(*d));

	d->state = kept(a, NULL);
	d->secret = kept(a, NULL);
	return d;
}

static const char *
context(const struct destination *d, struct arena *a)
{
	return arena_printf(a, "destination %s", d->grant_text);
}

static int
open_secret(struct destination *d, const struct keys *k, struct arena *a,
    const char *sealed)
{
	size_t n;
	char *plain;

	if (sealed == NULL)
		return 0;
	if ((plain = unseal(k, a, context(d, a), sealed, &n)) == NULL)
		return E_DENIED;
	d->secret = kept(a, json_loadb(plain, n, JSON_REJECT_DUPLICATES, NULL));
	return 0;
}

static void
read_subject(struct destination *d, const struct rows *rows, int row)
{
	size_t n;
	const uint8_t *key = row_bytes(rows, row, "subject_key", &n);

	row_uuid(rows, row, "subject_id", &d->subject.id);
	if (n == sizeof(d->subject.key))
		memcpy(d->subject.key, key, n);
}

int
destination_read(struct destination *d, const struct keys *k,
    const struct rows *rows, int row, struct arena *a)
{
	const char *state = row_text(rows, row, "place");
	size_t n;

	row_uuid(rows, row, "grant_id", &d->grant);
	uuid_text(d->grant_text, &d->grant);
	d->kind = arena_strdup(a, row_text(rows, row, "kind"));
	d->address = arena_strdup(a, row_text(rows, row, "address"));
	d->host = arena_strdup(a, row_text(rows, row, "host"));
	d->client_id = arena_strdup(a, row_text(rows, row, "client_id"));
	d->customer = arena_strdup(a, row_text(rows, row, "customer"));
	d->datasets = row_texts(rows, row, "datasets", a, &n);
	d->departed = row_bool(rows, row, "departed");
	read_subject(d, rows, row);
	d->state = kept(a, json_loads(state, JSON_REJECT_DUPLICATES, NULL));
	return open_secret(d, k, a, row_text(rows, row, "sealed"));
}

static const char *
text_of(const json_t *json, struct arena *a)
{
	char *text = json_dumps(json, JSON_COMPACT);

	arena_defer(a, free, text);
	return text;
}

const char *
destination_state(const struct destination *d, struct arena *a)
{
	return text_of(d->state, a);
}

const char *
destination_sealed(const struct destination *d, const struct keys *k,
    struct arena *a)
{
	const char *text = text_of(d->secret, a);

	return seal(k, a, context(d, a), text, strlen(text));
}

static void
on_saved(struct rows *rows UNUSED, int failure, void *arg UNUSED)
{
	if (failure < 0)
		log_warning("renewed keys of a personal cloud not saved why=%s",
		    error_name(failure));
}

void
destination_save(struct destination *d, struct house *h)
{
	struct arena *a;
	struct params p;

	if (!d->changed)
		return;
	a = arena_new();
	params_init(&p);
	params_uuid(&p, &d->grant);
	params_text(&p, destination_state(d, a));
	params_text(&p, destination_sealed(d, h->keys, a));
	if (db_ask(h->db, SQL_DESTINATION_SAVE, &p, on_saved, NULL) == NULL)
		on_saved(NULL, E_FULL, NULL);
	d->changed = false;
	arena_free(a);
}

const char *
destination_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

bool
destination_notice(const struct destination *d)
{
	const char *payload = destination_text(d->state, "payload");

	return payload != NULL && strcmp(payload, "notice") == 0;
}

static void
set(struct destination *d, json_t *object, const char *name, const char *value)
{
	const char *was = destination_text(object, name);

	if (was != NULL && value != NULL && strcmp(was, value) == 0)
		return;
	json_object_set_new(object, name,
	    value == NULL ? json_null() : json_string(value));
	d->changed = true;
}

void
destination_set_state(struct destination *d, const char *name, const char *v)
{
	set(d, d->state, name, v);
}

void
destination_set_secret(struct destination *d, const char *name, const char *v)
{
	set(d, d->secret, name, v);
}

/* ---- the address as typed ---- */

static char *
part(CURLU *u, struct arena *a, CURLUPart what, unsigned flags)
{
	char *text = NULL, *kept;

	if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
		return NULL;
	kept = arena_strdup(a, text);
	curl_free(text);
	return kept;
}

int
destination_take_address(struct destination *d, struct arena *a, const char *typed)
{
	bool scheme = strstr(typed, "://") != NULL;
	const char *whole = scheme ? typed : arena_printf(a, "https://%s", typed);
	const char *path, *why;
	CURLU *u = curl_url();
	int rc = E_BAD_INPUT;

	if (strlen(typed) > 512 ||
	    curl_url_set(u, CURLUPART_URL, whole, 0) != CURLUE_OK)
		goto out;
	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	curl_url_set(u, CURLUPART_QUERY, NULL, 0);
	if ((d->host = http_url_host(a, whole)) == NULL)
		goto out;
	path = part(u, a, CURLUPART_PATH, 0);
	if (strcmp(d->kind, "cozy") == 0)
		path = "";
	else if (path[strlen(path) - 1] != '/')
		path = arena_printf(a, "%s/", path);
	d->address = arena_printf(a, "%s://%s%s",
	    part(u, a, CURLUPART_SCHEME, 0), d->host, path);
	rc = http_url_check(d->address, &why);
out:
	curl_url_cleanup(u);
	return rc;
}
