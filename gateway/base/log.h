/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one event, one line: what happened, then key=value.
 *
 *     log_info("call=%s pims=%s records sent rows=%d ms=%d", ...);
 *
 * Text goes out as written, after time and level; in JSON the words become
 * "msg" and each key=value a member. A value with spaces is written "quoted"
 * (log_quote makes one). People never appear: no names, tokens, records,
 * query parameters. Errors wake someone up, warnings are read in the morning.
 * Lines go to stderr; under systemd (JOURNAL_STREAM) with a <N> priority.
 */
#ifndef LOG_H
#define LOG_H
#include <stdbool.h>
#include "base/attr.h"

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };

struct arena;

/* "error", "warning"...: a word the settings accepted */
enum log_level log_level_named(const char *word);
void log_open(bool json, enum log_level max, const char *role);
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
const char *log_quote(struct arena *, const char *);	/* "a \"b\"" */

#endif
