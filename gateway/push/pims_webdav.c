/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pims_webdav.c - a customer's Nextcloud, or another WebDAV cloud (RFC 4918):
 * one JSON file for each record, in a folder that bears our name.
 *
 * begin: a Nextcloud is asked for its sign-in for programs (Login Flow v2): the
 * customer approves there, and it makes a password for us alone, which she can
 * take back there; none of hers is ever typed here. Another cloud needs the
 * name and the app password that she made for us.
 * The folder is made once, when she approves. When she removes it, the door is
 * closed; folders of data sets inside it are made as they are needed.
 */
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "http/house.h"
#include "push/destination.h"
#include "push/files.h"
#include "push/parcel.h"

struct own {
	struct files files;
	bool folder_made;		/* of the data set, in this errand */
	void (*again)(struct errand *);
};

static const char *
secret(struct errand *e, const char *name)
{
	const char *value = destination_text(e->to->secret, name);

	return value == NULL ? "" : value;
}

/* ---- asking, with our name and password there ---- */

static const char *
basic(struct errand *e)
{
	const char *both = arena_printf(e->arena, "%s:%s", secret(e, "login"),
	    secret(e, "password"));
	char *coded = arena_alloc(e->arena, strlen(both) * 4 / 3 + 8);

	b64_encode(coded, both, strlen(both));
	return errand_field(e, "Authorization",
	    arena_printf(e->arena, "Basic %s", coded));
}

static void
ask_file(struct errand *e, const char *method, const char *url,
    const char *condition, const char *body, size_t n, errand_then *then)
{
	const char *fields[5] = { basic(e) };
	const struct http_request r = { .method = method, .url = url,
	    .fields = fields, .body = body, .body_n = n };
	int k = 1;

	if (body != NULL)
		fields[k++] = "Content-Type: application/json";
	if (condition != NULL)
		fields[k++] = condition;
	errand_ask(e, &r, then);
}

/* ---- places ---- */

/* Where our folder is: "<root>Energie%20du%20Rh%C3%B4ne/" */
static const char *
folder(struct errand *e)
{
	const char *root = destination_text(e->to->state, "root");
	struct buf name, url;

	buf_init_in(&name, e->arena);
	for (const char *p = e->house->settings->organisation_name; *p != '\0';
	    p++)
		buf_char(&name, strchr("/\\:*?\"<>|", *p) == NULL ? *p : '-');
	buf_init_in(&url, e->arena);
	buf_str(&url, root == NULL ? e->to->address : root);
	percent_encode(&url, name.data);
	buf_char(&url, '/');
	return url.data;
}

static const char *
dataset_folder(struct errand *e)
{
	return arena_printf(e->arena, "%s%s/", folder(e),
	    e->parcel->dataset->schema->id);
}

static const char *
file(struct errand *e, int i)
{
	return arena_printf(e->arena, "%s%s.json", dataset_folder(e),
	    e->parcel->items[i].id);
}

/* Only this very cloud is believed when it says where to go on. */
static bool
same_place(struct errand *e, const char *url)
{
	const char *why, *host;

	if (url == NULL || http_url_check(url, &why) < 0)
		return false;
	host = http_url_host(e->arena, url);
	return host != NULL && strcmp(host, e->to->host) == 0;
}

/* ---- begin ---- */

static errand_then on_offered, on_listed;

static void
ask_offer(struct errand *e)
{
	const char *const fields[] = { "Accept: application/json",
	    "OCS-APIRequest: true", errand_field(e, "User-Agent",
		arena_printf(e->arena, "Guichet %s",
		    e->house->settings->organisation_name)), NULL };
	const struct http_request r = { .method = "POST", .fields = fields,
	    .url = arena_printf(e->arena, "%sindex.php/login/v2",
		e->to->address), .body = "", .body_n = 0 };

	errand_ask(e, &r, on_offered);
}

static void
begin(struct errand *e)
{
	e->own = arena_alloc(e->arena, sizeof(struct own));
	if (secret(e, "login")[0] != '\0')
		ask_file(e, "PROPFIND", e->to->address, "Depth: 0", NULL, 0,
		    on_listed);
	else
		ask_offer(e);
}

static void
on_offered(struct errand *e, const struct http_answer *answer)
{
	json_t *json = answer->status == 200 ? errand_json(e, answer) : NULL;
	json_t *poll = json_object_get(json, "poll");
	const char *token = destination_text(poll, "token");
	const char *endpoint = destination_text(poll, "endpoint");
	const char *login = destination_text(json, "login");

	if (answer->status >= 500 || answer->status == 429) {
		errand_end_as(e, answer, LATER);
		return;
	}
	if (token == NULL || !same_place(e, endpoint) || !same_place(e, login)) {
		errand_end(e, REFUSED, "not a Nextcloud");
		return;
	}
	destination_set_secret(e->to, "poll_token", token);
	destination_set_secret(e->to, "poll_endpoint", endpoint);
	e->url = login;
	errand_end(e, DELIVERED, "to be approved there");
}

static void
on_listed(struct errand *e, const struct http_answer *answer)
{
	if (answer->status == 207)
		errand_end(e, DELIVERED, "open");
	else if (answer->status == 401 || answer->status == 403)
		errand_end(e, REAUTH, "name or password refused");
	else
		errand_end_by_status(e, answer);
}

/* ---- complete: the password made for us, then our folder ---- */

static void
on_folder(struct errand *e, const struct http_answer *answer)
{
	if (answer->status == 201 || answer->status == 405)
		errand_end(e, DELIVERED, "open");
	else
		errand_end_by_status(e, answer);
}

static void
make_folder(struct errand *e)
{
	ask_file(e, "MKCOL", folder(e), NULL, NULL, 0, on_folder);
}

static void
on_approved(struct errand *e, const struct http_answer *answer)
{
	json_t *json = answer->status == 200 ? errand_json(e, answer) : NULL;
	const char *server = destination_text(json, "server");
	const char *login = destination_text(json, "loginName");
	const char *password = destination_text(json, "appPassword");
	struct buf root;

	if (answer->status == 404) {
		errand_end(e, LATER, NOT_YET);
		return;
	}
	if (login == NULL || password == NULL || !same_place(e, server)) {
		errand_end(e, LATER, "approval not understood");
		return;
	}
	buf_init_in(&root, e->arena);
	buf_printf(&root, "%sremote.php/dav/files/", e->to->address);
	percent_encode(&root, login);
	buf_char(&root, '/');
	destination_set_state(e->to, "root", root.data);
	destination_set_secret(e->to, "login", login);
	destination_set_secret(e->to, "password", password);
	destination_set_secret(e->to, "poll_token", NULL);
	destination_set_state(e->to, "made_for_us", "yes");
	make_folder(e);
}

/* The token is good for one answer: what came with it is kept at once. */
static void
complete(struct errand *e)
{
	static const char *const fields[] = { "Accept: application/json",
	    "Content-Type: application/x-www-form-urlencoded", NULL };
	struct http_request r = { .method = "POST", .fields = fields,
	    .url = secret(e, "poll_endpoint") };
	struct buf body;

	e->own = arena_alloc(e->arena, sizeof(struct own));
	if (secret(e, "login")[0] != '\0') {
		make_folder(e);
		return;
	}
	buf_init_in(&body, e->arena);
	buf_str(&body, "token=");
	percent_encode(&body, secret(e, "poll_token"));
	r.body = body.data;
	r.body_n = body.len;
	errand_ask(e, &r, on_approved);
}

/* ---- deliver ---- */

static void
on_dataset_folder(struct errand *e, const struct http_answer *answer)
{
	struct own *own = e->own;

	if (answer->status == 201 || answer->status == 405)
		own->again(e);
	else if (answer->status == 409 || answer->status == 404)
		errand_end(e, GONE, "our folder was removed there");
	else
		errand_end_by_status(e, answer);
}

/* No such folder is 409 (RFC 4918 9.7.1), or 404 with some. */
static bool
trouble(struct errand *e, const struct http_answer *answer,
    void (*again)(struct errand *))
{
	struct own *own = e->own;

	if (answer->status == 423) {
		errand_end(e, CONFLICT, "locked there");
		return true;
	}
	if ((answer->status != 409 && answer->status != 404) ||
	    own->folder_made)
		return false;
	own->folder_made = true;
	own->again = again;
	ask_file(e, "MKCOL", dataset_folder(e), NULL, NULL, 0,
	    on_dataset_folder);
	return true;
}

static void
deliver(struct errand *e)
{
	static const struct files_ways ways = { file, ask_file, trouble };
	struct own *own = arena_alloc(e->arena, sizeof(*own));

	own->files.ways = &ways;
	e->own = own;
	files_write(e);
}

/* ---- check and leave ---- */

static void
on_checked(struct errand *e, const struct http_answer *answer)
{
	if (answer->status == 207)
		errand_end(e, DELIVERED, "open");
	else if (answer->status == 404)
		errand_end(e, GONE, "our folder was removed there");
	else
		errand_end_by_status(e, answer);
}

static void
check(struct errand *e)
{
	ask_file(e, "PROPFIND", folder(e), "Depth: 0", NULL, 0, on_checked);
}

static void
on_left(struct errand *e, const struct http_answer *answer)
{
	if (answer->status == 200 || answer->status == 401 ||
	    answer->status == 403)
		errand_end(e, DELIVERED, "password given back");
	else
		errand_end_by_status(e, answer);
}

/* A password that she made herself is hers to take back. */
static void
leave(struct errand *e)
{
	const char *made = destination_text(e->to->state, "made_for_us");

	if (made == NULL)
		errand_end(e, ALREADY, "no key of ours");
	else
		ask_file(e, "DELETE", arena_printf(e->arena,
		    "%socs/v2.php/core/apppassword", e->to->address),
		    "OCS-APIRequest: true", NULL, 0, on_left);
}

const struct connector connector_webdav = {
	"webdav", begin, complete, deliver, check, leave, .waits = true
};
