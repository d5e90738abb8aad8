/* SPDX-License-Identifier: Apache-2.0 */
/* adapter_init.h - the skeleton of a data set's SELECT. */
#ifndef ADAPTER_INIT_H
#define ADAPTER_INIT_H

struct catalogue;

/* Prints it; an exit code. */
int adapter_init(const struct catalogue *, const char *dataset);

#endif
