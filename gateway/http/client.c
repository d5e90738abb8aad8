/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c - outbound HTTPS on the loop: libcurl tells which sockets and which
 * time it waits for (multi_socket), libevent waits.
 *
 * The address is judged when a socket is about to be opened, after the name
 * was resolved: so a name that points inside, or changes where it points, gets
 * nowhere. Nothing here pauses a transfer or follows a redirect (proxies: way.h).
 */
#include "http/client.h"
#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "http/address.h"
#include "http/client_own.h"
#include "http/sessions.h"
#include "http/way.h"

enum {
	ANSWER_MAX = 65536, FIELDS_MAX_BYTES = 16384,
	JOBS_MAX = 5000, PER_HOST_MAX = 64
};

/* ---- a job ends ---- */

static void
give_back(struct http_client *cl, CURL *easy)
{
	curl_multi_remove_handle(cl->multi, easy);
	if (cl->idle_count == HANDLES_KEPT) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	cl->idle[cl->idle_count++] = easy;
}

static void
job_free(struct http_job *job)
{
	struct http_client *cl = job->client;

	if (job->easy != NULL)
		give_back(cl, job->easy);
	if (job->soon != NULL)
		event_free(job->soon);
	curl_slist_free_all(job->list);
	TAILQ_REMOVE(&cl->jobs, job, among);
	cl->job_count--;
	buf_clear(&job->body);
	arena_free(job->arena);
}

void
http_forget(struct http_job *job)
{
	job_free(job);
}

static void
finish(struct http_job *job, int failure, const char *why)
{
	job->answer.failure = failure;
	job->answer.why = why;
	job->answer.body = job->body.data == NULL ? "" : job->body.data;
	job->answer.body_n = job->body.len;
	job->on_answer(&job->answer, job->arg);
	job_free(job);
}

static const struct { CURLcode code; int failure; } failures[] = {
	{ CURLE_OPERATION_TIMEDOUT, E_TIMEOUT },
	{ CURLE_URL_MALFORMAT, E_BAD_INPUT },
	{ CURLE_UNSUPPORTED_PROTOCOL, E_BAD_INPUT },
};

/* Without finding the host, and without getting in. */
static int64_t
took_us(CURL *e)
{
	curl_off_t asked = 0, answered = 0;

	curl_easy_getinfo(e, CURLINFO_PRETRANSFER_TIME_T, &asked);
	curl_easy_getinfo(e, CURLINFO_TOTAL_TIME_T, &answered);
	return answered > asked ? answered - asked : 1;
}

/* Host names stay out of `why`: a customer's cloud is named after its owner. */
static void
finish_as(struct http_job *job, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
	job->answer.status = (int)status;
	job->answer.took_us = took_us(job->easy);
	if (code == CURLE_OK) {
		finish(job, 0, "");
		return;
	}
	if (job->denied && !job->allowed) {
		finish(job, E_DENIED, "its address is not a public one");
		return;
	}
	if (job->too_large) {
		finish(job, E_TOO_LARGE, "its answer is too large");
		return;
	}
	for (size_t i = 0; i < countof(failures); i++)
		if (failures[i].code == code) {
			finish(job, failures[i].failure, curl_easy_strerror(code));
			return;
		}
	finish(job, E_UNAVAILABLE, curl_easy_strerror(code));
}

/* Jobs that ended; an on_answer may forget others, so one at a time. */
static void
take_ended(struct http_client *cl)
{
	struct http_job *job;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(cl->multi, &left)) != NULL) {
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&job);
		finish_as(job, code);
	}
}

/* ---- libcurl and the loop ---- */

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *cl = arg;
	int running, bits = (what & EV_READ ? CURL_CSELECT_IN : 0) |
	    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(cl->multi, fd, bits, &running);
	take_ended(cl);
}

static int
set_socket(CURL *easy UNUSED, curl_socket_t fd, int want, void *arg, void *known)
{
	struct http_client *cl = arg;
	struct event *ev = known;
	short what = (short)(EV_PERSIST | (want & CURL_POLL_IN ? EV_READ : 0) |
	    (want & CURL_POLL_OUT ? EV_WRITE : 0));

	if (ev != NULL)
		event_free(ev);
	ev = want == CURL_POLL_REMOVE ? NULL :
	    event_new(cl->base, fd, what, on_socket, cl);
	curl_multi_assign(cl->multi, fd, ev);
	if (ev != NULL)
		event_add(ev, NULL);
	return 0;
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_client *cl = arg;
	int running;

	curl_multi_socket_action(cl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_ended(cl);
}

static int
set_timer(CURLM *multi UNUSED, long ms, void *arg)
{
	struct http_client *cl = arg;
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (ms < 0)
		event_del(cl->timer);
	else
		event_add(cl->timer, &tv);
	return 0;
}

/* ---- what libcurl asks and brings ---- */

static curl_socket_t
open_socket(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *a)
{
	struct http_job *job = arg;

	if (!way_has_proxy(job->client->way) && !address_public(&a->addr) &&
	    !networks_hold(job->client->allow, &a->addr)) {
		job->denied = true;
		return CURL_SOCKET_BAD;
	}
	job->allowed = true;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct http_job *job = arg;

	if (job->body.len + one * n > ANSWER_MAX) {
		job->too_large = true;
		return 0;
	}
	buf_add(&job->body, data, one * n);
	return one * n;
}

static void
keep_field(struct http_job *job, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	struct field *f = &job->fields[job->field_count];
	char *name, *value;

	if (colon == NULL)
		return;
	name = arena_strndup(job->arena, line, (size_t)(colon - line));
	for (char *p = name; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	colon++;
	while (colon < line + n && (*colon == ' ' || *colon == '\t'))
		colon++;
	value = arena_strndup(job->arena, colon, (size_t)(line + n - colon));
	for (size_t k = strlen(value); k > 0 && strchr(" \t\r\n", value[k - 1]); )
		value[--k] = '\0';
	*f = (struct field){ name, value };
	job->field_count++;
}

static size_t
on_field(char *data, size_t one, size_t n, void *arg)
{
	struct http_job *job = arg;

	n *= one;
	if (n > 5 && memcmp(data, "HTTP/", 5) == 0)
		job->field_count = 0;		/* after an interim answer */
	job->field_bytes += n;
	if (job->field_bytes > FIELDS_MAX_BYTES ||
	    job->field_count == FIELDS_MAX) {
		job->too_large = true;
		return 0;
	}
	keep_field(job, data, n);
	return n;
}

const char *
http_answer_field(const struct http_answer *answer, const char *lower_name)
{
	const struct http_job *job = (const struct http_job *)answer;

	for (size_t i = 0; i < job->field_count; i++)
		if (strcmp(job->fields[i].name, lower_name) == 0)
			return job->fields[i].value;
	return NULL;
}

/* A name in the subject alone is no name (RFC 9525 2); libcurl believes it. */
static int
has_names(int ok, X509_STORE_CTX *ctx)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	if (!ok || X509_STORE_CTX_get_error_depth(ctx) > 0 ||
	    X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) >= 0)
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

/* One more authority, beside the system's; and the session of last time. */
static CURLcode
on_tls(CURL *easy UNUSED, void *ctx, void *arg)
{
	struct http_job *job = arg;
	struct http_client *cl = job->client;

	/* whoever resumes it would be taken for who began it */
	if (job->host != NULL && !job->shows && !way_has_proxy(cl->way))
		sessions_use(cl->sessions, ctx, job->host);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, has_names);
	for (int i = 0; i < sk_X509_num(cl->trusted); i++)
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx),
		    sk_X509_value(cl->trusted, i));
	return CURLE_OK;
}

/* ---- a job begins ---- */

struct http_job *
http_job_new(struct http_client *cl, http_on_answer *on_answer, void *arg)
{
	struct arena *a = arena_new();
	struct http_job *job = arena_alloc(a, sizeof(*job));

	job->arena = a;
	job->client = cl;
	job->on_answer = on_answer;
	job->arg = arg;
	buf_init(&job->body);
	TAILQ_INSERT_TAIL(&cl->jobs, job, among);
	cl->job_count++;
	return job;
}

CURL *
http_job_handle(struct http_job *job)
{
	struct http_client *cl = job->client;

	job->easy = cl->idle_count > 0 ? cl->idle[--cl->idle_count] :
	    curl_easy_init();
	return job->easy;
}

const char *
http_job_start(struct http_job *job)
{
	return curl_multi_add_handle(job->client->multi, job->easy) ==
	    CURLM_OK ? NULL : "libcurl takes no more";
}

static void
on_soon(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_job *job = arg;

	finish(job, job->answer.failure, job->answer.why);
}

void
http_job_fail_soon(struct http_job *job, int failure, const char *why)
{
	const struct timeval now = { 0, 0 };

	job->answer.failure = failure;
	job->answer.why = why;
	job->soon = event_new(job->client->base, -1, 0, on_soon, job);
	event_add(job->soon, &now);
}

static void
set_trace(struct http_job *job, const struct http_request *r)
{
	const char **f = r->trace == NULL ? NULL :
	    trace_fields(job->arena, r->trace, r->tag);

	for (; f != NULL && *f != NULL; f++)
		job->list = curl_slist_append(job->list, *f);
}

static bool
set_fields(struct http_job *job, const struct http_request *r)
{
	bool typed = false;

	for (size_t i = 0; r->fields != NULL && r->fields[i] != NULL; i++) {
		if (strpbrk(r->fields[i], "\r\n") != NULL)
			return false;
		typed = typed || strncasecmp(r->fields[i], "Content-Type:", 13) == 0;
		job->list = curl_slist_append(job->list, r->fields[i]);
	}
	set_trace(job, r);
	job->list = curl_slist_append(job->list, "Expect:");
	if (!typed)		/* libcurl would call it a form */
		job->list = curl_slist_append(job->list, "Content-Type:");
	curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, job->list);
	return true;
}

static void
set_method(CURL *e, const struct http_request *r)
{
	bool bare = r->body_n == 0 && strcmp(r->method, "POST") != 0 &&
	    strcmp(r->method, "PUT") != 0 && strcmp(r->method, "PATCH") != 0;

	if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
		return;
	}
	if (!bare) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)r->body_n);
		curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS,
		    r->body_n > 0 ? r->body : "");
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

void
http_job_guards(struct http_job *job, long deadline_ms)
{
	CURL *e = job->easy;

	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, deadline_ms);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    deadline_ms < CONNECT_MS ? deadline_ms : (long)CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, job);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_tls);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, job);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);	/* sessions.h */
	/* all authorities are in the file, which is read once, not each time */
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_PRIVATE, job);
}

static void
set_hearing(struct http_job *job, CURL *e)
{
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, job);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_field);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, job);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "guichet");
}

/* NULL, or why it cannot begin. */
static const char *
begin(struct http_job *job, const struct http_request *r)
{
	const char *why;
	CURL *e;

	if (http_url_check(r->url, &why) < 0)
		return why;
	if ((e = http_job_handle(job)) == NULL)
		return "libcurl is out of memory";
	if (!set_fields(job, r))
		return "a header field has a line end in it";
	curl_easy_setopt(e, CURLOPT_URL, r->url);
	job->host = http_url_host(job->arena, r->url);
	set_method(e, r);
	http_job_guards(job, r->deadline_ms > 0 ? r->deadline_ms :
	    (long)job->client->settings->push_deadline_ms);
	job->shows = way_set(job->client->way, e, r->to);
	set_hearing(job, e);
	return http_job_start(job);
}

struct http_job *
http_ask(struct http_client *cl, const struct http_request *r,
    http_on_answer *on_answer, void *arg)
{
	struct http_job *job = http_job_new(cl, on_answer, arg);
	const char *why;

	if (cl->job_count > JOBS_MAX)
		http_job_fail_soon(job, E_UNAVAILABLE,
		    "too many exchanges are under way");
	else if (!way_may(cl->way, cl->allow, r->url))
		http_job_fail_soon(job, E_DENIED, "its address is not a public one");
	else if ((why = begin(job, r)) != NULL)
		http_job_fail_soon(job, E_BAD_INPUT, why);
	return job;
}

/* ---- the client ---- */

static STACK_OF(X509) *
read_trusted(const char *path, const char *setting)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	FILE *in = fopen(path, "re");
	X509 *cert;

	while (in != NULL && (cert = PEM_read_X509(in, NULL, NULL, NULL)) != NULL)
		sk_X509_push(certs, cert);
	if (in != NULL)
		fclose(in);
	if (sk_X509_num(certs) == 0)
		fatal("%s: %s holds no certificate; give a PEM file", path,
		    setting);
	return certs;
}

/* Each connection is a descriptor: what the system gives by itself may be few. */
static void
open_files(const struct settings *s)
{
	rlim_t need = (rlim_t)s->push_connections + 500;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < need)
		log_warning("few descriptors for [push] connections cure=\"raise "
		    "LimitNOFILE, or lower it\"");
}

static struct http_client *
client_open(struct event_base *base, const struct settings *s)
{
	struct http_client *cl = xcalloc(1, sizeof(*cl));

	curl_global_init(CURL_GLOBAL_DEFAULT);
	open_files(s);
	cl->base = base;
	cl->settings = s;
	TAILQ_INIT(&cl->jobs);
	cl->timer = event_new(base, -1, 0, on_timer, cl);
	cl->sessions = sessions_new();
	cl->multi = curl_multi_init();
	curl_multi_setopt(cl->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(cl->multi, CURLMOPT_SOCKETDATA, cl);
	curl_multi_setopt(cl->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(cl->multi, CURLMOPT_TIMERDATA, cl);
	curl_multi_setopt(cl->multi, CURLMOPT_MAXCONNECTS,
	    (long)s->push_connections);
	curl_multi_setopt(cl->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)s->push_connections);
	curl_multi_setopt(cl->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	    (long)PER_HOST_MAX);
	curl_multi_setopt(cl->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return cl;
}

struct http_client *
http_client_new(struct event_base *base, const struct settings *s)
{
	struct http_client *cl = client_open(base, s);
	char wrong[64];

	if (networks_parse(&cl->allow, s->push_allow, wrong) < 0)
		fatal("%s: [push] allow: '%s' is not an address or a network; "
		    "write for example 127.0.0.1/32 10.1.0.0/24", s->file, wrong);
	if (s->push_ca_file[0] != '\0')
		cl->trusted = read_trusted(s->push_ca_file, "[push] ca_file");
	cl->way = way_new(s);
	return cl;
}

struct http_client *
http_client_inside(struct event_base *base, const struct settings *s,
    const char *ca_file, const char *setting)
{
	struct http_client *cl = client_open(base, s);
	char wrong[64];
	int rc = networks_parse(&cl->allow, "0.0.0.0/0 ::/0", wrong);

	assert(rc == 0);
	(void)rc;
	if (ca_file[0] != '\0')
		cl->trusted = read_trusted(ca_file, setting);
	return cl;
}

void
http_client_free(struct http_client *cl)
{
	struct http_job *job;

	if (cl == NULL)
		return;
	while ((job = TAILQ_FIRST(&cl->jobs)) != NULL)
		job_free(job);
	while (cl->idle_count > 0)
		curl_easy_cleanup(cl->idle[--cl->idle_count]);
	curl_multi_cleanup(cl->multi);
	sessions_free(cl->sessions);
	event_free(cl->timer);
	networks_free(cl->allow);
	way_free(cl->way);
	sk_X509_pop_free(cl->trusted, X509_free);
	free(cl);
}
