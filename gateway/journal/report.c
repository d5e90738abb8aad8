/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - the list of reports. */
#include "journal/report.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "catalogue/catalogue.h"

const struct report reports[] = {
	{ "activity", SQL_REPORT_ACTIVITY, .columns = {
		{ "ds", REPORT_DATASET }, { "client", REPORT_TEXT },
		{ "pulls", REPORT_COUNT }, { "deliveries", REPORT_COUNT },
		{ "failed", REPORT_COUNT }, { "refused", REPORT_COUNT },
		{ "records", REPORT_COUNT }, { "bytes", REPORT_BYTES } } },
	{ "recipients", SQL_REPORT_RECIPIENTS, .columns = {
		{ "client", REPORT_TEXT }, { "pulls", REPORT_COUNT },
		{ "deliveries", REPORT_COUNT }, { "failed", REPORT_COUNT },
		{ "dead", REPORT_COUNT }, { "records", REPORT_COUNT },
		{ "bytes", REPORT_BYTES }, { "recover", REPORT_MS },
		{ "last", REPORT_TIME } } },
	{ "consents", SQL_REPORT_CONSENTS, .columns = {
		{ "client", REPORT_TEXT }, { "requested", REPORT_COUNT },
		{ "shown", REPORT_COUNT }, { "given", REPORT_COUNT },
		{ "refused", REPORT_COUNT }, { "changed", REPORT_COUNT },
		{ "withdrawn", REPORT_COUNT }, { "expired", REPORT_COUNT },
		{ "after", REPORT_COUNT } } },
	{ "customer", SQL_REPORT_CUSTOMER, .personal = true, .customer = true,
	  .columns = {
		{ "at", REPORT_TIME }, { "ev", REPORT_EVENT },
		{ "client", REPORT_TEXT }, { "ds", REPORT_DATASET },
		{ "records", REPORT_COUNT }, { "bytes", REPORT_BYTES },
		{ "oc", REPORT_TEXT }, { "grant", REPORT_TEXT } } },
	{ "late", SQL_REPORT_LATE, .promises = true, .columns = {
		{ "ds", REPORT_DATASET }, { "deliveries", REPORT_COUNT },
		{ "median", REPORT_MS }, { "p95", REPORT_MS },
		{ "p99", REPORT_MS }, { "worst", REPORT_MS },
		{ "promised", REPORT_MS }, { "late", REPORT_COUNT } } },
	{ "refusals", SQL_REPORT_REFUSALS, .columns = {
		{ "ev", REPORT_EVENT }, { "client", REPORT_TEXT },
		{ "ds", REPORT_DATASET }, { "reason", REPORT_TEXT },
		{ "lines", REPORT_COUNT }, { "last", REPORT_TIME } } },
	{ "failures", SQL_REPORT_FAILURES, .columns = {
		{ "ev", REPORT_EVENT }, { "client", REPORT_TEXT },
		{ "ds", REPORT_DATASET }, { "oc", REPORT_TEXT },
		{ "reason", REPORT_TEXT }, { "lines", REPORT_COUNT },
		{ "last", REPORT_TIME } } },
	{ "people", SQL_REPORT_PEOPLE, .columns = {
		{ "at", REPORT_TIME }, { "ev", REPORT_EVENT },
		{ "by", REPORT_TEXT }, { "act", REPORT_TEXT },
		{ "client", REPORT_TEXT }, { "oc", REPORT_TEXT },
		{ "reason", REPORT_TEXT } } },
	{ "integrity", SQL_REPORT_INTEGRITY, .columns = {
		{ "name", REPORT_TEXT }, { "lines", REPORT_COUNT },
		{ "notes", REPORT_COUNT }, { "first", REPORT_TIME },
		{ "last", REPORT_TIME }, { "verified", REPORT_COUNT },
		{ "bad", REPORT_COUNT } } },
	{ "breach", SQL_REPORT_BREACH, .columns = {
		{ "client", REPORT_TEXT }, { "ds", REPORT_DATASET },
		{ "persons", REPORT_NUMBER }, { "records", REPORT_COUNT },
		{ "bytes", REPORT_BYTES }, { "first", REPORT_TIME },
		{ "last", REPORT_TIME } } },
	{ "touched", SQL_REPORT_TOUCHED, .personal = true, .columns = {
		{ "customer", REPORT_TEXT }, { "client", REPORT_TEXT },
		{ "records", REPORT_COUNT }, { "bytes", REPORT_BYTES },
		{ "last", REPORT_TIME } } },
	{ "service", SQL_REPORT_SERVICE, .columns = {
		{ "ev", REPORT_EVENT }, { "ds", REPORT_DATASET },
		{ "lines", REPORT_COUNT }, { "complete", REPORT_COUNT },
		{ "aborted", REPORT_COUNT }, { "away", REPORT_COUNT },
		{ "available", REPORT_TEXT }, { "median", REPORT_MS },
		{ "p95", REPORT_MS }, { "p99", REPORT_MS } } },
	{ "funnel", SQL_REPORT_FUNNEL, .columns = {
		{ "ev", REPORT_EVENT }, { "lines", REPORT_NUMBER },
		{ "consents", REPORT_NUMBER } } },
	{ NULL }
};

const struct report *
report_find(const char *name)
{
	for (const struct report *r = reports; r->name != NULL; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* What each data set's schema promises (x-latency), served today or not. */
static void
promise_params(struct params *p, struct arena *a, const struct catalogue *c)
{
	const struct schema *const *all = catalogue_schemas(c);
	size_t n = 0, k = 0;
	const char **ids;
	int64_t *ms, us;

	while (all[n] != NULL)
		n++;
	ids = arena_alloc(a, (n + 1) * sizeof(*ids));
	ms = arena_alloc(a, (n + 1) * sizeof(*ms));
	for (size_t i = 0; i < n; i++) {
		if (all[i]->latency == NULL ||
		    duration_parse(&us, all[i]->latency) < 0)
			continue;
		ids[k] = all[i]->id;
		ms[k++] = us / 1000;
	}
	params_texts(p, a, ids, k);
	params_ints(p, a, ms, k);
}

void
report_params(struct params *p, struct arena *a, const struct report *r,
    const struct report_wish *w, const struct catalogue *c)
{
	params_init(p);
	params_time(p, w->from_us);
	params_time(p, w->to_us);
	params_text(p, w->client);
	if (r->customer)
		params_text(p, w->customer);
	if (r->promises)
		promise_params(p, a, c);
}
