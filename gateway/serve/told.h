/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told.h - the journal is told when this host runs something else than before.
 *
 * Three digests: the settings' file, the catalogue (schemas and adapters), the
 * program's version. Each that differs from what this host told last is a line.
 */
#ifndef TOLD_H
#define TOLD_H

struct house;

/* Asks, and does not wait. Once, when a generation begins. */
void told_configuration(struct house *);

#endif
