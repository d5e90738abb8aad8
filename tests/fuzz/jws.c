/* SPDX-License-Identifier: Apache-2.0 */
/* jws.c - the gate must refuse or take apart whatever comes, and nothing else. */
#include <stddef.h>
#include <stdint.h>
#include "crypto/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const typs[] = { "", "JWT", "dpop+jwt", NULL };
	const char *why = NULL;
	struct jws j;
	struct jwk k;

	if (jws_parse(&j, (const char *)data, n, typs, &why) < 0) {
		if (why == NULL)
			__builtin_trap();
		return 0;
	}
	if (jwk_read(&k, json_object_get(j.header, "jwk"), &why) == 0) {
		(void)!jws_verify(&j, &k);
		jwk_clear(&k);
	}
	jws_clear(&j);
	return 0;
}
