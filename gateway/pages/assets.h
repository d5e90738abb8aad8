/* SPDX-License-Identifier: Apache-2.0 */
/* assets.h - files built into the program (deploy/embed). */
#ifndef ASSETS_H
#define ASSETS_H
#include <stddef.h>

struct asset { const char *name, *data; size_t size; };
extern const struct asset assets_table[];	/* ends with a NULL name */

#endif
