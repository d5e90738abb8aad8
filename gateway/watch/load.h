/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - tells every ten seconds what this host asks of each source, for
 * `guichet status`. */
#ifndef LOAD_H
#define LOAD_H

struct house;
struct load;

struct load *load_new(struct house *);
void load_free(struct load *);		/* NULL is welcome */

#endif
