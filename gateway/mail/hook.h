/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hook.h - a letter handed to a program of the operator's, without a shell:
 * the letter on its standard input, the address as its only argument.
 */
#ifndef HOOK_H
#define HOOK_H
#include <stddef.h>

struct event_base;
struct hook;

/* status: its exit code (sysexits(3)); -1: it did not run, was killed, or was
 * too slow. Called later, once, from the loop. */
typedef void hook_on_end(int status, void *arg);
struct hook *hook_run(struct event_base *, const char *program, const char *to,
    const char *text, size_t n, int deadline_ms, hook_on_end *, void *arg);
void hook_forget(struct hook *);	/* before the end: it is killed */

#endif
