/* SPDX-License-Identifier: Apache-2.0 */
/* mine.h - reading a customer's grants, shared by her pages. */
#ifndef MINE_H
#define MINE_H
#include "http/call.h"
#include "pages/me_page.h"

/* Asks for all grants of the signed-in customer, or for the one in the path
 * ({grant}); a malformed one is refused as unknown. */
enum next mine_ask(struct call *, bool one);
/* The same of what those gave who hold with her. */
enum next mine_shared_ask(struct call *, bool one);
struct me_grant *mine_shared_read(struct call *, size_t *n);
/* The answer, in the arena. */
struct me_grant *mine_read(struct call *, size_t *n);
/* Refuses: no such grant among hers. */
enum next mine_unknown(struct call *);

#endif
