/* SPDX-License-Identifier: Apache-2.0 */
/* adapter_init.h - the skeleton of a data set's SELECT. */
#ifndef ADAPTER_INIT_H
#define ADAPTER_INIT_H

struct catalogue;

struct source;

/* Prints it; an exit code. table: pre-filled by likeness with its columns, in
 * that source; NULL: all to be filled in. */
int adapter_init(const struct catalogue *, const char *dataset,
    const struct source *, const char *table);

#endif
