/* routes.c - the list the router reads. */
#include "routes/routes.h"

const struct route *const routes[] = {
	&route_journal_checkpoint,
	&route_journal_tile,
	NULL
};
