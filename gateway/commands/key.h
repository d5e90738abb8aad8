/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - what the files of `guichet key` share. */
#ifndef COMMANDS_KEY_H
#define COMMANDS_KEY_H
#include <stdbool.h>
#include <stdint.h>

struct settings;

/* A new sealing key (unless one was made: resume), and all sealed by it. */
int key_rotate(const struct settings *, bool resume, int64_t batch);

#endif
