/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - what every page shares: its frame, its header fields, its
 * refusals.
 *
 *     layout_init(&l, c, call_lang(c));
 *     layout_begin(&l, "me.title");
 *     h_open(&l.h, "p", NULL); ...
 *     return layout_end(&l, 200);
 */
#ifndef LAYOUT_H
#define LAYOUT_H
#include "base/buf.h"
#include "http/call.h"
#include "pages/html.h"

struct settings;

struct layout {
	struct html h;
	struct buf out;
	struct call *call;		/* NULL: the page is a file */
	const struct settings *settings;
	const char *other;		/* a file's: in the other language */
	/* set before layout_begin when wanted */
	const char *lang_form;	/* id of the form that carries the language
				 * switch, so that it keeps what was ticked */
	const char *form_to;	/* an origin a form may be redirected to */
	bool wide;
	bool full;		/* as wide as the window allows: two columns */
};

/* Empty, in this language (call_lang, or what a form said). */
void layout_init(struct layout *, struct call *, enum lang);
/* The same for a page that nobody serves: links lead from file to file (place,
 * html.h), or to the counter itself. */
void layout_init_file(struct layout *, struct arena *, const struct settings *,
    const struct words *, enum lang);
void layout_begin(struct layout *, const char *title_id);
void layout_close(struct layout *);	/* the frame's end, not yet the answer */
enum next layout_end(struct layout *, int status);	/* both */

/* Where an asset is, marked by its content: "/static/guichet.css?v=1f2e3d4c" */
const char *layout_asset(struct arena *, const char *name);
/* The scheme, host and port of a URL, for form_to; NULL when it has none. */
const char *layout_origin(struct arena *, const char *url);

/* How a refusal looks on ROUTE_PAGE routes: sets call_refusal_page. */
void layout_open(void);

#endif
