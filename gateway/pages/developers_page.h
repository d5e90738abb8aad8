/* SPDX-License-Identifier: Apache-2.0 */
/*
 * developers_page.h - for whoever builds a PIMS: begin, understand, repair.
 *
 * Commands shown here are run by a test, exactly as printed
 * (tests/scenario/developers.test.mjs reads them from the page).
 */
#ifndef DEVELOPERS_PAGE_H
#define DEVELOPERS_PAGE_H
#include "pages/html.h"

struct developers_view {
	const char *organisation, *public_url;
	bool sandbox;
};
void developers_page(struct html *, const struct developers_view *);
void errors_page(struct html *);
void changes_page(struct html *);

/* Every code a PIMS can meet, NULL-terminated: tests/scenario/developers.test.mjs
 * holds it to the routes. */
struct error_code { int status; const char *code; };
extern const struct error_code error_codes[];

#endif
