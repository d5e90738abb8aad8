/* SPDX-License-Identifier: Apache-2.0 */
/* smtp.c - one letter to one address (RFC 5321), see smtp.h. */
#include "http/smtp.h"
#include <curl/curl.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "http/client_own.h"

enum { ADDRESS_MAX = 254, LOCAL_MAX = 64 };	/* RFC 5321 4.5.3.1 */

static bool
among(const char *s, size_t n, const char *others)
{
	if (n == 0 || s[0] == '.' || s[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') &&
		    (s[i] == '\0' || strchr(others, s[i]) == NULL))
			return false;
	return true;
}

bool
smtp_address(const char *s)
{
	const char *at = s == NULL ? NULL : strchr(s, '@');

	return at != NULL && strlen(s) <= ADDRESS_MAX && s[0] != '-' &&
	    at - s <= LOCAL_MAX &&
	    among(s, (size_t)(at - s), ".!#$%&'*+-/=?^_`{|}~") &&
	    among(at + 1, strlen(at + 1), ".-") && at[1] != '-' &&
	    strstr(s, "..") == NULL;
}

static size_t
on_more(char *out, size_t one, size_t n, void *arg)
{
	struct http_job *job = arg;

	n *= one;
	if (n > job->upload_n)
		n = job->upload_n;
	memcpy(out, job->upload, n);
	job->upload += n;
	job->upload_n -= n;
	return n;
}

/* NULL, or why it cannot begin. */
static const char *
begin(struct http_job *job, const struct smtp_letter *m)
{
	CURL *e = http_job_handle(job);

	if (e == NULL)
		return "libcurl is out of memory";
	if (!smtp_address(m->from) || !smtp_address(m->to))
		return "an address is malformed";
	job->upload = arena_strndup(job->arena, m->text, m->text_n);
	job->upload_n = m->text_n;
	job->list = curl_slist_append(NULL, arena_printf(job->arena, "<%s>",
	    m->to));
	curl_easy_setopt(e, CURLOPT_URL, m->url);
	http_job_guards(job, m->deadline_ms);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	if (m->starttls)
		curl_easy_setopt(e, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (m->user != NULL) {
		curl_easy_setopt(e, CURLOPT_USERNAME, m->user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, m->password);
	}
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, arena_printf(job->arena, "<%s>",
	    m->from));
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, job->list);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_more);
	curl_easy_setopt(e, CURLOPT_READDATA, job);
	return http_job_start(job);
}

struct http_job *
smtp_send(struct http_client *cl, const struct smtp_letter *m,
    http_on_answer *on_answer, void *arg)
{
	struct http_job *job = http_job_new(cl, on_answer, arg);
	const char *why = begin(job, m);

	if (why != NULL)
		http_job_fail_soon(job, E_BAD_INPUT, why);
	return job;
}
