/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c - the outbound client from a shell.
 *
 *     ask [allow=NETWORKS] [ca=FILE] [deadline=MS] [METHOD] [body=TEXT] URL...
 *
 * Asks all URLs at once; prints a line for each as it ends: its place, failure,
 * status, length of the body, content type, why.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/settings.h"
#include "http/client.h"

static size_t left;
static struct event_base *base;

static void
on_answer(const struct http_answer *a, void *arg)
{
	const char *type = http_answer_field(a, "content-type");

	printf("%zu %s %d %zu %s %s\n", (size_t)arg,
	    a->failure == 0 ? "0" : error_name(a->failure), a->status,
	    a->body_n, type == NULL ? "-" : type, a->why);
	if (--left == 0)
		event_base_loopbreak(base);
}

int
main(int argc, char **argv)
{
	static const char *const fields[] = { "X-Test: yes", NULL };
	struct settings s = { .push_allow = (char *)"", .push_ca_file = (char *)"",
		.push_proxy = (char *)"", .push_proxy_password_file = (char *)"",
		.push_certificates = (char *)"",
		.push_deadline_ms = 3000, .file = (char *)"ask" };
	struct http_request r = { .method = "GET", .fields = fields };
	struct http_client *client = NULL;

	base = event_base_new();
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "allow=", 6) == 0)
			s.push_allow = argv[i] + 6;
		else if (strncmp(argv[i], "ca=", 3) == 0)
			s.push_ca_file = argv[i] + 3;
		else if (strncmp(argv[i], "deadline=", 9) == 0)
			s.push_deadline_ms = atoi(argv[i] + 9);
		else if (strncmp(argv[i], "body=", 5) == 0) {
			r.body = argv[i] + 5;
			r.body_n = strlen(argv[i] + 5);
		} else if (strchr(argv[i], ':') == NULL) {
			r.method = argv[i];
		} else {
			if (client == NULL)
				client = http_client_new(base, &s);
			r.url = argv[i];
			http_ask(client, &r, on_answer, (void *)left++);
		}
	}
	if (left > 0)
		event_base_dispatch(base);
	http_client_free(client);
	event_base_free(base);
	return 0;
}
