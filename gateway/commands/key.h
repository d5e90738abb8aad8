/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - what the files of `guichet key` share. */
#ifndef COMMANDS_KEY_H
#define COMMANDS_KEY_H
#include <stdbool.h>
#include <stdint.h>

struct settings;

struct db_now;

/* The journal's line: which key was replaced. A failure < 0. */
int key_tell(struct db_now *, const char *which);
/* A new sealing key (unless one was made: resume), and all sealed by it. */
int key_rotate(const struct settings *, bool resume, int64_t batch);

#endif
