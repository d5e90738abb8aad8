/* SPDX-License-Identifier: Apache-2.0 */
/* findings.c - what a check found. */
#include "catalogue/findings.h"
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

void
findings_init(struct findings *all)
{
	*all = (struct findings){ .list =
	    xcalloc(FINDINGS_MAX, sizeof(*all->list)) };
}

void
findings_add(struct findings *all, const struct finding *one)
{
	if (all->n < FINDINGS_MAX)
		all->list[all->n++] = *one;
	if (one->fault.warning)
		all->warnings++;
	else
		all->errors++;
}

size_t
findings_of(const struct findings *all, const char *dataset)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += !all->list[i].fault.warning && all->list[i].dataset != NULL &&
		    strcmp(all->list[i].dataset, dataset) == 0;
	return n;
}

void
findings_clear(struct findings *all)
{
	free(all->list);
	*all = (struct findings){ 0 };
}
