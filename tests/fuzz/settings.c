/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - any file is read or refused with a cause and a cure. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/error.h"
#include "base/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault f = { 0 };
	struct settings *s;
	FILE *in;

	if (n == 0)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, n, "r");
	if (settings_read(&s, in, "/fuzz/guichet.conf", &f) == 0)
		settings_free(s);
	else if (f.cause[0] == '\0' || f.cure[0] == '\0')
		__builtin_trap();
	fclose(in);
	return 0;
}
